"""HTTP servers on loopback, for as long as a ``with`` block lasts."""

import contextlib
import http.server
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a request."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HTTPStatus = HTTPStatus.OK


@contextlib.contextmanager
def serve(
    answer: Callable[[Request], Response], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve on a free port and yield it; each connection has a thread of its own."""
    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
    with _Server((HOST, 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer: Callable[[Request], Response]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        response = self.answer(Request(self.command, self.path, dict(self.headers), body))
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore broken connections: a process that is killed leaves its calls open."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
