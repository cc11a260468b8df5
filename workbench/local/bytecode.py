"""`make build`: add bytecode to the built functions, so that a cold start compiles nothing.

Code is read-only in Lambda, so Python compiles all of it at every cold start, a third of its time.
Bytecode is for one minor version; other versions ignore it. `sam build` leaves it out, so the
Python of the runtime adds it afterwards.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from workbench.local.aws import ROOT
from workbench.local.sam import TEMPLATE

BUILT = ROOT / ".aws-sam" / "build"
_PRINT_PATH = "import sys; print(sys.executable)"
TASK = "/var/task"  # where Lambda puts the code, as tracebacks show it


def main() -> int:
    """Add bytecode to the output of `sam build`."""
    python = runtime_python(TEMPLATE.read_text(encoding="utf-8"))
    if python is None:
        print("build: no bytecode, as the runtime's Python is not here; cold starts take longer")
        return 0
    for folder in functions(BUILT):
        add(folder, python)
    return 0


def functions(stack: Path) -> Iterator[Path]:
    """Give the folder of every function that `sam build` has built, also of nested stacks."""
    for folder in sorted(each for each in stack.iterdir() if each.is_dir()):
        if (folder / "template.yaml").is_file():
            yield from functions(folder)
        else:
            yield folder


def runtime_python(template: str) -> str | None:
    """Find the Python that a template names as its runtime; None if it is not available."""
    [version] = set(re.findall(r"Runtime: python(3\.\d+)", template))
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    # uv finds an installed one that runs, or downloads it.
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "run", "--no-project", "--python", version, "python", "-c", _PRINT_PATH]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def add(folder: Path, python: str) -> None:
    """Compile all files of a folder; the code never changes, so Python need not compare times."""
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", TASK]
    subprocess.run([python, "-m", "compileall", *options, str(folder)], check=True)


if __name__ == "__main__":
    sys.exit(main())
