"""The deployed rules: every sample with its true source and type, with and without named queues.

PutEvents refuses events of `aws.batch`, so nobody but AWS can send one through these rules. Two
independent matchers judge the patterns as they are deployed: TestEventPattern of the local AWS, and
the one of the tests of the template.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.template.test_event_pattern import matches
from workbench.local import deployment, sam, sample_run, samples
from workbench.local.aws import LocalAws
from workbench.local.deployment import LocalDeployment
from workbench.local.samples import Sample
from workbench.local.subscriber import Subscriber

SAMPLES = samples.load_all()
RULES = ("JobFailedRule", "QueueBlockedRule", "EnvironmentFailedRule", "DrillRule", "HeartbeatRule")
OTHER_QUEUE = "arn:aws:batch:us-east-1:111122223333:job-queue/somebody-elses"
WITHIN_SECONDS = 180.0  # from the failure to the first alert while the table is gone


class Rules(NamedTuple):
    aws: LocalAws
    resources: dict[str, str]

    def patterns(self) -> dict[str, str]:
        """Return the pattern of each rule as it is deployed."""
        events = self.aws.client("events")
        return {
            rule: events.describe_rule(Name=self.resources[rule].rpartition("|")[2])["EventPattern"]
            for rule in RULES
        }

    def matching(self, event: dict[str, Any]) -> list[str]:
        """Return the rules that match, in the judgement of both."""
        client, found = self.aws.client("events"), []
        for rule, pattern in self.patterns().items():
            judged = client.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
            assert matches(json.loads(pattern), event) is judged["Result"], rule
            found += [rule] if judged["Result"] else []
        return found


@pytest.fixture
def rules(stage: LocalDeployment) -> Rules:
    """Deployed without `JobQueueArns`."""
    return Rules(stage.aws, stage.resources)


def queue_of(sample: Sample) -> str:
    return str(sample.detail.get("jobQueue", ""))


@pytest.fixture(scope="module")
def named(built_template: Path) -> Iterator[Rules]:
    """Deployed with `JobQueueArns`, of which every other queue of the samples is one."""
    queues = sorted({queue_of(sample) for sample in SAMPLES} - {""})[::2]
    with LocalAws() as aws:
        chosen = deployment.parameters(samples.log_groups(SAMPLES))
        resources = sam.deploy(aws, built_template, chosen | {"JobQueueArns": ",".join(queues)})
        yield Rules(aws, resources)


RULE_OF = {
    ("aws.batch", "Batch Service Job Queue Blocked"): "QueueBlockedRule",
    ("aws.batch", "Batch Job State Change"): "JobFailedRule",
    ("aws.batch", "Batch Service Job State Change"): "JobFailedRule",
    ("aws.batch", "Batch Job Queue Blocked"): "QueueBlockedRule",
    ("aws.cloudformation", "CloudFormation Resource Status Change"): "EnvironmentFailedRule",
}


def true_rules(sample: Sample) -> list[str]:
    """Return the one rule for what AWS sends as a failure.

    What the sweep finds goes straight to the queue, and of an unknown shape only a drill arrives.
    """
    if sample.event["source"] == "batch-notifier.drill":
        return ["DrillRule"]
    rule = RULE_OF.get((sample.event["source"], sample.event["detail-type"]))
    return [rule] if rule else []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
def test_a_sample_as_aws_sends_it_matches_its_rule_and_no_other(
    rules: Rules, sample: Sample
) -> None:
    assert rules.matching(sample.event) == true_rules(sample)
    drill = sample.event | {"source": "batch-notifier.drill"}
    assert rules.matching(drill) == ["DrillRule"]
    assert rules.matching(sample.event | {"account": "999988887777"}) == []


def test_without_named_queues_no_pattern_names_one(rules: Rules) -> None:
    assert not [rule for rule, pattern in rules.patterns().items() if "jobQueue" in pattern]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
def test_where_queues_are_named_only_their_failures_match(named: Rules, sample: Sample) -> None:
    [*queues] = json.loads(named.patterns()["JobFailedRule"])["detail"]["jobQueue"]
    is_narrowed = true_rules(sample) in (["JobFailedRule"], ["QueueBlockedRule"])
    is_watched = not is_narrowed or queue_of(sample) in queues
    assert named.matching(sample.event) == (true_rules(sample) if is_watched else [])
    if is_narrowed:
        elsewhere = sample.event | {"detail": sample.detail | {"jobQueue": OTHER_QUEUE}}
        assert named.matching(elsewhere) == []


def test_each_rule_for_failures_has_samples() -> None:
    assert {rule for sample in SAMPLES for rule in true_rules(sample)} == set(RULES[:-1])


def test_some_samples_are_watched_and_some_are_not(named: Rules) -> None:
    matched = [bool(named.matching(sample.event)) for sample in SAMPLES]
    assert {True, False} == set(matched)


def test_while_the_table_is_gone_an_alert_arrives_within_three_minutes(named: Rules) -> None:
    """The last test here: it deletes the table."""
    named.aws.client("dynamodb").delete_table(TableName=named.resources["IncidentTable"])
    with Subscriber(named.aws, named.resources["AlertTopic"]) as subscriber:
        sent = sample_run.put(named.aws, SAMPLES[0])
        alert = subscriber.next(WITHIN_SECONDS)
    assert alert is not None
    print(f"first alert {alert.arrived - sent.sent:.1f} s after the failure")  # noqa: T201
    assert alert.document["cause"]["id"] == "degraded"
    assert time.perf_counter() - sent.sent <= WITHIN_SECONDS
