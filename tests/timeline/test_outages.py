"""The rows of the promise that speak of services in trouble, as timelines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from notifier.alert import digest
from notifier.incident.counts import fold
from notifier.ports.reporting import Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.workflows import delivery
from tests.interleaving import watched
from tests.simulation import START_MS, Simulation, array_parent, failed

MINUTE, HOUR = 60, 3_600
THROTTLED = ServiceError(ErrorKind.RETRYABLE, "ThrottlingException")


def troubled(ports: str, start: float, end: float, error: ServiceError = THROTTLED) -> Simulation:
    """Give a world in which every call of some ports fails from one second to another."""
    world = Simulation()

    def moment(name: str) -> None:
        if name.startswith("before") and start * 1000 <= world.now - START_MS < end * 1000:
            raise error

    def wrap(real: Ports) -> Ports:
        broken = watched(real, moment)
        return replace(real, **{name: getattr(broken, name) for name in ports.split()})

    world.wrap = wrap
    return world


def counted(world: Simulation) -> int:
    return sum(
        fold(world.ledger.members(incident.place)).counted
        for incident in world.ledger.incidents.values()
    )


def test_without_the_table_the_third_delivery_is_one_message() -> None:
    world = troubled("ledger", 0, HOUR)
    for n in range(40):
        world.put(failed(f"job-{n}", name=f"name-{n:02}", definition=f"def-{n}:1"), 0)
    world.run_until(12 * MINUTE)
    assert world.told == []
    world.run_until(20 * MINUTE)
    [told] = world.told
    assert told.document["cause"]["id"] == "degraded"
    assert told.document["counts"]["failed"] == 40
    assert all(f"name-{n:02}" in told.texts["email"] for n in range(40))
    assert "ThrottlingException" in told.texts["email"]
    world.settle()
    assert len(world.told) == 1
    assert world.dead == []


@pytest.mark.parametrize(
    "error",
    [
        ServiceError(ErrorKind.GONE, "ResourceNotFoundException"),
        ServiceError(ErrorKind.DENIED, "AccessDeniedException"),
    ],
)
def test_while_the_table_is_gone_or_denies_access_the_first_delivery_is_reported(
    error: ServiceError,
) -> None:
    world = troubled("ledger", 0, HOUR, error)
    for n in range(40):
        world.put(failed(f"job-{n}", name=f"name-{n:02}", definition=f"def-{n}:1"), 0)
    world.run_until(3 * MINUTE)
    [told] = world.told
    assert told.at - START_MS <= 3 * MINUTE * 1000
    assert told.document["counts"]["failed"] == 40
    assert error.says in told.texts["email"]
    world.settle()
    assert len(world.told) == 1
    assert world.dead == []


def test_a_table_that_recovers_in_time_leaves_no_trace() -> None:
    world = troubled("ledger", 0, 7 * MINUTE)
    for n in range(5):
        world.put(failed(f"job-{n}"), n / 10)
    world.settle()
    assert [one.outcome for one in world.told] == ["first"]
    assert counted(world) == 5
    assert world.dead == []


def test_what_could_not_be_reported_is_reported_once_it_can() -> None:
    world = troubled("topic", 0, 14 * MINUTE)
    for n in range(5):
        world.put(failed(f"job-{n}"), n)
    world.run_until(14 * MINUTE - 1)
    assert world.told == []
    world.settle()
    assert [one.outcome for one in world.told] == ["first"]
    assert world.told[0].document["counts"]["failed"] == 5
    assert world.dead == []


def test_what_cannot_be_followed_up_is_reported_in_one_message_as_well() -> None:
    world = troubled("queues", 0, 14 * MINUTE)
    for n in range(5):
        world.put(failed(f"job-{n}"), n / 10)
    world.settle()
    [told] = world.told
    assert told.document["cause"]["id"] == "degraded"
    assert told.document["counts"]["failed"] == 5
    assert world.dead == []


def test_a_topic_that_is_gone_for_long_leaves_the_incident_among_the_dead_letters() -> None:
    world = troubled("topic", 0, 9 * HOUR, ServiceError(ErrorKind.GONE, "NotFoundException"))
    world.put(failed("a"), 0)
    world.settle()
    assert world.told == []
    [incident] = world.ledger.incidents
    assert any(incident in one.body or "nightly" in one.body for one in world.dead)


def test_a_log_that_cannot_be_read_is_said_and_the_alert_goes_out() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.run_until(30)
    assert "log unavailable: " in world.told[0].texts["email"]


def test_while_batch_gives_no_answer_digests_go_on_and_the_recovery_comes_later() -> None:
    world = troubled("jobs", 0, HOUR)
    for n in range(3):
        world.put(failed(f"job-{n}", second=n * 60), n * 60)
    world.succeed("nightly", 30 * MINUTE)
    world.run_until(HOUR)
    assert [one.outcome for one in world.told] == ["first", "grew"]
    world.settle()
    assert [one.outcome for one in world.told] == ["first", "grew", "recovered"]
    assert "RecoveryUnknown" in world.journal.counts()


def test_out_of_time_what_is_left_comes_with_the_next_delivery() -> None:
    world = Simulation()
    # Asked last to first: by the labels, the logs of the three together and each, each incident.
    left = [120_000, 120_000, 1_000, 120_000, 120_000, 120_000, 120_000, 120_000]

    def wrap(ports: Ports) -> Ports:
        return replace(ports, remaining_ms=lambda: left.pop() if left else 120_000)

    world.wrap = wrap
    for n in range(3):
        world.put(failed(f"job-{n}", definition=f"def-{n}:1"), 0)
    world.run_until(30)
    assert len(world.told) < 3
    world.settle()
    assert len(world.told) == 3
    assert world.dead == []


def test_five_hundred_events_that_cannot_be_read_are_one_incident() -> None:
    world = Simulation()
    for n in range(500):
        event = failed(f"job-{n}")
        event["detail"] = f"surprise {n}"
        event["id"] = f"event-{n}"
        world.put(event, n / 10)
    world.run_until(HOUR)
    assert len(world.told) == 2
    assert world.told[-1].document["counts"]["failed"] == 500


def test_what_breaks_on_one_incident_does_not_hold_back_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compose: Callable[..., Any] = delivery.compose

    def breaks(failure: Any, *rest: Any) -> Any:
        if failure.job_name == "odd":
            raise ZeroDivisionError
        return compose(failure, *rest)

    monkeypatch.setattr(delivery, "compose", breaks)
    world = Simulation()
    for name in ("odd", "even"):
        world.put(failed(name, name=name, definition=f"{name}:1"), 0)
    world.settle()
    assert {one.document["job"]["name"] for one in world.told} >= {"even"}
    assert "Crashed" in world.journal.counts()
    told_or_dead = [one.document["job"]["name"] for one in world.told]
    assert "odd" in told_or_dead or world.dead


def test_what_breaks_in_a_follow_up_ends_among_the_dead_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(digest, "compose_digest", breaks)
    world = Simulation()
    for n in range(2):
        world.put(failed(f"job-{n}", second=n * 60), n * 60)
    world.settle()
    assert [one.outcome for one in world.told] == ["first"]
    assert len(world.dead) == 1


def test_an_array_through_a_table_in_trouble_is_counted_exactly() -> None:
    world = troubled("ledger", 100, 400)
    for n in range(300):
        world.put(failed("arr", name="align", index=n, second=n), n)
    world.put(array_parent("arr", 1_000, 300, name="align", second=301), 301)
    world.settle()
    assert world.told[-1].outcome == "closed"
    assert world.told[-1].document["counts"] == {"failed": 300, "dependents": 0, "of": 1_000}
    assert counted(world) == 300
    assert world.dead == []


def test_what_is_held_while_no_storm_digest_goes_out_is_looked_at_now_and_then() -> None:
    """The digest may be overdue by its own retries; who waits for it must not ask in a loop."""
    world = troubled("topic", 0, 45 * MINUTE)
    for n in range(30):
        world.put(
            failed(f"job-{n}", definition=f"def-{n % 5}:1", second=100 * (n // 5)), 100 * (n // 5)
        )
    looked = 0

    def wrap(real: Ports, wrapped: Callable[[Ports], Ports] = world.wrap) -> Ports:
        nonlocal looked
        looked += 1
        assert looked < 1_000, "it asks in a loop"
        return wrapped(real)

    world.wrap = wrap
    world.run_until(3 * HOUR)
    assert {one.document["cause"]["id"] for one in world.told} >= {"storm"}
    assert counted(world) + len(world.dead) >= 30
    assert looked < 100


def test_nothing_is_left_to_a_claim_whose_follow_up_could_not_be_sent() -> None:
    """Failures that come while another delivery tries to tell rest on its follow-up alone."""
    world = troubled("queues", 0, 45 * MINUTE)
    names = [f"wave-{wave}" for wave in range(6)]
    for wave, name in enumerate(names):
        world.put(failed(name, name=name, second=100 * wave), 100 * wave)
    world.settle()
    told = "\n".join(one.texts["email"] for one in world.told)
    dead = "\n".join(one.body for one in world.dead)
    assert [name for name in names if name not in told and name not in dead] == []
