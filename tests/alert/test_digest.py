"""What a person reads about an incident of many failures, line by line."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jmespath
import pytest

from notifier.alert import digest, log_samples, storm_digest
from notifier.alert.alert import Alert, compose
from notifier.alert.commands import aws_cli
from notifier.alert.several import recovered
from notifier.batch.failure import Kind
from notifier.channels import email, message, sms, webhook
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.diagnosis.known_cause import UNREADABLE, diagnosis_for
from notifier.incident.counts import Member, Role, fold
from notifier.incident.incident import Incident
from notifier.incident.job import job_of
from notifier.incident.recovery import Recovery
from notifier.joblog.excerpt import LogLine, LogRead
from tests.golden import scenes
from tests.golden.scenes import (
    LOST,
    OOM,
    ROOT,
    SCENES,
    STREAM,
    array_parent,
    child,
    failed,
    first,
    incident,
    runs,
    waiting,
    write_digest,
)  # fmt: skip
from tests.properties.limits import check_everything
from tests.properties.planted import SECRETS, leaked
from tests.properties.strategies import MARK


def mail(alert: Alert) -> str:
    return email.render_body(alert)


def flat(prose: str) -> str:
    return " ".join(prose.split())


def check(alert: Alert) -> message.Message:
    """Check a message against every channel's limits."""
    written = message.render(alert)
    # A text message has the headline where that of one failure has the title.
    titled = replace(alert, diagnosis=replace(alert.diagnosis, title=alert.cause_or_headline))
    check_everything(titled, written)
    return written


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_keeps_to_the_limits_of_every_channel(scene: str) -> None:
    check(SCENES[scene]())


@pytest.mark.parametrize(
    ("scene", "subject"),
    [
        ("array-closed", "FAILED align-cohort: 312 of 10,000 failed: 300 out of memory, "
                         "12 EC2 host terminated (etl)"),
        ("array-first", "FAILED align-cohort[3]: Container ran out of memory (etl, first time)"),
        ("chain", "FAILED extract: timed out; 2 will not run (etl)"),
        ("multi-node", "FAILED les-sim: 1 of 4 failed: exit code 1 (etl)"),
        ("nightly-5th", "FAILED nightly: 5 runs failed: KeyError: 'HG002' (etl, 5th in a row)"),
        ("recovered", "RECOVERED nightly: after 3 h 10 min, 5 failed runs (etl)"),
        ("unreadable", "FAILED unknown jobs: 4 events could not be read"),
    ],
)  # fmt: skip
def test_subjects(scene: str, subject: str) -> None:
    assert email.render_subject(SCENES[scene]()) == subject


@pytest.mark.parametrize(
    ("scene", "sentence"),
    [
        ("array-closed", "312 of 10,000 children of array job align-cohort failed on queue etl: "
                         "300 out of memory, 12 EC2 host terminated. The array job has finished."),
        ("array-first", "Child 3 of array job align-cohort failed on queue etl: container ran out "
                        "of memory. 24 more children have failed so far. 2 dependent jobs will "
                        "not run."),
        ("chain", "Job extract failed on queue etl: timed out. 2 dependent jobs will not "
                  "run."),
        ("nightly-5th", "Job nightly failed 5 times on queue etl: exit code 1. The log of job "
                        "nightly says: KeyError: 'HG002'"),
        ("recovered", "Job nightly on queue etl has succeeded again, after 3 h 10 min and 5 "
                      "failed runs."),
        ("unreadable", "4 events of failed Batch jobs could not be read: the event names no job."),
    ],
)  # fmt: skip
def test_sentences(scene: str, sentence: str) -> None:
    assert SCENES[scene]().sentence == sentence


def test_children_fail_so_far_until_their_parent_has() -> None:
    alert = write_digest(fold([*OOM, *LOST]), incident(child()))
    assert alert.headline == "312 failed so far: 300 out of memory, 12 EC2 host terminated"
    assert "have failed" not in alert.sentence
    assert "failed so far on queue etl" in alert.sentence
    assert "More may still fail" in " ".join(alert.steps)
    assert "More may still fail" not in " ".join(SCENES["array-closed"]().steps)


