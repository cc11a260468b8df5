"""Times and exit codes as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.text import units
from tests.properties.strategies import SOME

YEAR_9999_MS = 253_402_300_799_999


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (0, "0 s"), (-5, "0 s"), (400, "0 s"), (600, "1 s"), (999, "1 s"), (1_000, "1 s"),
        (41_000, "41 s"), (59_999, "1 min"), (60_000, "1 min"), (61_000, "1 min 1 s"),
        (3_600_000, "1 h"), (3_601_000, "1 h"), (11_400_000, "3 h 10 min"),
        (86_400_000, "1 d"), (90_000_000, "1 d 1 h"), (86_460_000, "1 d"),
        (14 * 86_400_000, "14 d"),
    ],
)  # fmt: skip
def test_duration(milliseconds: int, expected: str) -> None:
    assert units.duration(milliseconds) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, "0"), (1, "1"), (2, "2"), (126, "126"), (127, "127"), (128, "128"),
        (134, "134 (SIGABRT)"), (137, "137 (SIGKILL)"), (139, "139 (SIGSEGV)"),
        (143, "143 (SIGTERM)"), (255, "255"), (-1, "-1"), (-9, "-9"), (2**52, str(2**52)),
        (3221225477, "3221225477"),
    ],
)  # fmt: skip
def test_exit_code(code: int, expected: str) -> None:
    assert units.exit_code(code) == expected


def test_moments() -> None:
    assert units.moment(1_795_602_065_662) == "2026-11-25 10:21:05 UTC"
    assert units.clock(1_795_602_065_662) == "10:21:05"
    assert units.moment(YEAR_9999_MS) == "9999-12-31 23:59:59 UTC"


@SOME
@given(st.integers(0, YEAR_9999_MS), st.integers(-(2**53), 2**53))
def test_no_number_is_too_large(epoch_ms: int, amount: int) -> None:
    assert units.moment(epoch_ms).endswith(" UTC")
    assert units.duration(amount)
    assert units.exit_code(amount).startswith(str(amount))
