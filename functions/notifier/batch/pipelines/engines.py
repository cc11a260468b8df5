"""The marks that workflow engines leave on the jobs that they submit.

A mark is the name of an environment variable or the key of a tag. Values are read only where a
field names them here: they are identifiers. All other values of the environment stay unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True)
class Engine:
    """One workflow engine.

    Any of `marks` (a trailing * matches any ending) or one of the expressions recognises it. `run`
    and `step` are settings or tags whose values are identifiers, best first. The groups `run` and
    `step` of the expressions give them otherwise. `source` says who writes the marks.
    """

    name: str
    source: str
    marks: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    step: tuple[str, ...] = ()
    job_name: str = ""
    definition: str = ""
    run_pattern: str = ""


ENGINES = (
    Engine(
        "Seqera Platform",
        "https://docs.seqera.io/platform-cloud/launch/advanced",
        marks=("TOWER_WORKFLOW_ID", "TOWER_RUN_ID"),
        run=("TOWER_WORKFLOW_ID", "TOWER_RUN_ID"),
        job_name=r"tw-(?P<run>[0-9A-Za-z]{8,20})(?:-.*)?",
    ),
    Engine(
        "Nextflow",
        "https://github.com/nextflow-io/nextflow/tree/master/plugins/nf-amazon",
        marks=("nextflow.io/*", "NXF_*", "nextflow_*"),
        run=("nextflow.io/runName", "nextflow.io/sessionId", "nextflow_run_name"),
        step=("nextflow.io/processName", "nextflow.io/taskName", "nextflow_process_name"),
        definition=r"nf-[\w-]+",
    ),
    Engine(
        "Metaflow",
        "https://github.com/Netflix/metaflow/blob/master/metaflow/plugins/aws/batch/batch.py",
        marks=("METAFLOW_*", "metaflow.*"),
        run=("METAFLOW_RUN_ID", "metaflow.run_id"),
        step=("METAFLOW_STEP_NAME", "metaflow.step_name"),
    ),
    Engine(
        "Cromwell",
        "https://github.com/broadinstitute/cromwell/tree/develop/supportedBackends/aws",
        marks=("AWS_CROMWELL_*",),
        run=("cromwell-workflow-id", "AWS_CROMWELL_WORKFLOW_ROOT"),
        step=("wdl-task-name", "wdl-call-alias"),
        run_pattern=_UUID,  # the workflow root is a path that ends with the id
    ),
    Engine(
        "Snakemake",
        "https://github.com/snakemake/snakemake-executor-plugin-aws-batch",
        marks=("SNAKEMAKE_*",),
        job_name=rf"snakejob-(?P<step>[\w-]+?)-{_UUID}",
        definition=r"snakejob-def-.+",
    ),
    Engine(
        "Airflow",
        "https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dag-run.html",
        marks=("AIRFLOW_CTX_*", "AIRFLOW__*"),
        run=("AIRFLOW_CTX_DAG_RUN_ID",),
        step=("AIRFLOW_CTX_TASK_ID",),
    ),
    Engine(
        "Prefect",
        "https://github.com/PrefectHQ/prefect",
        marks=("PREFECT__*", "PREFECT_*", "prefect.io/*"),
        run=(
            "PREFECT__FLOW_RUN_ID",
            "PREFECT_FLOW_RUN_ID",
            "PREFECT__CONTEXT__FLOW_RUN_ID",
            "prefect.io/flow-run-id",
        ),
        step=("prefect.io/flow-name",),
    ),
    Engine(
        "Dagster",
        "https://docs.dagster.io/guides/build/external-pipelines",
        marks=("DAGSTER_*", "dagster/*"),
        run=("DAGSTER_RUN_ID", "dagster/run-id"),
        step=("DAGSTER_RUN_STEP_KEY", "dagster/op", "dagster/job", "DAGSTER_RUN_JOB_NAME"),
    ),
    Engine(
        "Argo Workflows",
        "https://argo-workflows.readthedocs.io/en/latest/variables/",
        marks=("ARGO_*", "workflows.argoproj.io/*"),
        run=("ARGO_WORKFLOW_NAME", "workflows.argoproj.io/workflow"),
        step=("ARGO_NODE_ID", "ARGO_POD_NAME", "workflows.argoproj.io/node-name"),
    ),
    Engine(
        "dask-cloudprovider",
        "https://github.com/dask/dask-cloudprovider",
        marks=("DASK_SCHEDULER_ADDRESS", "DASK_CLOUDPROVIDER_*", "dask-cloudprovider-*"),
        run=("cluster", "dask-cloudprovider-cluster"),
        job_name=r"dask-(?P<run>[0-9a-z-]{6,14}?)-(?P<step>worker|scheduler).*",
    ),
    Engine(
        "redun",
        "https://github.com/insitro/redun",
        marks=("redun_execution_id", "redun_job_id", "redun_task_name"),
        run=("redun_execution_id",),
        step=("redun_task_name",),
        job_name=r"redun-job-.+",
    ),
    # Last: the engines above run in a state machine as well, and say more.
    Engine(
        "Step Functions",
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html",
        marks=("MANAGED_BY_AWS=STARTED_BY_STEP_FUNCTIONS", "AWS_STEP_FUNCTIONS_*"),
        run=(
            "AWS_STEP_FUNCTIONS_EXECUTION_ARN",
            "STEP_FUNCTIONS_EXECUTION_ARN",
            "SFN_EXECUTION_ARN",
            "EXECUTION_ARN",
            "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID",
        ),
        step=("AWS_STEP_FUNCTIONS_STATE_NAME", "STATE_NAME"),
        run_pattern=r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:(?:execution|express):[\w:.-]{3,300}",
    ),
)
# Engines that leave no mark of their own: `docs/alerts.md` says so.
UNMARKED = ("Luigi", "Toil", "miniwdl-aws")
PATTERNS = {
    text: re.compile(text)
    for engine in ENGINES
    for text in (engine.job_name, engine.definition, engine.run_pattern)
    if text
}
