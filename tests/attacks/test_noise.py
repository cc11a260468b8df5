"""Ten noisy definitions and one critical failure: it is reported by name on every channel."""

from __future__ import annotations

import itertools

import pytest

from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.incident.fingerprint import fingerprint
from notifier.incident.rate_limit import Limits
from notifier.ports.reporting import Options
from notifier.workflows.storm import MOST_NAMED
from tests.attacks.forged import CHANNELS, CRITICAL, DAY, log, named_after, real
from tests.simulation import Simulation, failed

HOUR = 3_600


def world_in_noise(seconds: int, every: float, **options: Limits) -> Simulation:
    """Let ten definitions fail with ever new errors, as fast as one in `every` seconds."""
    world = Simulation(options=Options(**options))  # type: ignore[arg-type]  # only limits
    for n in range(int(seconds / every)):
        at = n * every
        made = failed(f"n{n}", name=f"noise-{n % 10}", definition=f"n{n % 10}:1", second=at)
        # Not even numbers are the same: every failure is an incident of its own.
        word = "".join(chr(97 + int(digit)) for digit in str(n))
        world.put(log(world, made, [f"{word.title()}Error: no {word} in {word}{word}"]), at)
    return world


def definition_with(key_from: str) -> str:
    """Return a definition whose incident's key begins so: the order of keys must not matter."""
    for n in itertools.count():
        event = parse_event(real(definition=f"pay{n}:1"))
        assert isinstance(event, Failure)
        if fingerprint(event, "oom-container").startswith(key_from):
            return f"pay{n}:1"
    raise AssertionError


def is_named_everywhere(world: Simulation, at: float) -> None:
    for channel in CHANNELS:
        assert named_after(world, "payroll", at, channel) <= 60, channel


@pytest.mark.parametrize(
    ("first_digits", "at"), [("0", 5), ("0", 650), ("7", 650), ("ff", 650), ("ff", 1_999)]
)
def test_a_critical_failure_in_noise_is_named_on_all_channels_within_a_minute(
    first_digits: str, at: int
) -> None:
    world = world_in_noise(at + 60, 1)
    world.put(real(second=at, definition=definition_with(first_digits)), at)
    world.run_until(at + 70)
    is_named_everywhere(world, at)


def test_many_critical_failures_at_once_are_all_named_within_two_minutes() -> None:
    world = world_in_noise(700, 1)
    for n in range(40):
        made = real(f"r{n}", name=f"vital-{n:02}", definition=f"vital{n}:1", second=600)
        world.put(made, 600)
    world.run_until(720)
    late = [n for n in range(40) if named_after(world, f"vital-{n:02}", 600) > 60]
    assert late == []


@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_one_definition_with_ever_new_errors_leaves_room_for_others(severity: str) -> None:
    world = Simulation()
    for n in range(600):
        word = "".join(chr(97 + int(digit)) for digit in str(n))
        tags = {"notify:severity": severity}
        made = failed(f"n{n}", name="noise", queue="dev", tags=tags, second=n * 5)
        world.put(log(world, made, [f"{word.title()}Error: bad {word}"]), n * 5)
    for n in range(3):
        at = 800 + n * 900
        made = real(f"r{n}", name=f"vital-{n}", definition=f"vital{n}:1", second=at)
        world.put(made, at)
    world.run_until(3_000)
    for n in range(3):
        for channel in ("email", "sms"):
            assert named_after(world, f"vital-{n}", 800 + n * 900, channel) <= 60, (n, channel)


def test_critical_failures_of_a_test_queue_do_not_use_up_the_phone() -> None:
    world = Simulation()
    for n in range(12):
        made = failed(f"d{n}", queue="dev", definition=f"dev{n}:1", tags=CRITICAL, second=n * 70)
        world.put(made, n * 70)
    world.put(real(second=900), 900)
    world.run_until(1_000)
    assert named_after(world, "payroll", 900, "sms") <= 30
    texts = [one.texts["sms"] for one in world.told if "sms" not in one.attributes]
    assert len(texts) == 6
    assert ["More like this: see mail." in one for one in texts] == [*[False] * 4, True, False]
    assert "Last text this hour" in texts[-1]


def test_a_storm_digest_names_the_critical_ones_first_and_says_how_many_more() -> None:
    world = Simulation(options=Options(limits=Limits(per_minute=1, per_hour=1)))
    for n in range(MOST_NAMED + 100):
        world.put(failed(f"n{n}", name=f"noise-{n:03}", definition=f"n{n}:1"), 0)
    for n in range(30):
        made = real(f"r{n}", name=f"vital-{n:02}", definition=f"vital{n}:1", second=20)
        world.put(made, 20)
    world.run_until(400)
    storm = next(one for one in world.told if one.document["cause"]["id"] == "storm")
    mail = storm.texts["email"]
    assert [n for n in range(30) if f"vital-{n:02}" not in mail] == []
    assert mail.index("vital-29") < mail.index("noise-")
    assert "more incidents will be named in the next digest" in " ".join(mail.split())
    assert storm.subject.startswith("FAILED vital-")
    assert storm.document["severity"] == "critical"


def test_a_minimum_severity_does_not_hide_a_failure_that_its_owner_calls_critical() -> None:
    from notifier.diagnosis.diagnose import Severity

    options = Options(minimum=Severity.CRITICAL, limits=Limits(per_minute=1, per_hour=1))
    world = Simulation(options=options)
    world.put(real(name="first"), 0)
    world.put(failed("x", name="vital", definition="v:1", tags=CRITICAL, second=20), 20)
    world.run_until(HOUR)
    assert named_after(world, "vital", 20) <= 60


def test_noise_ends_and_everything_of_it_was_named() -> None:
    world = world_in_noise(300, 2)
    world.put(real(second=100), 100)
    world.run_until(DAY)
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert all(f"noise-{n}" in mails for n in range(10))
    assert world.ledger.held() == ()
    assert world.dead == []
