"""Job definitions as AWS Batch describes them: labels and history ask for the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from notifier.aws.labels.kept import Kept
from notifier.batch.job_shape import JobShape, shape_of_definition
from notifier.batch.labels.labels import Tags

MOST_DESCRIBED = 100  # in one call
# https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobDefinitions.html
Described = Callable[[list[str]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Definition:
    """One revision: its tags, and its shape, which holds no secrets."""

    tags: Tags
    shape: JobShape


class Definitions:
    """Describes job definitions; each answer is kept for five minutes."""

    def __init__(self) -> None:
        self._kept: Kept[Definition | None] = Kept()  # None: there is none, or no more

    def describe(self, arns: Iterable[str], call: Described) -> dict[str, Definition]:
        """Return those that exist, by ARN; `call` is DescribeJobDefinitions."""
        wanted = list(dict.fromkeys(filter(None, arns)))
        missing = self._kept.missing(wanted)
        for start in range(0, len(missing), MOST_DESCRIBED):
            some = missing[start : start + MOST_DESCRIBED]
            answer = {one["jobDefinitionArn"]: one for one in call(some)["jobDefinitions"]}
            self._kept.keep({arn: _definition(answer.get(arn)) for arn in some})
        found = ((arn, self.kept(arn)) for arn in wanted)
        return {arn: one for arn, one in found if one is not None}

    def missing(self, arns: Iterable[str]) -> list[str]:
        """Return those that `describe` would ask for."""
        return self._kept.missing(arns)

    def kept(self, arn: str) -> Definition | None:
        """Return a definition that was described before; None where none was."""
        return self._kept.get(arn)


def _definition(found: Mapping[str, Any] | None) -> Definition | None:
    if found is None:
        return None
    return Definition(dict(found.get("tags", {})), shape_of_definition(dict(found)))
