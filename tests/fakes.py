"""Small stand-ins for AWS, each kept honest by the contract tests in tests/adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from notifier.aws.joblogs import EVENTS_READ
from notifier.channels.message import Message
from notifier.core.excerpt import LogLine, LogRead
from notifier.core.failure import LogStream
from notifier.core.trouble import ServiceError


@dataclass
class FakeTopic:
    """Keeps what is published; `troubles` are raised first, one a call."""

    troubles: list[ServiceError] = field(default_factory=list)
    published: list[Message] = field(default_factory=list)

    def publish(self, message: Message) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        self.published.append(message)
        return f"message-{len(self.published)}"


@dataclass
class FakeLogs:
    """Log streams in memory."""

    streams: dict[LogStream, list[LogLine]] = field(default_factory=dict)
    reads: list[LogStream] = field(default_factory=list)

    def read(self, stream: LogStream) -> LogRead:
        self.reads.append(stream)
        if stream not in self.streams:
            return LogRead(unavailable="log group or stream does not exist")
        lines = self.streams[stream]
        if not lines:
            return LogRead(unavailable="the log stream is empty")
        return LogRead(tuple(lines[-EVENTS_READ:]), complete=len(lines) < EVENTS_READ)


@dataclass
class FakeJournal:
    """Remembers every entry."""

    entries: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def note(self, happened: str, count: str, facts: Mapping[str, str]) -> None:
        self.entries.append((happened, count, dict(facts)))

    def counts(self) -> list[str]:
        return [count for _, count, _ in self.entries]