def test_what_batch_counts_beyond_our_events_is_said() -> None:
    alert = write_digest(fold([*OOM, array_parent(312)]), incident(child()))
    assert alert.headline.startswith("312 of 10,000 failed")
    assert "AWS Batch counts 312, but sent events for only 300." in alert.sentence
    assert " 12  Counted by AWS Batch" in "\n".join(alert.breakdown)


def test_a_parent_alone_is_reported_by_its_count() -> None:
    lead = first(Kind.ARRAY_PARENT, "align", array_size=10_000, array_failed=312)
    alert = write_digest(fold([array_parent()]), incident(lead, "array-child-failed"))
    assert alert.headline == "312 of 10,000 failed"
    assert alert.sentence.startswith("312 of 10,000 children of array job align failed on queue")


def test_a_child_is_not_taken_for_its_parent() -> None:
    lead = first(Kind.ARRAY_PARENT, "align", array_size=10_000)
    alert = write_digest(fold([*OOM, array_parent()]), incident(lead, "array-child-failed"))
    assert dict(alert.ids)["job id"] == ROOT
    assert alert.diagnosis.cause == "oom-container"
    assert alert.diagnosis.certainty is Certainty.LIKELY


def test_more_causes_than_three_are_counted() -> None:
    causes = ["oom-container", "job-timeout", "app-exit-1", "app-exit-2", "app-segfault"]
    members = [one for n, cause in enumerate(causes)
               for one in failed(range(n * 10, n * 10 + 9 - n), cause)]  # fmt: skip
    alert = write_digest(fold(members), incident(child()))
    assert alert.headline == (
        "35 failed so far: 9 out of memory, 8 timed out, 7 exit code 1 and 2 more causes"
    )
    assert len(alert.breakdown) == 5


def test_long_index_ranges_are_cut_in_the_mail_and_whole_for_machines() -> None:
    alert = write_digest(fold(failed(range(0, 10_000, 2))), incident(child()))
    shown = "\n".join(alert.breakdown)
    assert shown.startswith("5,000  Container ran out of memory  indices 0, 2, 4")
    assert shown.rstrip().endswith(", …")
    assert len(shown) < 1_000
    cause = webhook.build_document(alert)["causes"][0]
    assert cause["indices"].endswith(", 9996, 9998")
    assert cause["count"] == 5_000
    assert webhook.build_document(alert)["counts"] == {"failed": 5_000, "dependents": 0, "of": None}


def test_names_beyond_twenty_are_counted() -> None:
    alert = write_digest(
        fold(runs([f"s-{n}" for n in range(300)])), incident(first(), "app-exit-1")
    )
    assert "and 280 more" in flat(" ".join(alert.breakdown))
    assert len(webhook.build_document(alert)["causes"][0]["names"]) == 20
    assert alert.name == "align"


def test_dependents_are_counted_beside_and_named_in_the_last_step() -> None:
    alert = SCENES["chain"]()
    assert flat(alert.breakdown[-1]) == "2 Will not run: dependency failed load, transform"
    assert alert.steps[-1] == "Submit the dependent jobs again: load, transform."


@pytest.mark.parametrize(
    ("kind", "changes", "headline", "sentence"),
    [
        (Kind.QUEUE_BLOCKED, {}, "3 times: image or tag not found",
         "Queue etl was blocked 3 times: image or tag not found."),
        (Kind.ENVIRONMENT,
         {"resource_type": "AWS::Batch::ComputeEnvironment", "status": "CREATE_FAILED"},
         "3 times: image or tag not found",
         "CloudFormation could not create AWS::Batch::ComputeEnvironment nightly, 3 times: "
         "image or tag not found."),
        (Kind.SERVICE_JOB, {}, "3 runs failed: image or tag not found",
         "Job nightly failed 3 times on queue etl: image or tag not found."),
    ],
)  # fmt: skip
def test_what_is_no_job_is_worded_too(
    kind: Kind, changes: dict[str, Any], headline: str, sentence: str
) -> None:
    about = incident(first(kind, **changes), "image-not-found")
    alert = write_digest(fold(runs(["nightly"] * 3, "image-not-found")), about)
    assert (alert.headline, alert.sentence) == (headline, sentence)
    check(alert)


