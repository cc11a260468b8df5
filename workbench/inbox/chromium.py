"""Chromium for the tests of the inbox: the installed one, or else Debian's.

`python -m workbench.inbox.chromium` installs it if needed. It never downloads a browser build.
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
REQUIRED = "the tests of the inbox need a browser: install chromium or Google Chrome"
# With fonts: without them a page shows only boxes.
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu")
# A new profile without network requests; root has no sandbox.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
)


def find() -> str:
    """Return the path of a browser, or an empty string."""
    on_path = next((path for name in NAMES if (path := shutil.which(name))), "")
    return on_path or (str(MAC) if MAC.exists() else "")


def main() -> int:
    """Find a browser, or install Debian's."""
    if find():
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return _fail(REQUIRED)
    print("test: installing chromium for the tests of the inbox ...", flush=True)
    with LOG.open("w", encoding="utf-8") as log:
        done = _run(("apt-get", "update"), log.fileno()) and _run(INSTALL, log.fileno())
    if not done or not find():
        return _fail(f"{REQUIRED} (apt-get failed; {LOG.name} has the details)")
    LOG.unlink()
    return 0


def _run(command: Sequence[str], log: int) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
    )
    return done.returncode == 0


def _fail(problem: str) -> int:
    print(f"test: {problem}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
