"""The line that says why, of logs as the programs of many languages end them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies

from notifier.joblog import error_patterns, wrapper_patterns
from notifier.joblog.loggers import strip_prefix
from notifier.joblog.root_line import LINES_READ, find_root_line, root_line_text
from notifier.joblog.weight import Weight
from notifier.text import untrusted

HERE = Path(__file__).parent
LEAST_TAILS, LEAST_LANGUAGES, LEAST_SHARE = 60, 12, 0.95


class Tail(NamedTuple):
    name: str
    wanted: str
    got: str | None
    lines: list[str]


def tails(file: str) -> list[Tail]:
    blocks = re.split(r"^#### ", (HERE / file).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [_tail(block.rstrip("\n").split("\n")) for block in blocks]


def _tail(block: list[str]) -> Tail:
    name, wanted, *lines = block
    assert wanted.startswith("> "), name
    got = lines.pop(0).removeprefix("< ") if lines[0].startswith("< ") else None
    return Tail(name, wanted.removeprefix("> "), got, lines)


RIGHT, WRONG = tails("logtails.txt"), tails("logtails-wrong.txt")


@pytest.mark.parametrize("tail", RIGHT, ids=[tail.name for tail in RIGHT])
def test_the_line_that_says_why(tail: Tail) -> None:
    assert root_line_text(untrusted.lines(tail.lines)) == tail.wanted


@pytest.mark.parametrize("tail", WRONG, ids=[tail.name for tail in WRONG])
def test_known_wrong(tail: Tail) -> None:
    """What we want and what we get today: who mends one moves it to the other file."""
    assert tail.got != tail.wanted
    assert root_line_text(untrusted.lines(tail.lines)) == tail.got


def test_the_table_is_as_large_and_as_right_as_is_said() -> None:
    languages = {tail.name.partition(":")[0] for tail in RIGHT}
    assert len(RIGHT) >= LEAST_TAILS
    assert len(languages) >= LEAST_LANGUAGES
    assert len(RIGHT) / (len(RIGHT) + len(WRONG)) >= LEAST_SHARE


@pytest.mark.parametrize(
    "tail", [tail for tail in RIGHT if tail.wanted], ids=lambda tail: tail.name
)
def test_progress_before_it_and_farewells_after_it_change_nothing(tail: Tail) -> None:
    wrappers = [f"progress {n} %" for n in range(60)], ["uploading results", "bye"]
    assert root_line_text(untrusted.lines([*wrappers[0], *tail.lines, *wrappers[1]])) == tail.wanted


def test_the_row_is_that_of_the_whole_log() -> None:
    log = [*(f"progress {n}" for n in range(LINES_READ * 2)), "ValueError: bad row 17", "bye"]
    found = find_root_line(log)
    assert found
    assert (found.row, log[found.row]) == (LINES_READ * 2, "ValueError: bad row 17")


def test_what_stands_before_the_lines_that_are_read_is_not_found() -> None:
    assert find_root_line(["ValueError: bad row 17", *["progress"] * LINES_READ]) is None


def test_no_lines() -> None:
    assert find_root_line([]) is None


def _patterns() -> list[tuple[Weight, list[re.Pattern[str]]]]:
    return [
        (weight, [joined, *(one for _, one in searching)])
        for weight, joined, searching in error_patterns._compiled()
    ]


NEEDED = [
    *((one.pattern, one.words) for _, group in error_patterns.TABLE for one in group if one.words),
    (wrapper_patterns.FOLLOWER.pattern, wrapper_patterns.FOLLOWER_WORDS),
    (wrapper_patterns.RETRIED.pattern, wrapper_patterns.RETRIED_WORDS),
]


@pytest.mark.parametrize(("pattern", "words"), NEEDED, ids=lambda each: str(each)[:20])
def test_a_costly_pattern_needs_one_of_its_words(pattern: str, words: tuple[str, ...]) -> None:
    @settings(max_examples=150, derandomize=True, deadline=None)
    @given(strategies.from_regex(re.compile(pattern, re.IGNORECASE | re.ASCII)))
    def check(text: str) -> None:
        assert any(word in text.lower() for word in words)

    check()


def test_the_quick_test_of_a_line_holds_back_nothing() -> None:
    lines = {strip_prefix(line.strip()).text for tail in [*RIGHT, *WRONG] for line in tail.lines}
    told = [line for line in lines if error_patterns.weigh_line(line) is Weight.NO_ERROR]
    for line in told:
        found = next((w for w, each in _patterns() if any(one.match(line) for one in each)), None)
        assert found in (None, Weight.NO_ERROR), line
