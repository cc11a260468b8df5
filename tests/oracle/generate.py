"""Random scenarios, each of one or two themes; a seed always gives the same scenario."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.oracle.scenario import (
    DAY,
    HOUR,
    MINUTE,
    Fail,
    Job,
    Parent,
    Scenario,
    Silenced,
    Step,
    Succeed,
    Trouble,
)
from tests.simulation import START_MS

# Between two runs of one job: minutes to months, on both sides of every border.
GAPS = (
    3 * MINUTE, 12 * MINUTE, 40 * MINUTE, HOUR, 5 * HOUR, DAY - 2 * HOUR, DAY, DAY, 2 * DAY,
    7 * DAY, 14 * DAY - HOUR, 14 * DAY + HOUR, 29 * DAY, 31 * DAY,
)  # fmt: skip
SHORT_GAPS = GAPS[:7]
KINDS = ("exit-1", "exit-2", "memory", "image", "host", "timeout", "stopped")
EVENT_KINDS = ("memory", "image", "host", "timeout", "stopped")  # what the event tells by itself
ERRORS = ("ValueError: bad row 17", "KeyError: 'currency'", "OSError: disk gone")
OWNERS = ("genomics", "finance", "platform")
WHOLE = 5  # one scenario in so many is played until nothing can be left to say, others for 3 days
REAL_TABLE = 30  # one short scenario in so many is played on the real table adapter
SHORT = 5  # steps: on the real table, each costs as much as a whole scenario without it
REAL_HOPS = 40  # and one in so many with follow-ups that hop


@dataclass
class Draft:
    """A scenario in the making."""

    random: random.Random
    number: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    # ---- Drawing ---------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def job(self) -> Job:
        """Make a job that no other incident has."""
        self.number += 1
        letter = "abcdefghijklmnopqrstuvwxyz"[self.number % 26] * (1 + self.number // 26)
        stable = self.random.choice(("load", "align", "train", "report")) + f"-{letter}"
        queue = self.random.choice(("etl", "gpu"))
        return Job(stable, queue, f"def-{letter}")

    def id(self) -> str:
        self.number += 1
        return f"job-{self.number}"

    def kind(self, *, logs: bool = False) -> str:
        return self.random.choice(KINDS if logs else EVENT_KINDS)

    def name(self, job: Job, at: float, style: str) -> str:
        """Give a run's name: its stable part, with what schedulers add to it."""
        day = datetime.fromtimestamp(START_MS / 1000 + at, UTC)
        return {
            "plain": job.stable,
            "date": f"{job.stable}-{day:%Y-%m-%d}",
            "run": f"{job.stable}-run-{int(at) + 10_000}",
        }[style]

    # ---- Steps -----------------------------------------------------------------------------------

    def fail(self, job: Job, at: float, kind: str, **more: Any) -> Fail:
        arrives = more.pop("arrives", None) or self.arrivals(at)
        name = more.pop("name", job.stable)
        one = Fail(more.pop("id", "") or self.id(), name, job, kind, at, arrives, **more)
        self.steps.append(one)
        return one

    def arrivals(self, at: float, redelivered: float = 0.12) -> tuple[float, ...]:
        """Give when the event comes: at once, or late; once, or again after days."""
        first = at + self.random.choice((0, 0, 0, 1, 2, 7))
        times = [first]
        while self.chance(redelivered):
            again = (1, 30, 10 * MINUTE, 6 * HOUR, 2 * DAY, 5 * DAY)
            times.append(first + self.random.choice(again))
        return tuple(times)

    def succeed(self, job: Job, at: float, name: str = "", took: float = 0.0) -> None:
        took = took or self.random.choice((20.0, 60.0, 600.0))
        self.steps.append(Succeed(name or job.stable, job, at, took))


# ---- Themes --------------------------------------------------------------------------------------


