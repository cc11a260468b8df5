"""The sieve leaves out only what cannot be found: every verdict is the same with it and without."""

from __future__ import annotations

import json
import re
import string
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause, Match, Specificity
from notifier.diagnosis.prefilter import GRAM, Prefilter, fold_case
from tests.properties.strategies import SAMPLES
from workbench.docs import catalogue_build

SIEVED = catalogue.load()
REASONS = Path(__file__).parents[1] / "diagnosis" / "reasons.jsonl"
LOOKALIKES = {"i": "İı", "s": "ſ", "k": "\u212a"}


def strings(value: object) -> list[str]:
    """Every text in a JSON document."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def known_texts() -> list[str]:
    rows = REASONS.read_text(encoding="utf-8").splitlines()
    logs = (Path(__file__).parents[2] / "events" / "logs").glob("*.txt")
    found = [json.loads(row)["text"] for row in rows]
    found += [match.example for _, match in SIEVED.patterns]
    found += [text for sample in SAMPLES.values() for text in strings(sample)]
    found += [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    return sorted(set(found))


TEXTS = known_texts()


def left_out(text: str) -> list[Match]:
    """The patterns that are found in a text and that the sieve does not let through.

    A verdict is the first pattern that is found, in the order of the catalogue: with none left
    out, every verdict is the same with the sieve and without.
    """
    whole = catalogue.normalise(text)
    rest, *_ = SIEVED.wrappers.unwrap(whole)
    through = set(SIEVED.prefilter.candidates(whole))
    barred = [one for n, (_, one) in enumerate(SIEVED.patterns) if n not in through]
    return [one for one in barred for each in {whole, rest} if one.position_in(each) is not None]


def test_no_pattern_is_left_out_for_any_text_that_is_known() -> None:
    assert len(TEXTS) > 1_000
    assert {text: left_out(text) for text in TEXTS if left_out(text)} == {}


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """A known text, cut and put together, in any case, with letters that pass for ASCII."""
    parts = draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3))
    text = draw(st.sampled_from(["", " ", "…", "\n"])).join(
        part[draw(st.integers(0, 20)) : draw(st.integers(20, 400))] for part in parts
    )
    if draw(st.booleans()):
        text = draw(st.sampled_from([str.upper, str.lower, str.swapcase, str.title]))(text)
    for letter in draw(st.sets(st.sampled_from(sorted(LOOKALIKES)))):
        text = text.replace(letter, draw(st.sampled_from(LOOKALIKES[letter])))
    return text


@given(disguised() | st.text(max_size=300))
def test_no_pattern_is_left_out_for_texts_in_disguise(text: str) -> None:
    assert left_out(text) == []


def test_folding_is_that_of_re_over_all_of_unicode() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    for letter in string.printable:
        alike = re.findall(re.escape(letter), everything, re.IGNORECASE)
        assert {fold_case(each) for each in alike} == {letter.lower()}


@pytest.mark.parametrize(
    ("cause", "match"), SIEVED.patterns, ids=lambda each: getattr(each, "id", "")
)
def test_every_example_is_let_through(cause: Cause, match: Match) -> None:
    number = SIEVED.patterns.index((cause, match))
    assert number in SIEVED.prefilter.candidates(catalogue.normalise(match.example))


def test_most_patterns_can_be_looked_up() -> None:
    assert len(SIEVED.prefilter.always) <= 3


def test_the_made_catalogue_is_up_to_date() -> None:
    assert catalogue.CATALOGUE.read_text(encoding="utf-8") == catalogue_build.build_catalogue(), (
        "run: make catalogue"
    )


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("manifest unknown", ("manifest unknown",)),
        (r"\bManifest\b unknown$", ("manifest unknown",)),
        ("pull (?:image )?now", ("pull image now", "pull now")),
        ("colou?r of (?:red|blue)", ("color of blue", "color of red", "colour of blue",
                                     "colour of red")),
        (r"exit \d{1,3} of child", (" of child",)),
        (r"(?:failed|refused) \S{1,9}", ("failed ", "refused ")),
        (r"(?:failed \d|refused \S){1,3}", ("failed ", "refused ")),
        (r"(?:failed )?\d{3}", ()),  # what may be missing is not needed
        (r"(?:failed )*done", ("done",)),
        (r"failed|\d{3}", ()),  # the other way needs no word
        ("(?=failed)", ()),
        ("(?!failed)done", ("done",)),
        ("[^a]failed", ("failed",)),
        ("gr[ae]y", ("gray", "grey")),
        ("[a-z]rey", ()),
        ("größe", ()),  # only ASCII is looked for: other letters have more than two cases
        ("oom", ()),  # shorter than what is looked up
    ],
)  # fmt: skip
def test_what_a_pattern_has_to_contain(pattern: str, words: tuple[str, ...]) -> None:
    assert catalogue_build.required_words(pattern) == words


def test_of_two_patterns_the_one_that_narrows_more() -> None:
    assert catalogue_build.required_words(r"\befs\b", "access denied") == ("access denied",)


def test_a_sieve_looks_for_whole_words() -> None:
    prefilter = Prefilter({"unkn": [(7, "manifest unknown")], "fest": [(3, "festival")]}, (2,))
    assert prefilter.candidates("MANIFEST UNKNOWN") == [2, 7]
    assert prefilter.candidates("manifest known, festive") == [2]
    assert prefilter.candidates("a" * (GRAM - 1)) == [2]


def test_a_catalogue_twice_as_long_takes_less_than_twice_as_long() -> None:
    data = json.loads(catalogue.CATALOGUE.read_text(encoding="utf-8"))
    count = len(SIEVED.patterns)
    for words in data["words"].values():
        words += [[number + count, word] for number, word in words]
    data["always"] += [number + count for number in data["always"]]
    data["cause"] += [cause | {"id": f"{cause['id']}-again"} for cause in data["cause"]]
    twice = catalogue.parse_catalogue(data)
    rows = [json.loads(row)["text"] for row in REASONS.read_text(encoding="utf-8").splitlines()]
    assert all(twice.recognise(t, *ALL) == SIEVED.recognise(t, *ALL) for t in rows)
    ratios = [spent(twice, rows) / spent(SIEVED, rows) for _ in range(5)]
    assert min(ratios) <= 2, ratios


ALL = frozenset(("status", "reason", "request")), tuple(Specificity)


def spent(of: catalogue.Catalogue, texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        of.recognise(text, *ALL)
    return time.process_time() - start
