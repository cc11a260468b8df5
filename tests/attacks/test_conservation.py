"""Nothing is lost, mixed up or late among hostile tags, names, logs and drills of real jobs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.incident.rate_limit import Limits
from notifier.ports.reporting import Options
from tests.attacks.forged import drill, log
from tests.attacks.test_texts import HOSTILE_LINES, NAMES, PLANTED
from tests.simulation import START_MS, Simulation, failed

ROOMY = Options(limits=Limits(per_minute=1_000, per_hour=10_000))
HOLDING = {
    "notify:mute-until": ("9999-12-31", "2027-06-01T00:00:00Z"),
    "notify:after": ("2", " 2", "99999"),
}
HARMLESS = {
    "notify:mute-until": ("", "never", "2020-01-01", "9999-99-99", "\x00", "x" * 300),
    "notify:after": ("0", "-1", "1e9", "\u0661", "999999"),
    "notify:severity": ("critical", "info", "CRIT", "\u202ecritical", ""),
    "notify:owner": ("team", "https://evil.example", "*", "\x1b[2J"),
    "notify:runbook": ("https://wiki.corp.com/x", "javascript:alert(1)", "https://a@evil.com"),
}
# Not those that only take long: test_texts has them.
LINES = [line for line in HOSTILE_LINES.values() if len(line) < 3_000]


def _pairs(of: dict[str, tuple[str, ...]]) -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from([(key, value) for key, values in of.items() for value in values])


@dataclass(frozen=True)
class Sent:
    """One event of job `number`; a job has one definition and one queue."""

    number: int
    second: int
    index: int | None
    is_drill: bool
    tags: dict[str, str]
    name: str
    line: str

    @property
    def root(self) -> str:
        """A job by itself, or an array: none is both."""
        return f"{'job' if self.index is None else 'array'}{self.number}"

    @property
    def job_id(self) -> str:
        return self.root if self.index is None else f"{self.root}:{self.index}"


SENT = st.builds(
    Sent,
    number=st.integers(0, 2),
    second=st.sampled_from((0, 0, 15, 40)),
    index=st.sampled_from((None, None, 0, 7)),
    is_drill=st.booleans(),
    tags=st.lists(
        st.one_of(_pairs(HARMLESS), _pairs(HARMLESS), _pairs(HOLDING)), max_size=3
    ).map(dict),
    name=st.sampled_from([*NAMES.values(), "nightly"]),
    line=st.sampled_from([*LINES, "", "ValueError: bad row", f"KeyError: {PLANTED}"]),
)  # fmt: skip


@settings(max_examples=2_000)
@given(st.lists(SENT, min_size=1, max_size=4))
def test_every_failure_that_holds_not_itself_back_is_reported_in_time(sent: list[Sent]) -> None:
    world = Simulation(options=ROOMY)
    for n, one in enumerate(sent):
        made = failed(
            one.root, index=one.index, name=one.name, queue=one.root,
            definition=f"{one.root}:1", tags=one.tags, second=one.second,
        )  # fmt: skip
        made["detail"]["container"]["environment"] = [{"name": "DB_PASSWORD", "value": PLANTED}]
        made = drill(made, f"d{n}", one.tags) if one.is_drill else made
        world.put(log(world, made, ["start", one.line]) if one.line else made, one.second)
    world.run_until(120)
    assert world.dead == []
    _is_counted_once(world, sent)
    for one in sent:
        _is_reported(world, one, [each for each in sent if each.root == one.root])
    for told in world.told:
        assert told.subject.startswith("DRILL") is told.document["status"].startswith("DRILL")
        assert PLANTED not in str([told.document, told.chat])


def _is_counted_once(world: Simulation, sent: list[Sent]) -> None:
    counted = Counter(
        member.job_id
        for place, members in world.ledger.counted.items()
        for member in members.values()
        if not place.key.startswith("drill-")
    )
    assert counted == {one.job_id: 1 for one in sent if not one.is_drill}


def _is_reported(world: Simulation, one: Sent, of_job: list[Sent]) -> None:
    """A job and its children are one incident at most: where one holds back, others may wait."""
    if any(
        key in HOLDING and value in HOLDING[key]
        for each in of_job
        for key, value in each.tags.items()
    ):
        return
    times = [
        told.at - START_MS
        for told in world.told
        if told.document["queue"] == one.root and told.subject.startswith("DRILL") is one.is_drill
    ]
    assert min(times, default=10**9) <= (one.second + 60) * 1_000
