"""Labels, read where AWS Batch keeps them: one contract for moto, recordings and the fake."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import Stubber

from notifier.aws import history
from notifier.aws.history import RunHistoryLookup
from notifier.aws.labels import lookup
from notifier.aws.labels.definitions import Definitions
from notifier.aws.labels.kept import KEPT_S, MOST_KEPT, Kept
from notifier.aws.labels.lookup import MOST_SERVICE_JOBS, LabelLookup
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Kind
from notifier.batch.labels.labels import Labels
from notifier.ports.reporting import LabelReader, NoLabels
from tests.aws.conftest import REGION
from tests.batch_account import BatchAccount
from tests.fakes import FakeLabels
from workbench.local import samples
from workbench.recorded_tags import FOLDER, load_tags

ARN = f"arn:aws:batch:{REGION}:111122223333"
QUEUE, DEFINITION = f"{ARN}:job-queue/etl", f"{ARN}:job-definition/align:1"
THROTTLED = "TooManyRequestsException"


def failure(job_id: str = "a", **changes: Any) -> Failure:
    given = {
        "kind": Kind.JOB, "job_id": job_id, "job_name": "nightly", "event_id": "e",
        "event_time": "", "account": "111122223333", "region": REGION, "queue_arn": QUEUE,
        "definition_arn": DEFINITION,
    }  # fmt: skip
    return Failure(**(given | changes))


class LabelsContract:
    """What a delivery may rely on."""

    def reader(
        self, job: dict[str, str], definition: dict[str, str], queue: dict[str, str]
    ) -> tuple[LabelReader, Failure]:
        raise NotImplementedError

    def test_a_queue_alone_labels_its_jobs(self) -> None:
        reader, one = self.reader({}, {}, {"notify:owner": "maps"})
        assert reader.read([one]) == {one.job_id: Labels({"notify:owner": "maps"})}

    def test_the_job_wins_over_its_definition_and_that_over_the_queue(self) -> None:
        reader, one = self.reader(
            {"a": "job"}, {"a": "definition", "b": "definition"},
            {"a": "queue", "b": "queue", "c": "queue"},
        )  # fmt: skip
        assert reader.read([one])[one.job_id].tags == {"a": "job", "b": "definition", "c": "queue"}

    def test_nothing_is_tagged(self) -> None:
        reader, one = self.reader({}, {}, {})
        assert reader.read([one]) == {one.job_id: Labels()}

    def test_children_have_the_tags_of_their_array(self) -> None:
        reader, one = self.reader({"team": "maps"}, {}, {})
        children = [
            failure(f"{one.job_id}:{n}", kind=Kind.ARRAY_CHILD, queue_arn=one.queue_arn)
            for n in range(3)
        ]
        found = reader.read(children)
        assert [found[each.job_id].tags for each in children] == [{"team": "maps"}] * 3


class TestFakeLabels(LabelsContract):
    def reader(
        self, job: dict[str, str], definition: dict[str, str], queue: dict[str, str]
    ) -> tuple[LabelReader, Failure]:
        return FakeLabels({"a": job, DEFINITION: definition, QUEUE: queue}), failure()


class TestOnMoto(LabelsContract):
    """Moto answers in the shapes of AWS's own model."""

    @pytest.fixture(autouse=True)
    def patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lookup, "GIVE_UP_S", 600.0)  # a busy machine is no slow AWS

    def reader(
        self, job: dict[str, str], definition: dict[str, str], queue: dict[str, str]
    ) -> tuple[LabelReader, Failure]:
        history.batch_client.cache_clear()
        account = BatchAccount(REGION, tags={"queue": queue, "definition": definition})
        job_id = account.batch.submit_job(
            jobName="nightly", jobQueue=account.queue, jobDefinition=account.definition, tags=job
        )["jobId"]
        one = failure(job_id, queue_arn=account.queue, definition_arn=account.definition)
        return LabelLookup(Definitions()), one


