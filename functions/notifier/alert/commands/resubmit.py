"""The command that submits a failed job once more: as it was, but for what made it fail.

What a job was given (command, environment, parameters) may hold secrets and is in no command; that
it must be added again is said. What was asked at submission is repeated, so far as it is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from notifier.alert import advice
from notifier.alert.commands import aws_cli
from notifier.alert.history import RunHistory
from notifier.batch import retry_strategy
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.diagnose import Class, Diagnosis

_SETTINGS = ("command", "environment", "parameters")
_USE = "To run it again, use the submit-job command below"


def again(
    failure: Failure, diagnosis: Diagnosis, run_history: RunHistory | None
) -> tuple[tuple[str, ...], str]:
    """Give the command for a job that stands alone, and a step where it needs a word.

    Parameters
    ----------
    failure
        What failed; arrays and multi-node jobs have commands of their own, see `rerun`.
    diagnosis
        Why: more memory is asked for where that was short, and other tries where Spot took it.
    past
        What is known of its definition; without, all that the event tells is repeated.
    """
    if failure.kind is not Kind.JOB:
        return (), ""
    overridden = run_history.overridden if run_history else None
    words = tuple(_options(failure, diagnosis, overridden))
    commands = aws_cli.submit_job(failure, *words)
    return commands, _step(failure, overridden) if commands else ""


def larger(failure: Failure, diagnosis: Diagnosis) -> dict[str, str]:
    """Give what to ask for where memory was short, in the words of `resourceRequirements`."""
    is_short = advice.is_short_of_memory(diagnosis) and has_one_container(failure)
    size = advice.more_memory(failure) if is_short else None
    if size is None:
        return {}
    memory, vcpus = size
    more = {} if vcpus in (None, failure.vcpus) else {"VCPU": f"{vcpus:g}"}
    return {**more, "MEMORY": str(memory)}


def has_one_container(failure: Failure) -> bool:
    """Say whether `--container-overrides` reaches the job: only one container has no name."""
    is_node = failure.kind in (Kind.NODE, Kind.MULTI_NODE)
    return not failure.container and failure.platform != "EKS" and not is_node


def requirements(sizes: dict[str, str]) -> list[dict[str, str]]:
    """Write sizes as Batch takes them."""
    return [{"type": kind, "value": value} for kind, value in sizes.items()]


def _options(
    failure: Failure, diagnosis: Diagnosis, overridden: frozenset[str] | None
) -> Iterator[str]:
    sizes = _own_sizes(failure, overridden) | larger(failure, diagnosis)
    if sizes:
        overrides = {"resourceRequirements": requirements(sizes)}
        yield from ("--container-overrides", json.dumps(overrides, separators=(",", ":")))
    if failure.timeout_seconds and _is_own("timeout", overridden):
        yield from ("--timeout", f"attemptDurationSeconds={failure.timeout_seconds}")
    rules, limit = failure.retry_rules, failure.attempt_limit
    if diagnosis.class_ is Class.SPOT:
        yield from (
            "--retry-strategy",
            retry_strategy.spot_strategy(rules, limit, failure.platform),
        )
    elif limit and _is_retry_own(failure, overridden):
        yield from ("--retry-strategy", retry_strategy.strategy_json(limit, rules))


def _own_sizes(failure: Failure, overridden: frozenset[str] | None) -> dict[str, str]:
    """Give the sizes that were asked for at submission, or all where that is not known."""
    if not has_one_container(failure):
        return {}
    asked = {
        "VCPU": ("vCPU", f"{failure.vcpus:g}" if failure.vcpus else ""),
        "MEMORY": ("memory", str(failure.memory_mib or "")),
        "GPU": ("GPU", str(failure.gpus or "")),
    }
    return {
        kind: amount
        for kind, (what, amount) in asked.items()
        if amount and _is_own(what, overridden)
    }


def _is_retry_own(failure: Failure, overridden: frozenset[str] | None) -> bool:
    if overridden is None:  # one attempt and no rules is what Batch does by default
        return bool(failure.retry_rules) or (failure.attempt_limit or 1) > 1
    return bool(overridden & {"attempts", "retry rules"})


def _is_own(what: str, overridden: frozenset[str] | None) -> bool:
    return overridden is None or what in overridden


def _step(failure: Failure, overridden: frozenset[str] | None) -> str:
    """Say what the command leaves out; nothing where it is whole."""
    if overridden is None:
        lost = "the parameters and overrides of the first time, which are not kept here"
    else:
        own = [one for one in _SETTINGS if one in overridden]
        lost = f"its own {' and '.join(own)}, not kept here" if own else ""
    parts = [f"add {lost}"] if lost else []
    if failure.depends_on:
        parts.append("it will not wait for other jobs as the first did")
    return f"{_USE}; {'; '.join(parts)}." if parts else ""
