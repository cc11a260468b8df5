"""Ten times the input costs about ten times the time: no text can hold the notifier up.

Ratios within one process, not seconds, so that a slow machine does not matter; of the best of
several runs each, taken in turns, so that a busy one does not either.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import pytest

from notifier.alert.alert import compose
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.channels import message
from notifier.diagnosis.diagnose import diagnose
from notifier.joblog.excerpt import Excerpt, LogLine, LogRead, excerpt_of
from notifier.joblog.parametrise import parametrise
from notifier.joblog.root_line import find_root_line, root_line_text
from notifier.text import untrusted
from tests.properties.strategies import SAMPLES, changed

MOST = 12  # times the time, for ten times the input
TRIES = 12
LEAST_S = 0.0004  # a run is repeated until it takes so long, to be above the clock's noise

UNITS = (
    " ", "\t", "a", "A1a", "Ab0/", "-", "--", "--token", "-a", "=", ":", "://", "a://", "a://b:",
    "http://a:b", "token ", "token", "password=", "password: ", "secret\\\"", "\\\"", "\"", "'",
    "bearer ", "authorization: ", "authorization=x ", "eyJ", "eyJa.", "-----BEGIN", "-----END",
    "-----BEGIN ", "arn:", "arn:aws:secretsmanager:", "gl", "glpat-", "sk-", "xox", "AKIA", "\x1b",
    "\x1b[", "\x1b]", "\x1b[1;", "\x9d", "\u200b", "\u202e", "\u0301", "😀", "ﷺ", "www.", "http:",
    "Error", "a.b:", "a.", "Caused by: ", "exit code ", "x ", ".", "0", "9 ", "(", ")", "[", "/",
    "/a", "at ", "_", "keyError", "cannot ", "no such file", "failed to ", "E", "::", "1.", ", ",
)  # fmt: skip

# What the rules for secrets look at.
SECRET_UNITS = (
    *UNITS,
    "aB3", "aB3/", "AKIA0", "ghp_a1", "eyJ.eyJ.", "sk-live_", "key=", "key,", "'key', ", "_key",
    "pass ", "name: key, value: ", "a=1&", "?key=a1b2c3&", "://a:b@", "a:b@", "/hooks/1", "&#34;",
    "%22", "\\u0022", "<key>", "mysql -p", "curl -u ", "$2b$", "sha256:", "vendor a1", "key is ",
)  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """Time one call, over as many as it takes to be measured.

    Without the garbage collector: its time grows with all that the tests before have left.
    """
    rounds = 1
    gc.disable()
    try:
        while True:
            start = time.process_time()
            for _ in range(rounds):
                work()
            spent = time.process_time() - start
            if spent >= LEAST_S:
                return spent / rounds
            rounds *= 4
    finally:
        gc.enable()


def growth(small: Callable[[], object], large: Callable[[], object]) -> float:
    """Give the ratio of the shortest times: noise only ever adds to one."""
    least_small, least_large = seconds(small), seconds(large)
    for _ in range(TRIES):
        if least_large <= MOST * least_small:
            break
        least_small = min(least_small, seconds(small))
        least_large = min(least_large, seconds(large))
    return least_large / least_small


def repeated(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


@pytest.mark.parametrize("unit", SECRET_UNITS)
def test_one_line_within_the_cap(unit: str) -> None:
    """Below the line limit, where the patterns see all of it."""
    small, large = repeated(unit, 195), repeated(unit, 1_950)
    assert growth(lambda: untrusted.one_line(small), lambda: untrusted.one_line(large)) <= MOST


@pytest.mark.parametrize("unit", SECRET_UNITS)
def test_lines_within_the_cap(unit: str) -> None:
    small, large = [repeated(unit, 195)] * 3, [repeated(unit, 1_950)] * 3
    assert growth(lambda: untrusted.lines(small), lambda: untrusted.lines(large)) <= MOST


@pytest.mark.parametrize(
    "unit", ["a", " ", "-----END", "QUJD1a", "-----BEGIN", "\u200b", "--token"]
)
def test_more_lines(unit: str) -> None:
    small, large = [repeated(unit, 64)] * 100, [repeated(unit, 64)] * 1_000
    assert growth(lambda: untrusted.lines(small), lambda: untrusted.lines(large)) <= MOST
    mixed = ["QUJDREVGabc1", "-----END KEY-----"]
    assert growth(lambda: untrusted.lines(mixed * 50), lambda: untrusted.lines(mixed * 500)) <= MOST


def test_a_line_of_a_megabyte_costs_no_more_than_its_beginning() -> None:
    whole, start = "a b" * 350_000, "a b" * 700
    assert growth(lambda: untrusted.one_line(start), lambda: untrusted.one_line(whole)) <= MOST


def large_event(factor: int) -> dict[str, Any]:
    given = SAMPLES["ecs-several-containers"]
    attempts = given["detail"]["attempts"] * factor
    given = changed(given, ("detail", "attempts"), attempts)
    given = changed(given, ("detail", "statusReason"), "word " * 100 * factor)
    given = changed(given, ("detail", "tags"), {f"notify:{n}": "v" for n in range(factor)})
    names = {f"P{n}_TOKEN": f"value-{n:08}" for n in range(factor)}
    return changed(given, ("detail", "parameters"), names)


def test_reading_an_event() -> None:
    small, large = large_event(20), large_event(200)
    assert growth(lambda: parse_event(small), lambda: parse_event(large)) <= MOST


def failure() -> Failure:
    read = parse_event(SAMPLES["exit-1-python-traceback"])
    assert isinstance(read, Failure)
    return read


@pytest.mark.parametrize("unit", UNITS)
def test_diagnosing_long_lines(unit: str) -> None:
    job = failure()
    diagnose(job, ["warm the caches"])
    small, large = [repeated(unit, 195)] * 4, [repeated(unit, 1_950)] * 4
    assert growth(lambda: diagnose(job, small), lambda: diagnose(job, large)) <= MOST


def test_diagnosing_more_lines() -> None:
    job = failure()
    small, large = ["progress: 10 % done"] * 40, ["progress: 10 % done"] * 400
    assert growth(lambda: diagnose(job, small), lambda: diagnose(job, large)) <= MOST


def test_picking_lines() -> None:
    log = LogRead(tuple(LogLine(n, f"line {n} at x") for n in range(10_000)))
    safe = [line.text for line in log.lines]

    def picked(some: list[str]) -> Excerpt:
        return excerpt_of(log, some, 25, find_root_line(some))

    assert growth(lambda: picked(safe[:1_000]), lambda: picked(safe)) <= MOST


LOG_UNITS = (
    *UNITS, "{", '{"msg": "', '"message":"a\\', "[rank0]: ", "| ", "  | ", "[", "[a] ", "a.b.",
    "Error(", "Traceback (most recent call last):", "ERROR ", "E   ", " at x line 1",
    "0 errors ", "a: line ",
    "line 1: ", "An error occurred (", "2026-11-20 ", "10:00:00 ", "---> ", "error", "a/b:1: ",
)  # fmt: skip


@pytest.mark.parametrize("unit", LOG_UNITS)
def test_finding_the_root_line_in_long_lines(unit: str) -> None:
    small, large = [repeated(unit, 195)] * 4, [repeated(unit, 1_950)] * 4
    assert growth(lambda: root_line_text(small), lambda: root_line_text(large)) <= MOST


@pytest.mark.parametrize("unit", LOG_UNITS)
def test_finding_the_root_line_in_more_lines(unit: str) -> None:
    small, large = [repeated(unit, 60)] * 40, [repeated(unit, 60)] * 400
    assert growth(lambda: root_line_text(small), lambda: root_line_text(large)) <= MOST


@pytest.mark.parametrize(
    "unit",
    [*LOG_UNITS, "1.", "1,", "1:", "f:", "'a ", "/a.", "a-1-", "0x1", "2026-11-20T", "<a>, "],
)
def test_parametrising_long_lines(unit: str) -> None:
    small, large = repeated(unit, 195), repeated(unit, 1_950)
    assert growth(lambda: parametrise(small), lambda: parametrise(large)) <= MOST


@pytest.mark.parametrize("unit", ["a b ", "x: Error ", " ", "--token", '"', "\u200b"])
def test_composing_and_writing(unit: str) -> None:
    job = failure()

    def whole(length: int) -> None:
        line = repeated(unit, 190)
        log = LogRead(tuple(LogLine(n, line) for n in range(length)))
        message.render(compose(job, log, 25))

    assert growth(lambda: whole(40), lambda: whole(400)) <= MOST
