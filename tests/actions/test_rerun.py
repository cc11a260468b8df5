"""`Run again`: one click submits one job, with all that the first was given, and shows no value."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from actions import on_action
from actions.misuse import Misuse
from notifier.diagnosis.catalogue import Certainty
from tests.actions.jobs import SECRETS
from tests.actions.world import HOUR, KEY, NOW, Logged, Page, Stack, got, posted

LABEL = "Run again"


def follow(stack: Stack, job: str) -> Page:
    return stack.follow(stack.links(job=job)[LABEL])


def run_again(stack: Stack, job: str, now: int = NOW) -> Page:
    return stack.submit(stack.token(LABEL, job, now))


def new_jobs(stack: Stack, before: set[str]) -> list[str]:
    return sorted(stack.jobs.all() - before)


def shows_no_secret(*texts: str) -> bool:
    return not [secret for secret in SECRETS for text in texts if secret in text]


def test_following_the_link_names_what_will_happen_and_submits_nothing(
    stack: Stack, logged: Logged
) -> None:
    job = stack.fail_job()
    before = stack.jobs.all()
    for method in ("GET", "HEAD", "GET"):
        page = stack.follow(stack.links(job=job)[LABEL], method)
        assert page.status == 200
    for name in ("nightly", job, "Queue etl", "Job definition align:1", "Changed nothing",
                 "environment, parameters, tags, command", "Nothing has been done"):  # fmt: skip
        assert name in page.text
    assert shows_no_secret(page.html, logged.take())
    assert "TOKEN" not in page.html
    assert new_jobs(stack, before) == []
    assert stack.published() == []


def test_the_job_runs_once_more_and_the_thread_says_who_and_which(
    stack: Stack, logged: Logged
) -> None:
    job = stack.fail_job(timeout={"attemptDurationSeconds": 300})
    before = stack.jobs.all()
    logged.take()
    page = run_again(stack, job)
    [new] = new_jobs(stack, before)
    assert f"Run again by Ada: nightly as job {new}." in page.text
    old, made = stack.jobs.described(job), stack.jobs.described(new)
    for name in ("jobName", "jobQueue", "jobDefinition", "parameters", "timeout"):
        assert made[name] == old[name]
    assert made["container"]["command"] == old["container"]["command"]
    assert {"name": "TOKEN", "value": SECRETS[0]} in made["container"]["environment"]
    assert made["tags"] == {"owner": SECRETS[3], "notify:rerun-of": job}
    assert stack.jobs.described(job)["tags"]["notify:rerun-by"] == new
    [update] = stack.published()
    assert (update["status"], update["dedup_key"]) == ("RUN AGAIN", KEY)
    assert (update["outcome"], update["severity"]) == ("answered", "info")
    assert f"run again by Ada: nightly as job {new}" in update["summary"]
    told = logged.take()
    assert shows_no_secret(page.html, json.dumps(update), told)
    assert json.loads(told.splitlines()[-1])["ActionsDone"] == [1.0]
    assert f'"job": "{job}"' in told


@pytest.mark.parametrize(
    ("certainty", "shown"),
    [(Certainty.CERTAIN, "memory 128 -> 256 MiB"), (Certainty.LIKELY, "Changed nothing")],
)
def test_more_memory_where_aws_says_that_it_ran_out(
    stack: Stack, certainty: Certainty, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.save(cause="oom-container", certainty=certainty)
    job = stack.fail_job("oom-container")
    page = follow(stack, job)
    assert shown in page.text
    is_more = certainty is Certainty.CERTAIN
    assert ("instance of the queue has this much memory was not checked" in page.text) is is_more
    sent: list[Any] = []
    submit = on_action._batch().submit
    monkeypatch.setattr(  # moto shows no resource requirements
        type(on_action._batch()),
        "submit",
        lambda _, request: sent.append(request) or submit(request),
    )
    run_again(stack, job)
    sizes = sent[0]["containerOverrides"].get("resourceRequirements", [])
    assert ({"type": "MEMORY", "value": "256"} in sizes) is is_more
    assert (", memory 128 -> 256 MiB" in stack.published()[0]["summary"]) is is_more


def test_another_jobs_memory_is_none_of_its_business(stack: Stack) -> None:
    stack.save(cause="oom-container", certainty=Certainty.CERTAIN)
    assert "Changed nothing" in follow(stack, stack.fail_job("app-exit-1")).text


def test_of_an_array_only_the_failed_children_run_again(stack: Stack) -> None:
    job = stack.fail_array(4, failed=[1, 3])
    page = follow(stack, job)
    assert "2 children of 4: their indices are in FAILED_INDICES" in page.text
    assert "the image needs sh and cut, and no ENTRYPOINT" in page.text
    before = stack.jobs.all()
    assert run_again(stack, job).status == 200
    [new] = new_jobs(stack, before)
    made = stack.jobs.described(new)
    assert made["arrayProperties"]["size"] == 2
    assert {"name": "FAILED_INDICES", "value": "1,3"} in made["container"]["environment"]


def test_an_array_of_which_all_failed_runs_as_it_was(stack: Stack) -> None:
    job = stack.fail_array(2, failed=[0, 1])
    assert "Changed nothing" in follow(stack, job).text


def test_a_later_success_is_said_and_the_person_decides(stack: Stack) -> None:
    job = stack.fail_job()
    later = stack.jobs.submit()
    stack.jobs._of_moto(later).job_started_at = stack.jobs._of_moto(job).job_stopped_at.replace(
        year=2100
    )
    page = follow(stack, job)
    assert f"Note: nightly has succeeded since, as job {later} at " in page.text
    assert run_again(stack, job).status == 200


def test_where_later_runs_are_not_known_that_is_said(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stack.fail_job()
    monkeypatch.setattr(on_action._batch()._lookup._client, "list_jobs", failing("ServerException"))
    page = follow(stack, job)
    assert (page.status, "a later run has succeeded is not known" in page.text) == (200, True)


# ---- misuse -------------------------------------------------------------------------------------


def form(token: str) -> Any:
    return posted(urlencode({"t": token, "who": "Ada"}))


def look(token: str) -> Any:
    return got(urlencode({"t": token}))


def used(stack: Stack) -> str:
    """Give the link of another message, about a job that a link has run again."""
    job = stack.fail_job()
    assert run_again(stack, job).status == 200
    assert len(stack.published()) == 1
    return stack.token(LABEL, job, NOW + 1_000)


def by_hand(stack: Stack) -> str:
    job = stack.fail_job()
    arn = stack.jobs.described(job)["jobArn"]
    stack.jobs.batch.tag_resource(resourceArn=arn, tags={"notify:rerun-by": "new"})
    return stack.token(LABEL, job)


def gone(stack: Stack) -> str:
    job = stack.fail_job()
    stack.jobs.forget(job)
    return stack.token(LABEL, job)


def running(stack: Stack) -> str:
    job = stack.fail_job()
    stack.jobs.set_status(job, "RUNNING")
    return stack.token(LABEL, job)


def deregistered(stack: Stack) -> str:
    account = stack.jobs.account
    old, job = account.definition, stack.fail_job()
    account.defined("another", "revision")
    stack.jobs.batch.deregister_job_definition(jobDefinition=old)
    return stack.token(LABEL, job)


def without_queue(stack: Stack) -> str:
    job = stack.fail_job()
    stack.jobs._of_moto(job).job_queue = type(
        "Queue", (), {"arn": stack.jobs.account.queue.replace("/etl", "/gone")}
    )
    return stack.token(LABEL, job)


def large(stack: Stack) -> str:
    return stack.token(LABEL, stack.fail_array(1_101, failed=range(1, 1_101)))


def of_the_image(stack: Stack) -> str:
    job = stack.fail_array(3, failed=[1])
    moto = stack.jobs._of_moto(job)
    moto.container_overrides, moto.job_definition.container_properties["command"] = {}, []
    return stack.token(LABEL, job)


def largest(stack: Stack) -> str:
    stack.save(cause="oom-container", certainty=Certainty.CERTAIN)
    job = stack.fail_job("oom-container")
    definition = stack.jobs._of_moto(job).job_definition
    definition.container_properties |= {"vcpus": 0, "memory": 0}
    stack.jobs._of_moto(job).container_overrides = {"command": ["x"], "memory": 0}
    return stack.token(LABEL, job)


def with_other_job(stack: Stack) -> str:
    one, other = stack.fail_job(), stack.fail_job()
    return stack.token(LABEL, one).replace(one, other)


def job_only(stack: Stack) -> str:
    """Give a link that names a job behind another action; only the key could sign it."""
    return stack.signed("ack", f"{KEY}~{stack.fail_job()}")


Case = Callable[[Stack], Any]
MISUSES: list[tuple[str, Misuse, Case]] = [
    ("a second time, from another message", Misuse.RERUN_DONE, lambda s: form(used(s))),
    ("a look at a job that runs again", Misuse.RERUN_DONE, lambda s: look(used(s))),
    ("a job that somebody ran again by hand", Misuse.RERUN_DONE, lambda s: form(by_hand(s))),
    ("a job that is gone", Misuse.NO_JOB, lambda s: form(gone(s))),
    ("a look at a job that is gone", Misuse.NO_JOB, lambda s: look(gone(s))),
    ("a job that runs", Misuse.NOT_ENDED, lambda s: form(running(s))),
    ("a deregistered definition", Misuse.NO_DEFINITION, lambda s: form(deregistered(s))),
    ("a queue that is gone", Misuse.BATCH_REFUSED, lambda s: form(without_queue(s))),
    ("an array too large", Misuse.TOO_MANY_CHILDREN, lambda s: form(large(s))),
    ("an array without failed children", Misuse.NO_CHILD,
     lambda s: form(s.token(LABEL, s.fail_array(3, failed=[])))),
    ("children whose command is the image's", Misuse.NO_COMMAND, lambda s: form(of_the_image(s))),
    ("no memory that could be raised", Misuse.NO_SIZE, lambda s: form(largest(s))),
    ("another job in the link", Misuse.SIGNATURE, lambda s: form(with_other_job(s))),
    ("a job behind another action", Misuse.MALFORMED, lambda s: form(job_only(s))),
    ("no job in the link", Misuse.MALFORMED, lambda s: form(s.signed("run"))),
    ("a link of yesterday", Misuse.EXPIRED,
     lambda s: form(s.signed("run", f"{KEY}~{s.fail_job()}", NOW // 1000))),
    ("an incident that is gone", Misuse.NO_INCIDENT,
     lambda s: form(s.signed("run", f"{'f' * 16}~{s.fail_job()}"))),
    ("AllowRerun switched off since", Misuse.RERUN_OFF,
     lambda s: form(s.token(LABEL, s.fail_job()))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("misuse", "case"), [one[1:] for one in MISUSES], ids=[one[0] for one in MISUSES]
)
def test_misuse_submits_nothing_and_is_counted(
    stack: Stack, misuse: Misuse, case: Case, logged: Logged,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    event = case(stack)
    before = stack.jobs.all()
    if misuse is Misuse.RERUN_OFF:
        monkeypatch.setenv("ALLOW_RERUN", "off")
    logged.take()
    page = stack.send(event)
    assert misuse.says in page.text
    assert (page.status, page.text.startswith("Nothing was done")) == (misuse.status, True)
    assert new_jobs(stack, before) == []
    assert stack.published() == []
    told = logged.take()
    assert json.loads(told.splitlines()[-1])["ActionsRefused"] == [1.0]
    assert shows_no_secret(page.html, told)


def test_a_link_that_was_refused_works_when_it_can(stack: Stack) -> None:
    job = stack.fail_job()
    token = stack.token(LABEL, job)
    stack.jobs.set_status(job, "RUNNING")
    assert stack.submit(token).status == Misuse.NOT_ENDED.status
    stack.jobs.set_status(job, "FAILED")
    assert stack.submit(token).status == 200


def test_links_are_signed_only_where_it_is_allowed(stack: Stack) -> None:
    job = stack.fail_job()
    assert LABEL in stack.links(job=job)
    assert LABEL not in stack.links()
    stack.signer._allow_rerun = False
    try:
        assert LABEL not in stack.links(job=job)
    finally:
        stack.signer._allow_rerun = True


# ---- at most once -------------------------------------------------------------------------------


def failing(code: str, status: int = 500) -> Callable[..., Any]:
    """Fail as AWS does; its text may quote what was sent."""

    def fail(**_: Any) -> Any:
        answer: Any = {
            "Error": {"Code": code, "Message": " ".join(SECRETS)},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(answer, "SubmitJob")

    return fail


def raising(error: Exception) -> Callable[..., Any]:
    def fail(**_: Any) -> Any:
        raise error

    return fail


URL = {"endpoint_url": "https://batch"}
NOT_DONE = {
    "throttled": failing("TooManyRequestsException", 429),
    "denied": failing("AccessDeniedException", 403),
    "refused": failing("ClientException", 400),
    "not connected": raising(ConnectTimeoutError(**URL)),
    "no address": raising(EndpointConnectionError(**URL)),
}
NOT_KNOWN = {
    "no answer": raising(ReadTimeoutError(**URL)),
    "a server error": failing("ServerException"),
}


def submit_once(stack: Stack, token: str, fail: Any, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Press the button while AWS Batch fails."""
    with monkeypatch.context() as patch:
        patch.setattr(on_action._batch()._submitter, "submit_job", fail)
        return stack.submit(token)


