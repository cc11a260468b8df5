"""The start, measured beside that of the function that people usually write: a ratio, no times."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import start
from benchmarks.start import BARE, OURS, USUAL
from tests.runtime import lambda_runtime

pytestmark = pytest.mark.skipif(
    not lambda_runtime.RUNS_HERE, reason="CPU time is read as Linux gives it"
)

ROUNDS = 7
MOST = 1.00  # times its INIT; `make bench` measures it more finely


def test_init_takes_no_longer_than_that_of_the_usual_function(
    artifact: Path, tmp_path: Path
) -> None:
    chosen = [one for one in start.contenders(artifact) if one.name in (USUAL, BARE, OURS)]
    found = start.measure(chosen, start.runtime(tmp_path), ROUNDS)
    assert start.init_ratio(found, OURS, USUAL) <= MOST, found
    assert start.init_ratio(found, BARE, USUAL) < 1, found


def test_a_contender_that_fails_is_an_error_and_no_figure(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def handler(event, _):\n    raise KeyError('detail')\n")
    packages = tmp_path / "packages"
    packages.mkdir()
    broken = start.Contender("broken", tmp_path, "broken.handler")
    with pytest.raises(RuntimeError, match="KeyError"):
        start.measure([broken], start.runtime(packages), 1)
