"""How much memory a storm takes: the real handlers in a process of their own.

The services are the local AWS, in another process. `python -m benchmarks.memory SIZE` runs against
whatever the environment says, and prints the most that was in memory, in bytes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from benchmarks import storm
from benchmarks.meter import Meter

if TYPE_CHECKING:  # the process that is measured has no use for what deploys
    from workbench.local.deployment import LocalDeployment

SIZES = (100, 1_000, 10_000)
KIB = 1_024  # Linux counts in it


def measure(stage: LocalDeployment) -> Mapping[int, int]:
    """Give the peak in bytes for each size of a storm."""
    # Queues of its own: what comes from those of the stack, its functions work on meanwhile.
    create = stage.aws.client("sqs").create_queue
    settings = {
        "TABLE_NAME": stage.resources["IncidentTable"],
        "ALERT_TOPIC_ARN": stage.resources["AlertTopic"],
        "FAILURE_QUEUE_URL": create(QueueName="memory-failures")["QueueUrl"],
        "FOLLOW_UP_QUEUE_URL": create(QueueName="memory-follow-ups")["QueueUrl"],
    }
    environment = stage.aws.environment() | storm.SETTINGS | settings | {"LOG_LEVEL": "CRITICAL"}
    return {size: _peak(size, environment) for size in SIZES}


def _peak(size: int, environment: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "benchmarks.memory", str(size)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout.splitlines()[-1])


def main(size: int) -> None:
    """Let the storm pass."""
    boto3.setup_default_session()
    now = time.time_ns() // 1_000_000
    # A name of its own: the table remembers the storms before.
    storm.ours(storm.arrays(size, now, f"memory-{size}-{os.getpid()}"), Meter(size))
    print(_high_water())


def _high_water() -> int:
    """Give the most that was in memory; what getrusage says counts the process that forked us."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * KIB


if __name__ == "__main__":
    main(int(sys.argv[1]))