@pytest.mark.parametrize("fail", NOT_DONE.values(), ids=NOT_DONE)
def test_where_nothing_was_submitted_the_link_works_later(
    stack: Stack, fail: Any, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    token, before = stack.token(LABEL, stack.fail_job()), stack.jobs.all()
    page = submit_once(stack, token, fail, monkeypatch)
    assert page.text.startswith("Nothing was done")
    assert page.status in (409, 503)
    assert ("Access denied" in page.text) is (fail is NOT_DONE["denied"])
    assert shows_no_secret(page.html, logged.take())
    assert new_jobs(stack, before) == stack.published() == []
    assert stack.submit(token).status == 200
    assert len(new_jobs(stack, before)) == 1


@pytest.mark.parametrize("fail", NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_where_aws_does_not_say_the_link_is_used_up(
    stack: Stack, fail: Any, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    token, before = stack.token(LABEL, stack.fail_job()), stack.jobs.all()
    page = submit_once(stack, token, fail, monkeypatch)
    assert (page.status, "did not say whether the job was submitted" in page.text) == (504, True)
    told = logged.take()
    assert json.loads(told.splitlines()[-1])["ActionsFailed"] == [1.0]
    assert shows_no_secret(page.html, told)
    assert stack.submit(token).status == Misuse.RERUN_DONE.status
    assert new_jobs(stack, before) == []


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_an_invocation_that_dies_before_it_submits_leaves_a_used_link(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out of Lambda ends everything, and nothing is restored."""
    job, batch = stack.fail_job(), on_action._batch()
    token, before = stack.token(LABEL, job), stack.jobs.all()
    with monkeypatch.context() as patch:
        patch.setattr(batch._submitter, "submit_job", raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            stack.submit(token)
    assert stack.submit(token).status == Misuse.RERUN_DONE.status
    assert new_jobs(stack, before) == []


def test_two_clicks_at_once_submit_one_job(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second request, of another message, has looked before the first had used the job up."""
    job = stack.fail_job()
    tokens = [stack.token(LABEL, job, NOW + n) for n in (0, 60_000)]
    before = stack.jobs.all()
    monkeypatch.setattr(on_action._ledger(), "is_link_used", lambda _: False)
    monkeypatch.setattr(type(on_action._batch()), "link_back", lambda *_: None)
    assert [stack.submit(token).status for token in tokens] == [200, 409]
    assert len(new_jobs(stack, before)) == 1


def test_aws_is_asked_once_to_submit() -> None:
    """SubmitJob has no token that makes two requests one."""
    from actions import batch_jobs

    assert batch_jobs._SUBMITS.tries == 1


def test_a_tag_that_is_missing_and_an_update_that_is_not_published_are_said(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = on_action._batch()
    monkeypatch.setattr(batch._client, "tag_resource", failing("AccessDeniedException", 403))
    monkeypatch.setattr(on_action._topic()._client, "publish", failing("InternalError"))
    page = run_again(stack, stack.fail_job())
    assert page.status == 200
    assert "could not be tagged with notify:rerun-by: AccessDeniedException" in page.text
    assert "tell the others yourself" in page.text


def test_what_it_depended_on_is_said(stack: Stack) -> None:
    first = stack.jobs.submit("first")
    job = stack.fail_job(dependsOn=[{"jobId": first}])
    stack.jobs.set_status(first, "FAILED")
    assert f"it does not wait for job {first}, which failed" in follow(stack, job).text


def test_the_page_escapes_names(stack: Stack) -> None:
    job = stack.fail_job()
    stack.jobs._of_moto(job).job_name = '<script src="//evil">'
    page = follow(stack, job)
    assert (page.status, "<script" in page.html) == (200, False)
    first = replace(stack.incident.first, job_name="<b>")
    stack.save(first=first, due=NOW + HOUR)
    assert "<b>" not in follow(stack, job).html
