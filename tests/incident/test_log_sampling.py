"""Whose logs are read to be grouped, and where a failure goes whose log was not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notifier.batch.failure import Failure, Kind, LogStream
from notifier.incident.assignment import ClassifiedFailure
from notifier.incident.fingerprint import GROUP_BY, fingerprint
from notifier.incident.incident import Place
from notifier.incident.log_sampling import (
    KNOWN_BASE_SAMPLES,
    LOGS_READ_LIMIT,
    base_of,
    latest_incidents,
    select_logs,
    with_errors,
)

STREAM = LogStream("/aws/batch/job", "load/default/1", "us-east-1")


def failed(
    n: int, definition: str = "load:3", cause: str = "app-exit-1", **more: object
) -> ClassifiedFailure:
    failure = Failure(
        Kind.JOB, f"job-{n}", "nightly", "e", "", "1", "us-east-1", stopped_at=1_000 - n,
        definition_arn=f"arn:aws:batch:us-east-1:1:job-definition/{definition}", log=STREAM,
    )  # fmt: skip
    failure = replace(failure, **more)
    return ClassifiedFailure(failure, cause, base=base_of(failure, cause, GROUP_BY))


def numbers(failures: list[ClassifiedFailure]) -> list[int]:
    return [int(one.id.removeprefix("job-")) for one in failures]


@pytest.mark.parametrize(
    "plain",
    [
        failed(1, cause="oom-container"),
        failed(1, cause="sigkill-137"),
        failed(1, cause="job-timeout"),
        failed(1, log=None),
        failed(1, is_drill=True),
        failed(1, kind=Kind.ARRAY_CHILD, job_id="a:1"),
        failed(1, kind=Kind.NODE, job_id="a#1"),
        failed(1, kind=Kind.QUEUE_BLOCKED),
    ],
)
def test_what_the_event_decides_needs_no_log(plain: ClassifiedFailure) -> None:
    assert plain.base == ""


def test_no_log_is_needed_where_nobody_groups_by_error() -> None:
    assert base_of(failed(1).failure, "app-exit-1", ("queue", "definition", "cause")) == ""


def test_revisions_of_a_definition_are_alike_and_definitions_are_not() -> None:
    one, next_, other = failed(1).base, failed(2, "load:4").base, failed(3, "other:1").base
    assert one == next_ != other


def test_a_few_failures_are_all_read_the_earliest_first() -> None:
    assert numbers(select_logs([failed(n) for n in range(4)], ())) == [3, 2, 1, 0]


def test_of_many_the_earliest_ten_are_read() -> None:
    read = select_logs([failed(n) for n in range(100)], ())
    assert numbers(read) == [*range(99, 99 - LOGS_READ_LIMIT, -1)]


def test_of_many_of_a_known_incident_a_few_samples_are_read() -> None:
    failures = [failed(n) for n in range(100)]
    read = select_logs(failures, {one.base for one in failures})
    assert numbers(read) == [*range(99, 99 - KNOWN_BASE_SAMPLES, -1)]


def test_each_base_has_its_turn() -> None:
    failures = [failed(n, "big:1") for n in range(90)]
    failures += [failed(n, "small:1") for n in range(90, 92)]
    read = numbers(select_logs(failures, ()))
    assert {90, 91} < set(read)
    assert len(read) == LOGS_READ_LIMIT


def test_the_choice_does_not_depend_on_the_order_of_delivery() -> None:
    failures = [failed(n) for n in range(30)]
    assert select_logs(failures, ()) == select_logs(failures[::-1], ())


def keys(
    count: int, errors: dict[int, str], latest: dict[str, Place] | None = None
) -> tuple[list[str], list[ClassifiedFailure]]:
    failures = [failed(n) for n in range(count)]
    by_id = {f"job-{n}": error for n, error in errors.items()}
    told = with_errors(failures, by_id, latest or {}, GROUP_BY)
    return [one.key(GROUP_BY) for one in told], told


def key_of(error: str) -> str:
    return fingerprint(failed(0).failure, "app-exit-1", GROUP_BY, error)


def test_two_errors_are_two_incidents_and_one_is_one() -> None:
    found, _ = keys(3, {0: "A", 1: "B", 2: "A"})
    assert found == [key_of("A"), key_of("B"), key_of("A")]


def test_what_was_not_read_joins_what_most_of_its_like_are() -> None:
    found, told = keys(5, {0: "A", 1: "B", 2: "B"})
    assert found[3:] == [key_of("B")] * 2
    assert [bool(one.joins) for one in told] == [False] * 3 + [True] * 2


def test_a_tie_is_decided_the_same_way_every_time() -> None:
    assert keys(3, {0: "A", 1: "B"})[0][2] == keys(3, {0: "B", 1: "A"})[0][2]


def test_where_nothing_was_read_the_latest_incident_known_is_joined() -> None:
    found, _ = keys(2, {}, {failed(0).base: Place("0123456789abcdef")})
    assert found == ["0123456789abcdef"] * 2


def test_where_nothing_is_known_the_exit_code_alone_groups_as_it_did_before() -> None:
    found, told = keys(2, {})
    assert (
        found
        == [fingerprint(failed(0).failure, "app-exit-1", ("queue", "definition", "cause"))] * 2
    )
    assert all(one.joins for one in told)


def test_a_log_without_a_root_line_groups_by_the_exit_code_and_is_no_guess() -> None:
    found, told = keys(1, {0: ""})
    assert found == [key_of("")]
    assert not told[0].joins


def test_the_last_error_that_was_read_is_what_is_known() -> None:
    _, told = keys(3, {1: "A", 2: "B"})  # the lower the number, the later it failed
    known = latest_incidents(told, GROUP_BY)
    assert list(known.values()) == [Place(key_of("A"))]


def test_nothing_is_known_of_what_was_not_read() -> None:
    _, told = keys(2, {})
    assert latest_incidents(told, GROUP_BY) == {}
