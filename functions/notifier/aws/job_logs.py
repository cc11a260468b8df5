"""The newest lines of a job's log, from CloudWatch Logs."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.batch.failure import LogStream
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.ports.service_error import ErrorKind, ServiceError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

# Of at most 10,000 events or 1 MB in a page, the newest thousand: enough to find the last error
# with one call. GetLogEvents allows 10 to 25 calls a second for the whole account.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
EVENTS_READ = 1_000
# A page holds 1 MB at most; if it is nearly full, the stream may have older lines.
PAGE_FULL = 900_000
# A page may be empty although there are more lines, so reading continues for a while.
MOST_SECONDS = 2.0
MOST_PAGES = 10  # to stay within the quota of the account
# An alert must not wait for its log: 2 tries of at most 1 s + 3 s.
_TIMEOUTS = Timeouts(connect_s=1, read_s=3, tries=2)
REGIONS_KEPT = 4  # the Region is text of an event: one client for each could fill the memory
MOST_UNANSWERED = 2  # unanswered reads; the others of the invocation are skipped

# "FilterLogEvents is not supported for this log class", and presumably GetLogEvents neither.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
_UNSUPPORTED = "InvalidOperationException"


class JobLogs:
    """Reads log streams, each in its Region. One object serves one invocation."""

    def __init__(self) -> None:
        self._unanswered = 0

    def read(self, stream: LogStream) -> LogRead:
        """Read the newest lines of a stream; an error of AWS is in the result.

        Returns
        -------
        LogRead
            Lines oldest first, or `unavailable` with the reason.
        """
        if self._unanswered >= MOST_UNANSWERED:
            return LogRead(unavailable="skipped, CloudWatch Logs does not respond")
        try:
            return call_aws(_read_newest, stream)
        except ServiceError as problem:
            self._unanswered += problem.kind is ErrorKind.RETRYABLE
            return LogRead(unavailable=_unavailable_because(problem, stream))


def _unavailable_because(problem: ServiceError, stream: LogStream) -> str:
    if problem.kind is ErrorKind.GONE:
        return "log group or stream does not exist"
    if problem.kind is ErrorKind.DENIED:
        where = f"{stream.group} in {stream.region}"
        return f"not allowed to read {where} (add the group to JobLogGroups)"
    if problem.says == _UNSUPPORTED:
        return "only Logs Insights can search its log group (class Infrequent Access)"
    return problem.says


def _read_newest(stream: LogStream) -> LogRead:
    """Read backwards until a page has lines, or its token shows that there are no more."""
    request: GetLogEventsRequestTypeDef = {
        "logGroupName": stream.group,
        "logStreamName": stream.stream,
        "limit": EVENTS_READ,
        "startFromHead": False,
    }
    give_up = time.monotonic() + MOST_SECONDS
    for _ in range(MOST_PAGES):
        page = _client(stream.region).get_log_events(**request)
        if events := page["events"]:
            lines = tuple(
                LogLine(one.get("timestamp", 0), one.get("message", "")) for one in events
            )
            size = sum(len(line.text) for line in lines)
            return LogRead(lines, complete=len(events) < EVENTS_READ and size < PAGE_FULL)
        if page["nextBackwardToken"] == request.get("nextToken"):
            return LogRead(unavailable="the log stream is empty", is_stream_empty=True)
        if time.monotonic() > give_up:
            break
        request["nextToken"] = page["nextBackwardToken"]
    return LogRead(unavailable="the newest pages of the log stream have no lines")


@lru_cache(maxsize=REGIONS_KEPT)
def _client(region: str) -> CloudWatchLogsClient:
    made: CloudWatchLogsClient = calls.client("logs", _TIMEOUTS, region)
    return made
