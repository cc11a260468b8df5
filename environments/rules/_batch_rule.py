"""The base class of the rules, which find what AWS Batch rejects only at deployment or later.

Use the rules on any template, without installing this project::

    cfn-lint --append-rules environments/rules -- template.yaml

cfn-lint loads no rules from a file whose name starts with `_`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, TypeAlias

from cfnlint.jsonschema import ValidationError, ValidationResult
from cfnlint.rules.jsonschema.CfnLintKeyword import CfnLintKeyword

API = "https://docs.aws.amazon.com/batch/latest/APIReference"
COMPUTE_ENVIRONMENT = "Resources/AWS::Batch::ComputeEnvironment/Properties"
JOB_DEFINITION = "Resources/AWS::Batch::JobDefinition/Properties"
MOUNT_TARGET = "Resources/AWS::EFS::MountTarget/Properties"

# cfn-lint's Validator, which has no type hints. It knows its path in the template, and which
# conditions and parameter values lead there.
Validator: TypeAlias = Any
Finding: TypeAlias = tuple[str, Validator]


class BatchRule(CfnLintKeyword):
    """A rule for the properties of one resource type."""

    tags: ClassVar[list[str]] = ["batch"]
    applies_to = ""

    def __init__(self) -> None:
        super().__init__(keywords=[self.applies_to])

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Yield a message and a path for each mistake in the properties of one resource."""
        raise NotImplementedError

    def validate(
        self, validator: Validator, _: Any, instance: Any, schema: dict[str, Any]
    ) -> ValidationResult:
        """Convert what `find` yields to cfn-lint's errors."""
        for message, at in self.find(validator, instance):
            yield ValidationError(message, path_override=at.context.path.path, rule=self)
