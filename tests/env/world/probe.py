"""GET over loopback with a status code, with and without TLS."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from .ports import LOOPBACK

# A part under load may be slow to answer a probe; the caller's own deadline bounds the sum.
PROBE_SECONDS = 5


def get(port: int, path: str) -> int:
    """Return the status code of a plain GET; OSError when there is no answer."""
    return _get(http.client.HTTPConnection(LOOPBACK, port, timeout=PROBE_SECONDS), path)


def get_tls(port: int, path: str, *, authority: Path | None, certificate: Path | None = None) -> int:
    """Return the status code of a GET over TLS; without `authority` the server's certificate is not verified."""
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    if authority is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return _get(http.client.HTTPSConnection(LOOPBACK, port, timeout=PROBE_SECONDS, context=context), path)


def _get(connection: http.client.HTTPConnection, path: str) -> int:
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ConnectionError(f"no HTTP answer: {error!r}") from error
    finally:
        connection.close()
