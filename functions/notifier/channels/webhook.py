"""The webhook document `batch-failure-alert/1`: all facts, and the texts for people."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from notifier.alert.alert import Alert
from notifier.alert.history import RunHistory
from notifier.batch.failure import Failure
from notifier.batch.labels.labels import filter_labels
from notifier.diagnosis.diagnose import Diagnosis

SCHEMA = "batch-failure-alert/1"


def render(alert: Alert, texts: dict[str, str]) -> str:
    """Give the document as JSON.

    Parameters
    ----------
    alert
        What to report.
    texts
        The same alert as `subject`, `email` and `sms`, for receivers that forward it to people.
    """
    return json.dumps(build_document(alert) | {"text": texts}, ensure_ascii=False)


def build_document(alert: Alert) -> dict[str, Any]:
    """Give the document's facts: times are epoch milliseconds, absent facts are null.

    Where one alert reports many failures, `job` is the first and `cause` the most frequent.
    """
    return {
        "schema": SCHEMA,
        "dedup_key": alert.incident,
        "status": alert.status,
        "severity": alert.severity,
        **_build_event(alert),
        "cause": _build_cause(alert.diagnosis),
        "summary": alert.sentence,
        "next_steps": list(alert.steps),
        "log": asdict(alert.excerpt) if alert.excerpt else None,
        "log_note": alert.log_note or None,
        "links": dict(alert.links),
        "actions": dict(alert.actions),
        "commands": [*alert.commands, *alert.submit_commands],
        **_build_incident(alert),
        "history": _build_history(alert.run_history) if alert.run_history else None,
        "changes": _build_changes(alert),
    }


def _build_event(alert: Alert) -> dict[str, Any]:
    unread_job = {"id": alert.job_id, "name": alert.name}
    return {
        "event_id": alert.event_id,
        "time": alert.event_time,
        "account": alert.account,
        "region": alert.region,
        "owner": alert.owner or None,
        **_build_labels(alert.failure),
        "kind": str(alert.failure.kind) if alert.failure else None,
        "queue": alert.queue or None,
        "definition": alert.definition or None,
        "job": _build_job(alert.failure) if alert.failure else unread_job,
    }


def _build_labels(failure: Failure | None) -> dict[str, Any]:
    """Give the labels that an operator chose; `labels_unread` says why some may be missing."""
    unread = failure.labels_unread if failure else ""
    return {
        "labels": filter_labels(failure) if failure else {},
        "labels_unread": unread or None,
    }


def _build_cause(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "id": diagnosis.cause,
        "title": diagnosis.title,
        "class": diagnosis.class_,
        "certainty": diagnosis.certainty,
        "retry_helps": diagnosis.retry,
        "meaning": diagnosis.meaning,
        "evidence": [asdict(one) for one in diagnosis.evidence],
    }


def _build_incident(alert: Alert) -> dict[str, Any]:
    return {
        "incident": alert.incident,
        "outcome": alert.outcome or None,
        "reason": alert.reason or None,
        "novelty": alert.novelty or None,
        "kept_back": alert.kept_back or None,
        **({"closes": list(alert.closes)} if alert.closes else {}),
        "counts": asdict(alert.counts) if alert.counts else None,
        "causes": [asdict(one) for one in alert.causes],
        "breakdown": list(alert.breakdown),
        "samples": [asdict(one) for one in alert.samples],
    }


def _build_history(run_history: RunHistory) -> dict[str, Any]:
    """Give the last success, null where none was found; `unknown` says why it is not certain."""
    return {
        "last_success": asdict(run_history.success) if run_history.success else None,
        "unknown": run_history.unknown or None,
    }


def _build_changes(alert: Alert) -> list[dict[str, Any]] | None:
    """Give the changes since the last success; null when not known."""
    changes = alert.run_history.changes if alert.run_history else None
    return None if changes is None else [asdict(one) for one in changes]


def _build_job(failure: Failure) -> dict[str, Any]:
    return {
        "id": failure.job_id,
        "name": failure.job_name,
        "arn": failure.job_arn or None,
        "status_reason": failure.status_reason or None,
        "created_at": failure.created_at,
        "started_at": failure.started_at,
        "stopped_at": failure.stopped_at,
        "exit_code": failure.exit_code,
        "attempts": len(failure.attempts),
        "attempt_limit": failure.attempt_limit,
        "platform": failure.platform or None,
        "preempted": failure.preempted or None,
        "pipeline": failure.pipeline or None,
        "run": failure.run or None,
        "step": failure.step or None,
        "queue_head": asdict(failure.queue_head) if failure.queue_head else None,
        "vcpus": failure.vcpus,
        "memory_mib": failure.memory_mib,
        "gpus": failure.gpus,
        "image": failure.image or None,
        "array_index": failure.array_index,
        "array_size": failure.array_size,
        "node_index": failure.node_index,
        "depends_on": list(failure.depends_on),
    }