def test_one_failure_reported_late_reads_like_one() -> None:
    about = incident(first(), "oom-container")
    alert = write_digest(fold(runs(["weekly"], "oom-container")), about)
    assert email.render_subject(alert) == "FAILED weekly: Container ran out of memory (etl)"
    assert alert.breakdown == ()
    assert dict(alert.ids)["job id"] == f"{ROOT[:-3]}000"


def test_the_first_failure_that_is_reported_gives_its_name_and_ids() -> None:
    about = incident(first(name="sample-000"), "app-exit-1")
    member = Member("0c0f", Role.FAILED, "app-exit-1", scenes.START, name="sample-917")
    alert = write_digest(fold([member]), about)
    assert alert.name == "sample-917"
    assert alert.job_id == "0c0f"
    assert "sample-000" not in mail(alert)


def test_first_alert_of_one_failure_stays_as_it_is() -> None:
    alert = compose(first(), None, 25, scenes.KEY)
    about = incident(first(), alert.diagnosis.cause)
    assert digest.add_other_failures(alert, about, fold(runs(["nightly"]))) == alert


@pytest.mark.parametrize(
    ("names", "reported_at", "said"),
    [
        (["a", "b"], 0, "1 more job has failed so far."),
        (["a", "b", "c"], 0, "2 more jobs have failed so far."),
        (["a", "b", "c"], 2, "With this one, 3 jobs have failed since 2026-11-25 10:21:05 UTC."),
        (["a", "a"], 1, "This is the 2nd time since 2026-11-25 10:21:05 UTC."),
    ],
)
def test_what_else_has_failed_stands_before_what_the_log_says(
    names: list[str], reported_at: int, said: str
) -> None:
    alert = replace(compose(first(), None, 25), sentence="It failed. The log says: KeyError")
    about = incident(first(), "app-exit-1", reported_at=reported_at)
    shown = digest.add_other_failures(alert, about, fold(runs(names))).sentence
    assert shown == f"It failed. {said} The log says: KeyError"


def test_logs_are_read_of_three_causes_the_most_frequent_first() -> None:
    members = [one for n, cause in enumerate(["app-exit-1", "app-exit-2", "job-timeout",
               "oom-container"]) for one in failed(range(n * 10, n * 10 + 3 + n), cause,
               log=STREAM)]  # fmt: skip
    members.append(Member(f"{ROOT}:99", Role.FAILED, "oom-container", 1, index=99))
    read = log_samples.choose_logs(fold(members))
    assert [(one.cause, one.index) for one in read] == [
        ("oom-container", 30), ("job-timeout", 20), ("app-exit-2", 10),
    ]  # fmt: skip


def test_samples_are_shown_by_name_and_what_was_not_read_says_why() -> None:
    shown = mail(SCENES["array-closed"]())
    assert "LOG of child 3 (Container ran out of memory)  all 4 lines" in shown
    assert "LOG of child 900 (EC2 host terminated)\n  log unavailable: Thr" in shown


@pytest.mark.parametrize(("severity", "wanted"), [("", "critical"), ("info", "critical")])
def test_a_digest_is_as_severe_as_the_worst_failure_whatever_another_says_of_itself(
    severity: str, wanted: str
) -> None:
    label = Severity(severity) if severity in set(Severity) else None
    lead = child(tags=(("notify:severity", severity),))
    given = fold([*(replace(one, label=label) for one in OOM), *failed([900], "image-not-found")])
    assert write_digest(given, incident(lead)).severity == wanted


def test_recovery_is_as_severe_as_the_failure_and_shows_nothing_to_fear() -> None:
    alert = SCENES["recovered"]()
    assert alert.severity is Severity.CRITICAL
    for heading in ("WHY", "FAILED JOBS", "LOG", "COMMANDS"):
        assert f"\n{heading}" not in mail(alert)
    assert "Why now: it succeeded again." in flat(mail(alert))
    assert message.render(alert).attributes["event"] == "recovered"


def recovery(about: Incident, members: Sequence[Member]) -> Recovery:
    return Recovery(tuple(members), job_of(about.first, members[0]))


