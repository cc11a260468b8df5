"""`make build`: put bytecode beside the code that is deployed, so that no start compiles it again.

Lambda keeps code read-only, so Python would compile all of it at every cold start, a third of one.
Bytecode is right for one minor version; another ignores it, and compiles as before. `sam build`
leaves it out, so it is added afterwards, by the Python of the runtime.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from workbench.local.aws import ROOT
from workbench.local.sam import TEMPLATE

BUILT = ROOT / ".aws-sam" / "build"
_WHERE = "import sys; print(sys.executable)"
TASK = "/var/task"  # where Lambda puts the code: tracebacks name files as they are there


def main() -> int:
    """Add it to what `sam build` has left."""
    python = runtime_python(TEMPLATE.read_text(encoding="utf-8"))
    if python is None:
        print("build: no bytecode, as there is no Python of the runtime here; starts take longer")
        return 0
    for folder in {found.parents[1] for found in BUILT.glob("*/notifier/__init__.py")}:
        add(folder, python)
    return 0


def runtime_python(template: str) -> str | None:
    """Find the Python that a template names as its runtime; None where there is none to be had."""
    [version] = set(re.findall(r"Runtime: python(3\.\d+)", template))
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    # uv fetches it where it is not there, and knows which of those that are there run.
    uv = str(Path(sys.executable).with_name("uv"))
    asked = [uv, "run", "--no-project", "--python", version, "python", "-c", _WHERE]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    return said.stdout.strip() or None


def add(folder: Path, python: str) -> None:
    """Compile all of a folder; the code does not change afterwards, so nothing is compared."""
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", TASK]
    subprocess.run([python, "-m", "compileall", *options, str(folder)], check=True)


if __name__ == "__main__":
    sys.exit(main())
