"""Folders and processes of a local AWS, and what a killed one left behind.

Whoever makes a folder holds a lock in it. The kernel releases the lock when its process ends,
however it ends, so a folder whose lock is free belongs to nobody any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "batch-notifier-"
LOCK, GROUP = "lock", "process-group"
_held: dict[Path, int] = {}


def make() -> Path:
    """Make a folder of this process."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    new = folder / "new"
    descriptor = os.open(new, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    new.rename(folder / LOCK)  # locked before anybody looks for it by this name
    _held[folder] = descriptor
    return folder


def remove(folder: Path) -> None:
    """Remove a folder of this process."""
    shutil.rmtree(folder, ignore_errors=True)
    if (descriptor := _held.pop(folder, None)) is not None:
        os.close(descriptor)


def note_process(folder: Path, group: int) -> None:
    """Note the process group that works in a folder."""
    (folder / GROUP).write_text(str(group), encoding="utf-8")


def clean_up() -> int:
    """End and remove what killed processes left behind; return how many folders that were."""
    return sum(_clean(folder) for folder in _folders())


def _folders() -> Iterator[Path]:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, or gone meanwhile
            if folder.is_dir() and (folder / LOCK).stat().st_uid == os.getuid():
                yield folder


def _clean(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # it is at work
    else:
        _end_processes(folder)
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(descriptor)


def _end_processes(folder: Path) -> None:
    """End the process group of a folder, if its number still belongs to it."""
    with contextlib.suppress(OSError, ValueError):
        group = int((folder / GROUP).read_text(encoding="utf-8"))
        if any(str(folder) in command for command in _commands(group)):
            os.killpg(group, signal.SIGKILL)


def _commands(group: int) -> Iterator[str]:
    """Yield the command lines of a process group."""
    if Path("/proc/self/cmdline").exists():
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                if os.getpgid(int(process.name)) == group:
                    yield (process / "cmdline").read_text(encoding="utf-8", errors="replace")
    elif ps := shutil.which("ps"):  # macOS
        command = [ps, "-A", "-o", "pgid=,command="]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        rows = (line.strip().partition(" ") for line in done.stdout.splitlines())
        yield from (command for number, _, command in rows if number == str(group))
