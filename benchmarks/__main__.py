"""`make bench`: runs all benchmarks, and writes RESULTS.md and measured.json."""

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
    """Run all benchmarks, and write both files."""
    with tempfile.TemporaryDirectory() as folder:
        built = sam.build(Path(folder) / "build")
        [artifact] = built.parent.glob("OnFailureFunction*")
        packages = Path(folder) / "runtime"
        packages.mkdir()
        _print("cold starts ...")
        starts = start.measure(start.contenders(artifact), start.runtime(packages))
        _print("one failure ...")
        warm_times = warm.measure()
        _print("storms ...")
        measured_storms = storms.measure()
        _print("from the bus to a subscriber, and memory ...")
        with deploy_locally(port=0, report=lambda _: None, template=built) as deployment:
            latencies = latency.measure(deployment)
            peaks = memory.measure(deployment)  # last: it simulates an hour
    results = Results(_machine(), starts, warm_times, measured_storms, peaks, latencies)
    RESULTS.write_text(report.format_report(results), encoding="utf-8")
    MEASURED.write_text(_cost_data(measured_storms, starts), encoding="utf-8")
    _print(f"wrote {RESULTS.relative_to(Path.cwd())} and {MEASURED.name}")


def _print(line: str) -> None:
    print(line, flush=True)


def _machine() -> str:
    cores = f"{os.cpu_count()} cores of {_processor()}"
    python = f"Python {platform.python_version()} ({_start_python_version()} for starts)"
    python += f", botocore {version('botocore')}"
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores}, {python}, {load}"


def _start_python_version() -> str:
    command = [start.interpreter(), "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    """Return the processor's name from Linux."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))


def _cost_data(found: Storms, starts: Mapping[str, Starts]) -> str:
    """Format the data of `batch-notifier cost`."""
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
