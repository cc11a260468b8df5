"""`batch-notifier silence` as a person types it: its options, and what they may say."""

from __future__ import annotations

import argparse
import fnmatch
import getpass
import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING, Any

from notifier.diagnosis import catalogue
from notifier.diagnosis.known_cause import UNREADABLE
from notifier.incident.silence import MATCHERS, Silence
from notifier.text import untrusted
from notifier.text.units import MINUTE_MS
from workbench.commands.preview import InputError

if TYPE_CHECKING:
    from workbench.deployed.silences import Book

LONGEST = timedelta(days=30)  # what is to be silenced for longer is better not watched at all
REASON_LIMIT = 200  # characters; it is shown in a message
WHO_LIMIT = 64  # as long as an IAM user name
GLOB_LIMIT = 256  # twice the longest name in Batch
ID_BYTES = 4
TIMES = "18:30, 45m, 2h, 3d, 2026-11-20 or 2026-11-20T18:30"
EXAMPLES = """\
examples:
  batch-notifier silence add --queue 'etl-*' --until 18:30 --reason "the store moves"
  batch-notifier silence add --definition align --cause 'app-*' --until 3d --reason "ticket 4711"
  batch-notifier silence add --queue '*' --until 45m --reason "Region is down" --region eu-west-1
  batch-notifier silence list
  batch-notifier silence remove 3f2a91c0
"""
_MEANINGS = {
    "queue": "name of the job queue",
    "definition": "name of the job definition, without its revision",
    "job": "name of the job; of the first, where several are one incident",
    "cause": "cause id as `explain` gives it for a reason; what only a log tells is not seen",
}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LOG_ALONE = frozenset(("log", "lone-log"))


