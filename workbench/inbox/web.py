"""The inbox as a web application: one page, its messages as JSON, and a stream of new ones."""

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

from workbench.inbox import destinations
from workbench.inbox.mailbox import Mailbox, numbered_row
from workbench.inbox.message import MailboxMessage

PAGE = Path(__file__).parent / "page"
ALERTS = "alerts"  # the mailbox that messages arrive in
# A page of another site, whose name resolves to this machine, gets no messages.
HOSTS = ["127.0.0.1", "localhost"]
HEARTBEAT_SECONDS = 15.0  # shorter than the idle timeout of any proxy or browser
RETRY_MS = 1_000

# Only our own scripts, styles, pictures and connections, and none of them inline; the name of a job
# cannot become markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# A mail has styles of its own, and nothing else; only the page may frame it, without scripts, and
# its links open a window.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
POLICY_NAME = "Content-Security-Policy"
HEADERS = {
    POLICY_NAME: POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def application(mailboxes: Mapping[str, Mailbox], caption: str) -> Starlette:
    """Build the application.

    Parameters
    ----------
    mailboxes
        By name; `alerts` is the live one.
    caption
        What the alerts are, in one sentence for the page.
    """

    async def mailbox(request: Request) -> Response:
        return _json({"caption": caption, **_find(mailboxes, request).state()})

    async def message(request: Request) -> Response:
        return _message(_incident(mailboxes, request))

    async def html_mail(request: Request) -> Response:
        return _html_mail(_incident(mailboxes, request)[-1])

    async def stream(request: Request) -> Response:
        return _stream(mailboxes[ALERTS], request)

    routes = [
        Route("/", _page),
        Route("/boxes/{box}", mailbox),
        Route("/boxes/{box}/{number:int}", message),
        Route("/boxes/{box}/{number:int}/mail", html_mail),
        Route("/stream", stream),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
    return Starlette(routes=routes, middleware=[Middleware(_Headers), hosts])


async def _page(_: Request) -> Response:
    return FileResponse(PAGE / "index.html")


def _incident(mailboxes: Mapping[str, Mailbox], request: Request) -> list[MailboxMessage]:
    """Return the messages of an incident up to the one that is asked for."""
    found = _find(mailboxes, request).incident(request.path_params["number"])
    if not found:
        raise HTTPException(404, "no such message: only the newest are kept")
    return found


def _message(incident: list[MailboxMessage]) -> Response:
    sent = destinations.payloads(incident)
    return _json({**incident[-1].details(), "destinations": sent})


def _html_mail(message: MailboxMessage) -> Response:
    made = destinations.html_mail(message)
    if made is None:
        raise HTTPException(404, "this message is no alert document")
    return Response(_framed(made), media_type="text/html", headers={POLICY_NAME: MAIL_POLICY})


def _stream(mailbox: Mailbox, request: Request) -> Response:
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
    frames = _frames(mailbox, _last_seen(mailbox, seen))
    return StreamingResponse(frames, media_type="text/event-stream")


class _Headers:
    """Adds the security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, and its response with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get(POLICY_NAME, POLICY)
                headers.update({**HEADERS, POLICY_NAME: own})
            await send(message)

        await self._app(scope, receive, with_headers)


def _find(mailboxes: Mapping[str, Mailbox], request: Request) -> Mailbox:
    found = mailboxes.get(request.path_params["box"])
    if found is None:
        raise HTTPException(404, "no such mailbox")
    return found


def _framed(mail: str) -> str:
    """Let links leave the frame, as mail programs do."""
    return mail.replace("<head>", '<head>\n<base target="_blank">', 1)


def _json(content: object) -> Response:
    return Response(json.dumps(content), media_type="application/json")


def _last_seen(mailbox: Mailbox, event_id: str) -> int:
    """Read the number that a browser saw last; -1 if that was in another mailbox."""
    generation, _, number = event_id.partition("-")
    if generation != mailbox.generation or not number.isdecimal():
        return -1
    return int(number)


async def _frames(mailbox: Mailbox, last_seen: int) -> AsyncIterator[str]:
    """Yield server-sent events: the messages missed, then each message as it arrives."""
    wake, loop = asyncio.Event(), asyncio.get_running_loop()
    yield f"retry: {RETRY_MS}\n\n"
    if last_seen < 0:  # its numbers are not ours: it must reload the list
        yield frame("reload", "", {})
        return
    with mailbox.watched(lambda: loop.call_soon_threadsafe(wake.set)):
        while not mailbox.is_closed:
            wake.clear()
            for number, message in mailbox.after(last_seen):
                last_seen = number
                row = numbered_row(number, message)
                yield frame("alert", f"{mailbox.generation}-{number}", row)
            try:
                await asyncio.wait_for(wake.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": heartbeat\n\n"


def frame(event: str, event_id: str, data: Mapping[str, Any]) -> str:
    r"""Format one server-sent event; JSON in ASCII contains no line break that could end it.

    Examples
    --------
    >>> frame("alert", "a-1", {"name": "x\ny"})
    'id: a-1\nevent: alert\ndata: {"name": "x\\ny"}\n\n'
    """
    identity = f"id: {event_id}\n" if event_id else ""
    return f"{identity}event: {event}\ndata: {json.dumps(data)}\n\n"
