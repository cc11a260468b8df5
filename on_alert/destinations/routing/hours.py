"""Business hours in a time zone, such as `Mon-Fri 08:00-18:00 Europe/Berlin`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(
    r"(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))?"
    r" (?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d) (?P<zone>[A-Za-z0-9_+/-]+)"
)
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week (0 is Monday) and the time of day in a time zone.

    Hours that end before they start last until the next morning, and belong to the day on which
    they start. 24:00 is the end of a day.
    """

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def contain(self, moment: datetime) -> bool:
        """Return whether they contain a moment (with a time zone of its own)."""
        local = moment.astimezone(self.zone)
        now = local.time()
        yesterday = (local - timedelta(days=1)).weekday()
        if self.end == _MIDNIGHT:
            return local.weekday() in self.days and now >= self.start
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= now < self.end
        is_evening = local.weekday() in self.days and now >= self.start
        return is_evening or (yesterday in self.days and now < self.end)


def parse(text: str) -> Hours:
    """Read hours; days may be one day or a span, which may run over Sunday.

    Raises
    ------
    ValueError
        In one line, if the text is not of this form or the time zone is unknown.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"hours {text!r}: write them as 'Mon-Fri 08:00-18:00 Europe/Berlin'")
    try:
        first = _DAYS.index(found["first"].lower())
        last = _DAYS.index((found["last"] or found["first"]).lower())
    except ValueError:
        raise ValueError(f"hours {text!r}: days are Mon, Tue, Wed, Thu, Fri, Sat and Sun") from None
    days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    return Hours(
        days, _time(found["start"], text), _time(found["end"], text), _zone(found["zone"], text)
    )


def _time(clock: str, text: str) -> time:
    if clock == "24:00":
        return _MIDNIGHT
    try:
        return time.fromisoformat(clock)
    except ValueError:
        raise ValueError(f"hours {text!r}: {clock} is no time of day") from None


def _zone(name: str, text: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"hours {text!r}: unknown time zone {name}") from None
