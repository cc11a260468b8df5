"""Peak memory of the real handlers in a storm, in a process of their own.

The services are the local AWS, in another process. `python -m benchmarks.memory SIZE` runs against
the AWS of its environment, and prints the peak in bytes.
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

if TYPE_CHECKING:  # the measured process does not load the code that deploys
    from workbench.local.deployment import LocalDeployment

SIZES = (100, 1_000, 10_000)
KIB = 1_024  # the unit of Linux


def measure(deployment: LocalDeployment) -> Mapping[int, int]:
    """Return the peak in bytes for each size of a storm."""
    # Separate queues: the deployed functions would take messages from those of the stack.
    create = deployment.aws.client("sqs").create_queue
    settings = {
        "TABLE_NAME": deployment.resources["IncidentTable"],
        "ALERT_TOPIC_ARN": deployment.resources["AlertTopic"],
        "FAILURE_QUEUE_URL": create(QueueName="memory-failures")["QueueUrl"],
        "FOLLOW_UP_QUEUE_URL": create(QueueName="memory-follow-ups")["QueueUrl"],
    }
    environment = (
        deployment.aws.environment() | storm.SETTINGS | settings | {"LOG_LEVEL": "CRITICAL"}
    )
    return {size: _peak(size, environment) for size in SIZES}


def _peak(size: int, environment: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "benchmarks.memory", str(size)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout.splitlines()[-1])


def main(size: int) -> None:
    """Run the storm."""
    boto3.setup_default_session()
    now = time.time_ns() // 1_000_000
    # A unique name: the table remembers earlier storms.
    storm.ours(storm.arrays(size, now, f"memory-{size}-{os.getpid()}"), Meter(size))
    print(_peak_memory())


def _peak_memory() -> int:
    """Return the peak memory; getrusage would include that of the process that forked us."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * KIB


if __name__ == "__main__":
    main(int(sys.argv[1]))