def serial(draft: Draft, start: float = 0, **more: Any) -> float:
    """A job that runs again and again, fails and succeeds."""
    job, kind = draft.job(), draft.kind(logs=True)
    style = draft.random.choice(("plain", "plain", "plain", "date", "run"))
    error = draft.random.choice(ERRORS)
    gaps = draft.random.choice((GAPS, SHORT_GAPS, (draft.random.choice(GAPS),)))
    at, good = start, draft.random.choice((0.0, 0.2, 0.5))
    for _ in range(draft.random.randint(1, 6)):
        if draft.chance(0.1):
            kind = draft.kind(logs=True)
        draft.fail(job, at, kind, name=draft.name(job, at, style), error=error, **more)
        gap = draft.random.choice(gaps)
        if draft.chance(good) and gap >= 12 * MINUTE:
            between = at + gap * draft.random.uniform(0.1, 0.4)
            took = min(600.0, gap / 4)  # it ends before the next run begins
            draft.succeed(job, between, draft.name(job, between, style), took)
        at += gap
    if draft.chance(0.6):
        draft.succeed(job, at, draft.name(job, at, style))
    return at


def parallel(draft: Draft, start: float = 0, **more: Any) -> float:
    """Many runs at once, of one name or several, in waves."""
    first = draft.job()
    jobs = [first]
    if draft.chance(0.4):
        jobs.append(replace(first, stable=f"{first.stable}x"))
    kind, at = draft.kind(logs=True), start
    error = draft.random.choice(ERRORS)
    for _ in range(draft.random.randint(1, 3)):
        for _ in range(draft.random.randint(2, 8)):
            moment = at + draft.random.uniform(0, draft.random.choice((5, 40, 300)))
            job = draft.random.choice(jobs)
            draft.fail(job, moment, kind, error=error, **more)
        at += draft.random.choice(SHORT_GAPS) + 400
    for job in jobs:
        if draft.chance(0.5):
            draft.succeed(job, at + draft.random.choice((0, HOUR)))
    return at


def array(draft: Draft, start: float = 0, **more: Any) -> float:
    """An array that fails in part, of several causes; its parent comes early, late or never."""
    job, at = draft.job(), start
    for _ in range(draft.random.choice((1, 1, 2, 3))):
        at = _one_array(draft, job, at, **more)
        if draft.chance(0.4):
            draft.succeed(job, at + 20 * MINUTE)
        at += draft.random.choice((HOUR, DAY, DAY, 7 * DAY))
    return at


def _one_array(draft: Draft, job: Job, start: float, **more: Any) -> float:
    root = draft.id()
    size = draft.random.choice((2, 5, 10, 40))
    count = draft.random.randint(1, min(size, 12))
    kinds = [draft.kind() for _ in range(draft.random.choice((1, 1, 2, 3)))]
    pace = draft.random.choice((0, 1, 20, 5 * MINUTE, 2 * HOUR, 30 * HOUR, 3 * DAY))
    at, last, missing = start, start, draft.chance(0.1)
    for index in sorted(draft.random.sample(range(size), count)):
        if not missing:
            kind = draft.random.choice(kinds)
            draft.fail(job, at, kind, id=root, index=index, **more)
        last = at
        at += pace * draft.random.random()
    end = last + 2
    if draft.chance(0.8):
        when = draft.random.choice(("early", "late", "late", "late later"))
        came = {"early": max(0.0, start - 5), "late": end, "late later": end + 40 * MINUTE}[when]
        arrives = draft.arrivals(came)
        end_at = min(end, came)  # an event tells nothing of the future
        parent = Parent(root, job.stable, job, size, count, end_at, arrives, **more)
        draft.steps.append(parent)
    return end


def multi_node(draft: Draft, start: float = 0, **more: Any) -> float:
    """A multi-node job, of which all nodes are heard, or some, or none."""
    job, root = draft.job(), draft.id()
    nodes = draft.random.choice((2, 4, 8))
    heard = draft.random.randint(0, nodes)
    for index in range(heard):
        draft.fail(job, start + index, draft.kind(), id=root, node=index, **more)
    if heard == 0 or draft.chance(0.8):
        end = start + heard
        arrives = draft.arrivals(draft.random.choice((start, end, end + 600)))
        known = max(1, heard)  # the job has failed, so a node has
        parent = Parent(root, job.stable, job, nodes, known, end, arrives, nodes=True, **more)
        draft.steps.append(parent)
    if draft.chance(0.4):
        draft.succeed(job, start + HOUR)
    return start + HOUR


