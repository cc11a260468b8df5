"""Cold starts under Lambda's runtime interface: ours beside the floor and the usual function.

INIT is Lambda's term: from the start of the interpreter until the function asks for its first
invocation. Then the function gets one failure, so that clients which are created only then are
counted too; services answer at once. The contenders take turns, and each start is a new process.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.runtime_api import Platform
from tests.runtime import lambda_runtime
from workbench.local import bytecode, job_events
from workbench.local.aws import ROOT
from workbench.local.sam import TEMPLATE

BASELINES = Path(__file__).parent / "baselines"
ROUNDS = 15
USUAL, BARE, OURS = "usual function: boto3, two clients", "bare runtime", "OnFailureFunction"
_CPUCLOCK_SCHED = 2  # of the clocks of a process, the one in nanoseconds
FAILED_AT = 1_790_000_000_000  # epoch ms


@dataclass(frozen=True, slots=True)
class Contender:
    """A function: the folder that is deployed, and its handler."""

    name: str
    folder: Path
    handler: str
    is_ours: bool = False
    event: object = None
    """What it gets first; by default one failure, as the rule or the queue delivers it."""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Starts:
    """The cold starts of one contender, in milliseconds of CPU.

    CPU time, because it depends little on other work of the machine.
    """

    init: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    """From the first invocation to its answer."""

    @property
    def whole(self) -> list[float]:
        """From the start of the interpreter to the first answer."""
        return [one + other for one, other in zip(self.init, self.first, strict=True)]


def contenders(artifact: Path) -> list[Contender]:
    """Return what is started in turn; the first is the reference."""
    compiled = artifact.with_name(f"{artifact.name}-compiled")
    if not compiled.exists():
        shutil.copytree(artifact, compiled)
        bytecode.add(compiled, interpreter())
    ours = "notifier.on_failure.handler"
    return [
        Contender(USUAL, BASELINES, "usual_lambda.handler"),
        Contender(BARE, BASELINES, "bare.handler"),
        Contender("boto3, four clients, no work", BASELINES, "four_clients.handler"),
        Contender(OURS, compiled, ours, is_ours=True),
        Contender(f"{OURS} without bytecode: sam build", artifact, ours, is_ours=True),
        Contender("OnFollowUpFunction", compiled, "notifier.on_follow_up.handler", is_ours=True),
    ]


@cache
def interpreter() -> str:
    """Return the Python of the template's runtime, or else the one that runs this."""
    return bytecode.runtime_python(TEMPLATE.read_text(encoding="utf-8")) or sys.executable


def runtime(into: Path) -> Path:
    """Install the packages of Lambda's runtime, with bytecode, as in its image."""
    if interpreter() == sys.executable:
        lambda_runtime.packages_of_the_runtime(into)
    else:
        names = (*lambda_runtime.BOTO3, *lambda_runtime.INTERFACE_CLIENT)
        options = ["--quiet", "--no-deps", "--python", interpreter(), "--target", str(into)]
        locked = ["--constraints", str(ROOT / "requirements" / "tools.txt")]
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "pip", "install", *options, *locked, *names], check=True)
    subprocess.run([interpreter(), "-m", "compileall", "-qq", str(into)], check=True)
    return into


def measure(
    chosen: Sequence[Contender], packages: Path, rounds: int = ROUNDS
) -> Mapping[str, Starts]:
    """Start each contender so many times, in turn."""
    found = {each.name: Starts() for each in chosen}
    for _ in range(rounds):
        for each in chosen:
            init, first = _start(each, packages)
            found[each.name].init.append(init)
            found[each.name].first.append(first)
    return found


def _start(contender: Contender, packages: Path) -> tuple[float, float]:
    _, environment = lambda_runtime.python(contender.folder, packages)
    with Platform() as platform, tempfile.TemporaryFile() as output:
        environment |= lambda_runtime.SETTINGS | {
            "DRY_RUN": "false",
            "AWS_LAMBDA_RUNTIME_API": platform.address,
            "AWS_ENDPOINT_URL": f"http://{platform.address}",
            "NO_PROXY": "*",
            **contender.settings,
        }
        process = subprocess.Popen(
            [interpreter(), "-S", "-m", "awslambdaric", contender.handler],
            cwd=contender.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            platform.ready()
            init = _cpu_ms(process.pid)
            platform.invoke(contender.event or _event(contender))
            whole = _cpu_ms(process.pid)
        finally:
            process.kill()
            process.wait()
    return init, whole - init


def _cpu_ms(pid: int) -> float:
    """Return the CPU time of a process so far, with that of threads which have ended.

    Linux has a clock for each process: https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED) * 1000


def _event(contender: Contender) -> Any:
    """Return one failure, as the rule or the queue delivers it."""
    event = job_events.failed("job-1", FAILED_AT)
    if not contender.is_ours:
        return event
    is_follow_up = contender.handler.startswith("notifier.on_follow_up")
    body = {"incident": "i", "due": 1} if is_follow_up else event
    record = {
        "messageId": "m",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    return {"Records": [record]}


def init_ratio(found: Mapping[str, Starts], name: str, reference: str) -> float:
    """Return the median ratio of INIT, round by round."""
    return median_ratio(found[name].init, found[reference].init)


def median_ratio(times: Sequence[float], reference: Sequence[float]) -> float:
    """Return the median of the ratios, round by round."""
    return statistics.median(a / b for a, b in zip(times, reference, strict=True))
