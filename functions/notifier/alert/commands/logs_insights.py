"""A link to Logs Insights, which shows the logs of all failed jobs of an incident together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from notifier.alert.commands import console_links
from notifier.batch.failure import Failure, LogStream
from notifier.incident.counts import Tally

MOST_NAMED = 5  # mail programs break longer addresses
LINES = 500
_ERROR_WORDS = "/(?i)error|exception|fatal|panic|killed|denied|out of memory|no space/"
_BEFORE, _AFTER = (
    timedelta(hours=24),
    timedelta(hours=1),
)  # the time around the failures that is searched
# Nothing that could end a text of the query, or a part of the address.
_PLAIN = re.compile(r"[\w./#:@+=-]{1,512}", re.ASCII)


def make_links(first: Failure, tally: Tally) -> tuple[tuple[str, str], ...]:
    """Give (label, URL) of a query over the logs of the failed jobs; none for a single log.

    Parameters
    ----------
    first
        Its partition has the console.
    tally
        The failures. Only logs of one group and Region are shown: those of the largest cause.
    """
    logs = [one.log for one in tally.failures if one.log and _is_plain(one.log)]
    if not logs:
        return ()
    group, region = logs[0].group, logs[0].region
    names = [log.stream for log in logs if (log.group, log.region) == (group, region)]
    streams = list(dict.fromkeys(names))
    address = console_links.console_address(first.partition, region)
    if len(streams) < 2 or not address:
        return ()
    since, until = _moment(tally.first_at) - _BEFORE, _moment(tally.newest_at) + _AFTER
    page = _page(group, write_query(streams), since, until).format(region=region)
    return ((f"{len(streams)} logs together", address + page),)


def write_query(streams: Sequence[str]) -> str:
    """Write the query: the newest lines of a few streams, or the errors in many.

    Batch names a stream after the job definition, `default` and the task. Many streams are found
    by the prefix they share, which also matches jobs that succeeded.
    """
    if len(streams) <= MOST_NAMED:
        named = ", ".join(f'"{stream}"' for stream in streams)
        filters = [f"filter @logStream in [{named}]"]
    else:
        shared = {stream.rpartition("/")[0] for stream in streams}
        alike = [f'filter @logStream like "{one}/"' for one in shared if one and len(shared) == 1]
        filters = [*alike, f"filter @message like {_ERROR_WORDS}"]
    steps = ["fields @timestamp, @logStream, @message", *filters, "sort @timestamp desc"]
    return "\n| ".join([*steps, f"limit {LINES}"])


def _page(group: str, query: str, since: datetime, until: datetime) -> str:
    """Write the console's own notation, which marks a text with ' and a percent sign with *."""
    start, end = (_encode_text(f"{at:%Y-%m-%dT%H:%M:%S}.000Z") for at in (since, until))
    detail = (
        f"~(end~{end}~start~{start}~timeType~'ABSOLUTE~tz~'UTC"
        f"~editorString~{_encode_text(query)}~source~(~{_encode_text(group)}))"
    )
    # Marks are encoded twice, with `$` for the second `%`: none can end the link in a chat.
    marks = {"~": "$257E", "(": "$2528", ")": "$2529", "'": "$2527"}
    encoded = "".join(marks.get(character, character) for character in detail)
    return f"/cloudwatch/home?region={{region}}#logsV2:logs-insights$3FqueryDetail$3D{encoded}"


def _encode_text(value: str) -> str:
    return "'" + quote(value, safe="").replace("~", "%7e").replace("%", "*")


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _is_plain(log: LogStream) -> bool:
    return bool(_PLAIN.fullmatch(log.group) and _PLAIN.fullmatch(log.stream))
