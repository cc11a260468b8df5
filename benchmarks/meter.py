"""What a handler takes: CPU time without that of the simulated AWS, calls, and how they wait."""

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

LATENCY_S = 0.010  # that a call within a Region may take
READ_UNIT = 4_096  # bytes of one consistent read that DynamoDB charges
CONTEXT: Any = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 120_000,
    function_name="notifier",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:notifier",
    aws_request_id="storm",
)


@dataclass
class Measured:
    """What one run took, added up over its invocations."""

    failures: int
    cpu: float = 0.0
    """Seconds of CPU, without those of the simulated services."""
    waits: int = 0
    """Calls one after another; those that are under way at the same time count as one."""
    invocations: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    """DynamoDB's read and write request units, and the failures that were written."""

    @property
    def seconds(self) -> float:
        """How long one core is busy with it, or waits for AWS."""
        return self.cpu + self.waits * LATENCY_S

    @property
    def made(self) -> int:
        """How many AWS calls."""
        return sum(self.calls.values())

    @property
    def messages(self) -> int:
        """How many messages went out."""
        return self.calls["sns Publish"]

    @property
    def log_reads(self) -> int:
        """How many pages of logs were read."""
        return self.calls["logs GetLogEvents"]

    def as_json(self) -> str:
        """Write it for another process."""
        return json.dumps(vars(self))


def measured(text: str) -> Measured:
    """Read what `Measured.as_json` wrote."""
    found = json.loads(text)
    counters = {name: Counter(found[name]) for name in ("calls", "units")}
    return Measured(**(found | counters))


class Meter:
    """Runs handlers and watches the calls of their clients."""

    def __init__(self, failures: int) -> None:
        self.found = Measured(failures)
        self._beside: Counter[int] = Counter()  # calls of each other thread since the last of ours
        self._lock = threading.Lock()

    def run(self, handler: Any, event: Any) -> None:
        """Run a handler once."""
        began = time.process_time()
        handler(event, CONTEXT)
        self._add(time.process_time() - began)
        self._join()
        self.found.invocations += 1

    def begin(self) -> None:
        """Count from now on: what came before was to get warm."""
        self.found = Measured(self.found.failures)

    def watch(self, events: Any) -> None:
        """Count the calls of all clients that are made of these events later."""
        events.register("before-call", self._before)
        events.register("after-call.dynamodb.Query", self._after_query)

    @contextlib.contextmanager
    def uncounted_services(self) -> Iterator[None]:
        """Take the time that moto needs out of what is measured."""
        from moto.core.botocore_stubber import BotocoreStubber

        real = BotocoreStubber.__call__

        def timed(*given: Any, **named: Any) -> Any:
            with self._uncounted():
                return real(*given, **named)

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
            self.found.cpu += seconds

    def _before(self, model: Any, params: Any, **_: Any) -> None:
        with self._uncounted():
            service = model.service_model.service_name
            with self._lock:
                self.found.calls[f"{service} {model.name}"] += 1
                if service == "dynamodb":
                    self.found.units.update(_units(model.name, json.loads(params["body"])))
            self._wait()

    def _wait(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._join()
            self.found.waits += 1
            return
        with self._lock:
            self._beside[threading.get_ident()] += 1
        time.sleep(LATENCY_S)  # or the first thread would do the work of the others

    def _join(self) -> None:
        self.found.waits += max(self._beside.values(), default=0)
        self._beside.clear()

    def _after_query(self, http_response: Any, **_: Any) -> None:
        with self._uncounted(), self._lock:
            self.found.units["read"] += -(-len(http_response.content) // READ_UNIT)


def _units(operation: str, request: dict[str, Any]) -> Counter[str]:
    """Give the request units that DynamoDB charges; our items are below 1 KB, but for states."""
    if operation == "BatchWriteItem":
        items = [item for put in request["RequestItems"].values() for item in put]
        return Counter(write=len(items))
    if operation == "TransactWriteItems":
        return Counter(write=2 * len(request["TransactItems"]))
    if operation == "BatchGetItem":
        return Counter(read=sum(len(of["Keys"]) for of in request["RequestItems"].values()))
    if operation == "PutItem":
        return Counter(write=-(-len(json.dumps(request["Item"])) // 1_024))
    return Counter()