def add_to(commands: argparse._SubParsersAction[Any], stack: argparse.ArgumentParser) -> None:
    """Add the command and its verbs, with the options that say which stack is meant."""
    silence = commands.add_parser(
        "silence",
        help="hold alerts back for a while, on purpose",
        description="Hold alerts back for a while: what fails is counted, and told afterwards.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = silence.add_subparsers(required=True, metavar="add|list|remove")
    where = argparse.ArgumentParser(add_help=False, parents=[stack])
    where.add_argument("--table", default="", metavar="NAME", help="its table, without the stack")
    adding = verbs.add_parser(
        "add",
        parents=[where],
        help="begin one",
        description="Hold back the alerts of incidents that match every glob given.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_options(adding)
    adding.set_defaults(run=_add)
    listing = verbs.add_parser("list", parents=[where], help="show those that hold now")
    listing.set_defaults(run=_list)
    removing = verbs.add_parser("remove", parents=[where], help="end one before its time")
    removing.add_argument("id", metavar="ID", help="as `list` shows it")
    removing.set_defaults(run=_remove)


def _add_options(adding: argparse.ArgumentParser) -> None:
    for label in MATCHERS:
        adding.add_argument(f"--{label}", metavar="GLOB", help=_MEANINGS[label])
    adding.add_argument(
        "--until",
        required=True,
        metavar="TIME",
        help=f"{TIMES}, in local time; at most {LONGEST.days} days ahead",
    )
    adding.add_argument(
        "--reason", required=True, metavar="TEXT", help="one line, for those who wonder"
    )
    adding.add_argument("--who", metavar="NAME", help="default: your user name")


def _add(chosen: argparse.Namespace) -> Iterator[str]:
    from workbench.deployed import (
        silences,  # it imports boto3, which the other commands need not wait for
    )

    now = _now_ms()
    new = planned(chosen, now)
    yield from silences.add(_book(chosen), new, now)


def _list(chosen: argparse.Namespace) -> Iterator[str]:
    from workbench.deployed import silences

    yield from silences.listed(_book(chosen), _now_ms())


def _remove(chosen: argparse.Namespace) -> Iterator[str]:
    from workbench.deployed import silences

    yield from silences.remove(_book(chosen), chosen.id, _now_ms())


def _book(chosen: argparse.Namespace) -> Book:
    from workbench.deployed import silences

    return silences.book(chosen.table, chosen.stack_name, chosen.region)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def planned(chosen: argparse.Namespace, now: int) -> Silence:
    """Make the silence that was asked for; raises `InputError` for what can never hold."""
    given = {label: getattr(chosen, label) for label in MATCHERS}
    globs = {label: _glob(label, glob) for label, glob in given.items() if glob is not None}
    if not globs:
        options = ", ".join(f"--{label}" for label in MATCHERS)
        raise InputError(f"say what to silence with {options}; everything is --queue '*'")
    return Silence(
        id=secrets.token_hex(ID_BYTES),
        until=end_of(chosen.until, now),
        reason=_said("reason", chosen.reason, REASON_LIMIT),
        who=_said("who", _user() if chosen.who is None else chosen.who, WHO_LIMIT),
        **globs,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise InputError("the system does not know your name; give --who") from error


def _said(option: str, given: str, limit: int) -> str:
    """Make what a person wrote fit for a message; too much of it is refused, not cut."""
    if len(given.splitlines()) > 1:
        raise InputError(f"--{option} must be one line")
    shown = untrusted.one_line(given)
    if not shown:
        raise InputError(f"--{option} is empty")
    if len(shown) > limit:
        raise InputError(f"--{option} is longer than {limit} characters")
    return shown


def _glob(label: str, given: str) -> str:
    """Check a glob: one that can match nothing would be a silence that never holds."""
    glob = _said(label, given, GLOB_LIMIT)
    if label in ("queue", "definition"):
        glob = glob.rpartition("/")[2]  # of an ARN, the name
    if label == "definition" and ":" in glob:
        name = glob.partition(":")[0]
        raise InputError(f"a silence holds for every revision: --definition {name}")
    if label == "cause":
        _check_cause(glob)
    return glob


def _check_cause(glob: str) -> None:
    in_events, in_logs = {UNREADABLE.cause}, set[str]()
    for cause in catalogue.load().causes:
        told = {place for match in cause.matches for place in match.where}
        is_in_logs = bool(told) and told <= _LOG_ALONE and not cause.exit
        (in_logs if is_in_logs else in_events).add(cause.id)
    if any(fnmatch.fnmatchcase(each, glob) for each in in_events):
        return
    # A silence is asked before any log is read.
    if any(fnmatch.fnmatchcase(each, glob) for each in in_logs):
        raise InputError(f"only a job's log tells {glob}, too late for a silence: try 'app-exit-*'")
    raise InputError(f"no cause is called {glob}; `batch-notifier explain` tells what they are")


def end_of(given: str, now: int) -> int:
    """Read `--until` as epoch milliseconds, on the full minute.

    Parameters
    ----------
    given
        `18:30`, the next such time in the local zone; `45m`, `2h` or `3d`; or an ISO 8601 date or
        time, in the local zone where it names none.
    now
        Epoch milliseconds.

    Raises
    ------
    InputError
        When it is none of these, not in the future, or too far in it.
    """
    start = datetime.fromtimestamp(now / 1000, UTC)
    try:
        end = _end_of(given.strip(), start)
    except (ValueError, OverflowError) as error:
        raise InputError(f"--until is not like {TIMES}: {given!r}") from error
    if end <= start:
        raise InputError(f"--until is not in the future: {given}")
    if end > start + LONGEST:
        raise InputError(f"--until is more than {LONGEST.days} days ahead: {given}")
    # Up, as it is the minute that people are told.
    return -(-int(end.timestamp() * 1000) // MINUTE_MS) * MINUTE_MS


def _end_of(given: str, now: datetime) -> datetime:
    if length := re.fullmatch("([0-9]{1,5})([mhd])", given):
        return now + timedelta(**{_UNITS[length[2]]: int(length[1])})
    if re.fullmatch("[0-9]{1,2}:[0-9]{2}", given):
        return _next(clock_time.fromisoformat(given.zfill(5)), now)
    return datetime.fromisoformat(given).astimezone(UTC)


def _next(clock: clock_time, now: datetime) -> datetime:
    """Give the next time that local clocks show this; in autumn they show an hour twice."""
    today = now.astimezone().date()
    moments = (
        datetime.combine(today + timedelta(days=days), clock.replace(fold=fold)).astimezone(UTC)
        for days in (0, 1)
        for fold in (0, 1)
    )
    return min(moment for moment in moments if moment > now)
