"""The oracle over many scenarios, over the cases it found, and over engines that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from notifier.incident.counts import Member
from notifier.incident.incident import Place
from notifier.incident.silence import Silence
from tests.fakes import FakeJobs, FakeLedger, FakeQueues
from tests.oracle.generate import generate
from tests.oracle.rules import check
from tests.oracle.scenario import Fail, from_json, to_json
from tests.oracle.shrink import shrink, violations
from tests.oracle.world import Played, play

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))
SCENARIOS, PARTS = 1_500, 30
PART = SCENARIOS // PARTS


@pytest.mark.parametrize("part", range(PARTS))
def test_random_scenarios_break_no_rule(part: int) -> None:
    seeds = range(part * PART, (part + 1) * PART)
    found = {
        seed: [str(one) for one in broken]
        for seed in seeds
        if (broken := violations(generate(seed)))
    }
    assert found == {}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_was_found_once_holds(path: Path) -> None:
    assert violations(from_json(path.read_text(encoding="utf-8"))) == []


def test_the_scenarios_have_every_kind_that_is_promised() -> None:
    scenarios = [generate(seed) for seed in range(SCENARIOS)]
    themes = {name for one in scenarios for name in one.theme.split(" beside ")}
    assert themes >= {
        "serial", "parallel", "array", "multi_node", "chain", "logs", "silences", "labels",
        "storm", "minimum", "grouped", "troubled",
    }  # fmt: skip
    assert sum(one.table for one in scenarios) >= 20
    assert sum(one.hops for one in scenarios) >= 20


@pytest.mark.parametrize("seed", range(20))
def test_a_scenario_is_the_same_from_its_seed_and_from_its_file(seed: int) -> None:
    scenario = generate(seed)
    assert generate(seed) == scenario
    again = from_json(to_json(scenario))
    assert to_json(again) == to_json(scenario)
    assert [one.subject for one in play(again).told] == [one.subject for one in play(scenario).told]


# ---- An oracle that finds nothing shows nothing --------------------------------------------------


@dataclass(frozen=True)
class Wrong:
    """A mistake in the engine or in what it is given, and the rules that must notice it."""

    name: str
    rules: set[str]
    patch: Callable[[pytest.MonkeyPatch], None] = lambda patch: None
    garble: Callable[[Played], Played] = lambda played: played


def forgets_a_member(patch: pytest.MonkeyPatch) -> None:
    whole = FakeLedger.members

    def members(self: FakeLedger, place: Place) -> tuple[Member, ...]:
        found = whole(self, place)
        return found[:-1] if len(found) > 2 else found

    patch.setattr(FakeLedger, "members", members)


def never_follows_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FakeQueues, "follow_up", lambda *_: None)


def never_asks_for_successes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FakeJobs, "successes", lambda *_: ())


def knows_no_silence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Silence, "covers", lambda *_: False)


def documents(change: Callable[[dict[str, Any]], Any]) -> Callable[[Played], Played]:
    """Change the document of each message."""

    def garble(played: Played) -> Played:
        for told in played.told:
            change(told.document)
        return played

    return garble


def doubles(document: dict[str, Any]) -> None:
    if document["counts"]:
        document["counts"]["failed"] *= 2


def is_harmless(document: dict[str, Any]) -> None:
    document["severity"] = "info"


def says_first_time(document: dict[str, Any]) -> None:
    document["novelty"] = "first time"


def says_back_again(document: dict[str, Any]) -> None:
    document["novelty"] = "back again"


def says_one_too_many(document: dict[str, Any]) -> None:
    document["novelty"] = (document["novelty"] or "").replace("2nd in a row", "3rd in a row")


def adds_a_line(document: dict[str, Any]) -> None:
    if document["cause"]["id"] == "storm":
        document["breakdown"].append(document["breakdown"][0])


def reruns_too_much(document: dict[str, Any]) -> None:
    document["commands"] = [
        one.replace('"FAILED_INDICES","value":"', '"FAILED_INDICES","value":"99,')
        for one in document["commands"]
    ]


def says_all_twice(played: Played) -> Played:
    twice = [again for told in played.told for again in (told, replace(told, at=told.at + 20_000))]
    return replace(played, told=twice)


def names_nobody(played: Played) -> Played:
    told = [
        replace(one, attributes={k: v for k, v in one.attributes.items() if k != "owner"})
        for one in played.told
    ]
    return replace(played, told=told)


def recovers_early(played: Played) -> Played:
    told = [
        replace(one, at=one.at - 86_400_000) if one.outcome == "recovered" else one
        for one in played.told
    ]
    return replace(played, told=sorted(told, key=lambda one: one.at))


WRONG = [
    Wrong("forgets a member", {"a message counts all that failed"}, forgets_a_member),
    Wrong("never follows up", {"every failure is reported in time"}, never_follows_up),
    Wrong(
        "never asks for successes",
        {"a job that succeeds again is reported as recovered"},
        never_asks_for_successes,
    ),
    Wrong("knows no silence", {"what is silenced is not reported"}, knows_no_silence),
    Wrong("doubles a count", {"counts never exceed reality"}, garble=documents(doubles)),
    Wrong(
        "finds all harmless",
        {"a message has the highest severity of what it reports"},
        garble=documents(is_harmless),
    ),
    Wrong(
        "says first time always",
        {"first time only where it is"},
        garble=documents(says_first_time),
    ),
    Wrong(
        "says back again always",
        {"back again only after a success"},
        garble=documents(says_back_again),
    ),
    Wrong(
        "counts a row wrong",
        {"a row is of runs one after another without a success"},
        garble=documents(says_one_too_many),
    ),
    Wrong("says all twice", {"nothing is said twice"}, garble=says_all_twice),
    Wrong("names nobody", {"a message about several speaks for all"}, garble=names_nobody),
    Wrong(
        "adds a line to a digest",
        {"the totals of a storm digest add up"},
        garble=documents(adds_a_line),
    ),
    Wrong(
        "runs again what has not failed",
        {"rerun commands name exactly what failed"},
        garble=documents(reruns_too_much),
    ),
    Wrong(
        "recovers too early",
        {"recovered only what has succeeded since"},
        garble=recovers_early,
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_an_engine_that_is_wrong_is_found_out(
    wrong: Wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong.patch(monkeypatch)
    found: set[str] = set()
    for seed in range(SCENARIOS):
        scenario = generate(seed)
        if scenario.table:
            continue
        found |= {one.rule for one in check(scenario, wrong.garble(play(scenario)))}
        if wrong.rules <= found:
            return
    pytest.fail(f"found only {sorted(found)}")


def test_what_is_found_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    never_follows_up(monkeypatch)
    rule = "every failure is reported in time"
    scenario = next(
        one
        for one in map(generate, range(SCENARIOS))
        if len(one.steps) > 8 and not one.table
        and any(found.rule == rule for found in violations(one))
    )  # fmt: skip
    small = shrink(scenario, rule)
    assert any(found.rule == rule for found in violations(small))
    assert len(small.of(Fail)) <= 3
