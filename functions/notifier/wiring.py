"""Which adapters the functions run with: made once, where no invocation has to wait for another."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cache

from notifier import settings
from notifier.aws.batch import BatchLists
from notifier.aws.heartbeat import DryRunHealth, TopicHealth
from notifier.aws.history import BatchHistory, DryRunHistory
from notifier.aws.job_logs import JobLogs
from notifier.aws.jobs import BatchJobs, DryRunJobs
from notifier.aws.ledger import DryRunLedger, IncidentLedger
from notifier.aws.queues import DelayedQueues, DryRunOutbox, DryRunQueues, FailureOutbox
from notifier.aws.topic import AlertTopic, DryRunTopic
from notifier.ports.reporting import Journal, Ports
from notifier.ports.sweeping import SweepPorts


@cache
def chosen() -> settings.Settings:
    """Read the settings of this environment; raises `SettingsError`."""
    return settings.read(os.environ)


def ports(journal: Journal, remaining_ms: Callable[[], int]) -> Ports:
    """Give one invocation its world."""
    return Ports(
        logs=JobLogs(),
        topic=DryRunTopic(sys.stdout) if chosen().dry_run else _topic(),
        journal=journal,
        ledger=DryRunLedger() if chosen().dry_run else _ledger(),
        queues=DryRunQueues() if chosen().dry_run else _queues(),
        jobs=DryRunJobs() if chosen().dry_run else _jobs(),
        remaining_ms=remaining_ms,
        pause=time.sleep,
        now_ms=lambda: time.time_ns() // 1_000_000,
        history=DryRunHistory() if chosen().dry_run else BatchHistory(),
    )


def sweep_ports(journal: Journal, remaining_ms: Callable[[], int]) -> SweepPorts:
    """Give one run of the sweep its world."""
    dry_run = chosen().dry_run
    return SweepPorts(
        batch=_batch(),
        ledger=DryRunLedger() if dry_run else _ledger(),
        outbox=DryRunOutbox() if dry_run else FailureOutbox(chosen().failure_queue_url),
        health=DryRunHealth() if dry_run else TopicHealth(chosen().topic_arn, chosen().stack_name),
        journal=journal,
        remaining_ms=remaining_ms,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )


@cache
def _batch() -> BatchLists:
    return BatchLists()


@cache
def _topic() -> AlertTopic:
    return AlertTopic(chosen().topic_arn)


@cache
def _ledger() -> IncidentLedger:
    return IncidentLedger(chosen().table_name)


@cache
def _queues() -> DelayedQueues:
    return DelayedQueues(chosen().failure_queue_url, chosen().follow_up_queue_url)


@cache
def _jobs() -> BatchJobs:
    return BatchJobs()
