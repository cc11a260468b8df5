"""Lambda's side of a function, on loopback: its runtime API, and AWS services that answer at once.

`awslambdaric` asks this for invocations as it asks Lambda.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import contextlib
import http.server
import json
import queue
import time
from http import HTTPStatus
from typing import Any, Self

from workbench.local.loopback import HOST, serving

PATIENCE_S = 60.0
_XML = b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
_ANSWERS: dict[str, dict[str, Any]] = {
    "BatchGetItem": {"Responses": {}},
    "Query": {"Items": []},
    "SendMessage": {"MessageId": "m", "MD5OfMessageBody": ""},
    "GetLogEvents": {
        "events": [{"timestamp": 1, "message": f"read part {n}"} for n in range(60)],
        "nextBackwardToken": "b",
        "nextForwardToken": "f",
    },
}


class Platform:
    """What one function sees of Lambda and of AWS, while a `with` block lasts."""

    def __init__(self) -> None:
        self._events: queue.Queue[object] = queue.Queue()
        self._asked: queue.Queue[float] = queue.Queue()
        self._answered: queue.Queue[tuple[float, str]] = queue.Queue()
        self._listening = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Listen."""
        self._port = self._listening.enter_context(serving(self._handler()))
        return self

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        self._listening.close()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._port}"

    def ready(self) -> float:
        """Wait until the function asks for work; give the time of that."""
        return self._asked.get(timeout=PATIENCE_S)

    def invoke(self, event: object) -> float:
        """Hand over one event; give the seconds until its answer, which must be no error."""
        began = time.perf_counter()
        self._events.put(event)
        ended, error = self._answered.get(timeout=PATIENCE_S)
        if error:
            raise RuntimeError(f"the function failed: {error}")
        return ended - began

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        platform = self

        class Request(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                platform._asked.put(time.perf_counter())
                event = platform._events.get()
                more = {
                    "Content-Type": "application/json",
                    "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
                    "Lambda-Runtime-Aws-Request-Id": "request",
                    "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f",
                }
                self._say(json.dumps(event).encode(), more)

            def do_POST(self) -> None:
                now = time.perf_counter()
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if self.path.startswith("/2018-06-01/"):
                    error = body.decode() if self.path.endswith("/error") else ""
                    self._say(b"{}", {}, HTTPStatus.ACCEPTED)
                    platform._answered.put((now, error))
                    return
                target = self.headers.get("X-Amz-Target")
                if target is None:  # SNS speaks the query protocol
                    self._say(_XML, {"Content-Type": "text/xml"})
                    return
                answer = _ANSWERS.get(target.rpartition(".")[2], {})
                self._say(
                    json.dumps(answer).encode(), {"Content-Type": "application/x-amz-json-1.0"}
                )

            def _say(
                self, body: bytes, headers: dict[str, str], status: HTTPStatus = HTTPStatus.OK
            ) -> None:
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Request
