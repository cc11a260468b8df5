"""Ports that can be stopped at every call: to crash there, or to let another go first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from notifier.ports.reporting import Ports

WATCHED = ("logs", "topic", "ledger", "queues", "jobs")


class Watched:
    """Passes every call on, and reports before and after it."""

    def __init__(self, port: Any, moment: Callable[[str], None]) -> None:
        self._port, self._moment = port, moment

    def __getattr__(self, name: str) -> Any:
        wrapped = getattr(self._port, name)
        if not callable(wrapped):
            return wrapped

        def call(*arguments: Any, **named: Any) -> Any:
            self._moment(f"before {name}")
            answer = wrapped(*arguments, **named)
            self._moment(f"after {name}")
            return answer

        return call


def watched(ports: Ports, moment: Callable[[str], None]) -> Ports:
    """Give the same ports, each call of which is reported."""
    assert set(WATCHED) <= {each.name for each in fields(Ports)}
    return replace(ports, **{name: Watched(getattr(ports, name), moment) for name in WATCHED})


class Turns:
    """Runs several functions at once, one step at a time, in an order that `choose` decides.

    A step ends where a function calls `wait`. `choose` gets the number of functions that could go
    on and gives the index of the one that does.
    """

    def __init__(self, choose: Callable[[int], int]) -> None:
        self._choose = choose
        self._waiting: dict[int, threading.Semaphore] = {}
        self._stopped = threading.Semaphore(0)
        self._mine = threading.local()
        self._is_over = False

    def run(self, functions: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run all to their end and give what each returned; an exception ends the run."""
        results: list[Any] = [None] * len(functions)
        errors: list[BaseException] = []

        def body(number: int) -> None:
            self._mine.number = number
            try:
                self._go_on()
                results[number] = functions[number]()
            except BaseException as error:  # noqa: BLE001  # raised again by the one who runs us
                errors.append(error)
            self._waiting.pop(number)
            self._stopped.release()

        self._waiting = {number: threading.Semaphore(0) for number in range(len(functions))}
        threads = [threading.Thread(target=body, args=(n,)) for n in range(len(functions))]
        for thread in threads:
            thread.start()
        try:
            while self._waiting:
                self._step(self._choose)
        finally:  # whoever chooses may give up in the middle
            self._is_over = True
            while self._waiting:
                self._step(lambda _: 0)
            for thread in threads:
                thread.join()
        if errors:
            raise errors[0]
        return results

    def wait(self, _: str) -> None:
        """Let another go first, perhaps."""
        self._stopped.release()
        self._go_on()

    def _step(self, choose: Callable[[int], int]) -> None:
        ready = sorted(self._waiting)
        self._waiting[ready[choose(len(ready))]].release()
        self._stopped.acquire()

    def _go_on(self) -> None:
        self._waiting[self._mine.number].acquire()
        if self._is_over:
            raise SystemExit
