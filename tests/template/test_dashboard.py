"""Rules for the dashboard: it shows only metrics and fields that exist."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from notifier.aws.journal import Journal
from notifier.ports.metrics import NAMESPACE, FailureLabels, Metric
from tests.template.stack import Stack, arn, dead_letter_queues

COMMANDS = {"filter", "stats", "sort", "limit"}
KIN = FailureLabels("memory", "nightly", "oom-container", "align")
GRID = 24  # columns
# Words of a query that are not fields, and the names that it defines.
WORDS = {"ispresent", "and", "sum", "as", "by", "bin", "1h", "desc", "failed", "hour"}


@pytest.fixture(scope="module")
def widgets(stack: Stack) -> list[dict[str, Any]]:
    [dashboard] = stack.of_type("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return found


def of_type(widgets: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [widget["properties"] for widget in widgets if widget["type"] == kind]


def rows(widgets: list[dict[str, Any]]) -> list[list[str]]:
    """List (namespace, metric, dimension, value ...) of every metric on the dashboard."""
    return [
        [part for part in row if isinstance(part, str)]
        for widget in of_type(widgets, "metric")
        for row in widget["metrics"]
        if isinstance(row[0], str)
    ]


def expressions(widgets: list[dict[str, Any]]) -> list[tuple[str, set[str]]]:
    """List every expression with the ids of the other metrics in its widget."""
    return [
        (row[0]["expression"], {one[-1].get("id", "") for one in widget["metrics"]
                                if isinstance(one[-1], dict)})
        for widget in of_type(widgets, "metric")
        for row in widget["metrics"]
        if isinstance(row[0], dict)
    ]  # fmt: skip


def test_widgets_use_only_metrics_that_the_functions_write(
    widgets: list[dict[str, Any]],
) -> None:
    ours = [row for row in rows(widgets) if row[0] == NAMESPACE]
    assert {row[1] for row in ours} >= {"SecondsToAlert", "AlertsPublished", "Heartbeat"}
    for _, name, *dimensions in ours:
        assert name in set(Metric), name
        assert dimensions == ["service", "batch-notifier"]


def test_other_metrics_are_of_queues_in_this_template(
    widgets: list[dict[str, Any]], stack: Stack
) -> None:
    queues = {f"QueueName of {name}" for name in stack.of_type("AWS::SQS::Queue")}
    others = [row for row in rows(widgets) if row[0] != NAMESPACE]
    for namespace, name, dimension, value in others:
        assert (namespace, dimension) == ("AWS/SQS", "QueueName")
        assert name in ("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible")
        assert value in queues


def test_every_dead_letter_queue_is_shown(widgets: list[dict[str, Any]], stack: Stack) -> None:
    shown = {row[3] for row in rows(widgets) if row[1] == "ApproximateNumberOfMessagesVisible"}
    assert shown == {f"QueueName of {end.strip('<>')}" for end in dead_letter_queues(stack)}


def test_expressions_use_existing_metrics(widgets: list[dict[str, Any]]) -> None:
    found = expressions(widgets)
    assert len(found) == 3
    # Free metrics of AWS: https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_metrics.html
    batch = "SEARCH('{AWS/Batch,JobQueueName} Failed', 'Sum', 300)"
    assert batch in [expression for expression, _ in found]
    for expression, ids in found:
        if expression == batch:
            continue
        search = re.fullmatch(
            r"SEARCH\('\{(?P<schema>[\w,]+)\} MetricName=\"(?P<name>\w+)\""
            r" service=\"batch-notifier\"', 'Sum', \d+\)",
            expression,
        )
        if search is None:
            assert set(re.findall(r"[a-z]+", expression)) <= ids
        else:
            assert search["schema"] == ",".join([NAMESPACE, "service", *KIN.dimensions()])
            assert search["name"] == Metric.FAILURES


def written(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """List the fields of a log line as a query names them: items of a list by their number."""
    Journal(Logger(), Metrics()).failed(KIN, 3)
    said = json.loads(capsys.readouterr().out)
    return {f"{key}.0" if isinstance(value, list) else key for key, value in said.items()}


def test_queries_use_only_fields_that_the_functions_log(
    widgets: list[dict[str, Any]], stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = [widget["query"] for widget in of_type(widgets, "log")]
    assert len(queries) == 2
    fields = written(capsys)
    for query in queries:
        source, *commands = query.split(" | ")
        group = re.fullmatch(r"SOURCE '(.+)'", source)
        assert group is not None
        assert group[1] in {arn(name) for name in stack.of_type("AWS::Logs::LogGroup")}
        assert [command.split()[0] for command in commands] == ["filter", "stats", "sort", "limit"]
        named = {
            word
            for command in commands
            for word in re.findall(r"[A-Za-z][\w.]*|\d\w+", command)
            if not word.isdigit()
        }
        assert named - COMMANDS - WORDS <= fields
        assert "Failures.0" in named


def test_widgets_fill_the_grid_without_overlap(widgets: list[dict[str, Any]]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        assert widget["x"] + widget["width"] <= GRID
        cells = {
            (widget["x"] + across, widget["y"] + down)
            for across in range(widget["width"])
            for down in range(widget["height"])
        }
        assert not taken & cells, widget["properties"]["title"]
        taken |= cells
    assert len(taken) == GRID * (1 + max(y for _, y in taken))
