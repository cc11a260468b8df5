"""Makes a scenario that breaks a rule as small as it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.oracle.rules import Violation, check
from tests.oracle.scenario import Fail, Parent, Scenario, Step
from tests.oracle.world import play

MOST_TRIES = 600


def violations(scenario: Scenario) -> list[Violation]:
    """Play a scenario and hold it against the rules."""
    return check(scenario, play(scenario))


def shrink(scenario: Scenario, rule: str) -> Scenario:
    """Leave out, one at a time, whatever the rule is broken without."""
    tries = 0
    smaller = True
    while smaller and tries < MOST_TRIES:
        smaller = False
        for candidate in _smaller(scenario):
            tries += 1
            if _breaks(candidate, rule):
                scenario, smaller = candidate, True
                break
            if tries >= MOST_TRIES:
                break
    return scenario


def _breaks(scenario: Scenario, rule: str) -> bool:
    return any(one.rule == rule for one in violations(scenario))


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    steps = scenario.steps
    for width in (len(steps) // 2, len(steps) // 4, 1):
        for start in range(0, len(steps), width or 1):
            if width:
                yield scenario.with_steps(steps[:start] + steps[start + width :])
    for number, step in enumerate(steps):
        for simpler in _simpler(step):
            yield scenario.with_steps((*steps[:number], simpler, *steps[number + 1 :]))
    for plain in ({"hops": False}, {"table": False}, {"per_minute": 60, "per_hour": 600}):
        candidate = replace(scenario, **plain)  # type: ignore[arg-type]
        if candidate != scenario:
            yield candidate


def _simpler(step: Step) -> Iterator[Step]:
    if not isinstance(step, Fail | Parent):
        return
    if len(step.arrives) > 1:
        for again in step.arrives[1:]:
            yield replace(step, arrives=tuple(at for at in step.arrives if at != again))
    for label in step.tags:
        yield replace(step, tags={k: v for k, v in step.tags.items() if k != label})
    if len(step.arrives) == 1 and step.arrives[0] != step.at:
        yield replace(step, arrives=(step.at,))


Shrinker = Callable[[Scenario, str], Scenario]
