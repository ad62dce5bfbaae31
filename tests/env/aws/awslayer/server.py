"""The HTTP server: a thread per connection, kept alive, on loopback."""

from __future__ import annotations

import http.client
import logging
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from .app import Application, ConnectionGone


class Handler(MotoRequestHandler):
    """Keep-alive, no Nagle delay, no access log, and connections that can end without an answer.

    Werkzeug itself closes every connection, because it cannot know whether an application
    has read the whole body. This application always has.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Serves one request; a fault may end the connection instead."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None, /) -> Any:
            started.append((status, headers))

        try:
            content = b"".join(self.server.app(self.make_environ(), start_response))
        except ConnectionGone:
            self.close_connection = True
            return
        except Exception:
            logging.getLogger("awslayer").exception("the layer itself failed")
            content = b"the layer itself failed; see its log"
            started = [("500 Internal Server Error", [("Content-Length", str(len(content)))])]
        self._write(*started[0], content)

    def _write(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        code = int(status.split(maxsplit=1)[0])
        phrase = http.client.responses.get(code, "Unknown")
        self.send_response_only(code, phrase)
        self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value.replace("\r", "").replace("\n", ""))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def handle(self) -> None:
        """A client that went away is normal."""
        try:
            super().handle()
        except (BrokenPipeError, ConnectionError):
            self.close_connection = True


class Server(ThreadedWSGIServer):
    """Threads end with the process: a hanging fault must not keep the layer alive."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512


def make_server(host: str, port: int) -> Server:
    """Binds the layer to an address; port 0 takes a free one."""
    return Server(host, port, Application(), handler=Handler)
