"""Lambda's runtime API on loopback, and AWS services that answer at once.

`awslambdaric` gets its invocations from here.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import contextlib
import json
import queue
import time
from http import HTTPStatus
from typing import Any, Self

from workbench.local.loopback import HOST, Request, Response, serve

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
    """Lambda and AWS for one function, while a `with` block lasts."""

    def __init__(self) -> None:
        self._events: queue.Queue[object] = queue.Queue()
        self._ready: queue.Queue[float] = queue.Queue()
        self._answered: queue.Queue[tuple[float, str]] = queue.Queue()
        self._listening = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Listen."""
        self._port = self._listening.enter_context(serve(self._answer))
        return self

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        self._listening.close()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self._port}"

    def ready(self) -> float:
        """Wait until the function asks for its first invocation; return when that was."""
        return self._ready.get(timeout=PATIENCE_S)

    def invoke(self, event: object) -> float:
        """Invoke the function with one event; return the seconds until its answer.

        Raises
        ------
        RuntimeError
            When the answer is an error.
        """
        began = time.perf_counter()
        self._events.put(event)
        ended, error = self._answered.get(timeout=PATIENCE_S)
        if error:
            raise RuntimeError(f"the function failed: {error}")
        return ended - began

    def _answer(self, request: Request) -> Response:
        now = time.perf_counter()
        if request.method == "GET":
            self._ready.put(now)
            return Response(json.dumps(self._events.get()).encode(), _invocation_headers())
        if not request.path.startswith("/2018-06-01/"):
            return _service_answer(request.headers.get("X-Amz-Target"))
        error = request.body.decode() if request.path.endswith("/error") else ""
        self._answered.put((now, error))
        return Response(b"{}", status=HTTPStatus.ACCEPTED)


def _invocation_headers() -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
        "Lambda-Runtime-Aws-Request-Id": "request",
        "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f",
    }


def _service_answer(target: str | None) -> Response:
    """Answer an AWS call by its `X-Amz-Target`; SNS uses the query protocol, without one."""
    if target is None:
        return Response(_XML, {"Content-Type": "text/xml"})
    answer = _ANSWERS.get(target.rpartition(".")[2], {})
    return Response(json.dumps(answer).encode(), {"Content-Type": "application/x-amz-json-1.0"})
