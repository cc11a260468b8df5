"""What happens in a scenario: jobs that fail and succeed, silences, faults. Kept as JSON.

Times are seconds since the scenario began. `arrives` holds when the event of a failure is
delivered; more than one time is a redelivery.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to fail: the facts of its event, and what docs/causes.md says of its cause."""

    cause: str
    severity: str
    facts: Mapping[str, Any]
    needs_log: bool = False
    """Whether the event has nothing but an exit code, so that the log's error groups."""


KINDS: dict[str, Kind] = {
    "exit-1": Kind("app-exit-1", "warning", {}, needs_log=True),
    "exit-2": Kind("app-exit-2", "warning", {"exit_code": 2}, needs_log=True),
    "memory": Kind(
        "oom-container", "warning",
        {"exit_code": 137,
         "container_reason": "OutOfMemoryError: Container killed due to memory usage"},
    ),
    "image": Kind(
        "image-not-found", "critical",
        {"exit_code": None,
         "container_reason": "CannotPullContainerError: failed to resolve ref x: not found"},
    ),
    "host": Kind(
        "host-ec2-terminated", "warning",
        {"exit_code": None, "reason": "Host EC2 (instance i-0123456789abcdef0) terminated."},
    ),
    "timeout": Kind(
        "job-timeout", "warning",
        {"exit_code": 137, "reason": "Job attempt duration exceeded timeout"},
    ),
    "stopped": Kind(
        "terminated-by-user", "info",
        {"exit_code": 137, "reason": "Terminated by mara: wrong input"},
    ),
    "dependency": Kind("dependent-job-failed", "info", {}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """What a person calls one job: the stable part of its name, its queue and definition."""

    stable: str
    queue: str = "etl"
    definition: str = "load"


@dataclass(frozen=True, slots=True)
class Fail:
    """A job, child or node that fails `at` a time, having run for a minute."""

    id: str
    name: str
    job: Job
    kind: str
    at: float
    arrives: tuple[float, ...]
    index: int | None = None
    node: int | None = None
    depends: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    """The last line of its log; without one the log does not exist."""
    log_at: float = 0.0
    """When that line can be read."""

    @property
    def root(self) -> str:
        """The id that children and nodes share with their parent."""
        return self.id

    @property
    def member(self) -> str:
        """What tells it from every other failure."""
        if self.index is not None:
            return f"{self.id}:{self.index}"
        return f"{self.id}#{self.node}" if self.node is not None else self.id

    @property
    def in_family(self) -> bool:
        """Whether it is a child or a node."""
        return self.index is not None or self.node is not None


@dataclass(frozen=True, slots=True)
class Parent:
    """The end of an array (or, with `nodes`, of a multi-node job) `at` a time."""

    id: str
    name: str
    job: Job
    size: int
    failed: int
    at: float
    arrives: tuple[float, ...]
    nodes: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Succeed:
    """A run that begins `at` a time, takes so long, and succeeds."""

    name: str
    job: Job
    at: float
    took: float = 60.0


@dataclass(frozen=True, slots=True)
class Silenced:
    """From `at` a time the silences are these: (until, globs by matcher)."""

    at: float
    silences: tuple[tuple[float, Mapping[str, str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Every call of one port fails from `at` a time to `end`."""

    at: float
    port: str
    end: float


Step = Fail | Parent | Succeed | Silenced | Trouble
STEPS: tuple[type[Any], ...] = (Fail, Parent, Succeed, Silenced, Trouble)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a run needs; the same scenario always gives the same messages.

    `table` is whether the real table adapter stores the incidents. `hops` is whether SQS delays a
    follow-up by 15 minutes at most, as it does; without, each comes when it is due, which is the
    same to the reader and a hundred times faster over weeks.
    """

    theme: str
    seed: int = 0
    minimum: str = "info"
    group_by: tuple[str, ...] = ("queue", "definition", "cause", "error")
    per_minute: int = 60
    per_hour: int = 600
    table: bool = False
    hops: bool = False
    settles_days: float = 34.0
    """How long it goes on after the last step; after 34 days nothing may be left to say."""
    steps: tuple[Step, ...] = ()

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the steps of a kind, in their order."""
        return [one for one in self.steps if isinstance(one, kind)]

    def with_steps(self, steps: tuple[Step, ...]) -> Scenario:
        """Return it with other steps."""
        return replace(self, steps=steps)

    @property
    def is_tight(self) -> bool:
        """Whether the rate limit may hold messages back."""
        return self.per_minute < 60 or self.per_hour < 600


def to_json(scenario: Scenario) -> str:
    """Write a scenario as a file of the corpus has it."""
    body = asdict(scenario)
    steps = [
        {"step": type(one).__name__} | {k: v for k, v in asdict(one).items() if v not in (None, "")}
        for one in scenario.steps
    ]
    rows = ",\n  ".join(json.dumps(one) for one in steps)
    head = json.dumps({k: v for k, v in body.items() if k != "steps"})
    return f'{head[:-1]}, "steps": [\n  {rows}\n]}}\n'


def from_json(text: str) -> Scenario:
    """Read a scenario."""
    body = json.loads(text)
    steps = tuple(_step(one) for one in body.pop("steps"))
    body["group_by"] = tuple(body["group_by"])
    return Scenario(**body, steps=steps)


def _step(body: dict[str, Any]) -> Step:
    made = next(one for one in STEPS if one.__name__ == body["step"])
    if "job" in body:
        body["job"] = Job(**body["job"])
    if "silences" in body:
        body["silences"] = tuple((until, globs) for until, globs in body["silences"])
    known = {one.name for one in fields(made)}
    return made(**{  # type: ignore[no-any-return]
        name: tuple(value) if name in ("arrives", "depends") else value
        for name, value in body.items() if name in known
    })  # fmt: skip
