"""What AWS knows of a job to run again, and the submission itself, as the user."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from resubmission.overrides import Json
from resubmission.plan import BACK_LINK, FINISHED, LINK, Plan, secret_values
from resubmission.size import Measured
from workbench.deployed import deployment
from workbench.errors import InputError

POLL_S = 10
_TYPE = re.compile(r"[a-z]+\d[\w-]*(\.[\w-]+)?")  # an instance type or a family
DESCRIBED = 100  # job ids in one DescribeJobs call


class Account:
    """AWS Batch of one account and Region; each method raises `InputError`."""

    def __init__(self) -> None:
        self.batch: Any = boto3.client("batch")

    def find(self, job_id: str) -> tuple[Json, bool]:
        """Read a job, or else a service job; say whether it is one."""
        found = self.batch.describe_jobs(jobs=[job_id])["jobs"]
        if found:
            return found[0], False
        try:
            return self.batch.describe_service_job(jobId=job_id), True
        except ClientError as error:
            raise InputError(
                f"there is no job {job_id} in {self.batch.meta.region_name}; AWS Batch deletes jobs"
                " about a week after they end"
            ) from error

    def definition(self, arn: str) -> Json | None:
        """Read a revision of a job definition; None where that is not possible."""
        try:
            found = self.batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
        except ClientError:
            return None
        return found[0] if found else None

    def latest_revision(self, arn: str) -> str:
        """Return the ARN of the latest active revision of a job definition."""
        name = arn.rpartition("/")[2].partition(":")[0]
        pages = self.batch.get_paginator("describe_job_definitions").paginate(
            jobDefinitionName=name, status="ACTIVE"
        )
        found = [each for page in pages for each in page["jobDefinitions"]]
        if not found:
            raise InputError(f"the job definition {name} has no active revision")
        return str(max(found, key=lambda each: each["revision"])["jobDefinitionArn"])

    def statuses(self, job_ids: Iterable[str]) -> dict[str, str]:
        """Return the status of each job that still exists."""
        ids = list(job_ids)
        found: dict[str, str] = {}
        for start in range(0, len(ids), DESCRIBED):
            jobs = self.batch.describe_jobs(jobs=ids[start : start + DESCRIBED])["jobs"]
            found |= {each["jobId"]: each["status"] for each in jobs}
        return found

    def failed_children(self, job_id: str) -> list[int]:
        """Return the indices of the failed children of an array."""
        pages = self.batch.get_paginator("list_jobs").paginate(
            arrayJobId=job_id, jobStatus="FAILED"
        )
        return sorted(
            each["arrayProperties"]["index"] for page in pages for each in page["jobSummaryList"]
        )

    def submit(self, plan: Plan, job: Mapping[str, Any], *, is_service: bool) -> str:
        """Submit a job, and tag the first run with its id; return the id."""
        send = self.batch.submit_service_job if is_service else self.batch.submit_job
        try:
            new: str = send(**plan.request)["jobId"]
        except (BotoCoreError, ClientError) as error:
            raise without_values(error, job) from None  # its text may hold what the job was given
        if LINK in plan.request.get("tags", {}):
            try:
                self.batch.tag_resource(resourceArn=job["jobArn"], tags={BACK_LINK: new})
            except ClientError as error:
                why = deployment.describe_error(error)
                plan.lost.append(f"the first run could not be tagged with {BACK_LINK}: {why}")
        return new

    def wait(self, jobs: Mapping[str, bool], step: Callable[[str], None]) -> dict[str, str]:
        """Wait until all jobs have ended: ids, and whether it is a service job; return statuses."""
        while True:
            found = self.statuses(job for job, is_service in jobs.items() if not is_service)
            for job in (job for job, is_service in jobs.items() if is_service):
                found[job] = self.batch.describe_service_job(jobId=job)["status"]
            if all(status in FINISHED for status in found.values()):
                return found
            step(", ".join(f"{job}: {status}" for job, status in found.items()))
            time.sleep(POLL_S)

    def measure(self, job: Mapping[str, Any], queue: str) -> Measured:
        """Read what is known of the memory that the job used, and that its queue has."""
        return Measured(peak_memory(job), largest_instance(self.batch, queue))


def without_values(error: Exception, job: Mapping[str, Any]) -> InputError:
    """Convert an error of SubmitJob into one that shows nothing that the job was given."""
    if isinstance(error, ParamValidationError):
        names = ", ".join(sorted(set(re.findall(r"parameter (?:in )?([\w.\[\]]+)", str(error)))))
        return InputError(f"the job cannot be submitted again: {names or 'a value'} is not valid")
    if not isinstance(error, BotoCoreError | ClientError):
        raise error
    safe = deployment.aws_error("submit the job", error)
    text = str(safe)
    for value in sorted(secret_values(job), key=len, reverse=True):
        if len(value) >= 4:  # shorter ones are words of the message itself
            text = text.replace(value, "***")
    return type(safe)(text)


def largest_instance(batch: Any, queue: str) -> int | None:
    """Return the memory (MiB) of the largest instance of a queue, or None if it is not known."""
    try:
        [found] = batch.describe_job_queues(jobQueues=[queue])["jobQueues"]
        names = [each["computeEnvironment"] for each in found["computeEnvironmentOrder"]]
        environments = batch.describe_compute_environments(computeEnvironments=names)
        types = [
            kind
            for each in environments["computeEnvironments"]
            for kind in (each.get("computeResources") or {}).get("instanceTypes") or ("optimal",)
        ]
        if not all(_TYPE.fullmatch(kind) for kind in types):
            return None  # optimal, or what AWS chooses by other rules
        patterns = [kind if "." in kind else f"{kind}.*" for kind in types]
        pages = (
            boto3.client("ec2")
            .get_paginator("describe_instance_types")
            .paginate(Filters=[{"Name": "instance-type", "Values": patterns}])
        )
        sizes = [
            each["MemoryInfo"]["SizeInMiB"] for page in pages for each in page["InstanceTypes"]
        ]
    except (BotoCoreError, ClientError, ValueError):
        return None
    return max(sizes, default=None)


def peak_memory(job: Mapping[str, Any]) -> int | None:
    """Return the most memory (MiB) that the last attempt used, if Container Insights measured it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html
    """
    found = re.fullmatch(
        r"arn:\S+:task/([\w-]+)/(\w+)", (job.get("container") or {}).get("taskArn", "")
    )
    if found is None:
        return None
    try:
        pages = (
            boto3.client("logs")
            .get_paginator("filter_log_events")
            .paginate(
                logGroupName=f"/aws/ecs/containerinsights/{found[1]}/performance",
                filterPattern=f'{{ $.Type = "Task" && $.TaskId = "{found[2]}" }}',
                startTime=int(job.get("startedAt") or 0),
                PaginationConfig={"MaxItems": 1_000},
            )
        )
        texts = [each["message"] for page in pages for each in page["events"]]
    except (BotoCoreError, ClientError):
        return None
    used = [
        float(one) for text in texts for one in re.findall(r'"MemoryUtilized":\s*([\d.]+)', text)
    ]
    return round(max(used)) if used else None
