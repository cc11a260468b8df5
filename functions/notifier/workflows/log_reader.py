"""Reading the logs of failed jobs: each once in a delivery, with one short wait at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from notifier.alert.alert import Alert
from notifier.batch.failure import Failure, LogStream
from notifier.incident.counts import Member
from notifier.joblog.error_patterns import Weight
from notifier.joblog.excerpt import LogRead
from notifier.joblog.parametrise import parametrise
from notifier.joblog.root_line import LINES_READ, RootLine, find_root_line
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Journal, Ports
from notifier.ports.service_error import ServiceError, where
from notifier.text import untrusted

# CloudWatch Logs shows a line a second or two after it was written; the event may be faster.
WAIT_S = 2.0
LATE_MS = 1_000  # a log that ends so long before its job may lack its last lines
RECENT_MS = 30_000  # after that no more lines arrive
READ_MS = 15_000  # a read (11 s), and what has to be written after it


def read_log(stream: LogStream, ports: Ports) -> LogRead:
    """Read a log; where it cannot be read, the function's log and the message say so."""
    return _noted(ports.logs.read(stream), ports)


def _noted(log: LogRead, ports: Ports) -> LogRead:
    ports.journal.measure(Metric.LOG_READS, 1, "Count")
    if log.unavailable:
        ports.journal.note("log unavailable", Metric.LOG_UNAVAILABLE, {"problem": log.unavailable})
    return log


def read_samples(members: Sequence[Member], ports: Ports) -> list[tuple[Member, LogRead]]:
    """Read the logs of jobs that failed before, with what has to be masked in them.

    The event that named the secrets is gone, so they are fetched again. A log whose secrets are
    unknown is not shown.
    """
    if not members:
        return []
    unknown, known = "AWS Batch does not know the job any more", dict[str, tuple[str, ...]]()
    try:
        known |= ports.jobs.secrets([one.job_id for one in members])
    except ServiceError as error:
        unknown = f"AWS Batch answered {error.says}"
        ports.journal.note("secrets unknown", Metric.LOG_UNAVAILABLE, {"problem": error.says})
    streams = [one.log for one in members if one.log and one.job_id in known]
    reads = dict(zip(streams, ports.at_once([partial(ports.logs.read, s) for s in streams]),
                     strict=True))  # fmt: skip
    return [
        (one, replace(_noted(reads[one.log], ports), secrets=known[one.job_id]))
        if one.log in reads and one.job_id in known
        else (one, LogRead(unavailable=f"its secrets could not be masked: {unknown}"))
        for one in members
    ]


def with_or_without_log(
    write: Callable[[], Alert], write_without: Callable[[str], Alert], journal: Journal
) -> Alert:
    """Write an alert; whatever breaks in its log or history, write it without them.

    `write_without` is given the reason that the alert shows.
    """
    try:
        return write()
    except ServiceError:
        raise
    except Exception as error:  # noqa: BLE001  # a log may cost itself, never the alert
        facts = {"problem": where(error)}
        journal.note("written without its log", Metric.WRITTEN_WITHOUT_LOG, facts)
        return write_without(f"the notifier could not read it ({type(error).__name__})")


def _read_or_none(stream: LogStream, ports: Ports) -> LogRead | None:
    """Read a log beside others; if that breaks, it is read by itself, and said what broke."""
    try:
        return ports.logs.read(stream)
    except Exception:  # noqa: BLE001  # one log must not hold back the others
        return None


class LogReader:
    """Reads the logs of one delivery. `reserve_ms` is what the rest of the delivery needs."""

    def __init__(self, ports: Ports, reserve_ms: int) -> None:
        self._ports, self._reserve_ms = ports, reserve_ms
        self._read: dict[LogStream, LogRead] = {}
        self._fetched: dict[LogStream, LogRead] = {}
        self._roots: dict[tuple[LogStream, tuple[str, ...]], RootLine | None] = {}
        self._waited = False

    def read(self, failure: Failure) -> LogRead | None:
        """Read the log of a failure; None where it has none."""
        if failure.log is None:
            return None
        if failure.log not in self._read:
            fetched = self._fetched.pop(failure.log, None)
            log = _noted(fetched, self._ports) if fetched else read_log(failure.log, self._ports)
            if self._is_late(log, failure) and self._has_time():
                self._waited = True
                self._ports.pause(WAIT_S)
                log = read_log(failure.log, self._ports)
                self._roots.clear()
                self._fetched.clear()  # what was read before the wait may lack its end as well
            self._read[failure.log] = log
        return self._read[failure.log]

    def fetch(self, failures: Sequence[Failure]) -> None:
        """Read logs side by side, for `read` to find them."""
        wanted = dict.fromkeys(one.log for one in failures if one.log not in self._read)
        streams = [stream for stream in wanted if stream is not None]
        if len(streams) < 2 or not self._has_time():  # one is read when needed
            return
        reads = self._ports.at_once([partial(_read_or_none, one, self._ports) for one in streams])
        self._fetched = {stream: log for stream, log in zip(streams, reads, strict=True) if log}

    def error(self, failure: Failure) -> str | None:
        """Return the parametrised error of a log; None where it was not read."""
        if not self._has_time():
            return None
        try:
            log = self.read(failure)
            if not (log and log.lines):
                return None
            root = self._root(log, failure)
            return parametrise(root.text) if root else ""
        except Exception as error:  # noqa: BLE001  # one log must not hold back the others
            facts = {"problem": where(error)}
            self._ports.journal.note("grouped without log", Metric.GROUPED_WITHOUT_LOG, facts)
            return None

    def _has_time(self) -> bool:
        return self._ports.remaining_ms() >= self._reserve_ms + READ_MS

    def _is_late(self, log: LogRead, failure: Failure) -> bool:
        """Return whether a log seems to lack its end: it is empty, or ends before the job did."""
        ended = failure.stopped_at
        if self._waited or not failure.started_at or not ended:
            return False
        if self._ports.now_ms() - ended > RECENT_MS:
            return False
        if not log.lines:
            return log.is_stream_empty
        return log.lines[-1].at < ended - LATE_MS and not self._says_why(log, failure)

    def _says_why(self, log: LogRead, failure: Failure) -> bool:
        root = self._root(log, failure)
        return root is not None and root.weight >= Weight.ERROR

    def _root(self, log: LogRead, failure: Failure) -> RootLine | None:
        """Search a log once for the line that says why: whether it is late depends on it, too."""
        if failure.log is None:
            return None
        key = failure.log, failure.secrets
        if key not in self._roots:
            safe = untrusted.lines(log.recent(LINES_READ), failure.secrets)
            self._roots[key] = find_root_line(safe, failure.secrets)
        return self._roots[key]
