"""Deploy the nested stacks of the template into moto, wired as the template wires them.

moto's CloudFormation passes no outputs from one nested stack to the next, so this module does.
Other differences between moto and AWS:

- In moto, a compute environment must have a service role (AWS uses its service-linked role).
- In moto, an element that is `AWS::NoValue` stays in its list, so this module takes it out.
- In moto, an update also evaluates resources whose condition is false, so they are taken out, too.
- In moto, Batch resources and the gateways of a VPC stay when their stack is deleted, so this
  module deletes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from samtranslator.yaml_helper import yaml_parse

from tests.template.stack import Stack

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
# moto does not support `optimal`.
INSTANCE_TYPES = "m5.large,c5.large"
_OUTPUT = re.compile(r"Outputs\.(\w+) of (\w+)")  # as `Stack` writes !GetAtt Nested.Outputs.Name


def aws(service: str) -> Any:
    return boto3.client(service, REGION)


def read(path: Path) -> dict[str, Any]:
    """Read a template."""
    document: dict[str, Any] = yaml_parse(path.read_text(encoding="utf-8"))
    return document


@dataclass(slots=True)
class Deployment:
    """The environments that a root stack's parameters choose."""

    templates: Mapping[str, Path]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    service_role: str = ""
    given: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = aws("iam").create_role(RoleName="service", AssumeRolePolicyDocument=trust)
        self.service_role = role["Role"]["Arn"]

    def apply(self, stack: Stack) -> None:
        """Create or update each nested stack after the stacks whose outputs it needs."""
        waiting = stack.of_type("AWS::CloudFormation::Stack")
        done: set[str] = set()
        while len(done) < len(waiting):
            ready = [
                name
                for name, properties in waiting.items()
                if name not in done and self._needs(properties) <= done
            ]
            assert ready, f"circular dependency: {waiting.keys() - done}"
            for name in ready:
                self._apply(name, waiting[name].get("Parameters", {}))
            done |= set(ready)

    @staticmethod
    def _needs(properties: dict[str, Any]) -> set[str]:
        return {found[2] for found in _OUTPUT.finditer(json.dumps(properties))}

    def _apply(self, name: str, parameters: dict[str, Any]) -> None:
        given = {
            key: _OUTPUT.sub(lambda found: self.outputs[found[2]][found[1]], str(value))
            for key, value in parameters.items()
        }
        self.change(name, given)

    def change(self, name: str, changed: Mapping[str, str]) -> None:
        """Create a nested stack, or update it with some parameters changed."""
        given = self.given[name] = self.given.get(name, {}) | changed
        template = read(self.templates[name])
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Batch::ComputeEnvironment":
                resource["Properties"]["ServiceRole"] = self.service_role
        defaults = {
            key: str(each["Default"])
            for key, each in template["Parameters"].items()
            if "Default" in each
        }
        stack = Stack(template, defaults | given)
        made = {name: template["Resources"][name] for name in stack.resources}
        template["Resources"] = _complete(made, stack)
        cloudformation = aws("cloudformation")
        act = cloudformation.update_stack if name in self.outputs else cloudformation.create_stack
        try:
            act(
                StackName=name,
                TemplateBody=json.dumps(template),
                Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
            )
        except cloudformation.exceptions.ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
        (described,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        assert described["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), described
        self.outputs[name] = {
            each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])
        }

    def delete(self) -> None:
        """Delete the nested stacks in reverse order."""
        _delete_batch()
        for name in reversed(self.outputs):
            if name == "Network":
                _delete_gateways(self.outputs[name]["VpcId"])
            aws("cloudformation").delete_stack(StackName=name)


def _complete(value: Any, stack: Stack) -> Any:
    """Decide the conditional elements of lists."""
    if isinstance(value, dict):
        return {key: _complete(each, stack) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    found = []
    for each in value:
        match each:
            case {"Fn::If": [condition, chosen, {"Ref": "AWS::NoValue"}]}:
                if stack.resolve({"Fn::If": [condition, True, False]}):
                    found.append(chosen)
            case _:
                found.append(_complete(each, stack))
    return found


def _delete_batch() -> None:
    batch = aws("batch")
    for each in batch.describe_job_queues()["jobQueues"]:
        batch.update_job_queue(jobQueue=each["jobQueueArn"], state="DISABLED")
        batch.delete_job_queue(jobQueue=each["jobQueueArn"])
    for each in batch.describe_compute_environments()["computeEnvironments"]:
        arn = each["computeEnvironmentArn"]
        batch.update_compute_environment(computeEnvironment=arn, state="DISABLED")
        batch.delete_compute_environment(computeEnvironment=arn)
    for each in batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]:
        batch.deregister_job_definition(jobDefinition=each["jobDefinitionArn"])


def _delete_gateways(vpc: str) -> None:
    ec2 = aws("ec2")
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    for endpoint in ec2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"]:
        ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    for table in ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]:
        links = table["Associations"]
        if not any(link["Main"] for link in links):
            for link in links:
                ec2.disassociate_route_table(AssociationId=link["RouteTableAssociationId"])
            ec2.delete_route_table(RouteTableId=table["RouteTableId"])
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    for gateway in ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]:
        gateway_id = gateway["InternetGatewayId"]
        ec2.detach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc)
        ec2.delete_internet_gateway(InternetGatewayId=gateway_id)
