"""The inbox as a web application: one page, its letters as JSON, and a stream of those to come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.inbox import mailbox as mailboxes
from workbench.inbox.mailbox import Mailbox

PAGE = Path(__file__).parent / "page"
ALERTS = "alerts"  # the mailbox that letters arrive in
# Whoever is made to open a page elsewhere that names this machine does not get the letters.
HOSTS = ["127.0.0.1", "localhost"]
HEARTBEAT_SECONDS = 15.0  # shorter than what any proxy or browser takes for dead
RETRY_MS = 1_000

# No script, style, picture or connection but our own, and none of them inline; a string can not
# become markup, whatever a job is named.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def application(boxes: Mapping[str, Mailbox], where: str) -> Starlette:
    """Make the application.

    Parameters
    ----------
    boxes
        Mailboxes by name; `alerts` is the one that is live.
    where
        What the alerts are, in one sentence for the page.
    """

    async def page(request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def box(request: Request) -> Response:
        return _json({"where": where, **_chosen(boxes, request).state()})

    async def letter(request: Request) -> Response:
        found = _chosen(boxes, request).letter(request.path_params["number"])
        if found is None:
            raise HTTPException(404, "no such letter: only the newest are kept")
        return _json(found.whole())

    async def stream(request: Request) -> Response:
        mailbox = boxes[ALERTS]
        seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
        frames = _frames(mailbox, _place(mailbox, seen))
        return StreamingResponse(frames, media_type="text/event-stream")

    return Starlette(
        routes=[
            Route("/", page),
            Route("/boxes/{box}", box),
            Route("/boxes/{box}/{number:int}", letter),
            Route("/stream", stream),
            Mount("/page", StaticFiles(directory=PAGE)),
        ],
        middleware=[
            Middleware(_Headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
        ],
    )


class _Headers:
    """Puts the headers that keep a stranger's text inert on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response back with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)


def _chosen(boxes: Mapping[str, Mailbox], request: Request) -> Mailbox:
    found = boxes.get(request.path_params["box"])
    if found is None:
        raise HTTPException(404, "no such mailbox")
    return found


def _json(content: object) -> Response:
    return Response(json.dumps(content), media_type="application/json")


def _place(mailbox: Mailbox, seen: str) -> int:
    """Read where a browser left off; -1 when it was in another mailbox than this one."""
    age, _, number = seen.partition("-")
    if age != mailbox.age or not number.isdecimal():
        return -1
    return int(number)


async def _frames(mailbox: Mailbox, place: int) -> AsyncIterator[str]:
    """Give server-sent events: what came since, then each letter as it comes."""
    wake, loop = asyncio.Event(), asyncio.get_running_loop()
    yield f"retry: {RETRY_MS}\n\n"
    if place < 0:  # the numbers it knows are of no use here: it has to read the list anew
        yield frame("anew", "", {})
        return
    with mailbox.watched(lambda: loop.call_soon_threadsafe(wake.set)):
        while not mailbox.closed:
            wake.clear()
            for number, letter in mailbox.after(place):
                place = number
                yield frame("alert", f"{mailbox.age}-{number}", mailboxes.row(number, letter))
            try:
                await asyncio.wait_for(wake.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"


def frame(event: str, identity: str, data: Mapping[str, Any]) -> str:
    r"""Write one server-sent event; JSON in ASCII holds no line break that could end it.

    Examples
    --------
    >>> frame("alert", "a-1", {"name": "x\ny"})
    'id: a-1\nevent: alert\ndata: {"name": "x\\ny"}\n\n'
    """
    named = f"id: {identity}\n" if identity else ""
    return f"{named}event: {event}\ndata: {json.dumps(data)}\n\n"
