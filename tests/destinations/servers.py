"""Real servers on loopback that answer as the services document it, and keep what they took."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BLOCKS_LIMIT = 50
TEXT_LIMIT = 40_000
BLOCK_TEXT_LIMIT = 3_000


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0
    is_reset: bool = False
    """Whether the connection is reset instead of an answer."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Serve on a free port of loopback; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = answer(Request(self.path, dict(self.headers), body))
            time.sleep(reply.after_s)
            if reply.is_reset:
                self._reset()
                return
            with suppress(ConnectionError):  # the client had waited long enough
                self._reply(reply)

        def _reply(self, reply: Reply) -> None:
            content = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _reset(self) -> None:
            self.close_connection = True
            linger = struct.pack("ii", 1, 0)  # so that closing sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            # Not `close`: the files of the handler would keep the connection open.
            socket.socket(fileno=self.connection.detach()).close()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Recorder:
    """Takes everything, but for the replies that were put in its way."""

    def __init__(self, *replies: Reply, then: Reply | None = None) -> None:
        self.requests: list[Request] = []
        self._replies, self._then = list(replies), then or Reply()

    def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        return self._replies.pop(0) if self._replies else self._then


class Slack:
    """The three methods of Slack's Web API that matter here, with its documented limits.

    One message a second and channel is Slack's limit; `per_second` sets it.
    """

    def __init__(self, token: str = "xoxb-1", channel: str = "C1", per_second: int = 0) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.edits: list[tuple[str, dict[str, Any]]] = []
        self.problems: list[str] = []
        self.refuse: list[Reply] = []
        self._token, self._channel, self.per_second = token, channel, per_second
        self._posted: list[float] = []
        self._count = 0

    def __call__(self, request: Request) -> Reply:
        if self.refuse:
            return self.refuse.pop(0)
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return self._error("invalid_auth")
        sent = request.document
        if sent.get("channel") != self._channel:
            return self._error("channel_not_found")
        if problem := problem_of(sent):
            self.problems.append(problem)
            return self._error("invalid_blocks")
        method = request.path.rsplit("/", 1)[-1]
        return {"chat.postMessage": self._post, "chat.update": self._update}[method](sent)

    def first(self) -> dict[str, Any]:
        return next(one for one in self.messages.values() if "thread_ts" not in one)

    def roots(self) -> list[str]:
        return [ts for ts, one in self.messages.items() if "thread_ts" not in one]

    def thread(self, ts: str) -> list[dict[str, Any]]:
        return [one for one in self.messages.values() if one.get("thread_ts") == ts]

    def _post(self, sent: dict[str, Any]) -> Reply:
        now = time.monotonic()
        self._posted = [at for at in self._posted if at > now - 1]
        if self.per_second and len(self._posted) >= self.per_second:
            return Reply(429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "1"})
        if "thread_ts" in sent and sent["thread_ts"] not in self.messages:
            return self._error("thread_not_found")
        self._posted.append(now)
        self._count += 1
        ts = f"1700000000.{self._count:06}"
        self.messages[ts] = sent
        return Reply(body=json.dumps({"ok": True, "ts": ts, "channel": self._channel}))

    def _update(self, sent: dict[str, Any]) -> Reply:
        if sent["ts"] not in self.messages:
            return self._error("message_not_found")
        self.edits.append((sent["ts"], sent))
        self.messages[sent["ts"]] |= sent
        return Reply(body=json.dumps({"ok": True, "ts": sent["ts"], "channel": self._channel}))

    @staticmethod
    def _error(code: str) -> Reply:
        return Reply(body=json.dumps({"ok": False, "error": code}))


def problem_of(sent: dict[str, Any]) -> str:
    """Give what Slack would refuse in a message, by its documented limits."""
    blocks = [*sent.get("blocks", [])]
    for attachment in sent.get("attachments", []):
        blocks += attachment.get("blocks", [])
    if not sent.get("text") or len(sent["text"]) > TEXT_LIMIT:
        return "text is missing or too long"
    if len(blocks) > BLOCKS_LIMIT or len(sent.get("attachments", [])) > 20:
        return "too many blocks"
    for block in blocks:
        texts = list(texts_of(block))
        if not texts or any(not one for one in texts):
            return f"an empty element in {block}"
        if sum(map(len, texts)) > BLOCK_TEXT_LIMIT:
            return "a block is too long"
    return ""


def texts_of(node: Any) -> Iterator[str]:
    """Give the text of every text and link element of rich text."""
    if isinstance(node, dict):
        if node.get("type") in ("text", "link"):
            yield node["text"]
        if node.get("type") == "link" and not node["url"].startswith("https://"):
            yield ""
        for value in node.values():
            yield from texts_of(value)
    elif isinstance(node, list):
        for each in node:
            yield from texts_of(each)
