"""`make build`: put bytecode beside the code that is deployed, so that no start compiles it again.

Lambda keeps code read-only, so Python would compile all of it at every cold start, a third of one.
Bytecode is right for one minor version; another ignores it, and compiles as before. `sam build`
leaves it out, so it is added afterwards, by the Python of the runtime.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from workbench.local_aws import ROOT

BUILT = ROOT / ".aws-sam" / "build"
TASK = "/var/task"  # where Lambda puts the code: tracebacks name files as they are there


def main() -> int:
    """Add it to what `sam build` has left."""
    python = runtime_python((ROOT / "template.yaml").read_text(encoding="utf-8"))
    if python is None:
        print(
            "build: no bytecode, as the Python of the runtime is not installed; starts take longer"
        )
        return 0
    for folder in {found.parents[1] for found in BUILT.glob("*/notifier/__init__.py")}:
        add(folder, python)
    return 0


def runtime_python(template: str) -> str | None:
    """Find the Python that the template names as its runtime."""
    [version] = set(re.findall(r"Runtime: python(3\.\d+)", template))
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    return shutil.which(f"python{version}")


def add(folder: Path, python: str) -> None:
    """Compile all of a folder; the code does not change afterwards, so nothing is compared."""
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", TASK]
    subprocess.run([python, "-m", "compileall", *options, str(folder)], check=True)


if __name__ == "__main__":
    sys.exit(main())
