"""A clock that can be put forward, for every Python that finds this file first on its path.

Python runs `sitecustomize` before anything else, so the local AWS and the functions that it starts
see one time: the machine's, and what was added to it. Time-outs are not touched: they count on
`time.monotonic`. In the local AWS itself a thread answers, over the same file, whether a function
is running and when the next message of a queue comes due.
"""

import mmap
import os
import struct
import sys
import threading
import time

FIELDS = struct.Struct("<dqqdq")  # added seconds, asked, running, next due, answered
LOOK_SECONDS = 0.01
NEVER = float("inf")

_file = os.open(os.environ["BATCH_NOTIFIER_CLOCK"], os.O_RDWR)
_shared = mmap.mmap(_file, FIELDS.size)
_real, _real_ns = time.time, time.time_ns


def _added() -> float:
    return struct.unpack_from("<d", _shared, 0)[0]


def _time() -> float:
    return _real() + _added()


def _time_ns() -> int:
    return _real_ns() + round(_added() * 1_000_000_000)


time.time, time.time_ns = _time, _time_ns


def _answer() -> None:
    """Answer who asks; the names are those of the pinned version of the local AWS."""
    answered = 0
    while True:
        time.sleep(LOOK_SECONDS)
        asked = struct.unpack_from("<q", _shared, 8)[0]
        if asked == answered or "ministack.services.lambda_svc" not in sys.modules:
            continue
        functions = sys.modules["ministack.services.lambda_svc"]
        queues = sys.modules["ministack.services.sqs"]
        with queues._queues_lock:
            due = [
                message["visible_at"]
                for queue in list(queues._queues._data.values())
                if "RedrivePolicy" in queue["attributes"]  # the others nobody takes from
                for message in queue["messages"]
            ]
        with functions._esm_inflight_lock:
            running = sum(functions._esm_inflight.values())
        next_due = min(due, default=NEVER)
        if next_due <= _time():
            functions._esm_wake.set()  # it looks once a second by itself
        struct.pack_into("<qdq", _shared, 16, running, next_due, asked)
        answered = asked


if "hypercorn" in sys.orig_argv:
    threading.Thread(target=_answer, daemon=True).start()
