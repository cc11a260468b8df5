"""`make faults`: run every fault there is, and write what came of it to RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.cases import OUTAGES, ROUNDS
from workbench.local import sam
from workbench.local.aws import PYTHON, ROOT

LANES = 2
MOST_GROWN_MIB = 8  # a kilobyte kept of each failure would be a hundred
RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = """\
# What faults do to the notifier

Written by `make faults` on {date}: {machine}; {versions}.

The real template and package on a local AWS. A proxy stands between the functions and the services:
it answers in AWS's own wire format, resets connections, or holds a call a second longer than the
adapter waits. No time-out, retry, visibility or redrive of the template is shortened: the clock of
the local AWS jumps to where something comes due. A fault lasts 10 minutes on that clock, an outage
45, then all is healed.

- *failures*: jobs that failed, in five incidents, while the fault lasted. *faults*: calls it hit.
- *announced*: reported in a message that a subscriber received. *dead*: not reported, but in a
  dead-letter queue that an alarm watches. *lost*: neither. It must be 0.
- *duplicates*: messages that report nothing new, and jobs reported without the table and by it.
- *healed*: seconds from the end of the fault until every failure was announced or dead.

| fault | service | rate | lasts | failures | faults | announced | dead | lost | duplicates | \
healed |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
DESTINATIONS = """
## Destinations

Twelve alerts, half of them updates, go to nine destinations at once: Slack by token and by
webhook, Teams, PagerDuty, Opsgenie, incident.io, mail through SES, a signed webhook and Apprise.
All have the same fault, for so many requests in a hundred. Real are the entry point and its senders
with their time-outs, and a server on loopback for each service; moto has queues, parameters and
table, and the clock jumps to where something comes due. *cut*: the service takes the message, but
its answer is lost. That looks like a message that was not taken, so it is sent again.

- *dead*: in the dead-letter queue, with the name of the destination. *redriven*: delivered when the
  dead letters were sent again. *lost*: neither delivered nor dead. It must be 0.
- *healed*: seconds of the clock from the end of the fault until all was settled. *longest*: seconds
  of the longest invocation; the function has 60.

| fault, rate, lasts | deliveries | faults | delivered | dead | redriven | lost | duplicates \
| healed | longest |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
VERSIONS = """\
import importlib.metadata as found, json
print(json.dumps({name: found.version(name) for name in ("ministack", "microburst", "boto3")}))
"""


def main() -> int:
    """Run all, write the table; 1 when anything was lost or does not add up."""
    with tempfile.TemporaryDirectory(prefix="batch-notifier-faults-") as scratch:
        artifact = sam.build(Path(scratch) / "build")
        print(f"{len(ROUNDS) + len(OUTAGES)} faults, about ten minutes; then killing and a flood.")
        rows = _together([[*_lane(artifact, str(number))] for number in range(LANES)])
        [killed], [flooded] = (_together([_lane(artifact, what)]) for what in ("kill", "flood"))
    delivered = _together([[sys.executable, "-m", "tests.faults.destinations_lane"]])
    written = _written(rows, killed, flooded) + written_destinations(delivered)
    RESULTS.write_text(written, encoding="utf-8")
    bad = [row for row in (*rows, killed, *delivered) if row["lost"] or row["wrong"]]
    for row in bad:
        print(f"{row['case']}: {row['lost']} lost; {'; '.join(row['wrong'])}", file=sys.stderr)
    is_bad = bool(bad or _flood_problems(flooded))
    print(f"{RESULTS.relative_to(ROOT)}: {'FAILED' if is_bad else 'nothing lost'}")
    return int(is_bad)


def _lane(artifact: Path, what: str) -> list[str]:
    return [sys.executable, "-m", "tests.faults.lane", str(artifact), what, str(LANES)]


def _together(commands: Sequence[list[str]]) -> list[dict[str, Any]]:
    """Run commands side by side; give what they print, a line of JSON each."""
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for command in commands
    ]
    said = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise SystemExit("a lane of tests/faults ended early; its error is above")
    return [json.loads(line) for output in said for line in output.splitlines()]


def _written(rows: Sequence[dict[str, Any]], killed: dict[str, Any], flood: dict[str, Any]) -> str:
    head = HEAD.format(date=_today(), machine=_machine(), versions=_versions())
    found = {row["case"]: row for row in rows}
    lines = [_line(found[case.name]) for case in (*ROUNDS, *OUTAGES)]
    return head + "\n".join(lines) + "\n" + _killed(killed) + _flooded(flood)


def _line(row: dict[str, Any]) -> str:
    fault, service, rate, _, minutes, _ = row["case"].split(" ")
    cells = [fault, service, f"{rate} %", f"{minutes} min"]
    cells += [f"{row[name]:,}" for name in ("failures", "faults", "announced", "dead", "lost")]
    return "| " + " | ".join([*cells, f"{row['duplicates']:,}", f"{row['seconds']:,} s"]) + " |"


def _killed(row: dict[str, Any]) -> str:
    calls = sorted(row["killed"].items(), key=lambda pair: (-pair[1], pair[0]))
    at = "\n".join(f"| {call} | {times} |" for call, times in calls)
    columns = ("failures", "announced", "dead", "lost", "duplicates", "messages")
    numbers = " | ".join(f"{row[name]:,}" for name in columns)
    return f"""
