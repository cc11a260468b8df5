"""Chromium for the tests of the inbox: the one that is there, or else Debian's.

`python -m workbench.inbox.chromium` makes sure of it. Nothing here fetches a browser build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
LOG = Path(__file__).parents[2] / ".setup.log"
WANTED = "the inbox is tested in a browser: install chromium or Google Chrome"
# With fonts: a page without any would be one of boxes.
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu")
# Of a new profile, with nothing that talks to anybody; root has no sandbox.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
)


def found() -> str:
    """Give the path of a browser, or nothing."""
    named = next((path for name in NAMES if (path := shutil.which(name))), "")
    return named or (str(MAC) if MAC.exists() else "")


def main() -> int:
    """Find a browser, or install Debian's; say in one line why neither worked."""
    if found():
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return _said(WANTED)
    print("test: installing chromium for the tests of the inbox ...", flush=True)
    with LOG.open("w", encoding="utf-8") as log:
        done = _run(("apt-get", "update"), log.fileno()) and _run(INSTALL, log.fileno())
    if not done or not found():
        return _said(f"{WANTED} (apt-get could not; {LOG.name} has the details)")
    LOG.unlink()
    return 0


def _run(command: Sequence[str], log: int) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
    )
    return done.returncode == 0


def _said(problem: str) -> int:
    print(f"test: {problem}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
