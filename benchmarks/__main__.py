"""`make bench`: measure everything in turn, and write RESULTS.md and measured.json."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import latency, memory, report, start, storms, warm
from benchmarks.meter import Measured
from benchmarks.report import Results
from benchmarks.start import Starts
from benchmarks.storms import Storms
from workbench.local import sam
from workbench.local.deployment import deploy_locally

HERE = Path(__file__).parent
RESULTS, MEASURED = HERE / "RESULTS.md", HERE / "measured.json"


def main() -> None:
    """Measure, and write both files."""
    with tempfile.TemporaryDirectory() as folder:
        built = sam.build(Path(folder) / "build")
        [artifact] = built.parent.glob("OnFailureFunction*")
        packages = Path(folder) / "runtime"
        packages.mkdir()
        chosen = start.contenders(artifact)
        _say("cold starts ...")
        starts = start.measure(chosen, start.runtime(packages))
        _say("one failure ...")
        one = warm.measure()
        _say("storms ...")
        found = storms.measure()
        _say("from the bus to a subscriber, and memory ...")
        with deploy_locally(port=0, report=lambda _: None, template=built) as stage:
            ways = latency.measure(stage)
            peaks = memory.measure(stage)  # last: it brings the hour after with it
    results = Results(_machine(), starts, one, found, peaks, ways)
    RESULTS.write_text(report.written(results), encoding="utf-8")
    MEASURED.write_text(_for_the_cost(found, starts), encoding="utf-8")
    _say(f"written to {RESULTS.relative_to(Path.cwd())} and {MEASURED.name}")


def _say(line: str) -> None:
    print(line, flush=True)


def _machine() -> str:
    cores = f"{os.cpu_count()} cores of {_processor()}"
    python = f"Python {platform.python_version()} ({_of_starts()} for starts)"
    python += f", botocore {version('botocore')}"
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores}, {python}, {load}"


def _of_starts() -> str:
    asked = [start.interpreter(), "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    """Name the processor as Linux does."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))


def _for_the_cost(found: Storms, starts: Mapping[str, Starts]) -> str:
    """Write what `batch-notifier cost` counts with."""
    ours = [
        _row(each, statistics.median(starts["OnFailureFunction"].whole))
        for each in found.series("ours", "jobs")
    ]
    usual = _row(found.series("usual", "arrays")[-1], 0.0)
    return json.dumps({"ours": ours, "usual": usual}, indent=1) + "\n"


def _row(found: Measured, start_ms: float) -> dict[str, Any]:
    return {
        "failures": found.failures,
        "cpu": round(found.cpu, 4),
        "waits": found.waits,
        "invocations": found.invocations,
        "messages": found.messages,
        "sends": found.calls["sqs SendMessage"],
        "reads": found.units["read"],
        "writes": found.units["write"],
        "start": round(start_ms / 1000, 3),
    }


if __name__ == "__main__":
    main()
