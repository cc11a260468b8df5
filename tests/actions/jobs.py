"""Failed jobs of the incident behind the links, in AWS Batch as moto emulates it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from moto.batch.models import batch_backends

from tests.batch_account import FAILS, BatchAccount

REGION, ACCOUNT = "us-east-1", "123456789012"
# One of each place where a job may have a secret.
SECRETS = ("hunter2-env", "hunter3-arg", "hunter4-parameter", "hunter5-tag")


class FailedJobs:
    """An account whose jobs fail, each submitted with secrets in every place."""

    def __init__(self) -> None:
        self.account = BatchAccount(REGION)
        self.batch = self.account.batch

    def fail(self, name: str = "nightly", **more: Any) -> str:
        """Let a job fail, and return its id."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(FAILS, "0")
            return self.submit(name, **more)

    def submit(self, name: str = "nightly", **more: Any) -> str:
        job: str = self.batch.submit_job(
            jobName=name,
            jobQueue=self.account.queue,
            jobDefinition=self.account.definition,
            containerOverrides={
                "command": ["run", "--key", SECRETS[1]],
                "environment": [{"name": "TOKEN", "value": SECRETS[0]}],
            },
            parameters={"input": SECRETS[2]},
            tags={"owner": SECRETS[3]},
            **more,
        )["jobId"]
        return job

    def fail_array(self, size: int, failed: Sequence[int]) -> str:
        """Let some children of an array fail, and the array with them."""
        job = self.submit(arrayProperties={"size": size})
        for index in range(size):
            self.set_status(f"{job}:{index}", "FAILED" if index in failed else "SUCCEEDED")
        self.set_status(job, "FAILED")
        return job

    def set_status(self, job: str, status: str) -> None:
        self._of_moto(job).status = status

    def forget(self, job: str) -> None:
        """Delete a job, as AWS Batch does a week after its end."""
        batch_backends[ACCOUNT][REGION]._jobs.pop(job)

    def described(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self.batch.describe_jobs(jobs=[job])["jobs"][0]
        return found

    def all(self) -> set[str]:
        """Return the ids of all jobs, without those of children."""
        return {job for job in batch_backends[ACCOUNT][REGION]._jobs if ":" not in job}

    def _of_moto(self, job: str) -> Any:
        return batch_backends[ACCOUNT][REGION]._jobs[job]
