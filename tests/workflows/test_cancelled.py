"""What was stopped on purpose has not failed: it is counted, and nobody is mailed about it."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.ports.metrics import Metric
from notifier.settings import read_settings
from tests.simulation import Simulation, failed
from workbench.local import samples

DEFAULTS = read_settings({"DRY_RUN": "true"}).options
STOPPED = {
    "a person": "Terminated by the user",
    "Nextflow": "Job killed by NF",
    "Metaflow": "Metaflow initiated job termination.",
    "Snakemake": "Terminated by Snakemake",
    "a dependency": "Dependent Job failed",
}


def told(*events: dict[str, Any], **options: Any) -> Simulation:
    world = Simulation(options=options.get("options", DEFAULTS))
    for event in events:
        world.put(event)
    world.settle()
    return world


def stopped(reason: str, exit_code: int = 137) -> dict[str, Any]:
    return failed("a", second=1, reason=reason, exit_code=exit_code)


@pytest.mark.parametrize("reason", STOPPED.values(), ids=STOPPED)
def test_what_was_stopped_on_purpose_is_counted_and_not_mailed(reason: str) -> None:
    world = told(stopped(reason))
    assert world.told == []
    assert sum(world.journal.failures.values()) == 1
    assert sum(len(members) for members in world.ledger.counted.values()) == 1
    assert Metric.ALERTS_BELOW_MINIMUM in world.journal.counts()


def test_a_flag_of_aws_is_enough_whatever_the_text() -> None:
    event = stopped("capacity diagnosis complete")
    event["detail"]["isTerminated"] = True
    assert told(event).told == []


def test_a_guess_that_a_job_was_stopped_is_mailed() -> None:
    [one] = told(stopped("we looked at it and it was late")).told
    assert one.document["cause"]["certainty"] == "guess"
    assert one.document["severity"] == "warning"


def test_a_job_that_lost_its_instance_is_mailed() -> None:
    [one] = told(samples.find("managed-instances-drained").event).told
    assert one.document["job"]["platform"] == "Managed Instances"
    assert one.document["cause"]["retry_helps"] == "yes"


def test_the_parent_of_an_array_alone_is_mailed() -> None:
    assert [one.outcome for one in told(samples.find("array-parent").event).told][:1] == ["first"]


def test_who_wants_them_gets_them() -> None:
    chosen = read_settings({"DRY_RUN": "true", "MINIMUM_SEVERITY": "info"}).options
    [one] = told(stopped("Terminated by the user"), options=chosen).told
    assert one.document["severity"] == "info"


def test_preemptions_are_counted_and_not_mailed() -> None:
    event = samples.find("service-job-preempted").event
    started = event | {"detail-type": "Batch Service Job Preemption Started"}
    world = told(started)
    assert world.told == []
    assert world.journal.counts() == [Metric.PREEMPTIONS]
    [one] = told(event).told
    assert one.document["job"]["preempted"].startswith("3 times, last: PREEMPTION_COMPLETED")
    assert "3 times" in one.texts["email"]
