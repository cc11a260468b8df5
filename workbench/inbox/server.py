"""Serves the inbox on a loopback port while a ``with`` block lasts."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping

import uvicorn

from workbench.errors import SetupError
from workbench.inbox.mailbox import Mailbox
from workbench.inbox.web import application
from workbench.local.loopback import HOST

START_SECONDS = 10.0
POLL_SECONDS = 0.01
GRACE_SECONDS = 1  # for a request in progress


@contextlib.contextmanager
def serve_inbox(mailboxes: Mapping[str, Mailbox], caption: str, port: int = 0) -> Iterator[str]:
    """Serve mailboxes and yield the URL; other threads may put messages into them meanwhile.

    Parameters
    ----------
    mailboxes
        By name, with `alerts` among them; they are closed at the end.
    caption
        What the alerts are, in one sentence for the page.
    port
        The loopback port to listen on; 0 takes a free one.

    Raises
    ------
    SetupError
        When the port is taken, or the server does not start.
    """
    config = uvicorn.Config(
        application(mailboxes, caption),
        log_config=None,  # errors go to the page or to the caller
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    with _listen(port) as listener:
        run = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=run, daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield f"http://{HOST}:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            for mailbox in mailboxes.values():  # this ends open streams
                mailbox.close()
            thread.join()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SetupError(f"cannot listen on {HOST}:{port} ({reason})") from error


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise SetupError("the web server of the inbox did not start")
        time.sleep(POLL_SECONDS)