class Batch:
    """A client that answers from tables; what is an error is raised. Counts its calls."""

    def __init__(self, tags: Mapping[str, Any], **problems: Exception) -> None:
        self.tags, self.problems = tags, problems
        self.calls: Counter[str] = Counter()
        self.asked: list[Any] = []

    def describe_jobs(self, jobs: list[str]) -> Any:
        return {"jobs": self._known("jobs", jobs, "jobId")}

    def describe_job_queues(self, jobQueues: list[str]) -> Any:  # noqa: N803
        return {"jobQueues": self._known("queues", jobQueues, "jobQueueArn")}

    def describe_job_definitions(self, jobDefinitions: list[str]) -> Any:  # noqa: N803
        found = self._known("definitions", jobDefinitions, "jobDefinitionArn")
        return {"jobDefinitions": found}

    def describe_service_job(self, jobId: str) -> Any:  # noqa: N803
        [found] = self._known("service_jobs", [jobId], "jobId")
        return found

    def _known(self, what: str, keys: list[str], name: str) -> list[dict[str, Any]]:
        self.calls[what] += 1
        self.asked.append(keys)
        if what in self.problems:
            raise self.problems[what]
        return [{name: key, "tags": self.tags[key]} for key in keys if key in self.tags]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Batch], LabelLookup]:
    def using(batch: Batch) -> LabelLookup:
        monkeypatch.setattr(lookup, "batch_client", lambda region: batch)
        return LabelLookup(Definitions())

    return using


Use = Callable[[Batch], LabelLookup]


@pytest.mark.parametrize(("jobs", "calls"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_jobs_are_described_in_hundreds(use: Use, jobs: int, calls: int) -> None:
    batch = Batch({f"job-{n}": {"n": str(n)} for n in range(jobs)})
    found = use(batch).read([failure(f"job-{n}") for n in range(jobs)])
    assert found[f"job-{jobs - 1}"].tags == {"n": str(jobs - 1)}
    assert batch.calls == {"jobs": calls, "queues": 1, "definitions": 1}


def test_a_hundred_children_are_one_job(use: Use) -> None:
    batch = Batch({"array": {"team": "maps"}})
    children = [failure(f"array:{n}", kind=Kind.ARRAY_CHILD) for n in range(100)]
    found = use(batch).read(children)
    assert found["array:99"].tags == {"team": "maps"}
    assert ["array"] in batch.asked
    assert sum(batch.calls.values()) == 3


def test_what_was_read_is_kept_for_five_minutes(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    batch = Batch({QUEUE: {"team": "maps"}, DEFINITION: {}})
    reader = use(batch)
    for _ in range(3):
        assert reader.read([failure()])["a"].tags == {"team": "maps"}
    assert batch.calls == {"jobs": 1, "queues": 1, "definitions": 1}
    batch.tags = {QUEUE: {"team": "roads"}}
    clock[0] += KEPT_S
    assert reader.read([failure()])["a"].tags == {"team": "roads"}


def test_no_more_is_kept_than_fits() -> None:
    kept: Kept[int] = Kept()
    kept.keep({str(n): n for n in range(MOST_KEPT + 10)})
    assert (kept.get("9"), kept.get("10")) == (None, 10)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeJobs"),
            "not allowed to query AWS Batch (AccessDeniedException)",
        ),
        (
            ClientError({"Error": {"Code": THROTTLED}}, "DescribeJobs"),
            f"AWS Batch did not answer ({THROTTLED})",
        ),
        (ConnectTimeoutError(endpoint_url="x"), "AWS Batch did not answer (ConnectTimeoutError)"),
    ],
)
def test_what_could_not_be_read_is_said_and_the_rest_is_used(
    use: Use, error: Exception, said: str
) -> None:
    found = use(Batch({QUEUE: {"team": "maps"}}, jobs=error)).read([failure()])
    assert found["a"] == Labels({"team": "maps"}, said)


def test_after_no_answer_no_more_jobs_are_asked_for(use: Use) -> None:
    batch = Batch({}, jobs=ConnectTimeoutError(endpoint_url="x"))
    use(batch).read([failure(f"job-{n}") for n in range(250)])
    assert batch.calls == {"jobs": 1, "queues": 1, "definitions": 1}


def test_a_delivery_waits_for_its_slowest_answer_alone(use: Use) -> None:
    """Each waits until all three are asked: one after another, the first would never end."""
    together, batch = threading.Barrier(3, timeout=10), Batch({QUEUE: {"team": "maps"}})
    known = batch._known
    batch._known = lambda *asked: (together.wait(), known(*asked))[1]  # type: ignore[method-assign]
    assert use(batch).read([failure()])["a"] == Labels({"team": "maps"})


