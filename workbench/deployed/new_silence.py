"""A new silence, checked: one that could never match would be a surprise."""

from __future__ import annotations

import fnmatch
import getpass
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause
from notifier.diagnosis.known_cause import UNREADABLE
from notifier.incident.silence import MATCHERS, Silence
from notifier.text import untrusted
from notifier.text.units import MINUTE_MS
from workbench.errors import InputError

LONGEST = timedelta(days=30)  # remove what needs a longer silence from the rule instead
REASON_LIMIT = 200  # characters; it is shown in a message
WHO_LIMIT = 64  # as long as an IAM user name
GLOB_LIMIT = 256  # twice the longest name in Batch
ID_BYTES = 4
TIMES = "18:30, 45m, 2h, 3d, 2026-11-20 or 2026-11-20T18:30"
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LOG_PLACES = frozenset(("log", "lone-log"))


def build_silence(
    given: Mapping[str, str | None], until: str, reason: str, who: str | None, now: int
) -> Silence:
    """Build a silence of what matches the globs; raises `InputError` if it can never match."""
    globs = {label: _glob(label, glob) for label, glob in given.items() if glob is not None}
    if not globs:
        names = ", ".join(f"--{label}" for label in MATCHERS)
        raise InputError(f"say what to silence with {names}; everything is --queue '*'")
    return Silence(
        id=secrets.token_hex(ID_BYTES),
        until=parse_until(until, now),
        reason=_one_line("reason", reason, REASON_LIMIT),
        who=check_who(who),
        queue=globs.get("queue", "*"),
        definition=globs.get("definition", "*"),
        job=globs.get("job", "*"),
        cause=globs.get("cause", "*"),
    )


def check_who(who: str | None) -> str:
    """Return a name that is safe to show, by default the user's; raises `InputError`."""
    return _one_line("who", _user_name() if who is None else who, WHO_LIMIT)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise InputError("the system does not know your user name; use --who") from error


def _one_line(option: str, text: str, limit: int) -> str:
    """Make text safe to show in a message; text that is too long is refused, not cut."""
    if len(text.splitlines()) > 1:
        raise InputError(f"--{option} must be one line")
    safe = untrusted.one_line(text)
    if not safe:
        raise InputError(f"--{option} is empty")
    if len(safe) > limit:
        raise InputError(f"--{option} is longer than {limit} characters")
    return safe


def _glob(label: str, text: str) -> str:
    """Check a glob: a silence whose glob matches nothing would never apply."""
    glob = _one_line(label, text, GLOB_LIMIT)
    if label in ("queue", "definition"):
        glob = glob.rpartition("/")[2]  # of an ARN, the name
    if label == "definition" and ":" in glob:
        name = glob.partition(":")[0]
        raise InputError(f"a silence applies to every revision: --definition {name}")
    if label == "cause":
        _check_cause(glob)
    return glob


def _check_cause(glob: str) -> None:
    matching = [each for each in catalogue.load().causes if fnmatch.fnmatchcase(each.id, glob)]
    if fnmatch.fnmatchcase(UNREADABLE.cause, glob) or not all(map(_needs_log, matching)):
        return
    if matching:  # silences are applied before any log is read
        raise InputError(
            f"{glob} is known only from a job's log, too late for a silence: try 'app-exit-*'"
        )
    raise InputError(f"no cause is called {glob}; `batch-notifier explain` shows the cause ids")


def _needs_log(cause: Cause) -> bool:
    """Whether only a log reveals this cause."""
    places = {place for match in cause.matches for place in match.where}
    return bool(places) and places <= _LOG_PLACES and not cause.exit


def parse_until(text: str, now: int) -> int:
    """Read `--until` as epoch milliseconds, rounded up to the minute.

    Parameters
    ----------
    text
        `18:30`, the next such time in the local zone; `45m`, `2h` or `3d`; or an ISO 8601 date or
        time, in the local zone unless it names one.
    now
        Epoch milliseconds.

    Raises
    ------
    InputError
        When it is none of these, not in the future, or too far ahead.
    """
    start = datetime.fromtimestamp(now / 1000, UTC)
    try:
        end = _parse_time(text.strip(), start)
    except (ValueError, OverflowError) as error:
        raise InputError(f"--until is not like {TIMES}: {text!r}") from error
    if end <= start:
        raise InputError(f"--until is not in the future: {text}")
    if end > start + LONGEST:
        raise InputError(f"--until is more than {LONGEST.days} days ahead: {text}")
    return -(-int(end.timestamp() * 1000) // MINUTE_MS) * MINUTE_MS


def _parse_time(text: str, now: datetime) -> datetime:
    if length := re.fullmatch("([0-9]{1,5})([mhd])", text):
        return now + timedelta(**{_UNITS[length[2]]: int(length[1])})
    if re.fullmatch("[0-9]{1,2}:[0-9]{2}", text):
        return _next_time(clock_time.fromisoformat(text.zfill(5)), now)
    return datetime.fromisoformat(text).astimezone(UTC)


def _next_time(clock: clock_time, now: datetime) -> datetime:
    """Return when local clocks next show this time; in autumn they show an hour twice."""
    today = now.astimezone().date()
    moments = (
        datetime.combine(today + timedelta(days=days), clock.replace(fold=fold)).astimezone(UTC)
        for days in (0, 1)
        for fold in (0, 1)
    )
    return min(moment for moment in moments if moment > now)
