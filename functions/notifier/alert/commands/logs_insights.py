"""A link to Logs Insights: what all the failed jobs of an incident wrote, side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from notifier.alert.commands import console_links
from notifier.batch.failure import Failure, LogStream
from notifier.incident.counts import Tally

MOST_NAMED = 5  # more would make an address that mail programs break
LINES = 500
_ERROR_WORDS = "/(?i)error|exception|fatal|panic|killed|denied|out of memory|no space/"
_BEFORE, _AFTER = timedelta(hours=24), timedelta(hours=1)  # of the failures, to be looked at
# What ends a text of the query, or a part of the address.
_PLAIN = re.compile(r"[\w./#:@+=-]{1,512}", re.ASCII)


def make_links(first: Failure, tally: Tally) -> tuple[tuple[str, str], ...]:
    """Give (label, URL) of a query over the logs of what failed; none where there is but one.

    Parameters
    ----------
    first
        Whose console it is.
    tally
        What failed. The logs of one group and Region are shown, those of the largest cause first.
    """
    logs = [one.log for group in tally.groups for one in group.members if one.log]
    place = next(((log.group, log.region) for log in logs if _is_plain(log)), None)
    if place is None or not tally.newest_at:
        return ()
    names = [log.stream for log in logs if (log.group, log.region) == place and _is_plain(log)]
    streams = list(dict.fromkeys(names))
    host = console_links.console_address(first.partition, place[1])
    if len(streams) < 2 or not host:
        return ()
    since, until = _moment(tally.first_at) - _BEFORE, _moment(tally.newest_at) + _AFTER
    label = f"{len(streams)} logs together"
    return (
        (label, host + _page(place[0], write_query(streams), since, until).format(region=place[1])),
    )


def write_query(streams: Sequence[str]) -> str:
    """Write the query: the newest lines of a few streams, or what went wrong in all of them.

    Batch names a stream after the job definition, `default` and the task, so many are found by
    what they share; jobs of theirs that succeeded are in it too, and have little to say.
    """
    if len(streams) <= MOST_NAMED:
        named = ", ".join(f'"{stream}"' for stream in streams)
        wanted = [f"filter @logStream in [{named}]"]
    else:
        shared = {stream.rpartition("/")[0] for stream in streams}
        alike = [f'filter @logStream like "{one}/"' for one in shared if one and len(shared) == 1]
        wanted = [*alike, f"filter @message like {_ERROR_WORDS}"]
    steps = ["fields @timestamp, @logStream, @message", *wanted, "sort @timestamp desc"]
    return "\n| ".join([*steps, f"limit {LINES}"])


def _page(group: str, asked: str, since: datetime, until: datetime) -> str:
    """Write the console's own notation, which marks a text with ' and a percent sign with *."""
    detail = (
        f"~(end~{_encode_text(_iso(until))}~start~{_encode_text(_iso(since))}~timeType~'ABSOLUTE~tz~'UTC"
        f"~editorString~{_encode_text(asked)}~source~(~{_encode_text(group)}))"
    )
    # Marks are encoded twice, with `$` for the second `%`: none can end the link in a chat.
    marks = {"~": "$257E", "(": "$2528", ")": "$2529", "'": "$2527"}
    encoded = "".join(marks.get(character, character) for character in detail)
    return f"/cloudwatch/home?region={{region}}#logsV2:logs-insights$3FqueryDetail$3D{encoded}"


def _encode_text(value: str) -> str:
    return "'" + quote(value, safe="").replace("~", "%7e").replace("%", "*")


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _is_plain(log: LogStream) -> bool:
    return bool(_PLAIN.fullmatch(log.group) and _PLAIN.fullmatch(log.stream))
