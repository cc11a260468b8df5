"""The adapters of the functions; those without a state of one invocation are created once."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from notifier import settings
from notifier.aws import calls, jobs
from notifier.aws.batch import BatchScanner
from notifier.aws.dry_run.ledger import DryRunLedger
from notifier.aws.heartbeat import AwsHealthSignals, DryRunHealthSignals
from notifier.aws.history import DryRunHistoryLookup, RunHistoryLookup
from notifier.aws.job_logs import JobLogs
from notifier.aws.jobs import DryRunJobLookup, JobLookup, Listed
from notifier.aws.labels.definitions import Definitions
from notifier.aws.labels.lookup import LabelLookup
from notifier.aws.ledger import IncidentLedger
from notifier.aws.queues import DelayedQueues, DryRunOutbox, DryRunQueues, FailureOutbox
from notifier.aws.topic import AlertTopic, DryRunTopic
from notifier.incident.rate_limit import OutageLimit
from notifier.ports.reporting import ActionLinks, Journal, NoActionLinks, NoLabels, Ports
from notifier.ports.sweeping import SweepPorts

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient


@cache
def load_settings() -> settings.Settings:
    """Read the settings from the environment variables; raises `SettingsError`."""
    return settings.read_settings(os.environ)


def make_ports(journal: Journal, remaining_ms: Callable[[], int]) -> Ports:
    """Return the adapters for one delivery or follow-up."""
    dry_run, listed = load_settings().dry_run, Listed()
    return Ports(
        logs=JobLogs(),
        topic=DryRunTopic(sys.stdout) if dry_run else _topic(),
        journal=journal,
        ledger=DryRunLedger() if dry_run else _ledger(),
        queues=DryRunQueues() if dry_run else _queues(),
        jobs=DryRunJobLookup() if dry_run else JobLookup(listed, _jobs_client),
        remaining_ms=remaining_ms,
        pause=time.sleep,
        now_ms=lambda: time.time_ns() // 1_000_000,
        history=DryRunHistoryLookup() if dry_run else RunHistoryLookup(_definitions(), listed),
        labels=NoLabels() if dry_run else _labels(),
        outage=_outage(),
        at_once=calls.at_once,
        actions=_actions(),
    )


def make_sweep_ports(journal: Journal, remaining_ms: Callable[[], int]) -> SweepPorts:
    """Return the adapters for one sweep."""
    dry_run = load_settings().dry_run
    return SweepPorts(
        batch=_batch(),
        ledger=DryRunLedger() if dry_run else _ledger(),
        outbox=DryRunOutbox() if dry_run else FailureOutbox(load_settings().failure_queue_url),
        health=DryRunHealthSignals() if dry_run else _health(),
        journal=journal,
        remaining_ms=remaining_ms,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )


@cache
def _health() -> AwsHealthSignals:
    return AwsHealthSignals(load_settings().topic_arn, load_settings().stack_name)


@cache
def _batch() -> BatchScanner:
    return BatchScanner()


@cache
def _topic() -> AlertTopic:
    return AlertTopic(load_settings().topic_arn)


@cache
def _ledger() -> IncidentLedger:
    return IncidentLedger(load_settings().table_name)


@cache
def _queues() -> DelayedQueues:
    return DelayedQueues(load_settings().failure_queue_url, load_settings().follow_up_queue_url)


@cache
def _outage() -> OutageLimit:
    return OutageLimit()


@cache
def _definitions() -> Definitions:
    return Definitions()


@cache
def _labels() -> LabelLookup:
    return LabelLookup(_definitions())


@cache
def _jobs_client() -> BatchClient:
    return jobs.make_client()


@cache
def _actions() -> ActionLinks:
    settings = load_settings()
    if not settings.actions_url or settings.dry_run:
        return NoActionLinks()
    from notifier.aws.actions.signed_links import SignedLinks  # costs nothing where it is off

    url, key_arn = settings.actions_url, settings.actions_key_arn
    return SignedLinks(url, key_arn, allow_rerun=settings.allow_rerun)
