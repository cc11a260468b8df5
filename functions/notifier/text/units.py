"""Times, sizes and exit codes as a person reads them."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
SIGNAL_BASE = 128  # a shell reports death by signal n as exit code 128 + n


def moment(epoch_ms: int) -> str:
    """Write epoch milliseconds as `2026-11-20 10:02:31 UTC`."""
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def iso(epoch_ms: int) -> str:
    """Write epoch milliseconds as `2026-11-20T10:02:31Z`, as EventBridge does."""
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def clock(epoch_ms: int) -> str:
    """Write epoch milliseconds as `10:02:31`."""
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%H:%M:%S}"


def duration(milliseconds: int) -> str:
    """Write a length of time with its two largest units.

    Examples
    --------
    >>> duration(41_000), duration(11_400_000)
    ('41 s', '3 h 10 min')
    """
    seconds = max(0, round(milliseconds / 1000))
    amounts = (seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60, seconds % 60)
    first = next((n for n, amount in enumerate(amounts) if amount), 3)
    pair = list(zip(amounts, ("d", "h", "min", "s"), strict=True))[first : first + 2]
    return " ".join(f"{amount} {unit}" for amount, unit in pair if amount or seconds == 0)


def waited(milliseconds: int) -> str:
    """Write how long something has waited: in hours up to two days, as people count them.

    Examples
    --------
    >>> waited(25 * 3_600_000), waited(5_400_000), waited(73 * 3_600_000)
    ('25 h', '1 h 30 min', '3 d 1 h')
    """
    is_counted = DAY_MS <= milliseconds < 2 * DAY_MS
    return f"{milliseconds // HOUR_MS} h" if is_counted else duration(milliseconds)


def exit_code(code: int) -> str:
    """Write an exit code, with the signal where it stands for one.

    Examples
    --------
    >>> exit_code(137), exit_code(2)
    ('137 (SIGKILL)', '2')
    """
    try:
        return f"{code} ({signal.Signals(code - SIGNAL_BASE).name})"
    except ValueError:
        return str(code)


def ordinal(number: int) -> str:
    """Write a place in a row.

    Examples
    --------
    >>> ordinal(1), ordinal(12), ordinal(23)
    ('1st', '12th', '23rd')
    """
    teens = number // 10 % 10 == 1
    suffix = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{suffix}"
