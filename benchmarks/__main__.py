"""`make bench`: runs all benchmarks, or the parts that are named, and writes their results.

`python -m benchmarks [start] [destinations] [storm] [way]`. Figures of a machine with other work
would be wrong: then they are printed and not written.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import destinations, latency, memory, page, report, start, storms, warm
from benchmarks.meter import Measured
from benchmarks.storms import Storms
from workbench.local import sam
from workbench.local.deployment import deploy_locally

HERE = Path(__file__).parent
RESULTS, MEASURED = HERE / "RESULTS.md", HERE / "measured.json"
MOST_LOAD = 1.0  # waiting processes in the last minute, at the start
Cost = dict[str, Any]


def main(names: list[str]) -> int:
    """Measure these parts, or all, and write RESULTS.md and measured.json."""
    if wrong := [name for name in names if name not in PARTS]:
        print(f"no such part: {wrong[0]} (there are {', '.join(PARTS)})", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    machine = _machine(load)
    with tempfile.TemporaryDirectory() as folder:
        _print("building the functions ...")
        built = sam.build(Path(folder) / "build")
        for name in names or PARTS:
            text, cost = PARTS[name](machine, built, json.loads(MEASURED.read_text("utf-8")))
            if load > MOST_LOAD:
                _print(text)
                continue
            before = RESULTS.read_text(encoding="utf-8")
            RESULTS.write_text(page.replace_part(before, name, text), encoding="utf-8")
            MEASURED.write_text(json.dumps(cost, indent=1) + "\n", encoding="utf-8")
            _print(f"wrote the part {name} of {RESULTS.name}")
    if load > MOST_LOAD:
        _print(
            f"nothing was written: the load at the start was {load:.1f}, and above "
            f"{MOST_LOAD:.0f} the figures are those of a machine with other work"
        )
    return 0


def _measure_start(machine: str, built: Path, cost: Cost) -> tuple[str, Cost]:
    [artifact] = built.parent.glob("OnFailureFunction*")
    packages = built.parent / "runtime"
    packages.mkdir()
    _print("cold starts ...")
    starts = start.measure(start.contenders(artifact), start.runtime(packages))
    _print("one failure ...")
    spent = round(statistics.median(starts[start.OURS].whole) / 1000, 3)
    ours = [row | {"start": spent} for row in cost["ours"]]
    return report.format_start(machine, starts, warm.measure()), cost | {"ours": ours}


def _measure_destinations(machine: str, built: Path, cost: Cost) -> tuple[str, Cost]:
    packages = built.parent / "runtime-of-destinations"
    packages.mkdir()
    _print("cold starts with destinations ...")
    function = built.parent / "DestinationsStack" / "OnAlertFunction"
    return report.format_destinations(machine, destinations.measure(function, packages)), cost


def _measure_storm(machine: str, built: Path, cost: Cost) -> tuple[str, Cost]:
    _print("storms ...")
    measured = storms.measure()
    _print("memory ...")
    with deploy_locally(port=0, report=lambda _: None, template=built) as deployment:
        peaks = memory.measure(deployment)
    return report.format_storms(machine, measured, peaks), _cost(measured, cost["ours"][0]["start"])


def _measure_way(machine: str, built: Path, cost: Cost) -> tuple[str, Cost]:
    _print("from the bus to a subscriber ...")
    with deploy_locally(port=0, report=lambda _: None, template=built) as deployment:
        return report.format_ways(machine, latency.measure(deployment)), cost


PARTS: dict[str, Callable[[str, Path, Cost], tuple[str, Cost]]] = {
    "start": _measure_start,
    "destinations": _measure_destinations,
    "storm": _measure_storm,
    "way": _measure_way,
}


def _print(line: str) -> None:
    print(line, flush=True)


def _machine(load: float) -> str:
    cores = f"{os.cpu_count()} cores of {_processor()}"
    python = f"Python {platform.python_version()} ({_start_python_version()} for starts)"
    python += f", botocore {version('botocore')}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores}, {python}, load {load:.1f} at the start."


def _start_python_version() -> str:
    command = [start.interpreter(), "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    """Return the processor's name from Linux."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))


def _cost(found: Storms, start_s: float) -> Cost:
    """Return the data of `batch-notifier cost`; `start_s` is the CPU of a cold start."""
    ours = [_row(each, start_s) for each in found.series("ours", "jobs")]
    return {"ours": ours, "usual": _row(found.series("usual", "arrays")[-1], 0.0)}


def _row(found: Measured, start_s: float) -> dict[str, Any]:
    return {
        "failures": found.failures,
        "cpu": round(found.cpu, 4),
        "waits": found.waits,
        "invocations": found.invocations,
        "messages": found.messages,
        "sends": found.calls["sqs SendMessage"],
        "reads": found.units["read"],
        "writes": found.units["write"],
        "start": start_s,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
