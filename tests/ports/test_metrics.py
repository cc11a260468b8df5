"""What is counted by class and queue, and the line that CloudWatch makes metrics of."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from notifier.aws.journal import Journal
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.diagnosis.diagnose import Diagnosis, diagnose
from notifier.ports.metrics import NO_NAME, FailureLabels, Metric, by_labels

ROOT = Path(__file__).parents[2]
KIN = FailureLabels("memory", "nightly", "oom-container", "align")


def sample(name: str) -> tuple[Failure, Diagnosis]:
    failure = parse_event(json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8")))
    assert isinstance(failure, Failure)
    return failure, diagnose(failure)


def test_failures_of_one_kind_are_one_number() -> None:
    failure, diagnosis = sample("out-of-memory-fargate")
    other = replace(failure, job_id="another", job_name="another", event_id="another")
    [(kin, count)] = by_labels([(failure, diagnosis), (other, diagnosis)]).items()
    assert count == 2
    assert (kin.class_, kin.cause) == ("memory", "oom-container")
    assert kin.queue == failure.queue
    assert kin.definition == failure.definition.rpartition(":")[0]


def test_a_metric_names_no_job_and_a_drill_is_none() -> None:
    failure, diagnosis = sample("timeout")
    [kin] = by_labels([(failure, diagnosis)])
    assert set(kin.dimensions()) == {"class", "queue"}
    assert failure.job_name not in {*kin.dimensions().values(), *kin.facts().values()}
    assert not by_labels([(replace(failure, is_drill=True), diagnosis)])


@pytest.mark.parametrize("queue", ["", "job queue", "naïve", "x" * 129, "a\x1b"])
def test_names_that_batch_would_refuse_are_all_one_metric(queue: str) -> None:
    failure, diagnosis = sample("timeout")
    arn = f"arn:aws:batch:eu-west-1:111122223333:job-queue/{queue}"
    [kin] = by_labels([(replace(failure, queue_arn=arn, definition_arn=arn), diagnosis)])
    assert (kin.queue, kin.definition) == (NO_NAME, NO_NAME)


def test_one_line_holds_failures_with_and_without_dimensions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    journal = Journal(Logger(), Metrics())
    journal.failed(KIN, 3)
    [line] = capsys.readouterr().out.splitlines()
    said: dict[str, Any] = json.loads(line)
    [written] = said.pop("_aws")["CloudWatchMetrics"]
    assert written["Namespace"] == "BatchNotifier"
    assert written["Dimensions"] == [["service"], ["service", "class", "queue"]]
    assert written["Metrics"] == [{"Name": "Failures", "Unit": "Count"}]
    assert said == {
        "service": "batch-notifier",
        "class": "memory",
        "queue": "nightly",
        "cause": "oom-container",
        "definition": "align",
        "Failures": [3.0],
    }


def test_failures_leave_the_other_metrics_alone(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics()
    journal = Journal(Logger(), metrics)
    journal.measure(Metric.SECONDS_TO_ALERT, 2.5, "Seconds")
    journal.failed(KIN, 3)
    journal.note("alert published", Metric.ALERTS_PUBLISHED, {})
    metrics.flush_metrics()
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    [written] = said["_aws"]["CloudWatchMetrics"]
    assert written["Dimensions"] == [["service"]]
    assert {one["Name"] for one in written["Metrics"]} == {"SecondsToAlert", "AlertsPublished"}
    assert said["SecondsToAlert"] == [2.5]


def test_every_metric_of_the_list_is_written_somewhere() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "functions").rglob("*.py")
        if path.name != "metrics.py"
    )
    used = {Metric[name] for name in re.findall(r"\bMetric\.([A-Z_]+)", code)}
    assert used == set(Metric)
