"""The notifier built, deployed into a local AWS and subscribed to, while a ``with`` block lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.local import sam, samples
from workbench.local.aws import ROOT, LocalAws
from workbench.local.sample_run import Drill
from workbench.local.subscriber import Subscriber

BUILD = ROOT / ".aws-sam" / "build"


@dataclass(frozen=True, slots=True)
class Stage:
    """The notifier, deployed where nothing is real but itself."""

    aws: LocalAws
    resources: dict[str, str]
    """Logical id in the template → physical id."""
    way: Drill


@contextlib.contextmanager
def deployed(
    port: int, say: Callable[[str], None], artifact: Path | None = None
) -> Iterator[Stage]:
    """Build and deploy the notifier on a local AWS and subscribe to its alerts, for a while."""
    say("Starting a local AWS ...")
    with LocalAws(port) as aws:
        if artifact is None:
            say("Building the function ...")
            artifact = sam.build(BUILD)
        say(f"Deploying template.yaml into {aws.url} ...")
        groups = samples.log_groups(samples.load_all())
        resources = sam.deploy(aws, artifact, parameters(groups))
        with Subscriber(aws, resources["AlertTopic"]) as subscriber:
            yield Stage(aws, resources, Drill(aws, subscriber))


def parameters(log_groups: Sequence[str]) -> dict[str, str]:
    """Return the template's parameters for a demonstration."""
    return {
        "AlertEmail": "on-call@example.com",
        "AlertPhone": "+12065550100",
        "MinimumSeverity": "info",
        # As much as may be: every sample is to be seen by itself, and at once.
        "MaxAlertsPerMinute": "120",
        "MaxAlertsPerHour": "1000",
        "MaxTextsPerHour": "100",
        "JobLogGroups": ",".join(log_groups),
    }
