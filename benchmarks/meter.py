"""What a handler uses: CPU time without that of the simulated AWS, calls, and waiting times."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

LATENCY_S = 0.010  # of a call within a Region
READ_UNIT = 4_096  # bytes of one DynamoDB read unit, strongly consistent
CONTEXT: Any = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 120_000,
    function_name="notifier",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:notifier",
    aws_request_id="storm",
)


@dataclass
class Measured:
    """What one run used, summed over its invocations."""

    failures: int
    cpu: float = 0.0
    """Seconds of CPU, without the simulated services."""
    waits: int = 0
    """Sequential calls; concurrent calls count as one."""
    invocations: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    """DynamoDB read and write request units."""

    @property
    def seconds(self) -> float:
        """Duration on one core, including waiting for AWS."""
        return self.cpu + self.waits * LATENCY_S

    @property
    def call_count(self) -> int:
        """Number of AWS calls."""
        return sum(self.calls.values())

    @property
    def messages(self) -> int:
        """Number of published messages."""
        return self.calls["sns Publish"]

    @property
    def log_reads(self) -> int:
        """Number of log pages read."""
        return self.calls["logs GetLogEvents"]

    def as_json(self) -> str:
        """Serialise it for another process."""
        return json.dumps(vars(self))


def from_json(text: str) -> Measured:
    """Read what `Measured.as_json` wrote."""
    values = json.loads(text)
    counters = {name: Counter(values[name]) for name in ("calls", "units")}
    return Measured(**(values | counters))


class Meter:
    """Runs handlers and watches the calls of their clients."""

    def __init__(self, failures: int) -> None:
        self.total = Measured(failures)
        self._thread_calls: Counter[int] = Counter()  # of other threads since the last join
        self._lock = threading.Lock()

    def run(self, handler: Any, event: Any) -> None:
        """Run a handler once."""
        began = time.process_time()
        handler(event, CONTEXT)
        self._add(time.process_time() - began)
        self._join()
        self.total.invocations += 1

    def reset(self) -> None:
        """Start counting again, after the warm-up."""
        self.total = Measured(self.total.failures)

    def watch(self, events: Any) -> None:
        """Count the calls of all clients created later from these events."""
        events.register("before-call", self._before)
        events.register("after-call.dynamodb.Query", self._after_query)

    @contextlib.contextmanager
    def uncounted_services(self) -> Iterator[None]:
        """Exclude the time of moto from the measurement."""
        from moto.core.botocore_stubber import BotocoreStubber

        original = BotocoreStubber.__call__

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self._uncounted():
                return original(*args, **kwargs)

        with mock.patch.object(BotocoreStubber, "__call__", timed):
            yield

    @contextlib.contextmanager
    def _uncounted(self) -> Iterator[None]:
        began = time.thread_time()
        try:
            yield
        finally:
            self._add(began - time.thread_time())

    def _add(self, seconds: float) -> None:
        with self._lock:
            self.total.cpu += seconds

    def _before(self, model: Any, params: Any, **_: Any) -> None:
        with self._uncounted():
            service = model.service_model.service_name
            with self._lock:
                self.total.calls[f"{service} {model.name}"] += 1
                if service == "dynamodb":
                    self.total.units.update(_units(model.name, json.loads(params["body"])))
            self._wait()

    def _wait(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._join()
            self.total.waits += 1
            return
        with self._lock:
            self._thread_calls[threading.get_ident()] += 1
        time.sleep(LATENCY_S)  # otherwise one thread does the work of all

    def _join(self) -> None:
        self.total.waits += max(self._thread_calls.values(), default=0)
        self._thread_calls.clear()

    def _after_query(self, http_response: Any, **_: Any) -> None:
        with self._uncounted(), self._lock:
            self.total.units["read"] += -(-len(http_response.content) // READ_UNIT)


def _units(operation: str, request: dict[str, Any]) -> Counter[str]:
    """Return the request units that DynamoDB charges; our items are below 1 KB, except states."""
    if operation == "BatchWriteItem":
        items = [item for puts in request["RequestItems"].values() for item in puts]
        return Counter(write=len(items))
    if operation == "TransactWriteItems":
        return Counter(write=2 * len(request["TransactItems"]))
    if operation == "BatchGetItem":
        tables = request["RequestItems"].values()
        return Counter(read=sum(len(table["Keys"]) for table in tables))
    if operation == "PutItem":
        return Counter(write=-(-len(json.dumps(request["Item"])) // 1_024))
    return Counter()
