"""Whether what failed has recovered, as AWS Batch knows it."""

from __future__ import annotations

from notifier.batch.failure import Kind
from notifier.incident.counts import Tally
from notifier.incident.fingerprint import FAMILIES, job_of
from notifier.incident.incident import Incident, Phase
from notifier.incident.recovery import cleared, recovery
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Ports
from notifier.ports.service_error import ServiceError
from notifier.workflows.announcer import RATE_LIMIT

DESCRIBE_JOBS_LIMIT = 100
SERVICE_JOBS_LIMIT = 5  # each takes a call
_LISTED_KINDS = FAMILIES | {Kind.JOB}  # what ListJobs can find


def find_recovery(incident: Incident, tally: Tally, ports: Ports) -> str:
    """Return how the failed jobs have recovered; empty while they have not, or that is unknown.

    An incident that nobody silenced is reported before its recovery is.
    """
    first = incident.first
    is_swept = first.is_from_sweep and not first.is_drill  # what a drill says of itself is made up
    is_unreported = incident.reported_at == 0 and incident.held_reason in ("", RATE_LIMIT)
    has_recoveries = is_swept or first.kind in _LISTED_KINDS
    if incident.phase is not Phase.OPEN or is_unreported or not has_recoveries:
        return ""
    try:
        return _cleared(incident, tally, ports) if is_swept else _succeeded(incident, tally, ports)
    except ServiceError as error:
        ports.journal.note("recovery unknown", Metric.RECOVERY_UNKNOWN, {"problem": error.says})
        return ""


def _cleared(incident: Incident, tally: Tally, ports: Ports) -> str:
    """Return how long it took until the sweep no longer saw it."""
    first = incident.first
    if first.kind is Kind.ENVIRONMENT:
        is_over = ports.jobs.is_usable(first.job_id)
    else:
        # The newest: those before them in the queue start before them, as a rule.
        newest = [job_of(one.job_id) for one in tally.failures]
        is_over = not (
            ports.jobs.waiting_services(newest[-SERVICE_JOBS_LIMIT:])
            if first.is_service_job
            else ports.jobs.waiting(newest[-DESCRIBE_JOBS_LIMIT:])
        )
    return cleared(tally, ports.now_ms()) if is_over else ""


def _succeeded(incident: Incident, tally: Tally, ports: Ports) -> str:
    first = incident.first
    names = [first.job_name] if first.kind in FAMILIES else tally.names
    found = ports.jobs.successes(first.queue_arn, first.definition_name, names, tally.first_at)
    return recovery(incident, tally, found)
