"""How to run a failed job again, with what its failure calls for changed.

`batch-notifier rerun` repeats everything that a job was given, as the user who runs it. Only the
webhook has the AWS CLI form too. The job's own command, environment and parameters may hold secrets
and are never in it; other settings of the submission are repeated, so far as known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notifier.alert import advice
from notifier.alert.commands import aws_cli
from notifier.alert.history import RunHistory
from notifier.batch import retry_strategy
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.diagnose import Class, Diagnosis
from notifier.incident.fingerprint import root_of

USE = "use the first command below."
_KINDS = frozenset(
    (Kind.JOB, Kind.ARRAY_CHILD, Kind.ARRAY_PARENT, Kind.NODE, Kind.MULTI_NODE, Kind.SERVICE_JOB)
)


@dataclass(frozen=True, slots=True)
class Rerun:
    """Commands that run failed jobs again, and the step that explains the first."""

    command: tuple[str, ...] = ()
    """That of `batch-notifier`; empty where nothing can be run again."""
    step: str = ""
    submit: tuple[str, ...] = ()
    """The AWS CLI form, for the webhook."""


def rerun_job(failure: Failure, diagnosis: Diagnosis) -> Rerun:
    """Give the command for one failed job, child or node."""
    is_node = failure.kind in (Kind.NODE, Kind.MULTI_NODE)
    job = root_of(failure.job_id) if is_node else failure.job_id
    command = run_command((job,), failure, diagnosis)
    return Rerun(command, f"To run it again, {USE}" if command else "")


def run_command(
    job_ids: Sequence[str], job: Failure, diagnosis: Diagnosis, *options: str
) -> tuple[str, ...]:
    """Write the command; a drill has no job, and what has not ended cannot run again."""
    if job.kind not in _KINDS or job.is_drill:
        return ()
    has_larger = not job.memory_mib or advice.next_memory_size(job) is not None
    is_short = advice.is_short_of_memory(diagnosis) and job.kind is not Kind.SERVICE_JOB
    memory = ("--memory", "next") if is_short and has_larger else ()
    return aws_cli.rerun(job_ids, job.region, *options, *memory)


def submit_again(
    failure: Failure, diagnosis: Diagnosis, run_history: RunHistory | None
) -> tuple[str, ...]:
    """Give the command for a single job; none for others.

    Parameters
    ----------
    failure
        What failed; for arrays and multi-node jobs see `rerun`.
    diagnosis
        The cause: it decides about more memory and other retries.
    run_history
        What is known of the definition; without it, all settings in the event are repeated.
    """
    if failure.kind is not Kind.JOB:
        return ()
    overridden = run_history.overridden if run_history else None
    return aws_cli.submit_job(failure, *_list_options(failure, diagnosis, overridden))


def larger_sizes(failure: Failure, diagnosis: Diagnosis) -> dict[str, str]:
    """Give the sizes to request where memory was short, by type of `resourceRequirements`."""
    is_short = advice.is_short_of_memory(diagnosis) and has_one_container(failure)
    size = advice.next_memory_size(failure) if is_short else None
    if size is None:
        return {}
    memory, vcpus = size
    more = {} if vcpus in (None, failure.vcpus) else {"VCPU": f"{vcpus:g}"}
    return {**more, "MEMORY": str(memory)}


def has_one_container(failure: Failure) -> bool:
    """Say whether `--container-overrides` applies: only a job's single container has no name."""
    is_node = failure.kind in (Kind.NODE, Kind.MULTI_NODE)
    return not failure.container and failure.platform != "EKS" and not is_node


def resource_requirements(sizes: dict[str, str]) -> list[dict[str, str]]:
    """Write sizes as `resourceRequirements`."""
    return [{"type": kind, "value": value} for kind, value in sizes.items()]


def _list_options(
    failure: Failure, diagnosis: Diagnosis, overridden: frozenset[str] | None
) -> Iterator[str]:
    sizes = _submitted_sizes(failure, overridden) | larger_sizes(failure, diagnosis)
    if sizes:
        overrides = {"resourceRequirements": resource_requirements(sizes)}
        yield from ("--container-overrides", json.dumps(overrides, separators=(",", ":")))
    if failure.timeout_seconds and _is_submitted("timeout", overridden):
        yield from ("--timeout", f"attemptDurationSeconds={failure.timeout_seconds}")
    rules, limit = failure.retry_rules, failure.attempt_limit
    if diagnosis.class_ is Class.SPOT:
        yield from (
            "--retry-strategy",
            retry_strategy.spot_strategy(rules, limit, failure.platform),
        )
    elif limit and _is_retry_submitted(failure, overridden):
        yield from ("--retry-strategy", retry_strategy.strategy_json(limit, rules))


def _submitted_sizes(failure: Failure, overridden: frozenset[str] | None) -> dict[str, str]:
    """Give the sizes that were set at submission, or all where that is not known."""
    if not has_one_container(failure):
        return {}
    sizes = {
        "VCPU": ("vCPU", f"{failure.vcpus:g}" if failure.vcpus else ""),
        "MEMORY": ("memory", str(failure.memory_mib or "")),
        "GPU": ("GPU", str(failure.gpus or "")),
    }
    return {
        kind: amount
        for kind, (what, amount) in sizes.items()
        if amount and _is_submitted(what, overridden)
    }


def _is_retry_submitted(failure: Failure, overridden: frozenset[str] | None) -> bool:
    if overridden is None:  # one attempt and no rules is what Batch does by default
        return bool(failure.retry_rules) or (failure.attempt_limit or 1) > 1
    return bool(overridden & {"attempts", "retry rules"})


def _is_submitted(what: str, overridden: frozenset[str] | None) -> bool:
    return overridden is None or what in overridden