def chain(draft: Draft, start: float = 0, **more: Any) -> float:
    """Jobs that depend on one that fails: heard in any order, or days later."""
    first = draft.job()
    upstream = draft.fail(first, start, draft.kind(), **more)
    roots, at = [upstream.id], start
    if draft.chance(0.3):  # the same job again, before its dependents are heard
        at += draft.random.choice((HOUR, 3 * DAY, 20 * DAY))
        draft.fail(first, at, upstream.kind, **more)
    for _ in range(draft.random.randint(1, 3)):
        gap = draft.random.choice((1, 10, 100, HOUR, 2 * DAY))
        at += gap
        root = "unseen" if draft.chance(0.1) else draft.random.choice(roots)
        came = at - 100 if gap == 100 and draft.chance(0.5) else at
        job = draft.job()
        arrives = draft.arrivals(came)
        one = draft.fail(job, at, "dependency", depends=(root,), arrives=arrives, **more)
        if root != "unseen":  # of a chain without a root, each may be reported by itself
            roots.append(one.id)
    if draft.chance(0.3):
        draft.succeed(first, at + HOUR)
    return at


def logs(draft: Draft, start: float = 0, **more: Any) -> float:
    """One job whose logs say this or that, come late, or never."""
    job, at = draft.job(), start
    for _ in range(draft.random.randint(1, 8)):
        error = draft.random.choice((*ERRORS, ""))
        late = at + draft.random.choice((0, 0, 5, 400))
        draft.fail(job, at, "exit-1", error=error, log_at=late if error else 0.0, **more)
        at += draft.random.choice((0, 1, 20, 10 * MINUTE, HOUR, DAY))
    return at


def silences(draft: Draft, start: float = 0) -> float:
    """Failures under silences that are set, renewed, removed, or end; and mutes below them."""
    more: dict[str, Any] = {}
    if draft.chance(0.3):
        more = {"tags": {"notify:mute-until": _moment(start + draft.random.choice(GAPS[3:10]))}}
    theme = draft.random.choice((serial, serial, parallel, array, chain, multi_node))
    end = theme(draft, start, **more)
    jobs = [one.job for one in draft.steps if not isinstance(one, Silenced | Trouble)]
    names = sorted({one.stable for one in jobs}) or ["unheard"]
    at, active = start + draft.random.choice((-5, -5, 90, HOUR)), True
    for _ in range(draft.random.randint(1, 4)):
        until = at + draft.random.choice((HOUR, 2 * HOUR, DAY, 3 * DAY, 20 * DAY))
        globs = draft.random.choice((
            {}, {"queue": "etl"}, {"job": draft.random.choice(names) + "*"},
            {"definition": "def-*"}, {"cause": "oom-*"},
        ))  # fmt: skip
        silenced = ((until, globs),) if active else ()
        draft.steps.append(Silenced(at, silenced))
        active = not active or draft.chance(0.6)
        # Renewed before it ends, removed before it ends, or another one later.
        at = at + (until - at) * draft.random.choice((0.3, 0.9, 1.2))
    return max(end, at)


def labels(draft: Draft, start: float = 0) -> float:
    """Labels right and wrong, another for each run of one job."""
    first = draft.job()
    jobs, kind, at = [first], draft.kind(), start
    if draft.chance(0.6):
        jobs.append(replace(first, stable=f"{first.stable}y"))
    count = draft.random.choice((2, 3, 5))
    asked = draft.chance(0.25)
    for _ in range(draft.random.randint(1, 6)):
        tags = _tags(draft, at)
        if asked:
            tags = {"notify:after": str(count)}
        draft.fail(jobs[0] if asked else draft.random.choice(jobs), at, kind, tags=tags)
        at += draft.random.choice((0, 1, 90, 12 * MINUTE, HOUR, 5 * HOUR, DAY))
    if draft.chance(0.4):
        draft.succeed(jobs[0], at + 90)
    return at


def _tags(draft: Draft, at: float) -> dict[str, str]:
    tags = {}
    if draft.chance(0.5):
        tags["notify:owner"] = draft.random.choice(OWNERS)
    if draft.chance(0.5):
        right = ("info", "warning", "critical", "critical")
        tags["notify:severity"] = draft.random.choice((*right, "CRIT", "urgent"))
    if draft.chance(0.25):
        until = at + draft.random.choice((HOUR, 5 * HOUR, 3 * DAY))
        tags["notify:mute-until"] = "tomorrow" if draft.chance(0.2) else _moment(until)
    return tags


