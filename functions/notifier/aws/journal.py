"""The function's own log and metrics, by Powertools: one line and one count for what happened."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from notifier.ports.metrics import FailureLabels, Metric


class Journal:
    """Writes to CloudWatch Logs and, in the same line format, to CloudWatch metrics."""

    def __init__(self, logger: Logger, metrics: Metrics) -> None:
        self._logger, self._metrics = logger, metrics

    def note(self, happened: str, count: Metric, facts: Mapping[str, str]) -> None:
        """Write one line with its facts, and count it."""
        self._logger.info(happened, extra=dict(facts))
        self._metrics.add_metric(name=count, unit=MetricUnit.Count, value=1)

    def measure(self, metric: Metric, value: float, unit: str) -> None:
        """Write a number of which no line is written; `unit` in CloudWatch's words."""
        self._metrics.add_metric(name=metric, unit=unit, value=value)

    def failed(self, labels: FailureLabels, count: int) -> None:
        """Write how many failures with these labels were handled.

        One line holds the number by class and queue, the same number without them (CloudWatch adds
        up no metrics of different dimensions), and what only the dashboard's queries read.
        """
        own = EphemeralMetrics()  # its dimensions are for this one line
        own.add_metric(name=Metric.FAILURES, unit=MetricUnit.Count, value=count)
        own.add_dimensions(service=str(own.service), **labels.dimensions())
        for name, fact in labels.facts().items():
            own.add_metadata(name, fact)
        own.flush_metrics()
