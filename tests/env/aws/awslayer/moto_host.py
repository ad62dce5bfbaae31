"""Moto inside this process: its WSGI application called directly, its stores reached directly."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

# Machine images are of no use here and cost a quarter of a second per account and region.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

from moto.core.base_backend import BackendDict
from moto.ec2.models import ec2_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from .errors import AwsError
from .wire import Answer

# Headers that the layer writes itself.
_OWN_HEADERS = ("content-length", "date", "connection", "x-amzn-requestid", "x-amz-request-id")


class MotoHost:
    """The one place that calls moto. Callers hold the world's lock."""

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        _patch_tag_lookup()
        _patch_pool_keys()
        _patch_module_list()

    def call(self, environ: dict[str, Any], body: bytes, account: str | None) -> Answer:
        """Passes a request on to moto, on behalf of an account.

        An operation that moto lacks, or on which it fails, is AWS's InternalFailure: the
        emulator's gap must never look like an answer.
        """
        inner = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        if account:
            inner["HTTP_X_MOTO_ACCOUNT_ID"] = account
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            started.append((status, headers))

        try:
            chunks: Iterable[bytes] = self._app(inner, start_response)
            content = b"".join(chunks)
        except NotImplementedError as error:
            raise AwsError("InternalFailure", f"the emulator lacks this: {error}", 501) from error
        except Exception as error:
            raise AwsError("InternalFailure", f"the emulator failed: {error!r}", 500) from error
        status, headers = started[0]
        kept = [(k, v) for k, v in headers if k.lower() not in _OWN_HEADERS]
        return Answer(int(status.split()[0]), kept, content)

    @staticmethod
    def ec2(account: str, region: str) -> Any:
        """Moto's store of EC2 for an account and a region, made on first use."""
        return ec2_backends[account][region]

    @staticmethod
    def reset(account: str | None = None) -> None:
        """Empties moto, or what it holds for one account."""
        if account is None:
            BackendDict.reset()
            return
        instances: list[Any] = list(BackendDict._instances)  # type: ignore[misc]
        for backends in instances:
            if account in backends:
                for backend in list(backends[account].values()):
                    backend.reset()

    @staticmethod
    def stores(account: str) -> dict[str, dict[str, Any]]:
        """Every store that moto has made for an account: service, then region or partition."""
        instances: list[Any] = list(BackendDict._instances)  # type: ignore[misc]
        return {b.service_name: dict(b[account].items()) for b in instances if account in b}


def _patch_tag_lookup() -> None:
    """Moto scans all tags of a region with regular expressions for each resource that it shows;
    with a hundred stacks that is seconds per call. The same answer, looked up directly.
    """
    from moto.ec2.models.core import TaggedEC2Resource
    from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

    def get_tags(self: Any) -> list[dict[str, str]]:
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "") if self.id else ""
        return [
            {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
            for key, value in self.ec2_backend.tags.get(self.id, {}).items()
        ]

    TaggedEC2Resource.get_tags = get_tags  # type: ignore[method-assign]


def _patch_pool_keys() -> None:
    """Moto reads one and the same private key for every user pool, at a quarter of a second; once will do."""
    import moto.cognitoidp.models
    from joserfc import jwk
    from moto.utilities.utils import load_resource

    @functools.cache
    def key() -> Any:
        resource: Any = load_resource("cognitoidp/resources/jwks-private.json")
        return jwk.RSAKey.import_key(resource)

    models: Any = moto.cognitoidp.models
    models.jwk = SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda _: key()))


def _patch_module_list() -> None:
    """Moto looks through its own folder at every request, at a hundred stats; what it finds never changes."""
    import moto.backends

    listed: Any = moto.backends
    modules = frozenset(listed.list_of_moto_modules())
    listed.list_of_moto_modules = lambda: modules
