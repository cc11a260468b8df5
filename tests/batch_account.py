"""An account of AWS Batch in moto, with jobs that succeed or fail at once.

For use within `mock_aws(config={"batch": {"use_docker": False}})`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import pytest

FAILS = "MOTO_SIMPLE_BATCH_FAIL_AFTER"  # seconds after which moto lets a job fail


class BatchAccount:
    """A compute environment, a queue and a job definition; `tags` are of those two."""

    def __init__(
        self,
        region: str,
        queue: str = "etl",
        definition: str = "align",
        tags: Mapping[str, dict[str, str]] | None = None,
    ) -> None:
        tags = tags or {}
        self.batch: Any = boto3.session.Session().client("batch", region_name=region)
        iam = boto3.session.Session().client("iam", region_name=region)
        role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument='{"Statement": []}')
        self.environment: str = self.batch.create_compute_environment(
            computeEnvironmentName="hosts", type="UNMANAGED", serviceRole=role["Role"]["Arn"]
        )["computeEnvironmentArn"]
        self.queue: str = self.batch.create_job_queue(
            jobQueueName=queue, priority=1, state="ENABLED",
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": self.environment}],
            tags=tags.get("queue", {}),
        )["jobQueueArn"]  # fmt: skip
        self._name, self._tags = definition, tags.get("definition", {})
        self.definition: str = self.defined("true")

    def defined(self, *command: str) -> str:
        """Give the next revision of the job definition, with which jobs are submitted from now."""
        container = {"image": "busybox", "vcpus": 1, "memory": 128, "command": list(command)}
        self.definition = self.batch.register_job_definition(
            jobDefinitionName=self._name,
            type="container",
            containerProperties=container,
            tags=self._tags,
        )["jobDefinitionArn"]
        return self.definition

    def succeeded(self, name: str = "nightly") -> str:
        """Give the id of a job that has succeeded."""
        return self._submitted(name)

    def failed(self, patch: pytest.MonkeyPatch, name: str = "nightly") -> str:
        """Give the id of a job that has failed."""
        patch.setenv(FAILS, "0")
        return self._submitted(name)

    def _submitted(self, name: str) -> str:
        job: str = self.batch.submit_job(
            jobName=name, jobQueue=self.queue, jobDefinition=self.definition
        )["jobId"]
        return job
