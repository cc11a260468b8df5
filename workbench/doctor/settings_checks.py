"""Checks of the functions' settings: whether they can work with them, and what they adjust."""

from __future__ import annotations

from collections.abc import Iterator

import boto3

from notifier.settings import SettingsError, read_settings
from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding
from workbench.doctor.pipeline_checks import REDEPLOY

FUNCTIONS = ("OnFailureFunction", "OnFollowUpFunction", "OnSweepFunction")


def check_settings(stack: Deployment, subject: str, name: str) -> Iterator[Finding]:
    """Name each setting of a function that is bad, or that it does not use as it is."""
    if subject.split()[-1] not in FUNCTIONS:
        return
    function = boto3.client("lambda").get_function_configuration(FunctionName=name)
    try:
        settings = read_settings(function.get("Environment", {}).get("Variables", {}))
    except SettingsError as error:
        yield Finding(subject, f"it refuses to work: {error}", REDEPLOY)
        return
    for one in settings.adjusted:
        change = f"{REDEPLOY} --parameter-overrides {one.parameter}={one.used}"
        yield Finding(subject, str(one), f"{change} --stack-name {stack.name}")
    if not settings.adjusted:
        yield Finding(f"{subject}: good")
