"""Which pipeline run a job is a task of, for every engine that leaves a mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.batch.labels.labels import Labels, with_labels
from notifier.batch.pipelines.engines import ENGINES, UNMARKED
from notifier.channels import message
from notifier.incident.fingerprint import fingerprint
from tests.simulation import failed
from workbench.event_file import alert_from_file
from workbench.local.samples import EVENTS

# Engine, run and step of each sample.
SAMPLES = {
    "step-functions": ("Step Functions", "arn:aws:states:us-east-1:111122223333:execution:"),
    "nextflow": ("Nextflow", "pedantic_hopper"),
    "seqera": ("Seqera Platform", "4kQ9xZ1bTn8aVd"),
    "metaflow": ("Metaflow", "1812"),
    "snakemake": ("Snakemake", ""),
    "cromwell": ("Cromwell", "5c0b7e4a-2d3f-4a61-9b10-6f7e8d9c0a1b"),
    "airflow": ("Airflow", "scheduled__2026-11-23T02:00:00+00:00"),
    "prefect": ("Prefect", "-"),
    "dagster": ("Dagster", "-"),
    "argo": ("Argo Workflows", "seismic-inversion-x7k2p"),
    "dask": ("dask-cloudprovider", "5f2a9c1e-b"),
    "redun": ("redun", "-"),
}
STEPS = {
    "nextflow": "STAR_ALIGN", "metaflow": "fit", "snakemake": "call_variants",
    "airflow": "load_orders", "argo": "seismic-inversion-x7k2p-1193", "redun": "acme.align",
}  # fmt: skip
DOCUMENT = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")


def job(environment: dict[str, str], **more: Any) -> Failure:
    event = failed("a", **more)
    event["detail"]["container"]["environment"] = [
        {"name": name, "value": value} for name, value in environment.items()
    ]
    found = parse_event(event)
    assert isinstance(found, Failure)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_an_engine_is_recognised(name: str) -> None:
    alert = alert_from_file(EVENTS / f"pipeline-{name}.json")
    assert alert is not None
    assert alert.failure is not None
    engine, run = SAMPLES[name]
    assert alert.failure.pipeline == engine
    assert run in alert.failure.run
    assert bool(alert.failure.run) == bool(run)
    assert alert.failure.step == STEPS.get(name, alert.failure.step)
    document = json.loads(message.render_channels(alert)["webhook"])
    assert document["job"]["pipeline"] == engine
    assert message.render(alert).attributes.get("run", "") == alert.failure.run


def test_twelve_engines_have_a_sample_and_the_documentation_names_them_all() -> None:
    assert {engine.name for engine in ENGINES} == {engine for engine, _ in SAMPLES.values()}
    assert len(ENGINES) == 12
    assert [one for one in UNMARKED if one not in DOCUMENT] == []
    assert [one.name for one in ENGINES if one.name not in DOCUMENT] == []


def test_the_execution_of_step_functions_has_a_link() -> None:
    alert = alert_from_file(EVENTS / "pipeline-step-functions.json")
    assert alert is not None
    link = dict(alert.links)["pipeline run"]
    assert link.startswith("https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#")


@pytest.mark.parametrize(
    ("environment", "more"),
    [
        ({}, {}),
        ({"HOME": "/root", "RUN_ID": "7", "PIPELINE": "x"}, {}),
        ({"MANAGED_BY_AWS": "STARTED_BY_SOMEBODY"}, {}),
        ({}, {"name": "snakejob", "definition": "nfs-server:1"}),
        ({}, {"name": "two-phase-load", "definition": "metaflow:1"}),
    ],
)
def test_a_job_of_no_pipeline_is_none(environment: dict[str, str], more: dict[str, Any]) -> None:
    assert job(environment, **more).pipeline == ""


@pytest.mark.parametrize(
    "value", ["two words", "a;rm -rf", "https://x.example/?a=b", "x" * 400, "", "{{run}}", "café"]
)
def test_what_is_no_identifier_is_not_shown(value: str) -> None:
    found = job({"METAFLOW_RUN_ID": value})
    assert (found.pipeline, found.run) == ("Metaflow", "")


def test_a_secret_of_the_job_is_not_shown_as_its_run() -> None:
    token = "ghp_" + "q8Zk" * 9
    found = job({"METAFLOW_RUN_ID": token, "METAFLOW_STEP_NAME": "fit"})
    assert (found.run, found.step) == ("", "fit")


def test_other_values_of_the_environment_are_not_read() -> None:
    found = job({"METAFLOW_RUN_ID": "7", "METAFLOW_USER": "hush-hush", "AIRFLOW_CTX_X": "hush"})
    assert "hush" not in repr(found)


def test_an_execution_is_read_only_where_it_is_one() -> None:
    environment = {"MANAGED_BY_AWS": "STARTED_BY_STEP_FUNCTIONS", "EXECUTION_ARN": "not-an-arn"}
    found = job(environment)
    assert (found.pipeline, found.run) == ("Step Functions", "")


def test_tags_add_what_the_event_does_not_say() -> None:
    found = with_labels(job({}), Labels({"metaflow.run_id": "9"}), ())
    assert (found.pipeline, found.run) == ("Metaflow", "9")
    other = with_labels(job({"NXF_HOME": "/x"}), Labels({"metaflow.run_id": "9"}), ())
    assert (other.pipeline, other.run) == ("Nextflow", "")


def test_failures_can_be_grouped_by_run() -> None:
    by_run = ("queue", "run")
    one, two = (job({"METAFLOW_RUN_ID": run}) for run in "12")
    assert fingerprint(one, "x", by_run) != fingerprint(two, "x", by_run)
    assert fingerprint(one, "x") == fingerprint(two, "x")
    assert fingerprint(job({}), "x", by_run) == fingerprint(job({}), "x", ("queue",))
