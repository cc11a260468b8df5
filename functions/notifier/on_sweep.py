"""Lambda entry point: invoked by SweepSchedule to find what no event reports."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from notifier import wiring
from notifier.aws.journal import Journal
from notifier.aws.queues import DryRunOutbox
from notifier.ports.metrics import Metric
from notifier.workflows.sweeping import sweep

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(_: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one sweep; the event of the schedule is not used.

    Returns
    -------
    dict
        Empty; with DRY_RUN the `events` that were found but not sent.

    Raises
    ------
    SettingsError
        If a setting is bad.
    """
    settings = wiring.load_settings()
    journal = Journal(logger, metrics)
    for one in settings.adjusted:
        journal.note("setting adjusted", Metric.SETTINGS_ADJUSTED, {"setting": str(one)})
    ports = wiring.make_sweep_ports(journal, context.get_remaining_time_in_millis)
    sweep.run(ports, settings.sweep)
    return {"events": ports.outbox.events} if isinstance(ports.outbox, DryRunOutbox) else {}
