"""The function's own log and metrics, by Powertools: one line and one count for what happened."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit


class Journal:
    """Writes to CloudWatch Logs and, in the same line format, to CloudWatch metrics."""

    def __init__(self, logger: Logger, metrics: Metrics) -> None:
        self._logger, self._metrics = logger, metrics

    def note(self, happened: str, count: str, facts: Mapping[str, str]) -> None:
        """Write one line with its facts, and count it."""
        self._logger.info(happened, extra=dict(facts))
        self._metrics.add_metric(name=count, unit=MetricUnit.Count, value=1)

    def measure(self, name: str, value: float, unit: str) -> None:
        """Write one metric that is no count of what happened; `unit` in CloudWatch's words."""
        self._metrics.add_metric(name=name, unit=unit, value=value)
