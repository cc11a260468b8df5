"""The inbox on a loopback port, while a ``with`` block lasts."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping

import uvicorn

from workbench.inbox.mailbox import Mailbox
from workbench.inbox.web import application
from workbench.local.loopback import HOST
from workbench.local.setup_error import SetupError

START_SECONDS = 10.0
POLL_SECONDS = 0.01
GRACE_SECONDS = 1  # for a request that is under way


@contextlib.contextmanager
def serving(boxes: Mapping[str, Mailbox], where: str, port: int = 0) -> Iterator[str]:
    """Serve mailboxes, and give the URL; other threads may put letters into them meanwhile.

    Parameters
    ----------
    boxes
        Mailboxes by name, `alerts` among them; they are closed in the end.
    where
        What the alerts are, in one sentence for the page.
    port
        The loopback port to listen on; 0 takes a free one.

    Raises
    ------
    SetupError
        When the port is taken, or the server does not start.
    """
    config = uvicorn.Config(
        application(boxes, where),
        log_config=None,  # what goes wrong is for the page or for the caller
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    with _listening(port) as listener:
        run = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=run, daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield f"http://{HOST}:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            for mailbox in boxes.values():  # which ends open streams
                mailbox.close()
            thread.join()


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        said = f"cannot listen on {HOST}:{port} ({os.strerror(error.errno or 0)})"
        raise SetupError(said) from error


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise SetupError("the web server of the inbox did not start")
        time.sleep(POLL_SECONDS)