def test_nothing_is_asked_after_the_time_to_give_up(
    use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0.0, *[lookup.GIVE_UP_S + 1] * 20])
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    batch = Batch({})
    assert use(batch).read([failure()])["a"].unread == "AWS Batch did not answer (too slow)"
    assert batch.calls == {}


def test_service_jobs_are_described_one_by_one_and_not_too_many(use: Use) -> None:
    ids = [f"s{n}" for n in range(MOST_SERVICE_JOBS + 5)]
    batch = Batch({one: {"team": one} for one in ids} | {QUEUE: {"notify:owner": "ml"}})
    found = use(batch).read([failure(one, kind=Kind.SERVICE_JOB) for one in ids])
    assert batch.calls["service_jobs"] == MOST_SERVICE_JOBS
    assert found["s0"].tags == {"notify:owner": "ml", "team": "s0"}
    assert found[ids[-1]].tags == {"notify:owner": "ml"}
    assert "more than 10 service jobs" in found[ids[-1]].unread


def test_a_forged_region_or_arn_is_not_asked(use: Use) -> None:
    batch = Batch({})
    reader = use(batch)
    assert reader.read([failure(region="evil.example.com")]) == {}
    reader.read([failure("not an id!", queue_arn="https://x", definition_arn="rm -rf")])
    assert batch.calls == {}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.stem)
def test_recorded_answers_are_read_as_the_samples_have_them(use: Use, file: Path) -> None:
    """The same answers through the adapter, and as the goldens are made from them."""
    one = parse_event(samples.find(file.stem).event)
    assert isinstance(one, Failure)
    answers = json.loads(file.read_text(encoding="utf-8"))
    client = SimpleNamespace(
        describe_jobs=lambda **_: answers.get("DescribeJobs", {"jobs": []}),
        describe_job_queues=lambda **_: answers.get("DescribeJobQueues", {"jobQueues": []}),
        describe_job_definitions=lambda **_: answers.get(
            "DescribeJobDefinitions", {"jobDefinitions": []}
        ),
        describe_service_job=lambda **_: answers["DescribeServiceJob"],
    )
    found = use(client).read([one])[one.job_id]  # type: ignore[arg-type]
    assert found == load_tags([file]).read([one])[one.job_id]
    assert found.tags


def test_requests_and_answers_are_those_of_the_client() -> None:
    history.batch_client.cache_clear()
    with Stubber(history.batch_client(REGION)) as stub:
        queue = {
            "jobQueueName": "etl", "jobQueueArn": QUEUE, "state": "ENABLED", "priority": 1,
            "computeEnvironmentOrder": [], "tags": {"a": "queue"},
        }  # fmt: skip
        job = {
            "jobArn": "x", "jobName": "x", "jobId": "s", "jobQueue": QUEUE, "startedAt": 0,
            "serviceJobType": "SAGEMAKER_TRAINING", "status": "FAILED", "tags": {"b": "job"},
        }  # fmt: skip
        stub.add_response("describe_job_queues", {"jobQueues": [queue]}, {"jobQueues": [QUEUE]})
        stub.add_response("describe_service_job", job, {"jobId": "s"})
        one = failure("s", kind=Kind.SERVICE_JOB, definition_arn="")
        assert LabelLookup(Definitions()).read([one])["s"].tags == {"a": "queue", "b": "job"}


def test_the_history_asks_for_no_definition_that_the_labels_have(
    use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions, batch = Definitions(), Batch({DEFINITION: {}, "a": {}})
    use(batch)
    monkeypatch.setattr(history, "batch_client", lambda region: batch)
    described = batch.describe_jobs

    def with_definition(jobs: list[str]) -> Any:
        return {"jobs": [one | {"jobDefinition": DEFINITION} for one in described(jobs)["jobs"]]}

    monkeypatch.setattr(batch, "describe_jobs", with_definition)
    monkeypatch.setattr(batch, "list_jobs", lambda **_: {"jobSummaryList": []}, raising=False)
    LabelLookup(definitions).read([failure()])
    found = RunHistoryLookup(definitions).look_up(failure())
    assert found.definition_after is not None
    assert batch.calls["definitions"] == 1


def test_a_dry_run_reads_none() -> None:
    assert NoLabels().read([failure()]) == {}
