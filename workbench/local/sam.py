"""Builds the real template with ``sam build``; deploys it into a local AWS with ``sam deploy``."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from cfnlint.decode import cfn_yaml

from workbench.errors import SetupError
from workbench.local import scratch
from workbench.local.aws import ACCOUNT, REGION, ROOT, LocalAws, without_aws

STACK = "batch-notifier-local"  # as samconfig.toml names it
SETTINGS = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
BIN = Path(sys.executable).parent
NO_NETWORK = ("Failed to fetch", "Could not connect", "error sending request")  # in uv's words
LOG_GROUPS_POLICY = "log-groups"
HEARTBEATS_POLICY = "heartbeats"
SUBMISSIONS_POLICY = "submissions"
TEMPLATE = ROOT / "template.yaml"


def build(into: Path) -> Path:
    """Build every function below ``into`` and return the built template."""
    environment = without_aws(os.environ) | {"AWS_DEFAULT_REGION": REGION}
    # Not cached: a build that failed without a network leaves a cache without the packages.
    options = ["--no-cached", "--template-file", str(TEMPLATE), "--build-dir", str(into)]
    try:  # the pinned packages are in the cache of uv from `make setup` on
        _run_sam("build", options, environment | {"UV_OFFLINE": "1"})
    except SetupError:
        _run_sam("build", options, environment)
    return into / "template.yaml"


def deploy(aws: LocalAws, template: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    """Deploy a built template into ``aws`` and return logical id → physical id of its resources."""
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    local = adapted(template)
    _run_sam(
        "deploy",
        ["--template-file", str(local), "--no-progressbar", "--parameter-overrides", *overrides],
        aws.environment() | {"SAM_CLI_POLL_DELAY": "0.5"},  # 5 s by default, as if far away
    )
    answer = aws.client("cloudformation").describe_stack_resources(StackName=STACK)
    resources = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in answer["StackResources"]
        if each.get("PhysicalResourceId")
    }
    for role in ("OnFailureRole", "OnFollowUpRole"):
        allow_log_groups(aws, resources[role], parameters["JobLogGroups"].split(","))
    allow_heartbeats(aws, resources["OnSweepRole"])
    if parameters.get("AllowRerun") == "on":
        allow_submissions(aws, resources["OnActionRole"])
    document = cfn_yaml.load(str(local))["Resources"]
    set_recursive_loops(aws, document, resources)
    set_expiry(aws, document, resources)
    return resources


def adapted(template: Path) -> Path:
    """Write a copy of the template that the local AWS deploys as AWS deploys the original.

    The local AWS supports no metric math, so those alarms use their first metric only. It does not
    evaluate `Fn::Join` in a condition, and would take "no queue is named" for "one is named ''".
    There, a `Ref` to a list is its text, so it can be compared as it is. It transforms no nested
    template, so functions there are written as CloudFormation has them.
    """
    document: dict[str, Any] = cfn_yaml.load(str(template))
    for resource in document["Resources"].values():
        alarm = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in alarm:
            metrics = alarm.pop("Metrics")
            first = next(each["MetricStat"] for each in metrics if "MetricStat" in each)
            alarm |= first["Metric"] | {"Period": first["Period"], "Statistic": first["Stat"]}
    document["Conditions"] = _without_joins(document.get("Conditions", {}))
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Application":
            location = template.parent / resource["Properties"]["Location"]
            resource["Properties"]["Location"] = str(_without_functions(location))
    copy = template.with_name("local-aws.json")
    copy.write_text(json.dumps(document), encoding="utf-8")
    return copy


def _without_joins(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_joins(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        return value["Fn::Join"][1]
    return {key: _without_joins(each) for key, each in value.items()}


def _without_functions(nested: Path) -> Path:
    """Write a copy of a nested template after the SAM transform; it keeps the path of its code."""
    document: dict[str, Any] = cfn_yaml.load(str(nested))
    if document.pop("Transform", None) is None:
        return nested
    code = {
        name: str((nested.parent / resource["Properties"]["CodeUri"]).resolve())
        for name, resource in document["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    translated = translate(document)
    for name, path in code.items():
        translated["Resources"][name]["Properties"]["Code"] = path
    copy = nested.with_name("local-aws.json")
    copy.write_text(json.dumps(translated), encoding="utf-8")
    return copy


def translate(document: dict[str, Any]) -> dict[str, Any]:
    """Turn a SAM template into that of CloudFormation, as if its code were in a bucket.

    Parameters stay references, because SAM would put their defaults into the resources it creates.
    """
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"  # as `sam package` leaves it
        if resource["Type"] == "AWS::Serverless::Application":
            resource["Properties"]["Location"] = "https://bucket.s3.amazonaws.com/key"  # likewise
    parameters = document.pop("Parameters")
    session = boto3.Session(region_name=REGION)
    translator = Translator({}, Parser(), boto_session=session)
    translated: dict[str, Any] = translator.translate(document, {})
    return translated | {"Parameters": parameters}


def allow_log_groups(aws: LocalAws, role: str, groups: Sequence[str]) -> None:
    """Grant a role GetLogEvents on whole log groups.

    AWS checks GetLogEvents against the stream (``log-group:NAME:log-stream:NAME``), the local AWS
    against the group. All other permissions are those of the template.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    """
    statement = {
        "Effect": "Allow",
        "Action": "logs:GetLogEvents",
        "Resource": [f"arn:aws:logs:*:{ACCOUNT}:log-group:{group}" for group in groups],
    }
    _put_policy(aws, role, LOG_GROUPS_POLICY, statement)


def allow_heartbeats(aws: LocalAws, role: str, region: str = REGION) -> None:
    """Grant the sweep PutEvents without the condition on the source of the event.

    AWS checks PutEvents against ``events:source``. The local AWS does not support it, and takes the
    condition as not met.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """
    bus = f"arn:aws:events:{region}:{ACCOUNT}:event-bus/default"
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    _put_policy(aws, role, HEARTBEATS_POLICY, statement)


def allow_submissions(aws: LocalAws, role: str) -> None:
    """Grant the function behind the links SubmitJob and TagResource on everything.

    AWS checks both against job queue, definition and job. The local AWS knows no resources of AWS
    Batch, and takes any for everything.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
    """
    actions = ["batch:SubmitJob", "batch:TagResource"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    _put_policy(aws, role, SUBMISSIONS_POLICY, statement)


def set_recursive_loops(
    aws: LocalAws, template: Mapping[str, Any], resources: Mapping[str, str]
) -> None:
    """Set RecursiveLoop as in the template, because CloudFormation of the local AWS drops it."""
    for name, resource in template.items():
        if setting := resource.get("Properties", {}).get("RecursiveLoop"):
            aws.client("lambda").put_function_recursion_config(
                FunctionName=resources[name], RecursiveLoop=setting
            )


def set_expiry(aws: LocalAws, template: Mapping[str, Any], resources: Mapping[str, str]) -> None:
    """Set the time to live of tables as in the template; that is dropped likewise."""
    for name, resource in template.items():
        if setting := resource.get("Properties", {}).get("TimeToLiveSpecification"):
            aws.client("dynamodb").update_time_to_live(
                TableName=resources[name], TimeToLiveSpecification=dict(setting)
            )


def _put_policy(aws: LocalAws, role: str, name: str, statement: Mapping[str, object]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)


def _run_sam(verb: str, arguments: list[str], environment: dict[str, str]) -> None:
    """Run the SAM CLI of this environment; the end of its output becomes the error."""
    command = [str(BIN / "sam"), verb, *SETTINGS, *arguments]
    # `sam build` needs uv on the path.
    path = os.pathsep.join([str(BIN), environment.get("PATH", os.defpath)])
    try:
        with _scratch() as folder:
            own = {"PATH": path, "TMPDIR": str(folder), "SAM_CLI_TELEMETRY": "0"}
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
        raise SetupError(f"sam {verb} failed: {_last_paragraph(done.stderr or done.stdout)}")


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    folder = scratch.make()
    try:
        yield folder
    finally:
        scratch.remove(folder)


def _last_paragraph(output: str) -> str:
    """Return the end of ``output``, where SAM reports errors, as one line."""
    if any(sign in output for sign in NO_NETWORK):
        return "it could not download the function's packages (no network?)"
    paragraphs = [" ".join(part.split()) for part in output.strip().split("\n\n") if part.strip()]
    return paragraphs[-1] if paragraphs else "no output"
