"""Named histories, and what every message about them must say.

Read the table aloud: what happened, then what the messages say. Each history is played by the
simulation with a ledger that forgets as the table does; the oracle's rules hold for it as well.
Times are seconds. A message comes between `at` and `at + within`; its words are looked for in the
subject, the mail, and what a subscription filters by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.oracle.rules import check
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
from tests.oracle.world import Played, play
from tests.simulation import START_MS, Told

WEEK = 7 * DAY
AT_ONCE, A_LOOK, A_DAY = 40.0, 4 * HOUR + 15 * MINUTE, 25 * HOUR
NIGHTLY, PAYROLL = Job("nightly"), Job("payroll")
CRITICAL, INFO = {"notify:severity": "critical"}, {"notify:severity": "info"}
IN_A_ROW = ("in a row",)
PAST = ("in a row", "back again", "first time")


@dataclass(frozen=True)
class Say:
    """One message: when, with which words and without which, and its counts."""

    at: float
    has: Sequence[str] = ()
    lacks: Sequence[str] = ()
    within: float = AT_ONCE
    severity: str = ""
    failed: int | None = None
    dependents: int | None = None
    of: int | None = None
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True)
class History:
    """What happened, and every message about it, in order; `never` is in none of them."""

    name: str
    steps: Sequence[Step]
    says: Sequence[Say]
    never: Sequence[str] = ()
    options: dict[str, Any] = field(default_factory=dict)


# ---- What happens --------------------------------------------------------------------------------


def fail(at: float, kind: str = "memory", job: Job = NIGHTLY, **more: Any) -> Fail:
    """A run that fails, of which the event comes at once."""
    id_ = more.pop("id", f"{job.stable}-{job.queue}-{at:.0f}-{len(more)}")
    arrives = more.pop("arrives", (at,))
    name = more.pop("name", job.stable)
    return Fail(id_, name, job, kind, at, arrives, **more)


def child(at: float, index: int, kind: str = "memory", array: str = "arr", **more: Any) -> Fail:
    return fail(at, kind, Job("align"), id=array, index=index, **more)


def children(at: float, *indices: int, kind: str = "memory", **more: Any) -> list[Fail]:
    return [child(at, index, kind, **more) for index in indices]


def end(at: float, size: int, failed: int, array: str = "arr", **more: Any) -> Parent:
    return Parent(
        array, "align", Job("align"), size, failed, at, more.pop("arrives", (at,)), **more
    )


def node(at: float, index: int, kind: str = "memory", job: str = "mnp", **more: Any) -> Fail:
    return fail(at, kind, Job("les"), id=job, node=index, **more)


def nodes_end(at: float, size: int, failed: int, job: str = "mnp", **more: Any) -> Parent:
    arrives = more.pop("arrives", (at,))
    return Parent(job, "les", Job("les"), size, failed, at, arrives, nodes=True, **more)


def waits_for(at: float, upstream: str, job: Job, **more: Any) -> Fail:
    """A job that will not run, because the one it waited for failed."""
    return fail(at, "dependency", job, depends=(upstream,), **more)


def works(at: float, job: Job = NIGHTLY, name: str = "", took: float = 60) -> Succeed:
    return Succeed(name or job.stable, job, at, took)


def silenced(at: float, until: float | None, **globs: str) -> Silenced:
    """From now on this silence, and no other; without an end: none."""
    return Silenced(at, ((until, globs),) if until is not None else ())


def muted(until: str, **more: str) -> dict[str, str]:
    return {"notify:mute-until": until} | more


ONE_A_MINUTE = {"per_minute": 1, "per_hour": 100}
ONLY_CRITICAL = {"minimum": "critical"}
MERGE, REPORT = Job("merge", "etl", "merge"), Job("report", "etl", "report")
GPU_TRAIN = Job("train", "gpu", "train")
FIRST = Say(0, ("first time",), IN_A_ROW, severity="warning")

# The simulation begins at 2026-11-18 11:06:40 UTC.
IN_AN_HOUR, IN_3_HOURS, AN_HOUR_AGO = (
    "2026-11-18T12:06:40Z", "2026-11-18T14:06:40Z", "2026-11-18T10:06:40Z",
)  # fmt: skip

HISTORIES = [
    # ---- A severity belongs to the failure -------------------------------------------------------
    History(
        "an image that is missing is critical by itself",
        [fail(0, "image")],
        [Say(0, ("Image or tag not found",), severity="critical")],
    ),
    History(
        "a label makes a failure critical",
        [fail(0, tags=CRITICAL)],
        [Say(0, severity="critical")],
    ),
    History(
        "a label makes a critical cause harmless",
        [fail(0, "image", tags=INFO)],
        [Say(0, severity="info")],
    ),
    History(
        "what is below the minimum is not reported",
        [fail(0, "stopped"), fail(DAY, "stopped")],
        [],
        options={"minimum": "warning"},
    ),
    History(
        "a failure below the minimum uses up no interval",
        [fail(0, tags=INFO), fail(MINUTE * 2)],
        [Say(2 * MINUTE, severity="warning", failed=2)],
        options={"minimum": "warning"},
    ),
    History(
        "a critical job is reported though a harmless one opened its incident",
        [fail(0), fail(2, job=PAYROLL, tags=CRITICAL)],
        [Say(0, ("payroll",), severity="critical")],
        options=ONLY_CRITICAL,
    ),
    History(
        "a digest is as severe as its worst new failure",
        [fail(0), fail(MINUTE, tags=CRITICAL)],
        [FIRST, Say(5 * MINUTE, severity="critical", failed=2)],
    ),
    History(
        "a critical child among harmless ones is reported as critical",
        [child(0, 0, "stopped"), child(2, 1, "image"), end(9, 10, 2)],
        [Say(2, ("align",), severity="critical", failed=2, of=10)],
        options=ONLY_CRITICAL,
    ),
    History(
        "the end of an array whose children are warnings is a warning",
        [*children(0, 3, 4), end(HOUR, 10, 2)],
        [
            Say(0, severity="warning", failed=2),
            Say(HOUR, ("2 of 10",), severity="warning", failed=2, of=10),
        ],
    ),
    History(
        "a job below the minimum does not recover",
        [fail(0, "stopped"), works(HOUR)],
        [],
        options={"minimum": "warning"},
    ),
    History(
        "a critical failure that recovers says so at any minimum",
        [fail(0, "image"), works(HOUR)],
        [Say(0, severity="critical"), Say(HOUR, ("RECOVERED nightly",), within=A_LOOK)],
        options=ONLY_CRITICAL,
    ),
    # ---- A streak belongs to a job ---------------------------------------------------------------
    History(
        "a job that fails three nights in a row",
        [fail(0), fail(DAY), fail(2 * DAY)],
        [
            FIRST,
            Say(DAY, ("2nd in a row",), ("first time",)),
            Say(2 * DAY, ("3rd in a row",), ("first time",)),
        ],
        never=("closed",),
    ),
    History(
        "a job whose name has the date is one job",
        [
            fail(0, name="nightly-2026-11-18"),
            fail(DAY, name="nightly-2026-11-19"),
            works(DAY + HOUR, name="nightly-2026-11-19-2"),
        ],
        [
            FIRST,
            Say(DAY, ("2nd in a row",)),
            Say(DAY + HOUR, ("RECOVERED", "2 failed runs"), within=A_LOOK),
        ],
    ),
    History(
        "another cause the next night is the 2nd in a row all the same",
        [fail(0), fail(DAY, "image")],
        [FIRST, Say(DAY, ("2nd in a row", "Image or tag not found"), severity="critical")],
    ),
    History(
        "four parallel jobs are four, and no row",
        [fail(n / 2, job=NIGHTLY, id=f"p{n}") for n in range(4)],
        [Say(0, (), IN_A_ROW, failed=4)],
    ),
    History(
        "parallel jobs that fail a minute apart are a count in a digest",
        [fail(n * 30, id=f"p{n}") for n in range(4)],
        [FIRST, Say(5 * MINUTE, ("4 ",), ("4th in a row",), failed=4)],
    ),
    History(
        "an array that fails two nights is the 2nd in a row, not the first time",
        [
            *children(0, 1, 2),
            end(1, 10, 2),
            *children(DAY, 5, array="arr2"),
            end(DAY + 1, 10, 1, "arr2"),
        ],
        [
            Say(0, (), IN_A_ROW, failed=2, of=10),
            Say(DAY, ("2nd in a row",), ("first time",), severity="warning"),
        ],
    ),
    History(
        "a multi-node job that fails two nights is the 2nd in a row",
        [
            node(0, 0),
            nodes_end(1, 4, 1),
            node(DAY, 2, job="mnp2"),
            nodes_end(DAY + 1, 4, 1, "mnp2"),
        ],
        [Say(0, ("les",), IN_A_ROW), Say(DAY, ("2nd in a row",), ("first time",))],
    ),
    History(
        "the same name on another queue is another job",
        [fail(0), fail(DAY, job=Job("nightly", "gpu"))],
        [FIRST, Say(DAY, ("gpu", "first time"), IN_A_ROW)],
    ),
    History(
        "another job of the same definition is another job",
        [fail(0), fail(DAY, job=PAYROLL)],
        [FIRST, Say(DAY, ("payroll",), IN_A_ROW)],
    ),
    History(
        "a weekly job that fails three weeks",
        [fail(0), fail(WEEK), fail(2 * WEEK)],
        [FIRST, Say(WEEK, ("2nd in a row",)), Say(2 * WEEK, ("3rd in a row",))],
        never=("closed",),
    ),
    # ---- No word about the past without having asked ---------------------------------------------
    History(
        "four good weeks lie between",
        [fail(0), *(works(n * WEEK) for n in range(1, 5)), fail(5 * WEEK)],
        [
            FIRST,
            Say(WEEK, ("RECOVERED nightly", "1 failed run"), within=A_DAY),
            Say(5 * WEEK, ("back again",), ("in a row", "without a success")),
        ],
    ),
    History(
        "a success between two looks ends the row",
        [fail(0), works(6 * MINUTE), fail(20 * MINUTE)],
        [FIRST, Say(6 * MINUTE, ("RECOVERED",), within=5 * MINUTE), Say(20 * MINUTE, (), IN_A_ROW)],
    ),
    History(
        "while Batch gives no answer, nothing is said of the past",
        [fail(0), Trouble(10 * MINUTE, "jobs", 3 * HOUR), fail(HOUR)],
        [FIRST, Say(HOUR, (), PAST)],
    ),
    History(
        "the end of an array after another run has succeeded is not back again",
        [*children(0, 1, 2), works(20 * MINUTE, Job("align")), end(HOUR, 10, 2)],
        [
            Say(0, failed=2),
            Say(20 * MINUTE, ("RECOVERED align",), within=A_LOOK),
            Say(HOUR, ("2 of 10",), PAST, within=A_LOOK, failed=2, of=10),
        ],
        never=("back again",),
    ),
    # ---- Recovery waits for the next run ---------------------------------------------------------
    History(
        "a job that succeeds half an hour later has recovered",
        [fail(0), works(30 * MINUTE)],
        [FIRST, Say(31 * MINUTE, ("RECOVERED nightly", "31 min", "1 failed run"), within=A_LOOK)],
    ),
    History(
        "a weekly job recovers a week later",
        [fail(0), works(WEEK)],
        [FIRST, Say(WEEK, ("RECOVERED nightly", "7 d"), within=A_DAY)],
    ),
    History(
        "three weeks of failures are the span of the recovery",
        [fail(0), fail(WEEK), fail(2 * WEEK), works(2 * WEEK + 10 * MINUTE)],
        [
            FIRST,
            Say(WEEK, ("2nd in a row",)),
            Say(2 * WEEK, ("3rd in a row",)),
            Say(2 * WEEK + 11 * MINUTE, ("RECOVERED", "14 d", "3 failed runs"), within=A_LOOK),
        ],
    ),
    History(
        "after fifteen days nobody waits for a success any more",
        [fail(0), works(15 * DAY)],
        [FIRST],
    ),
    History(
        "a failure minutes after a recovery is reported at once, counted from there",
        [fail(0), works(3 * MINUTE), fail(12 * MINUTE)],
        [
            FIRST,
            Say(4 * MINUTE, ("RECOVERED",), within=2 * MINUTE),
            Say(12 * MINUTE, ("back again",), ("2 runs", "2nd"), within=AT_ONCE),
        ],
    ),
    History(
        "each job of an incident recovers by its own name",
        [fail(0), fail(1, job=PAYROLL), works(HOUR), works(9 * HOUR, PAYROLL)],
        [
            Say(0, failed=2),
            Say(HOUR, ("RECOVERED nightly", "1 failed run"), ("payroll",), within=A_LOOK),
            Say(9 * HOUR, ("RECOVERED payroll", "1 failed run"), within=A_LOOK),
        ],
    ),
    History(
        "a success on another queue is no recovery",
        [fail(0), works(HOUR, Job("nightly", "gpu"))],
        [FIRST],
    ),
    History(
        "a run that had begun before the failure is no recovery",
        [fail(0), works(-MINUTE * 5, took=HOUR)],
        [FIRST],
    ),
    History(
        "an array recovers when the next of its name succeeds",
        [*children(0, 3, 4), end(2, 10, 2), works(DAY / 2, Job("align"))],
        [
            Say(0, ("align",), failed=2, of=10),
            Say(DAY / 2, ("RECOVERED align", "12 h"), ("2 failed runs",), within=A_LOOK),
        ],
    ),
    History(
        "two weeks of failing nights are one incident that was never closed",
        [fail(n * DAY) for n in range(16)],
        [FIRST, *(Say(n * DAY, (" in a row", f"{n + 1}"), failed=None) for n in range(1, 16))],
        never=("closed", "back again"),
    ),
    History(
        "a failure after fifteen quiet days is reported at once",
        [fail(0), fail(15 * DAY)],
        [FIRST, Say(15 * DAY, (), ("first time",))],
    ),
    History(
        "a recovery is said once, whatever succeeds afterwards",
        [fail(0), works(HOUR), works(2 * HOUR), works(DAY)],
        [FIRST, Say(HOUR, ("RECOVERED",), within=A_LOOK)],
    ),
    # ---- Silences, mutes and labels are matched by each failure ----------------------------------
    History(
        "what a silence held is one message at its end",
        [silenced(-9, 2 * HOUR), fail(0), fail(HOUR), fail(HOUR + 9)],
        [Say(2 * HOUR, ("silenced by mara", "3"), within=MINUTE, failed=3)],
    ),
    History(
        "what recovered while silenced is said at the end of the silence",
        [silenced(-9, 2 * HOUR), fail(0), works(30 * MINUTE)],
        [Say(2 * HOUR, ("1 failed", "recovered"), within=MINUTE)],
    ),
    History(
        "a silence that is removed lets the next failure through at once",
        [silenced(-9, DAY), fail(0), silenced(HOUR, None), fail(HOUR + 90)],
        [Say(HOUR + 90, failed=2)],
    ),
    History(
        "a silence that is renewed before it ends is one silence",
        [silenced(-9, HOUR), fail(0), silenced(50 * MINUTE, 3 * HOUR)],
        [Say(3 * HOUR, ("silenced by mara", "1"), within=MINUTE)],
    ),
    History(
        "a silence that ended before the failure holds nothing",
        [silenced(-HOUR, -MINUTE), fail(0)],
        [FIRST],
    ),
    History(
        "a silence of one job lets the other of its incident through",
        [silenced(-9, DAY, job="night*"), fail(0), fail(MINUTE, job=PAYROLL)],
        [Say(MINUTE, ("payroll",)), Say(DAY, ("nightly", "silenced by mara"), within=6 * MINUTE)],
    ),
    History(
        "a silenced job says nothing in an incident that was reported",
        [fail(0, job=PAYROLL), silenced(60, 2 * DAY, job="night*"), fail(HOUR)],
        [
            Say(0, ("payroll",)),
            Say(2 * DAY, ("nightly", "silenced by mara"), within=6 * MINUTE),
        ],
    ),
    History(
        "a silence of a cause holds that cause",
        [silenced(-9, HOUR, cause="oom-*"), fail(0), fail(9, "image", PAYROLL)],
        [Say(9, ("payroll",), severity="critical"), Say(HOUR, ("nightly",), within=MINUTE)],
    ),
    History(
        "a recovery of what was reported is said despite a silence",
        [fail(0), silenced(MINUTE, DAY), works(30 * MINUTE)],
        [FIRST, Say(30 * MINUTE, ("RECOVERED nightly",), within=A_LOOK)],
    ),
    History(
        "a job can mute itself until a time",
        [fail(0, tags=muted(IN_AN_HOUR))],
        [Say(HOUR, ("muted by the job",), within=MINUTE)],
    ),
    History(
        "a mute that has passed holds nothing",
        [fail(0, tags=muted(AN_HOUR_AGO))],
        [FIRST],
    ),
    History(
        "a silence outlasts a mute",
        [silenced(-9, 3 * HOUR), fail(0, tags=muted(IN_AN_HOUR))],
        [Say(3 * HOUR, ("nightly",), within=MINUTE)],
    ),
    History(
        "a mute outlasts a silence",
        [silenced(-9, HOUR), fail(0, tags=muted(IN_3_HOURS))],
        [Say(3 * HOUR, ("nightly",), within=6 * MINUTE)],
    ),
    History(
        "a mute of one job is none of another",
        [fail(0, tags=muted(IN_3_HOURS)), fail(9, job=PAYROLL)],
        [Say(9, ("payroll",)), Say(3 * HOUR, ("nightly",), within=6 * MINUTE)],
    ),
    History(
        "a job that asks for three failures is reported from the third on",
        [fail(n * HOUR, tags={"notify:after": "3"}) for n in range(3)],
        [Say(2 * HOUR, ("3",), failed=3)],
    ),
    History(
        "too few failures in a row are said before they are forgotten",
        [
            *(fail(n * HOUR, tags={"notify:after": "3"}) for n in range(2)),
            works(2 * HOUR),
            *(fail(n * HOUR, tags={"notify:after": "3"}) for n in range(3, 5)),
        ],
        [Say(20 * DAY, ("4 failed", "after 3 failures"), within=10 * DAY)],
    ),
    History(
        "a silence renewed beyond 30 days forgets nothing",
        [silenced(-9, 29 * DAY), fail(0), silenced(28 * DAY, 50 * DAY)],
        [Say(20 * DAY, ("nightly",), within=31 * DAY)],
    ),
    # ---- Members outlive episodes ----------------------------------------------------------------
    History(
        "an array over eighteen days counts all its children",
        [*(child(n * 3 * DAY, n) for n in range(7)), end(18 * DAY + 60, 20, 7)],
        [
            Say(0, ("first time",)),
            *(Say(n * 3 * DAY, (), PAST, failed=n + 1) for n in range(1, 7)),
            Say(18 * DAY + 60, ("7 of 20",), within=6 * MINUTE, failed=7, of=20),
        ],
        never=("closed", "no event has come"),
    ),
    History(
        "the parent of an array comes before its children",
        [end(0, 10, 2), *children(10 * MINUTE, 3, 7)],
        [
            Say(0, ("align",)),
            Say(10 * MINUTE, ("3, 7", "out of memory"), failed=2, of=10),
        ],
    ),
    History(
        "the parent of an array never comes",
        [child(0, 3), child(60, 4)],
        [Say(0, ("align",)), Say(5 * MINUTE, ("2",), ("has finished",), failed=2)],
    ),
    History(
        "the children of an array never come",
        [end(0, 10, 4)],
        [Say(0, ("4 of 10 children failed",))],
    ),
    History(
        "events of an array that come again days later are nothing new",
        [
            child(0, 3, arrives=(0, 2 * DAY)),
            child(0, 4, arrives=(0, 5 * DAY)),
            end(2, 10, 2, arrives=(2, 3 * DAY, 13 * DAY)),
        ],
        [Say(0, ("align",), failed=2, of=10)],
    ),
    History(
        "a node's event that comes again days later is nothing new",
        [node(0, 1, arrives=(0, 9, 2 * DAY)), nodes_end(3, 4, 1, arrives=(3, 3 * DAY))],
        [Say(0, ("les",))],
    ),
    History(
        "an event that comes again after a minute, a day and thirteen days is one failure",
        [fail(0, arrives=(0, MINUTE, DAY, 13 * DAY))],
        [FIRST],
    ),
    History(
        "an event that comes again after its recovery is nothing new",
        [fail(0, arrives=(0, 2 * DAY)), works(HOUR)],
        [FIRST, Say(HOUR, ("RECOVERED",), within=A_LOOK)],
    ),
    History(
        "a dependent of a job that failed three days ago is reported",
        [fail(0, id="up"), fail(3 * DAY), waits_for(3 * DAY + HOUR, "up", MERGE)],
        [
            FIRST,
            Say(3 * DAY, ("2nd in a row",)),
            Say(3 * DAY + HOUR, ("merge", "will not run"), dependents=1),
        ],
    ),
    History(
        "a chain that is heard backwards is one incident",
        [
            fail(0, id="up", arrives=(60,)),
            waits_for(1, "up", MERGE, id="mid", arrives=(30,)),
            waits_for(2, "mid", REPORT, arrives=(2,)),
        ],
        [
            Say(60, ("nightly",), failed=1),
            Say(5 * MINUTE, ("2 will not run",), failed=1, dependents=2, within=3 * MINUTE),
        ],
    ),
    History(
        "a dependent whose upstream is never heard of is reported by itself",
        [waits_for(0, "unseen", MERGE)],
        [Say(0, ("merge",), within=5 * MINUTE, severity="info")],
    ),
    History(
        "the rerun command names exactly the children that failed",
        [*children(0, 3, 7, kind="host"), child(2 * DAY, 9, "host"), end(2 * DAY + 1, 10, 3)],
        [
            Say(0, ('"value":"3,7"',), failed=2),
            Say(2 * DAY, ('"value":"3,7,9"',), failed=3, of=10),
        ],
    ),
    # ---- Messages about several speak for all ----------------------------------------------------
    History(
        "grouped by cause, a digest names both queues and definitions, and both jobs recover",
        [
            fail(0, "timeout"),
            fail(MINUTE, "timeout", GPU_TRAIN),
            works(HOUR),
            works(2 * HOUR, GPU_TRAIN),
        ],
        [
            FIRST,
            Say(5 * MINUTE, ("gpu", "etl", "train", "load"), failed=2),
            Say(HOUR, ("RECOVERED nightly",), within=A_LOOK),
            Say(2 * HOUR, ("RECOVERED train",), within=A_LOOK),
        ],
        options={"group_by": ("cause",)},
    ),
    History(
        "a digest is for the owners of all its jobs",
        [
            fail(0, tags={"notify:owner": "genomics"}),
            fail(MINUTE, job=PAYROLL, tags={"notify:owner": "finance"}),
        ],
        [
            Say(0, owners=frozenset({"genomics"})),
            Say(5 * MINUTE, owners=frozenset({"genomics", "finance"}), failed=2),
        ],
    ),
    History(
        "the totals of a storm digest count children, not their parents",
        [
            fail(0, job=Job("first", "etl", "first")),
            *(
                step
                for n in range(3)
                for step in (
                    *(
                        Fail(
                            f"a{n}",
                            f"arr-{'xyz'[n]}",
                            Job(f"arr-{'xyz'[n]}", "etl", f"d{n}"),
                            "memory",
                            1,
                            (1,),
                            index=i,
                        )
                        for i in range(3)
                    ),
                    Parent(
                        f"a{n}",
                        f"arr-{'xyz'[n]}",
                        Job(f"arr-{'xyz'[n]}", "etl", f"d{n}"),
                        9,
                        3,
                        2,
                        (2,),
                    ),
                )
            ),
        ],
        [
            Say(0, ("first",)),
            Say(
                5 * MINUTE,
                ("9 failed jobs", "arr-x", "arr-y", "arr-z"),
                failed=9,
                within=3 * MINUTE,
            ),
        ],
        options=ONE_A_MINUTE,
    ),
    History(
        "a storm digest keeps the error of each incident",
        [
            fail(0, job=Job("first", "etl", "first")),
            fail(1, "exit-1", PAYROLL, error="KeyError: 'currency'"),
            fail(1, "exit-1", MERGE, error="ValueError: bad row 17"),
        ],
        [
            Say(0, ("first",)),
            Say(
                5 * MINUTE,
                ("KeyError: 'currency'", "ValueError: bad row"),
                failed=2,
                within=3 * MINUTE,
            ),
        ],
        options=ONE_A_MINUTE,
    ),
    History(
        "a storm digest is as severe as its worst incident",
        [
            fail(0, job=Job("first", "etl", "first")),
            fail(1, "stopped", PAYROLL),
            fail(30, "timeout", MERGE, tags=CRITICAL),
        ],
        [
            Say(0, ("first",)),
            Say(30, ("payroll", "merge"), severity="critical", failed=2, within=8 * MINUTE),
        ],
        options=ONE_A_MINUTE,
    ),
    History(
        "two bugs of one definition are two incidents",
        [
            fail(0, "exit-1", error="ValueError: bad row 17"),
            fail(5 * HOUR, "exit-1", error="KeyError: 'currency'"),
        ],
        [Say(0, ("ValueError",)), Say(5 * HOUR, ("KeyError",), ("ValueError",))],
    ),
    # ---- Rate limit, reasons, labels -------------------------------------------------------------
    History(
        "the reason of the person who stopped a job is in the lead",
        [fail(0, "stopped")],
        [Say(0, ("Terminated by mara: wrong input",), severity="info")],
    ),
    History(
        "how many more will not run is new, or a total",
        [fail(0, id="up"), waits_for(HOUR, "up", MERGE), waits_for(9 * HOUR, "up", REPORT)],
        [
            FIRST,
            Say(HOUR, ("merge", "1 will not run"), ("1 new",), dependents=1),
            Say(9 * HOUR, ("report", "2 will not run", "1 new"), dependents=2),
        ],
    ),
    History(
        "a label that means nothing is said once, and holds nothing",
        [
            fail(0, tags={"notify:severity": "CRIT"}),
            fail(MINUTE, tags={"notify:severity": "CRIT"}),
        ],
        [Say(0, ("CRIT",), severity="warning"), Say(5 * MINUTE, (), ("CRIT",), failed=2)],
    ),
    History(
        "wrong times and numbers in labels hold nothing",
        [fail(0, tags={"notify:mute-until": "tomorrow", "notify:after": "some"})],
        [Say(0, ("tomorrow", "some"))],
    ),
    History(
        "a log that cannot be read is said, and the alert goes out",
        [fail(0, "exit-1")],
        [Say(0, ("log unavailable",))],
    ),
]


# ---- What is said --------------------------------------------------------------------------------


def test_the_table_is_long_and_its_names_are_sentences() -> None:
    names = [one.name for one in HISTORIES]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
def test_every_message_says_what_it_must(history: History) -> None:
    scenario = Scenario("history", steps=tuple(history.steps), **history.options)
    played = play(scenario)
    told = summary(played)
    assert len(played.told) == len(history.says), told
    for one, say in zip(played.told, history.says, strict=True):
        assert problems(one, say) == [], told
    texts = "\n".join(text_of(one) for one in played.told)
    assert [word for word in history.never if word in texts] == []
    assert [str(one) for one in check(scenario, played)] == []


def problems(one: Told, say: Say) -> list[str]:
    """Compare one message with what it must say."""
    text, counts = text_of(one), one.document["counts"] or {}
    at = (one.at - START_MS) / 1000
    found = [f"lacks {word!r}" for word in say.has if word not in text]
    found += [f"says {word!r}" for word in say.lacks if word in text]
    if not say.at <= at <= say.at + say.within:
        found.append(f"came at {at:.0f} s")
    if say.severity and one.document["severity"] != say.severity:
        found.append(f"is {one.document['severity']}")
    for name in ("failed", "dependents", "of"):
        wanted = getattr(say, name)
        if wanted is not None and counts.get(name) != wanted:
            found.append(f"counts {counts}")
    owner = one.attributes.get("owner", ())
    owners = {owner} if isinstance(owner, str) else set(owner)
    if say.owners and owners != say.owners:
        found.append(f"is for {owners}")
    return [f"{problem}: {one.subject}" for problem in found]


def text_of(one: Told) -> str:
    """Return what people read and what programs run, without line breaks."""
    novelty = one.document["novelty"] or ""
    commands = " ".join(one.document["commands"])
    return " ".join(f"{one.subject} {novelty} {one.texts['email']} {commands}".split())


def summary(played: Played) -> list[str]:
    return [f"{(one.at - START_MS) / 1000:.0f} s: {one.subject}" for one in played.told]
