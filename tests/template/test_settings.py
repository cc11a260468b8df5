"""Whatever parameters CloudFormation accepts, the functions work with them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.diagnosis.catalogue import Severity
from notifier.incident.incident import Outcome
from notifier.ports.sweeping import SweepPorts
from notifier.settings import Settings, read_settings
from notifier.workflows.sweeping import sweep
from tests.fakes import FakeBatch, FakeJournal, FakeLedger, FakeOutbox, FakePulse
from tests.simulation import START_MS, Simulation, failed
from tests.template.stack import Stack, translate

ROOT = Path(__file__).parents[2]
SETS = 500 if os.environ.get("THOROUGH") else 60
ARNS = {  # placeholders in a resolved template
    "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:alerts",
    "TABLE_NAME": "incidents",
    "FAILURE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/failures",
    "FOLLOW_UP_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/follow-ups",
    "ACTIONS_URL": "https://a1b2c3.lambda-url.us-east-1.on.aws/",
    "ACTIONS_KEY_ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:SigningKey-a1b2c3",
}
TEMPLATE = translate((ROOT / "template.yaml").read_text(encoding="utf-8"))


def accepted(parameter: dict[str, Any]) -> st.SearchStrategy[str]:
    """Return what CloudFormation accepts for a parameter; often its default, so that sets differ.

    An item of a list has to match the pattern.
    """
    default = st.just(str(parameter["Default"]))
    if allowed := parameter.get("AllowedValues"):
        return default | st.sampled_from([str(one) for one in allowed])
    if "AllowedPattern" not in parameter:
        return default | st.integers(parameter["MinValue"], parameter["MaxValue"]).map(str)
    pattern = parameter["AllowedPattern"]
    one = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    one = one.filter(lambda text: "\n" not in text)  # `$` also matches before a last newline
    if parameter["Type"] == "CommaDelimitedList":
        return default | st.lists(one, min_size=1, max_size=4).map(",".join)
    return default | one


PARAMETER_SETS = st.fixed_dictionaries(
    {name: accepted(each) for name, each in TEMPLATE["Parameters"].items()}
)


def environments(parameters: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the environment variables of each function."""
    functions = Stack(TEMPLATE, parameters).of_type("AWS::Lambda::Function")
    return {
        name: function["Environment"]["Variables"] | ARNS for name, function in functions.items()
    }


@settings(max_examples=SETS, deadline=None, suppress_health_check=list(HealthCheck))
@given(PARAMETER_SETS)
def test_every_set_of_parameters_works(parameters: dict[str, str]) -> None:
    every = [read_settings(each) for each in environments(parameters).values()]
    assert len(every) == 3
    assert every[0] == every[1] == every[2]
    reports_and_follows_up(every[0])
    sweeps(every[0])


def reports_and_follows_up(chosen: Settings) -> None:
    """A job fails, and another like it soon after: both are counted, and the incident closes."""
    intervals = chosen.options.intervals
    assert 0 < intervals.interval <= intervals.longest_interval <= intervals.close_after
    world = Simulation(chosen.options)
    world.put(failed("a"), 0)
    world.put(failed("b"), 30)
    world.settle(days=30)  # it closes 14 days after its last failure
    assert world.dead == []
    told = [one.outcome for one in world.told]
    is_watched = chosen.options.scope.covers("etl", "load")  # where the job of `failed` runs
    assert is_watched or not told
    if is_watched and chosen.options.minimum is Severity.INFO:
        assert told[0] == Outcome.FIRST
    incidents = world.ledger.incidents.values()
    assert len(incidents) == (1 if told else 0)  # what is below the minimum is counted without one
    assert all(incident.is_over for incident in incidents)


def sweeps(chosen: Settings) -> None:
    journal, outbox = FakeJournal(), FakeOutbox()
    now = START_MS
    sweep.run(
        SweepPorts(
            FakeBatch(), FakeLedger(), outbox, FakePulse(), journal, lambda: 100_000, lambda: now
        ),
        chosen.sweep,
    )
    assert "swept" in [happened for happened, _, _ in journal.entries]


def test_the_set_that_once_deployed_and_reported_nothing() -> None:
    [chosen, *_] = map(read_settings, environments({"LongestFollowUpMinutes": "3"}).values())
    reports_and_follows_up(chosen)
    [adjusted] = chosen.adjusted
    assert adjusted.parameter == "FollowUpMinutes"