## Killed

{row["failures"]:,} failures, in waves of twenty. At one in 33 calls, by a seeded chance, every
process of both functions was killed: while the call was under way, or just after its answer.
{row["faults"]} processes died.

| failures | announced | dead | lost | duplicates | messages | healed |
|--:|--:|--:|--:|--:|--:|--:|
| {numbers} | {row["seconds"]:,} s |

| at this call | processes killed |
|---|--:|
{at}
"""


def _flooded(flood: dict[str, Any]) -> str:
    lost = flood["failures"] - flood["told"] - flood["dead"]
    return f"""
## Flooded

{flood["failures"]:,} children of ten arrays fail at once. Real are the package in the Lambda
runtime interface, the deployed table, queues, topic and follow-up function, and the time. Batches
of a hundred are handed over here, because the local AWS takes ten.

| | |
|---|--:|
| failures | {flood["failures"]:,} |
| counted in the ledger | {flood["counted"]:,} |
| announced | {flood["told"]:,} |
| dead | {flood["dead"]:,} |
| lost | {lost:,} |
| messages | {flood["messages"]:,} |
| most messages in a minute, in an hour | {flood["most_in_a_minute"]}, {flood["most_in_an_hour"]} |
| failures a second | {flood["failures"] / flood["seconds"]:,.0f} |
| memory of the function, first tenth | {flood["memory_at_first"]:.1f} MiB |
| memory of the function, last tenth | {flood["memory_at_last"]:.1f} MiB |
| memory of the function at most | {flood["memory_at_most"]:.1f} MiB |

The limits are 5 messages a minute and 30 an hour; a storm digest is counted, but not held back.
Memory is that of OnFailureFunction. What has failed is read back for a digest, by
OnFollowUpFunction: ten thousand jobs take it 17 MiB, for as long as it writes of them.
"""


def written_destinations(rows: Sequence[dict[str, Any]]) -> str:
    """Give the section about destinations."""
    counts = ("expected", "faults", "delivered", "dead", "redriven", "lost", "duplicates")
    columns = ("case", *counts, "healed_s", "longest_s")
    lines = ["| " + " | ".join(str(row[name]) for name in columns) + " |" for row in rows]
    return DESTINATIONS + "\n".join(lines) + "\n"


def _flood_problems(flood: dict[str, Any]) -> list[str]:
    lost = flood["failures"] - flood["told"] - flood["dead"]
    grown = flood["memory_at_last"] - flood["memory_at_first"]
    problems = list(flood["wrong"])
    problems += [f"the flood lost {lost}"] if lost else []
    problems += [f"memory grew by {grown:.0f} MiB"] if grown > MOST_GROWN_MIB else []
    for problem in problems:
        print(problem, file=sys.stderr)
    return problems


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def _versions() -> str:
    done = subprocess.run([str(PYTHON), "-c", VERSIONS], capture_output=True, text=True, check=True)
    named = {"Python": platform.python_version(), **json.loads(done.stdout)}
    return ", ".join(f"{name} {version}" for name, version in named.items())


if __name__ == "__main__":
    sys.exit(main())
