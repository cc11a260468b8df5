"""The log of a job, from CloudWatch Logs."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call
from notifier.batch.failure import LogStream
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.ports.service_error import ErrorKind, ServiceError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

# Of 10,000 events or 1 MB that a page may hold, the newest thousand: enough to find the last
# error, and read in one call. GetLogEvents allows 10 to 25 calls a second for a whole account.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
EVENTS_READ = 1_000
# A page holds 1 MB at most; one that is nearly full may have left older lines behind.
PAGE_FULL = 900_000
# A page may be empty although there is more, so an empty one is not the end: look on for a while.
LOOK_ON_S = 2.0
MOST_PAGES = 10  # and not for longer than the quota of a whole account allows
# A log is a courtesy, an alert a duty: 2 tries of at most 1 s + 3 s, then tell without it.
_TIMEOUTS = Timeouts(connect_s=1, read_s=3, tries=2)
REGIONS_KEPT = 4  # the Region is text of an event: one client for each could fill the memory
FAILURES_BORNE = 2  # reads in one invocation that got no answer, before the others go without

# "FilterLogEvents is not supported for this log class", and presumably GetLogEvents neither.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
_UNSUPPORTED = "InvalidOperationException"


class JobLogs:
    """Reads log streams, each in its own Region; one object serves one invocation."""

    def __init__(self) -> None:
        self._unanswered = 0

    def read(self, stream: LogStream) -> LogRead:
        """Read the newest lines of a stream; never raises for what AWS answers.

        Returns
        -------
        LogRead
            Lines oldest first, or `unavailable` with the reason.
        """
        if self._unanswered >= FAILURES_BORNE:
            return LogRead(unavailable="skipped, CloudWatch Logs gives no answer")
        try:
            return call(_newest, stream)
        except ServiceError as problem:
            self._unanswered += problem.kind is ErrorKind.RETRYABLE
            return LogRead(unavailable=_said(problem, stream))


def _said(problem: ServiceError, stream: LogStream) -> str:
    if problem.kind is ErrorKind.GONE:
        return "log group or stream does not exist"
    if problem.kind is ErrorKind.DENIED:
        where = f"{stream.group} in {stream.region}"
        return f"not allowed to read {where} (add the group to JobLogGroups)"
    if problem.says == _UNSUPPORTED:
        return "only Logs Insights can search its log group (class Infrequent Access)"
    return problem.says


def _newest(stream: LogStream) -> LogRead:
    """Read backwards until a page has lines, or its token says that there are no more."""
    request: GetLogEventsRequestTypeDef = {
        "logGroupName": stream.group,
        "logStreamName": stream.stream,
        "limit": EVENTS_READ,
        "startFromHead": False,
    }
    give_up = time.monotonic() + LOOK_ON_S
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
    return LogRead(unavailable="no lines found in its newest pages")


@lru_cache(maxsize=REGIONS_KEPT)
def _client(region: str) -> CloudWatchLogsClient:
    made: CloudWatchLogsClient = calls.client("logs", _TIMEOUTS, region)
    return made
