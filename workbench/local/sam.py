"""Build the real template with ``sam build`` and deploy it into a local AWS with ``sam deploy``."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

from workbench.local.aws import ACCOUNT, REGION, ROOT, LocalAws, without_aws
from workbench.local.setup_error import SetupError

STACK = "batch-notifier-local"  # as samconfig.toml names it
SETTINGS = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
BIN = Path(sys.executable).parent
NO_NETWORK = ("Failed to fetch", "Could not connect", "error sending request")  # in uv's words
LOG_GROUPS_POLICY = "log-groups"
HEARTBEATS_POLICY = "heartbeats"
TEMPLATE = ROOT / "template.yaml"


def build(into: Path) -> Path:
    """Build every function below ``into`` and return the built template."""
    environment = without_aws(os.environ) | {"AWS_DEFAULT_REGION": REGION}
    # Not cached: a build that failed for want of a network leaves a cache without the packages.
    options = ["--no-cached", "--template-file", str(TEMPLATE), "--build-dir", str(into)]
    _sam("build", options, environment)
    return into / "template.yaml"


def deploy(aws: LocalAws, template: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    """Deploy a built template into ``aws`` and return logical id → physical id of its resources."""
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    local = without_metric_math(template)
    _sam(
        "deploy",
        ["--template-file", str(local), "--no-progressbar", "--parameter-overrides", *overrides],
        aws.environment() | {"SAM_CLI_POLL_DELAY": "0.5"},  # 5 s by default, as if far away
    )
    answer = aws.client("cloudformation").describe_stack_resources(StackName=STACK)
    resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in _listed(answer)}
    for role in ("OnFailureRole", "OnFollowUpRole"):
        allow_log_groups(aws, resources[role], parameters["JobLogGroups"].split(","))
    allow_heartbeats(aws, resources["OnSweepRole"])
    return resources


def without_metric_math(template: Path) -> Path:
    """Write each alarm over several metrics as one over the first, beside the template.

    The local AWS sets up no other alarm. All else is as the template has it.
    """
    document: dict[str, Any] = cfn_yaml.load(str(template))
    for resource in document["Resources"].values():
        of = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in of:
            [first, *_] = [one["MetricStat"] for one in of.pop("Metrics") if "MetricStat" in one]
            of |= first["Metric"] | {"Period": first["Period"], "Statistic": first["Stat"]}
    beside = template.with_name("local-aws.json")
    beside.write_text(json.dumps(document), encoding="utf-8")
    return beside


def allow_log_groups(aws: LocalAws, role: str, groups: Sequence[str]) -> None:
    """Say in the local AWS's terms what the template's own policy says in those of AWS.

    AWS checks GetLogEvents against the stream (``log-group:NAME:log-stream:NAME``), the local AWS
    against the group. All other permissions are checked as the template grants them.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    """
    statement = {
        "Effect": "Allow",
        "Action": "logs:GetLogEvents",
        "Resource": [f"arn:aws:logs:*:{ACCOUNT}:log-group:{group}" for group in groups],
    }
    aws.client("iam").put_role_policy(
        RoleName=role,
        PolicyName=LOG_GROUPS_POLICY,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def allow_heartbeats(aws: LocalAws, role: str) -> None:
    """Say once more that the sweep may send heartbeats, without the source of the event.

    AWS checks PutEvents against ``events:source``, of which the local AWS knows nothing: it takes
    a condition on it as not met.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    aws.client("iam").put_role_policy(
        RoleName=role,
        PolicyName=HEARTBEATS_POLICY,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def _listed(answer: dict[str, Any]) -> list[dict[str, str]]:
    return [each for each in answer["StackResources"] if each.get("PhysicalResourceId")]


def _sam(verb: str, arguments: list[str], environment: dict[str, str]) -> None:
    """Run the SAM CLI of this environment quietly; its last words become the error."""
    command = [str(BIN / "sam"), verb, *SETTINGS, *arguments]
    # `sam build` looks for uv on the path.
    path = os.pathsep.join([str(BIN), environment.get("PATH", os.defpath)])
    try:
        with tempfile.TemporaryDirectory(prefix="batch-notifier-sam-") as scratch:
            own = {"PATH": path, "TMPDIR": scratch, "SAM_CLI_TELEMETRY": "0"}
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment | own,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
    except FileNotFoundError as error:
        raise SetupError("sam is not installed; run make setup") from error
    if done.returncode != 0:
        raise SetupError(f"sam {verb} failed: {_complaint(done.stderr or done.stdout)}")


def _complaint(output: str) -> str:
    """Return the end of ``output`` as one line: SAM puts what went wrong there."""
    if any(sign in output for sign in NO_NETWORK):
        return "it could not fetch the function's packages (no network?)"
    paragraphs = [" ".join(part.split()) for part in output.strip().split("\n\n") if part.strip()]
    return paragraphs[-1] if paragraphs else "it said nothing"