def test_a_drill_stays_one() -> None:
    alert = write_digest(fold([*OOM, *LOST]), incident(child(is_drill=True)))
    about = incident(child(is_drill=True))
    over = recovered.compose_recovery(about, recovery(about, OOM), fold(OOM), "after 3 min")
    assert alert.status == "DRILL FAILED"
    assert over.status == "DRILL RECOVERED"
    assert over.name == "align-cohort"


def test_unreadable_events_are_always_sent() -> None:
    assert SCENES["unreadable"]().is_always_sent
    assert not SCENES["nightly-5th"]().is_always_sent


def commands(indices: list[int], size: int = 10_000, **changes: Any) -> tuple[Alert, list[str]]:
    parent = array_parent(len(indices), size)
    alert = write_digest(fold([*failed(indices), parent]), incident(child(**changes)))
    return alert, [one for one in alert.submit_commands if "submit-job" in one]


def test_only_the_failed_indices_are_submitted_again() -> None:
    alert, (command,) = commands([3, 17, 40, 41])
    words = shlex.split(command)
    given = dict(zip(words[3::2], words[4::2], strict=False))
    assert given["--array-properties"] == "size=4"
    assert json.loads(given["--container-overrides"]) == {
        "environment": [{"name": "FAILED_INDICES", "value": "3,17,40,41"}],
        "resourceRequirements": [{"type": "MEMORY", "value": "8192"}],  # it was short
    }
    assert given["--job-name"] == "align-cohort"
    assert alert.submit_commands[-1] == aws_cli.MAP_INDEX
    assert alert.commands[0].startswith("batch-notifier rerun ")
    assert " --failed-children --memory next " in alert.commands[0]
    assert "the 4 failed children" in " ".join(alert.steps)


