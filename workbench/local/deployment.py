"""The notifier, built and deployed into a local AWS while a ``with`` block lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.local import sam, samples, scratch
from workbench.local.aws import ROOT, LocalAws
from workbench.local.sample_run import SampleRunner
from workbench.local.subscriber import Subscriber

BUILD = ROOT / ".aws-sam" / "build"


@dataclass(frozen=True, slots=True)
class LocalDeployment:
    """The deployed notifier on a local AWS, with a subscriber to its alerts."""

    aws: LocalAws
    resources: dict[str, str]
    """Logical id in the template → physical id."""
    runner: SampleRunner


@contextlib.contextmanager
def deploy_locally(
    port: int, report: Callable[[str], None], template: Path | None = None
) -> Iterator[LocalDeployment]:
    """Deploy a built template, or build it first, and subscribe to the alerts."""
    if left := scratch.clean_up():
        report(f"Cleaned up what {left} killed run{'s'[: left > 1]} left behind.")
    report("Starting a local AWS ...")
    with LocalAws(port) as aws:
        if template is None:
            report("Building the function ...")
            template = sam.build(BUILD)
        report(f"Deploying template.yaml into {aws.url} ...")
        groups = samples.log_groups(samples.load_all())
        resources = sam.deploy(aws, template, parameters(groups))
        with Subscriber(aws, resources["AlertTopic"]) as subscriber:
            yield LocalDeployment(aws, resources, SampleRunner(aws, subscriber))


def parameters(log_groups: Sequence[str]) -> dict[str, str]:
    """Return the template's parameters for the demo."""
    return {
        "AlertEmail": "on-call@example.com",
        "AlertPhone": "+12065550100",
        "MinimumSeverity": "info",
        # The maximum: every sample is reported by itself, and at once.
        "MaxAlertsPerMinute": "120",
        "MaxAlertsPerHour": "1000",
        "MaxTextsPerHour": "100",
        "JobLogGroups": ",".join(log_groups),
    }
