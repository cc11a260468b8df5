"""The rules find known mistakes before a deployment, and the notifier diagnoses them after it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from notifier.alert import advice
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.diagnosis import diagnose
from tests.environments.local import ROOT

HERE = Path(__file__).parent / "mistakes"
RULES = ROOT / "environments" / "rules"
# The error message of AWS for each mistake, and its cause.
ERRORS = {
    "EB1001": (
        "Error executing request, Exception : ECS Instance Role should be an ECS Instance"
        " Profile ARN",
        "ce-instance-profile",
    ),
    "EB1002": (
        "Error executing request, Exception : Fargate resource requirements (2.00 vCPU, 1024 MiB)"
        " not valid.",
        "fargate-resource-combination",
    ),
    "EB1003": (
        "Error executing request, Exception : Fargate requires that the 'privileged' setting be"
        " 'false' at the container level.",
        "fargate-unsupported-setting",
    ),
    "EB1004": (
        "Error executing request, Exception : desiredvCpus is not applicable for Fargate.,"
        "minvCpus is not applicable for Fargate.",
        "fargate-ce-unsupported-setting",
    ),
    "EB1005": (
        "Error executing request, Exception : tags is not applicable for Fargate.",
        "fargate-ce-unsupported-setting",
    ),
    "EB1006": (
        "Error executing request, Exception : EFS is supported for Fargate platform version 1.4.0",
        "fargate-efs-platform",
    ),
    "EB1007": (
        "Your Amazon EFS file system, Amazon ECS cluster, and Fargate tasks must all be in the"
        " same VPC.",
        "efs-vpc-mismatch",
    ),
    "WB1008": (
        "CannotStartContainerError: Error response from daemon: failed to create shim task:"
        " OCI runtime create failed",
        "cannot-start-oci",
    ),
}
# Values that are known only at deployment: no findings.
UNKNOWN = """
Parameters:
  Role: {Type: String}
  Vpc: {Type: String}
  OtherVpc: {Type: String}
  Memory: {Type: String}
  Platform: {Type: String}
Resources:
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}
  OtherSubnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref OtherVpc, CidrBlock: 10.0.1.0/24}
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources:
        Type: !Ref Platform
        MinvCpus: 0
        MaxvCpus: 16
        InstanceTypes: [optimal]
        InstanceRole: !Ref Role
        Subnets: [!Ref Subnet]
        SecurityGroupIds: [sg-0123456789abcdef0]
  Unmanaged:
    Type: AWS::Batch::ComputeEnvironment
    Properties: {Type: UNMANAGED}
  Files:
    Type: AWS::EFS::FileSystem
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
  MountTarget:
    Type: AWS::EFS::MountTarget
    Properties:
      FileSystemId: !Ref Files
      SubnetId: !Ref OtherSubnet
      SecurityGroups: [sg-0123456789abcdef0]
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      PlatformCapabilities: [FARGATE]
      ContainerProperties:
        Image: busybox
        Command: [!Ref Memory]
        ExecutionRoleArn: arn:aws:iam::111122223333:role/execution
        ResourceRequirements:
          - {Type: VCPU, Value: "2"}
          - {Type: MEMORY, Value: !Ref Memory}
  Nodes:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: multinode
      NodeProperties:
        MainNode: 0
        NumNodes: 2
        NodeRangeProperties:
          - TargetNodes: "0:"
            Container:
              Image: busybox
              Command: ["sh -c true"]
"""


def lint(*templates: Path, cwd: Path) -> dict[str, list[dict[str, Any]]]:
    """Run cfn-lint as a user does. Return its findings by the template's name."""
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--append-rules", str(RULES)]
    done = subprocess.run(
        [*command, "--format", "json", "--", *map(str, templates)],
        cwd=cwd,  # where the settings of this project do not apply
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[dict[str, Any]]] = {template.name: [] for template in templates}
    for match in json.loads(done.stdout):
        found[Path(match["Filename"]).name].append(match)
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    (unknown := tmp_path_factory.mktemp("lint") / "unknown.yaml").write_text(UNKNOWN)
    return lint(*sorted(HERE.glob("*.yaml")), unknown, cwd=unknown.parent)


@pytest.mark.parametrize("rule", ERRORS)
def test_a_rule_fires_on_the_bad_template_only(
    rule: str, found: dict[str, list[dict[str, Any]]]
) -> None:
    assert {match["Rule"]["Id"] for match in found[f"{rule}.bad.yaml"]} == {rule}
    assert found[f"{rule}.good.yaml"] == []


def test_every_rule_has_a_mistake_and_an_error_message() -> None:
    ids = {line.split('"')[1] for line in rules() if line.strip().startswith("id = ")}
    assert ids == ERRORS.keys() == {path.name.partition(".")[0] for path in HERE.iterdir()}


def rules() -> list[str]:
    return [line for path in RULES.glob("*.py") for line in path.read_text().splitlines()]


def test_a_finding_points_at_the_setting(found: dict[str, list[dict[str, Any]]]) -> None:
    (match,) = found["EB1002.bad.yaml"]
    assert match["Location"]["Path"][-1] == "Value"
    assert "2 vCPU takes 4,096 to 16,384 MiB in steps of 1,024" in match["Message"]
    assert "1,024 MiB goes with 0.25 or 0.5 vCPU" in match["Message"]
    settings = [match["Location"]["Path"][-1] for match in found["EB1004.bad.yaml"]]
    assert settings == ["MinvCpus", "DesiredvCpus"]


def test_values_known_only_at_deployment_are_no_mistakes(
    found: dict[str, list[dict[str, Any]]],
) -> None:
    (match,) = found["unknown.yaml"]
    assert match["Rule"]["Id"] == "WB1008"  # the nodes' command, which is known


@pytest.mark.parametrize("rule", ERRORS)
def test_the_notifier_diagnoses_the_same_mistake(rule: str) -> None:
    said, cause = ERRORS[rule]
    failure = failed_resource(said)
    found = diagnose.diagnose(failure)
    assert found.cause == cause
    assert advice.next_steps(failure, found)


def test_the_alert_lists_the_valid_sizes() -> None:
    failure = failed_resource(ERRORS["EB1002"][0])
    first, *_ = advice.next_steps(failure, diagnose.diagnose(failure))
    assert first == (
        "Use sizes that Fargate supports: 2 vCPU takes 4,096 to 16,384 MiB in steps of 1,024;"
        " 1,024 MiB goes with 0.25 or 0.5 vCPU."
    )


def failed_resource(said: str) -> Failure:
    path = ROOT / "events" / "cloudformation-resource-failed.json"
    sample = json.loads(path.read_text(encoding="utf-8"))
    status = sample["detail"]["status-details"]
    status["status-reason"] = (
        f'Resource handler returned message: "{said} (Service: Batch, Status Code: 400, Request'
        ' ID: 41da6fb0-0014-4729-8eef-10eeedcd1a4b)" (RequestToken: 2855f038-b034-4985-a7c6-'
        "a1c3fef3ee6d, HandlerErrorCode: InvalidRequest)"
    )
    read = parse_event(sample)
    assert isinstance(read, Failure)
    return read
