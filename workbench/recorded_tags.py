"""Recorded answers of AWS Batch about the tags of jobs, definitions and queues, in memory.

A file has the answers by operation: `DescribeJobs`, `DescribeServiceJob`, `DescribeJobDefinitions`
and `DescribeJobQueues`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notifier.batch.failure import Failure
from notifier.batch.labels.labels import Labels, Tags, merge
from notifier.incident.fingerprint import root_of
from workbench.errors import InputError
from workbench.files import ROOT

FOLDER = ROOT / "events" / "tags"
_LISTS = (
    ("DescribeJobs", "jobs", "jobId"),
    ("DescribeJobDefinitions", "jobDefinitions", "jobDefinitionArn"),
    ("DescribeJobQueues", "jobQueues", "jobQueueArn"),
)


@dataclass
class RecordedTags:
    """Tags by the id of a job, or by the ARN of a definition or queue; see `ports.LabelReader`."""

    tags: dict[str, Tags] = field(default_factory=dict)

    def read(self, failures: Sequence[Failure]) -> Mapping[str, Labels]:
        """Return the labels of failures by the id of their job."""
        return {one.job_id: Labels(self._tags_of(one)) for one in failures}

    def _tags_of(self, failure: Failure) -> Tags:
        places = (failure.queue_arn, failure.definition_arn, root_of(failure.job_id))
        return merge(*(self.tags.get(place, {}) for place in places))


def load_tags(files: Iterable[Path]) -> RecordedTags:
    """Read the answers in these files, as far as they exist; raises `InputError`."""
    found: dict[str, Tags] = {}
    for file in files:
        if file.is_file():
            found |= dict(_tags_in(_read(file)))
    return RecordedTags(found)


def _read(file: Path) -> dict[str, Any]:
    try:
        answers: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{file} is not JSON: {error}") from error
    return answers


def _tags_in(answers: dict[str, Any]) -> Iterator[tuple[str, Tags]]:
    for operation, key, name in _LISTS:
        for one in answers.get(operation, {}).get(key, ()):
            yield one[name], one.get("tags", {})
    if service_job := answers.get("DescribeServiceJob"):
        yield service_job["jobId"], service_job.get("tags", {})
