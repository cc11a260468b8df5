"""Every sample event, worded for every channel. `make golden` writes the files anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from notifier.alert import facts
from notifier.channels import message
from notifier.text import untrusted
from workbench.event_file import alert_from_file

HERE = Path(__file__).parent
EVENTS = HERE.parents[1] / "events"
SAMPLES = sorted(file for file in EVENTS.glob("*.json") if file.name != "local.json")

# What each sample was made to show, written by hand: a golden file made anew proves nothing.
MEANT = {
    "access-denied-in-log": ("app-access-denied", "likely"),
    "array-child": ("app-input-corrupt", "likely"),
    "array-parent": ("array-child-failed", "certain"),
    "cloudformation-resource-failed": ("ce-instance-profile", "certain"),
    "compute-environment-invalid": ("ce-launch-template", "certain"),
    "custom-log-group": ("app-exit-nonzero", "likely"),
    "dependency-failed": ("dependent-job-failed", "certain"),
    "drill": ("app-exit-1", "likely"),
    "ecs-several-containers": ("app-exit-2", "likely"),
    "efs-mount-refused": ("init-efs-access", "certain"),
    "eks-oomkilled": ("eks-oomkilled", "certain"),
    "entry-point-not-found": ("cannot-start-not-found", "certain"),
    "exit-1-python-traceback": ("app-exit-1", "likely"),
    "exit-137-no-reason": ("sigkill-137", "guess"),
    "image-not-found": ("image-not-found", "certain"),
    "image-pull-no-route": ("image-pull-network", "certain"),
    "log-disk-full": ("app-disk-full", "likely"),
    "managed-instances-drained": ("host-draining", "certain"),
    "multi-node-node": ("app-gpu-out-of-memory", "likely"),
    "multi-node-parent": ("app-collective-timeout", "likely"),
    "out-of-memory-ec2": ("oom-container", "certain"),
    "out-of-memory-fargate": ("oom-container", "certain"),
    "pipeline-airflow": ("image-not-found", "certain"),
    "pipeline-argo": ("image-not-found", "certain"),
    "pipeline-cromwell": ("image-not-found", "certain"),
    "pipeline-dagster": ("image-not-found", "certain"),
    "pipeline-dask": ("image-not-found", "certain"),
    "pipeline-metaflow": ("image-not-found", "certain"),
    "pipeline-nextflow": ("image-not-found", "certain"),
    "pipeline-prefect": ("image-not-found", "certain"),
    "pipeline-redun": ("image-not-found", "certain"),
    "pipeline-seqera": ("image-not-found", "certain"),
    "pipeline-snakemake": ("image-not-found", "certain"),
    "pipeline-step-functions": ("image-not-found", "certain"),
    "queue-blocked": ("queue-insufficient-capacity", "certain"),
    "secret-denied": ("init-secrets-denied", "certain"),
    "segmentation-fault": ("app-segfault", "certain"),
    "service-job": ("sagemaker-algorithm-error", "certain"),
    "service-job-preempted": ("sagemaker-preempted", "certain"),
    "service-queue-blocked": ("queue-service-environment-max", "certain"),
    "splunk-driver": ("app-exit-255", "likely"),
    "spot-reclaimed-three-times": ("host-ec2-terminated", "certain"),
    "stuck-job": ("queue-ce-max-resource", "likely"),
    "terminated-by-person": ("terminated-by-user", "certain"),
    "timeout": ("job-timeout", "certain"),
    "unknown-shape": ("unreadable-event", "certain"),
    "wrong-cpu-architecture": ("exec-format-error", "likely"),
}


def worded(event_file: Path) -> str:
    alert = alert_from_file(event_file)
    assert alert is not None
    texts = message.render_channels(alert)
    parts = [f"##### {channel}\n{_readable(text)}" for channel, text in texts.items()]
    return "\n".join(parts) + "\n"


def _readable(text: str) -> str:
    if not text.startswith("{"):
        return text
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


@pytest.mark.parametrize("event_file", SAMPLES, ids=lambda file: file.stem)
def test_golden(event_file: Path) -> None:
    golden = HERE / f"{event_file.stem}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(worded(event_file), encoding="utf-8")
    assert worded(event_file) == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_sample() -> None:
    assert {file.stem for file in HERE.glob("*.txt")} == {file.stem for file in SAMPLES}


@pytest.mark.parametrize("event_file", SAMPLES, ids=lambda file: file.stem)
def test_every_sample_comes_out_as_it_was_meant(event_file: Path) -> None:
    alert = alert_from_file(event_file)
    assert alert is not None
    assert event_file.stem in MEANT, "say in MEANT what the sample was made to show"
    assert (alert.diagnosis.cause, alert.diagnosis.certainty) == MEANT[event_file.stem]


@pytest.mark.parametrize("event_file", SAMPLES, ids=lambda file: file.stem)
def test_a_glance_shows_job_and_cause(event_file: Path) -> None:
    """In the first 60 characters of a subject, which a phone shows, and the first 8 lines."""
    alert = alert_from_file(event_file)
    assert alert is not None
    texts = message.render_channels(alert)
    seen = texts["subject"][:60]
    shown, _, cause = seen.partition(": ")
    name = shown.removeprefix(f"{alert.status} ")
    # A long name loses its middle, see `untrusted.cut_middle`.
    assert name == alert.name or name == untrusted.cut_middle(alert.name, len(name))
    assert cause[:10] in alert.cause_or_headline
    assert len(cause) >= 10
    top = " ".join(texts["email"].splitlines()[:8]).lower()
    told = [
        alert.diagnosis.title.lower(),
        facts.count_failed_children(alert.failure) if alert.failure else "",
    ]
    assert any(each in top for each in [*told, "could not read the event"] if each)
    assert alert.failure is None or alert.failure.job_name.lower() in top
