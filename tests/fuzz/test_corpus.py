"""Every case that once broke it, or might have, and some hundred others: without a fuzzer."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.cases import Case, decoded, encoded, planted
from tests.fuzz.mutation import mutated
from tests.fuzz.oracles import check
from tests.properties.planted import SECRETS
from tests.properties.strategies import SAMPLES

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))
ROUNDS = 10 if os.environ.get("THOROUGH") else 2  # of each case
STEPS = 4  # changes of each case, one after another


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_case(file: Path) -> None:
    case = decoded(file.read_bytes())
    assert case.event is not None, "a case that is not read tries nothing"
    check(case)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_changed_cases(seed: int) -> None:
    random = Random(seed)
    for file in CORPUS:
        data = file.read_bytes()
        for _ in range(STEPS):
            data = mutated(data, random)
        check(decoded(data))


def test_every_sample_is_in_the_corpus() -> None:
    assert SAMPLES.keys() <= {file.stem for file in CORPUS}


def test_a_case_is_written_and_read_again() -> None:
    case = Case({"a": ["\ud800", 1e400, None]}, ("x",), ((1, 2, 3),), "{")
    assert decoded(encoded(case)) == case


def test_what_is_no_case_is_the_text_of_a_message() -> None:
    assert decoded(b"\xff[") == Case(None, body="\ufffd[")


@pytest.mark.parametrize("number", range(0, len(SECRETS), 9))
def test_a_planted_secret_is_looked_for(number: int) -> None:
    """Or the fuzzer would find nothing because it looks for nothing."""
    case = Case(SAMPLES["timeout"], ("a line",), ((number, 10_000, 0),))
    given, log, [hidden] = planted(case)
    assert hidden.private in f"{given}{log}"


def test_a_secret_that_is_shown_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.text.untrusted.mask", lambda text, secrets=(): text)
    with pytest.raises(AssertionError, match=r"token ghp_|token AKIA"):
        check(Case(SAMPLES["exit-1-python-traceback"], ("Error: x",), ((2, 10**6, 0), (0, 1, 0))))