def _moment(at: float) -> str:
    return datetime.fromtimestamp(round(START_MS / 1000 + at), UTC).isoformat()


def storm(draft: Draft, start: float = 0) -> float:
    """More incidents than the rate limit has room for, arrays and recoveries among them."""
    draft.options |= {
        "per_minute": draft.random.choice((1, 2, 5)),
        "per_hour": draft.random.choice((3, 10, 30)),
    }
    at = start
    for _ in range(draft.random.randint(3, 12)):
        more: dict[str, Any] = {}
        if draft.chance(0.3):
            more = {"tags": {"notify:severity": draft.random.choice(("critical", "info"))}}
        if draft.chance(0.25):
            _one_array(draft, draft.job(), at, **more)
        else:
            job = draft.job()
            draft.fail(job, at, draft.kind(), **more)
            if draft.chance(0.3):
                draft.succeed(job, at + draft.random.choice((90, 10 * MINUTE, 3 * HOUR)))
        at += draft.random.choice((0, 0, 1, 20, 300))
    return at


def minimum(draft: Draft, start: float = 0) -> float:
    """A minimum severity, with failures on both sides of it in one incident."""
    draft.options |= {"minimum": draft.random.choice(("warning", "critical"))}
    theme = draft.random.choice((labels, labels, array, serial, chain, multi_node, parallel))
    return theme(draft, start)


def grouped(draft: Draft, start: float = 0) -> float:
    """Incidents by cause alone: several queues and definitions in one."""
    draft.options |= {"group_by": draft.random.choice((("cause",), ("queue", "cause"), ("job",)))}
    jobs = [draft.job() for _ in range(draft.random.randint(2, 3))]
    kind, at = draft.kind(), start
    for _ in range(draft.random.randint(2, 6)):
        owner = {"notify:owner": draft.random.choice(OWNERS)}
        draft.fail(draft.random.choice(jobs), at, kind, tags=owner if draft.chance(0.5) else {})
        at += draft.random.choice((0, 30, 6 * MINUTE, HOUR, DAY))
    for job in jobs:
        if draft.chance(0.7):
            draft.succeed(job, at + draft.random.choice((100, HOUR)))
    return at


def troubled(draft: Draft, start: float = 0) -> float:
    """Services that fail for minutes, while anything else happens."""
    theme = draft.random.choice((serial, parallel, array, chain, multi_node))
    end = theme(draft, start)
    for _ in range(draft.random.randint(1, 2)):
        at = start + draft.random.choice((-3, 0, 5, 200, 290, 900, max(0.0, end - start) / 2))
        port = draft.random.choice(("ledger", "topic", "queues", "jobs", "logs"))
        draft.steps.append(Trouble(at, port, at + draft.random.choice((5, 60, 400, 900))))
    return end


Theme = Callable[..., float]
THEMES: tuple[tuple[Theme, int], ...] = (
    (serial, 5), (parallel, 3), (array, 5), (multi_node, 2), (chain, 3), (logs, 2), (silences, 5),
    (labels, 3), (storm, 2), (minimum, 4), (grouped, 2), (troubled, 3),
)  # fmt: skip
MIXED = (serial, parallel, array, multi_node, chain)


def generate(seed: int) -> Scenario:
    """Make the scenario of a seed."""
    draft = Draft(random.Random(f"scenario {seed}"))
    themes, weights = zip(*THEMES, strict=True)
    [theme] = draft.random.choices(themes, weights)
    theme(draft)
    name = theme.__name__
    if draft.chance(0.25):
        beside = draft.random.choice(MIXED)
        beside(draft, draft.random.choice((0, 3, 60, 2 * HOUR)))
        name = f"{name} beside {beside.__name__}"
    small = len(draft.steps) <= 8
    return Scenario(
        theme=name,
        seed=seed,
        steps=tuple(draft.steps),
        table=len(draft.steps) <= SHORT and seed % REAL_TABLE == 0,
        hops=small and seed % REAL_HOPS == 1,
        settles_days=34.0 if seed % WHOLE == 1 else 3.0,
        **draft.options,
    )
