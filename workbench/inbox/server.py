"""The inbox on a loopback port, while a ``with`` block lasts."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import uvicorn

from workbench.inbox.mailbox import Mailbox
from workbench.inbox.web import application
from workbench.local_aws import HOST
from workbench.setup_error import SetupError

START_SECONDS = 10.0
POLL_SECONDS = 0.01
GRACE_SECONDS = 1  # for a request that is under way


class InboxServer:
    """Serve mailboxes; other threads may put letters into them meanwhile.

    Parameters
    ----------
    boxes
        Mailboxes by name, `alerts` among them.
    where
        What the alerts are, in one sentence for the page.
    port
        The loopback port to listen on; 0 takes a free one.
    """

    def __init__(self, boxes: Mapping[str, Mailbox], where: str, port: int = 0) -> None:
        self._boxes = boxes
        self._port = port
        self._socket: socket.socket | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(boxes, where),
                log_config=None,  # what goes wrong is for the page or for the caller
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self._port}/"

    def __enter__(self) -> Self:
        """Listen, and wait until it answers."""
        try:
            self._socket = socket.create_server((HOST, self._port))
        except OSError as error:
            said = f"cannot listen on {HOST}:{self._port} ({os.strerror(error.errno or 0)})"
            raise SetupError(said) from error
        self._port = self._socket.getsockname()[1]
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._close()
                raise SetupError("the web server of the inbox did not start")
            time.sleep(POLL_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, open streams included."""
        self._close()

    def _serve(self) -> None:
        assert self._socket is not None
        self._server.run(sockets=[self._socket])

    def _close(self) -> None:
        self._server.should_exit = True
        for mailbox in self._boxes.values():
            mailbox.close()
        self._thread.join()
        if self._socket is not None:
            self._socket.close()
