"""The hand that puts the clock of a local AWS forward; see clock/sitecustomize.py."""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path
from typing import Self

FIELDS = struct.Struct("<dqqdq")
ANSWER_SECONDS = 60.0  # a busy machine; it answers within 20 ms
IDLE_ANSWERS = 3  # in a row: between a message taken and its invocation begun there is a moment
LOOK_SECONDS = 0.04


class ClockHand:
    """Ask a local AWS whether it rests, and let time pass there.

    Parameters
    ----------
    file
        Where the clock is kept; made here.
    """

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(FIELDS.size))
        self._file = file

    def __enter__(self) -> Self:
        """Take hold of the clock."""
        self._descriptor = os.open(self._file, os.O_RDWR)
        self._shared = mmap.mmap(self._descriptor, FIELDS.size)
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of it."""
        self._shared.close()
        os.close(self._descriptor)

    @property
    def settings(self) -> dict[str, str]:
        """What the local AWS needs to see this clock."""
        folder = Path(__file__).parent / "clock"
        return {"PYTHONPATH": str(folder), "BATCH_NOTIFIER_CLOCK": str(self._file)}

    @property
    def added(self) -> float:
        """Seconds that were added so far."""
        found: float = struct.unpack_from("<d", self._shared, 0)[0]
        return found

    @property
    def now(self) -> float:
        """The time there, in epoch seconds."""
        return time.time() + self.added

    def forward(self, seconds: float) -> None:
        """Let time pass there."""
        struct.pack_into("<d", self._shared, 0, self.added + max(0.0, seconds))

    def rest(self, seconds: float) -> float:
        """Wait until nothing runs and nothing is due; give when something is, in epoch seconds.

        Raises
        ------
        TimeoutError
            When it does not rest within `seconds` of our time.
        """
        deadline, idle = time.monotonic() + seconds, 0
        while time.monotonic() < deadline:
            running, due = self._ask()
            idle = idle + 1 if running == 0 and due > self.now else 0
            if idle == IDLE_ANSWERS:
                return due
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"the local AWS did not rest within {seconds:.0f} s")

    def _ask(self) -> tuple[int, float]:
        asked = struct.unpack_from("<q", self._shared, 8)[0] + 1
        struct.pack_into("<q", self._shared, 8, asked)
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            running, due, answered = struct.unpack_from("<qdq", self._shared, 16)
            if answered == asked:
                return running, due
            time.sleep(0.002)
        raise TimeoutError("the clock of the local AWS does not answer")
