"""`batch-notifier lint` on templates, SAM, Terraform plans and files without AWS Batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.environments.local import ROOT
from tests.environments.mistakes import template
from workbench.commands.main import main
from workbench.errors import ExitCode
from workbench.lint import linter

BAD = template("ec2", {"ComputeResources.Subnets": []})
SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Runtime: python3.13, InlineCode: "def b(*_): pass"}
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      Timeout: {AttemptDurationSeconds: 5}
      ContainerProperties:
        Image: busybox
        ResourceRequirements: [{Type: VCPU, Value: 1}, {Type: MEMORY, Value: 512}]
"""
TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
)


def resource(kind: str, name: str, values: dict[str, Any], module: str = "") -> dict[str, Any]:
    address = f"{module}{kind}.{name}"
    return {"address": address, "mode": "managed", "type": kind, "name": name, "values": values}


def configured(kind: str, name: str, expressions: dict[str, Any]) -> dict[str, Any]:
    return {"address": f"{kind}.{name}", "type": kind, "name": name, "expressions": expressions}


def references(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


def plan() -> dict[str, Any]:
    """A plan as `terraform show -json` writes it: what is unknown is left out of the values."""
    compute = {
        "type": "EC2",
        "allocation_strategy": "SPOT_CAPACITY_OPTIMIZED",
        "max_vcpus": 16,
        "min_vcpus": 0,
        "instance_type": ["m5.large"],
        "subnets": ["subnet-0a"],
        "tags": None,
        "launch_template": [],
    }
    container = {
        "image": "busybox",
        "resourceRequirements": [
            {"type": "VCPU", "value": "0.5"},
            {"type": "MEMORY", "value": "512"},
        ],
    }
    job = {
        "name": "job",
        "type": "container",
        "platform_capabilities": ["EC2"],
        "propagate_tags": False,
        "timeout": [{"attempt_duration_seconds": 30}],
        "retry_strategy": [],
        "container_properties": json.dumps(container),
    }
    root = {
        "resources": [
            resource("aws_iam_role", "host", {"name": "host", "assume_role_policy": TRUST}),
            resource(
                "aws_batch_compute_environment",
                "main",
                {"name": "main", "type": "MANAGED", "compute_resources": [compute]},
            ),
            resource(
                "aws_batch_job_queue",
                "main",
                {"name": "q", "priority": 1, "compute_environment_order": [{"order": 1}]},
            ),
        ],
        "child_modules": [
            {
                "address": "module.jobs",
                "resources": [resource("aws_batch_job_definition", "job", job, "module.jobs.")],
            }
        ],
    }
    blocks = [
        {
            "instance_role": references("aws_iam_role.host.arn", "aws_iam_role.host"),
            "security_group_ids": references("aws_security_group.jobs.id"),
        }
    ]
    configuration = {
        "resources": [
            configured("aws_batch_compute_environment", "main", {"compute_resources": blocks}),
            configured(
                "aws_batch_job_queue",
                "main",
                {
                    "compute_environment_order": [
                        {
                            "compute_environment": references(
                                "aws_batch_compute_environment.main.arn"
                            )
                        }
                    ]
                },
            ),
        ],
        "module_calls": {"jobs": {"module": {"resources": []}}},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": root},
        "configuration": {"root_module": configuration},
    }


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["lint", *arguments])
    return code, capsys.readouterr().out


def test_a_mistake_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file := tmp_path / "bad.json").write_text(json.dumps(BAD, indent=1))
    code, printed = run(capsys, str(file))
    assert code == ExitCode.FOUND
    (line,) = printed.splitlines()
    assert line.startswith(f"{file}:")
    assert " EB1102 " in line
    assert "“Resource subnets are required.” Instead: " in line


def test_files_without_aws_batch_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file := tmp_path / "compose.yaml").write_text("services: {a: !custom b}\n---\n")
    assert run(capsys, str(file)) == (ExitCode.OK, "")
    assert main(["lint", str(tmp_path / "missing.yaml")]) == ExitCode.USAGE


def test_sam_templates_are_transformed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file := tmp_path / "sam.yaml").write_text(SAM)
    code, printed = run(capsys, str(file))
    assert code == ExitCode.FOUND
    assert "EB1701 AttemptDurationSeconds is 5" in printed


def test_a_terraform_plan_is_checked_with_the_same_rules(tmp_path: Path) -> None:
    (file := tmp_path / "plan.json").write_text(json.dumps(plan(), indent=1))
    found = {(each.rule, each.message.partition(":")[0]) for each in linter.check([file])}
    assert found == {
        ("EB1001", "aws_batch_compute_environment.main"),
        ("EB1105", "aws_batch_compute_environment.main"),
        ("EB1201", "aws_batch_compute_environment.main"),
        ("EB1602", "module.jobs.aws_batch_job_definition.job"),
        ("EB1701", "module.jobs.aws_batch_job_definition.job"),
    }
    lines = file.read_text().splitlines()
    for each in linter.check([file]):
        assert each.message.partition(":")[0] in lines[each.line - 1]


def test_sarif_names_rule_level_and_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.json").write_text(json.dumps(BAD, indent=1))
    monkeypatch.chdir(tmp_path)
    code, printed = run(capsys, "--sarif", "bad.json")
    assert code == ExitCode.FOUND
    log = json.loads(printed)
    assert log["version"] == "2.1.0"
    (done,) = log["runs"]
    (result,) = done["results"]
    (rule,) = done["tool"]["driver"]["rules"]
    assert (result["ruleId"], result["level"], rule["id"]) == ("EB1102", "error", "EB1102")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "bad.json"
    assert place["region"]["startLine"] > 1


def test_json_output_lists_the_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file := tmp_path / "bad.json").write_text(json.dumps(BAD))
    _, printed = run(capsys, str(file), "--output", "json")
    (problem,) = json.loads(printed)["problems"]
    assert (problem["rule"], problem["severity"]) == ("EB1102", "error")


def test_the_pre_commit_hook_runs_this_command() -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert "entry: batch-notifier lint\n" in hook
