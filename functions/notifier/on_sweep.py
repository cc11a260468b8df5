"""Lambda entry point: woken by SweepSchedule to look where no event comes."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from notifier import wiring
from notifier.aws.journal import Journal
from notifier.aws.queues import DryRunOutbox
from notifier.workflows.sweeping import sweep

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(_: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look after AWS Batch once; what the schedule says is not needed.

    Returns
    -------
    dict
        Empty; with DRY_RUN the `events` that were found, which are not sent.

    Raises
    ------
    SettingsError
        On a bad environment.
    """
    chosen = wiring.chosen()
    ports = wiring.sweep_ports(Journal(logger, metrics), context.get_remaining_time_in_millis)
    sweep.run(ports, chosen.sweep)
    return {"events": ports.outbox.events} if isinstance(ports.outbox, DryRunOutbox) else {}
