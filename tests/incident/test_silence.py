"""What is held back on purpose: silences, the tags of a job, and how a person asks for one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from notifier.batch.failure import Failure, Kind
from notifier.incident.assignment import ClassifiedFailure, member_of
from notifier.incident.counts import Role
from notifier.incident.incident import Outcome
from notifier.incident.job import make_job
from notifier.incident.silence import (
    LONGEST_HOLD_MS,
    MATCHERS,
    MOST_RUNS,
    Hold,
    Silence,
    Steering,
    muted_until,
)
from notifier.text.units import HOUR_MS
from workbench.deployed.new_silence import build_silence, parse_until
from workbench.errors import InputError

NOW = 1_795_000_000_000  # 2026-11-18 11:06:40 UTC
ARN = "arn:aws:batch:eu-west-1:111122223333"
FAILURE = Failure(
    kind=Kind.JOB,
    job_id="7a71",
    job_name="nightly-align",
    event_id="e",
    event_time="2026-11-18T11:06:40Z",
    account="111122223333",
    region="eu-west-1",
    queue_arn=f"{ARN}:job-queue/etl-high",
    definition_arn=f"{ARN}:job-definition/align:12",
)
SILENCE = Silence("3f2a91c0", NOW + HOUR_MS, "migration of the store", "ana")


JOB = make_job(FAILURE.queue_arn, FAILURE.definition, FAILURE.job_name)


def tagged(**tags: str) -> Failure:
    named = tuple((f"notify:{key.replace('_', '-')}", tags[key]) for key in tags)
    return replace(FAILURE, tags=named)


def held(
    failure: Failure, silences: Sequence[Silence] = (), runs: int = 1, now: int = NOW
) -> Hold | None:
    """Return what holds back a failure, as the ledger stores it."""
    stopped = replace(failure, stopped_at=NOW)
    member = member_of(ClassifiedFailure(stopped, "app-exit-1"), Role.FAILED)
    return Steering(tuple(silences), lambda _: runs).hold(stopped, member, now)


@pytest.mark.parametrize(
    ("globs", "covers"),
    [
        ({}, True),
        ({"queue": "etl-high"}, True),
        ({"queue": "etl-*"}, True),
        ({"queue": "etl"}, False),
        ({"queue": "ETL-*"}, False),
        ({"queue": "*low"}, False),
        ({"queue": "etl-hig?"}, True),
        ({"queue": "etl-hig[a-h]"}, True),
        ({"definition": "align"}, True),
        ({"definition": "Align"}, False),
        ({"definition": "align:12"}, False),
        ({"definition": "a*n"}, True),
        ({"job": "nightly-*"}, True),
        ({"job": "nightly"}, False),
        ({"job": "*Align"}, False),
        ({"cause": "app-*"}, True),
        ({"cause": "app-exit-1"}, True),
        ({"cause": "APP-*"}, False),
        ({"cause": "oom-*"}, False),
        ({"queue": "etl-*", "definition": "align", "job": "n*", "cause": "app-*"}, True),
        ({"queue": "etl-*", "definition": "align", "job": "n*", "cause": "oom-*"}, False),
        ({"queue": "etl-*", "job": "daily-*"}, False),
    ],
)
def test_every_glob_must_match_in_its_own_case(globs: dict[str, str], covers: bool) -> None:
    assert replace(SILENCE, **globs).covers(JOB, "app-exit-1", NOW) is covers


@pytest.mark.parametrize("label", MATCHERS)
def test_what_a_failure_does_not_have_matches_only_a_star(label: str) -> None:
    blank = make_job("", "", "")
    assert SILENCE.covers(blank, "", NOW)
    assert not replace(SILENCE, **{label: "?*"}).covers(blank, "", NOW)


@pytest.mark.parametrize(("late", "covers"), [(-1, True), (0, False), (1, False)])
def test_a_silence_ends_on_the_millisecond(late: int, covers: bool) -> None:
    assert SILENCE.covers(JOB, "app-exit-1", SILENCE.until + late) is covers


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (NOW, "2026-11-18 11:06:40"),
        (NOW + 20_000, "2026-11-18 11:07"),
        (1_795_046_400_000, "2026-11-19 00:00"),
    ],
)
def test_a_silence_says_who_until_when_and_why(until: int, said: str) -> None:
    told = str(replace(SILENCE, until=until))
    assert told == f"silenced by ana until {said} UTC: migration of the store"


def test_the_first_silence_that_covers_it_is_named() -> None:
    other = replace(SILENCE, id="1", queue="other")
    expired = replace(SILENCE, id="2", until=NOW)
    later = replace(SILENCE, id="4", who="ben")
    found = held(FAILURE, [other, expired, SILENCE, later])
    assert found == Hold(Outcome.SILENCED, str(SILENCE), SILENCE.until, may_end_early=True)


def test_without_a_silence_or_a_tag_nothing_is_held() -> None:
    assert held(FAILURE) is None


@pytest.mark.parametrize(
    ("tag", "until"),
    [
        ("2026-11-18T12:06:40Z", NOW + HOUR_MS),
        ("2026-11-18T12:06:40", NOW + HOUR_MS),
        ("2026-11-18 12:06:40", NOW + HOUR_MS),
        ("2026-11-18T13:06:40+01:00", NOW + HOUR_MS),
        ("2026-11-18T07:06:40-05:00", NOW + HOUR_MS),
        ("2026-11-19", 1_795_046_400_000),
        ("2026-11-18T11:06:40Z", NOW),
        ("1969-12-31T23:59:59Z", -1_000),
        ("", 0),
        ("tomorrow", 0),
        ("2026-13-01", 0),
        ("2026-11-18T25:00", 0),
        ("1795003600", 0),
        ("0001-01-01T00:00+14:00", -62_135_647_200_000),
    ],
)
def test_mute_until_is_iso_8601_and_utc_unless_it_names_a_zone(tag: str, until: int) -> None:
    assert muted_until(tagged(mute_until=tag)) == until
    found = held(tagged(mute_until=tag))
    if until <= NOW:
        assert found is None
    else:
        assert found is not None
        assert (found.outcome, found.until) == (Outcome.SILENCED, until)
        assert found.reason.startswith("muted by the job until 2026-11-1")


def test_a_job_without_tags_is_not_muted() -> None:
    assert muted_until(FAILURE) == 0


@pytest.mark.parametrize(
    ("tag", "runs", "is_held"),
    [
        ("3", 1, True),
        ("3", 2, True),
        ("3", 3, False),
        ("003", 2, True),
        ("100", 99, True),
        ("99999", 99, True),
        ("99999", 100, False),
        ("1", 1, False),
        ("0", 1, False),
        ("", 1, False),
        ("-3", 1, False),
        ("3.0", 1, False),
        ("three", 1, False),
        ("100000", 1, False),
        ("３", 1, False),
    ],
)
def test_after_counts_the_runs_that_failed_since_the_last_success(
    tag: str, runs: int, is_held: bool
) -> None:
    found = held(tagged(after=tag), runs=runs)
    assert (found is not None) is is_held
    if found is not None:
        number = min(int(tag), MOST_RUNS)
        assert found.reason.startswith(f"the job asks to be reported after {number} failures")
        assert (f"its tag asks for {int(tag):,}" in found.reason) is (int(tag) > MOST_RUNS)


def test_a_silence_goes_before_the_tags() -> None:
    both = tagged(mute_until="2026-11-19", after="9")
    reasons = [found.reason.split()[0] for each in ([SILENCE], []) if (found := held(both, each))]
    assert reasons == ["silenced", "muted"]


def test_a_mute_until_the_end_of_time_is_one_of_thirty_days_and_says_so() -> None:
    forever = tagged(mute_until="9999-12-31T23:59:59-05:00")
    found = held(forever)
    assert found is not None
    assert found.until == NOW + LONGEST_HOLD_MS
    assert found.reason.startswith("muted by the job for 30 days, the longest (its tag asks for")


CET = "CET-1CEST,M3.5.0,M10.5.0/3"  # as POSIX writes it, so that no zone files are needed


def ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def enter(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    enter(CET)
    yield enter
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("given", "until"),
    [
        ("18:30", "2026-11-18T17:30Z"),
        ("12:07", "2026-11-18T11:07Z"),
        ("12:06", "2026-11-19T11:06Z"),
        ("7:05", "2026-11-19T06:05Z"),
        ("00:00", "2026-11-18T23:00Z"),
        (" 18:30 ", "2026-11-18T17:30Z"),
        ("45m", "2026-11-18T11:52Z"),
        ("2h", "2026-11-18T13:07Z"),
        ("3d", "2026-11-21T11:07Z"),
        ("30d", "2026-12-18T11:07Z"),
        ("2026-11-20", "2026-11-19T23:00Z"),
        ("2026-11-20T18:30", "2026-11-20T17:30Z"),
        ("2026-11-20 18:30", "2026-11-20T17:30Z"),
        ("2026-11-20T18:30Z", "2026-11-20T18:30Z"),
        ("2026-11-20T18:30+05:00", "2026-11-20T13:30Z"),
        ("2026-11-18T12:06:41", "2026-11-18T11:07Z"),
    ],
)
def test_until_is_a_clock_a_length_or_a_date_in_local_time(given: str, until: str) -> None:
    assert parse_until(given, NOW) == ms(until)


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("now", "given", "until"),
    [
        ("2026-10-25T00:50Z", "02:55", "2026-10-25T00:55Z"),
        ("2026-10-25T00:50Z", "02:30", "2026-10-25T01:30Z"),
        ("2026-10-25T01:50Z", "02:55", "2026-10-25T01:55Z"),
        ("2026-10-25T01:50Z", "02:30", "2026-10-26T01:30Z"),
        ("2026-10-24T20:00Z", "08:00", "2026-10-25T07:00Z"),
        ("2026-03-28T20:00Z", "08:00", "2026-03-29T06:00Z"),
    ],
)
def test_a_clock_is_right_when_clocks_are_changed(now: str, given: str, until: str) -> None:
    assert parse_until(given, ms(now)) == ms(until)


def test_a_clock_is_that_of_the_zone_one_is_in(zone: Callable[[str], None]) -> None:
    zone("NZST-12NZDT,M9.5.0,M4.1.0/3")
    assert parse_until("00:30", NOW) == ms("2026-11-18T11:30Z")
    zone("UTC0")
    assert parse_until("00:30", NOW) == ms("2026-11-19T00:30Z")


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        *((given, "not like 18:30, 45m") for given in (
            "", "soon", "25:00", "12:60", "-2h", "2 h", "2w", "1.5h", "2h30m", "2H", "m", "123456m",
            "2026-13-01", "0001-01-01", "9999-12-31T23:59-05:00", "18:30Z", "٢h",
        )),
        *((given, "not in the future") for given in (
            "0m", "0d", "2026-11-18", "2026-11-18T12:06", "2026-11-18T12:06:40", "1999-01-01",
        )),
        *((given, "more than 30 days ahead") for given in (
            "31d", "721h", "99999d", "2026-12-19", "9999-12-30",
        )),
    ],
)  # fmt: skip
def test_until_is_refused_in_one_line(given: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        parse_until(given, NOW)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("option", "given", "kept"),
    [
        ("queue", "etl-*", "etl-*"),
        ("queue", f"{ARN}:job-queue/etl-high", "etl-high"),
        ("definition", f"{ARN}:job-definition/align", "align"),
        ("job", "nightly-*", "nightly-*"),
        ("cause", "app-*", "app-*"),
        ("cause", "*", "*"),
        ("cause", "unreadable-event", "unreadable-event"),
    ],
)
def test_globs_are_kept_as_given(option: str, given: str, kept: str) -> None:
    new = asked(**{option: given})
    globs = {label: getattr(new, label) for label in MATCHERS}
    assert globs == dict.fromkeys(MATCHERS, "*") | {option: kept}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"queue": None}, "everything is --queue '*'"),
        ({"queue": "  "}, "--queue is empty"),
        ({"queue": "a\nb"}, "--queue must be one line"),
        ({"job": "x" * 257}, "--job is longer than 256 characters"),
        ({"definition": "align:12"}, "applies to every revision: --definition align$"),
        ({"definition": f"{ARN}:job-definition/align:12"}, "--definition align$"),
        ({"cause": "out-of-memory"}, "no cause is called out-of-memory"),
        ({"cause": "app-disk-full"}, "app-disk-full is known only from a job's log"),
        ({"reason": ""}, "--reason is empty"),
        ({"reason": "one\ntwo"}, "--reason must be one line"),
        ({"reason": "x" * 201}, "--reason is longer than 200 characters"),
        ({"who": ""}, "--who is empty"),
        ({"who": "x" * 65}, "--who is longer than 64 characters"),
    ],
)
def test_a_silence_that_cannot_hold_or_be_reported_is_refused(
    options: dict[str, str | None], says: str
) -> None:
    with pytest.raises(InputError, match=says) as refused:
        asked(**options)
    assert "\n" not in str(refused.value)


def test_what_a_person_writes_is_shown_without_secrets_and_controls() -> None:
    new = asked(reason=" new password=hunter2hunter2 \x1b[31mhere\t", who="ana\u202e")
    assert new.reason == "new password=[redacted] here"
    assert new.who == "ana"


def test_ids_are_eight_hex_digits_and_differ() -> None:
    ids = {asked().id for _ in range(50)}
    assert len(ids) == 50
    assert all(re.fullmatch("[0-9a-f]{8}", one) for one in ids)


def test_who_sets_it_is_the_user_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "mara")
    assert asked(who=None).who == "mara"


def asked(**options: str | None) -> Silence:
    chosen: dict[str, str | None] = dict.fromkeys(MATCHERS)
    chosen |= {"queue": None if set(options) & set(MATCHERS) else "etl-*"}
    chosen |= {"until": "2h", "reason": "migration", "who": "ana", **options}
    until, reason, who = (chosen.pop(name) for name in ("until", "reason", "who"))
    return build_silence(chosen, str(until), str(reason), who, NOW)
