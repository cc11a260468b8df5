"""HTTP on loopback: a handler of requests that is served while a ``with`` block lasts."""

import contextlib
import http.server
import ssl
import sys
import threading
from collections.abc import Iterator
from typing import Any

HOST = "127.0.0.1"


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller that has gone: a process that is ended leaves its calls open."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(
    handler: type[http.server.BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve on a free port, which is given, each request in a thread of its own."""
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