@pytest.mark.parametrize(("index", "wanted"), [("0", "3"), ("2", "40"), (None, "3")])
def test_the_new_child_works_as_the_one_that_failed(index: str | None, wanted: str) -> None:
    own = {"AWS_BATCH_JOB_ARRAY_INDEX": index} if index else {}
    shown = subprocess.run(
        ["/bin/sh", "-eu", "-c", f"{aws_cli.MAP_INDEX}; echo $AWS_BATCH_JOB_ARRAY_INDEX"],
        env={"PATH": "/usr/bin:/bin", "FAILED_INDICES": "3,17,40,41", **own},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout == f"{wanted}\n"


def test_one_failed_child_is_no_array() -> None:
    _, (command,) = commands([17])
    assert "--array-properties" not in command
    assert '"value":"17"' in command


def test_a_whole_array_is_submitted_as_it_was() -> None:
    alert, (command,) = commands([0, 1, 2], size=3)
    assert " --array-properties size=3 " in command
    assert "environment" not in command
    assert aws_cli.MAP_INDEX not in alert.submit_commands


def test_indices_too_many_for_an_override_are_said_to_be() -> None:
    alert, submits = commands(list(range(0, 10_000, 2)))
    assert submits == []
    assert "--failed-children" in alert.commands[0]  # which submits several arrays
    assert "aws batch list-jobs --array-job-id" in alert.commands[1]


def test_an_array_that_goes_on_failing_can_be_stopped_as_a_whole() -> None:
    still = write_digest(fold(failed(range(20))), incident(child()))
    assert "batch terminate-job --job-id" in still.commands[-1]
    assert "the last command below" in " ".join(still.steps)
    ended = write_digest(fold([*failed(range(20)), array_parent(20)]), incident(child()))
    few = write_digest(fold(failed(range(19))), incident(child()))
    assert not any("terminate-job" in one for one in (*ended.commands, *few.commands))


def test_jobs_that_still_wait_are_cancelled_fifty_at_a_time(tmp_path: Path) -> None:
    alert = write_digest(fold(runs(f"n{n}" for n in range(20))), incident(first()))
    wanted = alert.commands[-1].partition("--query '")[2].partition("'")[0]
    states = {"a": "RUNNABLE", "b": "RUNNING", "c": "PENDING", "d": "FAILED", "e": "SUBMITTED"}
    listed = [{"jobId": job, "status": state} for job, state in states.items()]
    assert jmespath.search(wanted, {"jobSummaryList": listed}) == ["a", "c", "e"]
    aws = tmp_path / "aws"  # the AWS CLI, as far as the pipe of the command can tell
    aws.write_text("#!/bin/sh\n[ $2 = list-jobs ] && exec seq 120\necho $2\n")
    aws.chmod(0o755)
    shown = subprocess.run(
        ["/bin/sh", "-eu", "-c", alert.commands[-1]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.split() == ["cancel-jobs"] * 3


@pytest.mark.parametrize(
    "changes",
    [{"queue_arn": "$(id)"}, {"definition_arn": "--x"}, {"region": "x; rm"}, {"platform": "EKS"}],
)
def test_nothing_is_submitted_from_parts_that_are_not_valid(changes: dict[str, Any]) -> None:
    alert, submits = commands([3, 17], **changes)
    assert submits == []
    assert aws_cli.MAP_INDEX not in alert.submit_commands


@pytest.mark.parametrize("name", ["$(id)", "--endpoint-url", "a b", "`x`", "n" * 129, ""])
def test_nothing_is_submitted_under_a_name_that_batch_would_not_take(name: str) -> None:
    assert aws_cli.submit_job(replace(child(), job_name=name)) == ()


def test_a_multi_node_job_is_submitted_whole() -> None:
    submits = [one for one in SCENES["multi-node"]().submit_commands if "submit-job" in one]
    assert len(submits) == 1
    assert "array-properties" not in submits[0]


def test_a_storm_names_the_most_severe_first_and_counts_the_rest() -> None:
    alert = SCENES["storm"]()
    assert alert.name == "ingest-043 and 194 more"
    assert alert.headline.startswith("1,158 failed jobs on hold: 579 out of memory, ")
    assert alert.severity is Severity.CRITICAL
    assert alert.breakdown[0].split()[0] == "11"
    assert "Image or tag not found" in alert.breakdown[0]
    assert alert.breakdown[-1] == "[57 more incidents will be named in the next digest.]"
    assert len(alert.breakdown) == 196
    assert "156 of them are on queue etl." in alert.sentence
    assert alert.diagnosis.cause == message.render(alert).attributes["cause"][0] == "storm"


def test_a_storm_counts_failures_and_shows_their_error() -> None:
    members = [*runs(["nightly"] * 2, error="KeyError: <text>"), array_parent()]
    alert = storm_digest.compose_storm([(incident(first()), fold(members))], 0, scenes.START)
    assert alert.headline == "312 failed jobs on hold: 310 array child jobs failed, 2 exit code 1"
    assert alert.name == "1 incident"
    assert "KeyError: <text>" in " ".join(alert.breakdown)
    check(alert)


def test_a_digest_speaks_for_every_queue_definition_owner_and_cause() -> None:
    members = [
        replace(one, queue=f"arn:x/{queue}", definition=f"{queue}:1", owner=f"team-{queue}")
        for one, queue in zip(runs(["a", "b"]), ("etl", "gpu"), strict=True)
    ]
    members[1] = replace(members[1], cause="job-timeout")
    alert = write_digest(fold(members), incident(first(name="a"), "app-exit-1"))
    attributes = message.render(alert).attributes
    assert {name: attributes[name] for name in ("queue", "definition", "owner")} == {
        "queue": ("etl", "gpu"), "definition": ("etl:1", "gpu:1"),
        "owner": ("team-etl", "team-gpu"),
    }  # fmt: skip
    assert set(attributes["cause"]) == {"app-exit-1", "job-timeout"}
    assert "on queues etl, gpu" in flat(mail(alert))


def test_dependents_are_new_or_a_total() -> None:
    given = fold([*runs(["extract"]), *waiting("transform", "load")])
    about = incident(first(name="extract"), reported_at=1)
    for due, said in ((given.dependents, "2 will not run"), (given.dependents[:1], "(1 new)")):
        assert said in digest.compose_digest(about, given, (), 0, due).headline


def test_a_filter_policy_finds_every_queue_and_cause_of_a_storm() -> None:
    mixed = message.render(SCENES["storm"]()).attributes
    same = message.render(SCENES["degraded"]()).attributes
    assert isinstance(mixed["queue"], tuple)
    assert {"etl", "web"} <= set(mixed["queue"])
    assert {"storm", "oom-container"} <= set(mixed["cause"])
    assert same["queue"] == "etl"


def test_lists_of_attributes_leave_room_for_the_message() -> None:
    queues = tuple(f"queue-of-the-{n:03}-th-team" for n in range(400))
    alert = replace(SCENES["storm"](), filters={"queue": queues})
    kept = message.render(alert).attributes["queue"]
    assert queues[: len(kept)] == kept
    assert 150 < len(kept) < 400


def test_without_the_table_every_failure_is_named_in_one_message() -> None:
    alert = SCENES["degraded"]()
    assert alert.counts is not None
    assert alert.counts.failed == 60
    assert len(alert.breakdown) == 25
    assert sum(int(row.split()[0]) for row in alert.breakdown) == 60
    assert (
        "not grouped and may be reported again: the incident table or its queue returned Throttling"
        in (alert.sentence)
    )
    assert alert.is_always_sent


def test_a_degraded_message_counts_what_it_has_no_line_for() -> None:
    pairs = [
        (first(name=f"j-{n}", job_id=f"id-{n}"), diagnosis_for("job-timeout")) for n in range(260)
    ]
    alert = storm_digest.compose_degraded(pairs, "ThrottlingException")
    assert alert.breakdown[-1] == "[160 more failed]"
    check(alert)


def test_a_degraded_message_of_one_failure_reads_like_one() -> None:
    alert = storm_digest.compose_degraded(
        [(first(), diagnosis_for("job-timeout"))], "ThrottlingException"
    )
    assert email.render_subject(alert) == "FAILED nightly: timed out (etl)"
    unread = storm_digest.compose_degraded(
        [(first(Kind.UNREADABLE, "", job_id=""), UNREADABLE)], "Throttled"
    )
    assert email.render_subject(unread) == "FAILED unknown job: unreadable (etl)"
    check(unread)


@pytest.mark.parametrize("cause", ["no-such-cause", "unreadable-event", "storm"])
def test_a_cause_that_the_catalogue_has_no_more_is_no_crash(cause: str) -> None:
    check(write_digest(fold(runs(["a", "b"], cause)), incident(first(), cause)))


def test_a_subject_gives_up_novelty_first() -> None:
    seen = []
    for length in range(10, 100):
        given = fold(runs(["n" * length] * 3, "sigkill-137"))
        about = incident(first(), "sigkill-137", certainty=Certainty.GUESS)
        alert = replace(write_digest(given, about), novelty="3rd in a row")
        subject = email.render_subject(alert)
        assert len(subject) <= 99
        assert subject.startswith("FAILED nnnnnnnnnn")
        assert "3 runs failed: possibly out of memory" in subject
        seen.append([word in subject for word in ("a guess", "etl", "3rd in a row")])
    assert [seen[n] for n in range(90) if n == 0 or seen[n] != seen[n - 1]] == [
        [True, True, True], [True, True, False],  # a name is cut before the queue has to go
    ]  # fmt: skip


def test_a_subject_keeps_name_and_number_where_both_are_long() -> None:
    alert = replace(SCENES["array-closed"](), name="n" * 128)
    subject = email.render_subject(alert)
    assert len(subject) <= 99
    assert subject.startswith("FAILED " + "n" * 15)
    assert ": 312 of 10,000 failed: 300 out of memory, .." in subject


@pytest.mark.parametrize("length", [8, 60, 128])
def test_the_last_text_of_an_hour_says_so(length: int) -> None:
    alert = replace(SCENES["array-closed"](), name="n" * length, is_last_sms=True)
    shown = sms.render(alert)
    assert len(shown) <= 145
    assert shown.endswith(" Last text this hour; see mail.")
    assert shown.startswith("FAILED nnnnnnnn")


def test_a_text_that_is_not_sent_is_marked_and_the_account_gives_way() -> None:
    lead = child(tags=(("notify:owner", "genomics"),))
    alert = write_digest(fold(OOM), incident(lead))
    assert message.render(alert).attributes["account"] == "111122223333"
    held = check(replace(alert, sms_allowed=False)).attributes
    assert held["sms"] == "held"
    assert len(held) == 10
    assert "account" not in held


def test_why_it_was_sent_and_what_was_kept_back_is_in_mail_and_document() -> None:
    alert = SCENES["seventeen-samples"]()
    kept = "17 failed since 2026-11-25 10:21:05 UTC, silenced by anna until 18:00 UTC: upgrade"
    assert f"{kept}." in flat(mail(alert))
    document = webhook.build_document(alert)
    assert document["kept_back"] == kept
    assert document["outcome"] == "first"
    assert document["novelty"] == "17 on hold since 10:21"
    assert document["incident"] == document["dedup_key"] == scenes.KEY
    assert kept in message.render(alert).decode()["chat"]["content"]["description"]


def test_two_digests_of_an_incident_differ_in_their_id() -> None:
    about = incident(child())
    ids = {write_digest(fold(OOM[:n]), about).event_id for n in (2, 2, 50)}
    assert len(ids) == 2
    over = recovered.compose_recovery(about, recovery(about, OOM), fold(OOM), "after 1 h")
    assert over.event_id not in ids


@pytest.mark.parametrize("name", ["日" * 128, "😀" * 128, '"' * 128, "\\" * 128, "é`<" * 42])
def test_ten_thousand_names_fit_one_message(name: str) -> None:
    causes = ["oom-container", "job-timeout", "app-exit-1", "image-not-found", "app-segfault"]
    names = [f"{name[:-5]}{n:05}" for n in range(10_000)]
    members = [replace(one, cause=causes[n % 5]) for n, one in enumerate(runs(names, log=STREAM))]
    reads = [(members[n], LogRead(tuple(LogLine(n, '"' * 1_900) for n in range(220))))
             for n in range(3)]  # fmt: skip
    alert = digest.compose_digest(incident(first(), "app-exit-1"), fold(members), reads, 200)
    check(alert)


def test_a_message_too_large_shows_less_of_the_logs_and_then_fewer_rows() -> None:
    rows = tuple(f"{n:5}  " + "é" * 200 for n in range(3_000))
    alert = replace(SCENES["array-closed"](), breakdown=rows)
    shown = check(alert).decode()["email"]
    assert "log left out: too large for one message" in shown
    assert "lines left out: too large for one message]" in shown
    assert rows[9] in shown


HOSTILE = f"{MARK} https://evil.example `x` <!here> [a](https://evil.example)"


@pytest.mark.parametrize("kind", list(Kind))
def test_hostile_names_stay_harmless(kind: Kind) -> None:
    lead = first(kind, HOSTILE, queue_arn=f"arn:x/{HOSTILE}", definition_arn=f"arn:x/{HOSTILE}",
                 status_reason=HOSTILE)  # fmt: skip
    given = fold([*runs([HOSTILE, f"{HOSTILE}2"], log=STREAM), *waiting(HOSTILE)])
    log = LogRead((LogLine(1, f"ValueError: {HOSTILE}"),))
    about = incident(lead, "app-exit-1")
    reads = [(one, log) for one in log_samples.choose_logs(given)]
    check(digest.compose_digest(about, given, reads, 25))
    check(recovered.compose_recovery(about, recovery(about, given.every), given, "after 1 h"))
    check(storm_digest.compose_storm([(about, given)] * 3, 1, scenes.START))
    check(storm_digest.compose_degraded([(lead, diagnosis_for("app-exit-1"))] * 3, "Throttled"))


def test_secrets_in_the_logs_of_samples_are_masked() -> None:
    member = failed([3], "app-exit-1", log=STREAM)[0]
    found = []
    for planted in SECRETS:
        log = LogRead((LogLine(1, planted.line), LogLine(2, f"Error: {planted.line}")))
        alert = digest.compose_digest(
            incident(child(), "app-exit-1"), fold([member]), [(member, log)], 25
        )
        written = message.render(alert)
        if leaked(planted.private, written.subject + written.body):
            found.append(planted.line)
    assert found == []
