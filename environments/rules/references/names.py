"""Rules for the names of the resources of AWS Batch, and of environment variables."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # cfn-lint loads this file outside its package

from environments.evaluation.jobs import containers, pods
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import Node, get, known, nodes, place_of, text
from environments.rule import (
    API,
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
    BatchRule,
    Finding,
    FormRule,
    warnings,
)

NAME = "[A-Z0-9][A-Z0-9_-]{0,127}"
ANSWER = "Job name should match valid pattern"
INSTEAD = "up to 128 letters, digits, hyphens and underscores, first a letter or a digit."


class NameOfComputeEnvironment(FormRule):
    """A compute environment has a name of allowed characters."""

    id = "EB2201"
    shortdesc = "The name of a compute environment has allowed characters"
    description = "Letters, digits, hyphens and underscores, at most 128"
    source_url = f"{API}/API_CreateComputeEnvironment.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = ANSWER.replace("Job", "Compute environment")
    documented = True
    instead = INSTEAD
    forms = ((("ComputeEnvironmentName",), NAME),)


class NameOfJobDefinition(FormRule):
    """A job definition has a name of allowed characters."""

    id = "EB2202"
    shortdesc = "The name of a job definition has allowed characters"
    description = "Letters, digits, hyphens and underscores, at most 128"
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = ANSWER.replace("Job", "Job definition")
    documented = True
    instead = INSTEAD
    forms = ((("JobDefinitionName",), NAME),)


class NameOfQueue(FormRule):
    """A queue has a name of allowed characters."""

    id = "EB2203"
    shortdesc = "The name of a queue has allowed characters"
    description = "Letters, digits, hyphens and underscores, at most 128"
    source_url = f"{API}/API_CreateJobQueue.html"
    applies_to = JOB_QUEUE
    answer = ANSWER.replace("Job", "Job queue")
    documented = True
    instead = INSTEAD
    forms = ((("JobQueueName",), NAME),)


class ReservedVariable(BatchRule):
    """AWS Batch keeps the names of some environment variables for itself."""

    id = "EB2302"
    shortdesc = "No environment variable begins with AWS_BATCH"
    description = "AWS Batch sets these variables, such as AWS_BATCH_JOB_ID"
    source_url = f"{API}/API_ContainerProperties.html"
    applies_to = JOB_DEFINITION
    answer = "Environment variables cannot start with AWS_BATCH."
    documented = True
    instead = "use another name; AWS_BATCH_JOB_ID and others are there without asking."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the names that are known, also those of secrets and of pods."""
        of_tasks = [container for _, container in containers(resource)]
        keys = ("Containers", "InitContainers")
        of_pods = [each for pod in pods(resource) for key in keys for each in nodes(get(pod, key))]
        for container in [*of_tasks, *of_pods]:
            for variable in self._variables(container):
                name = get(variable, "Name")
                if known(name) and text(name).startswith("AWS_BATCH"):
                    yield f"{text(name)} is a name of AWS Batch", place_of(variable, "Name")

    @staticmethod
    def _variables(container: Node) -> list[Node]:
        keys = ("Environment", "Env", "Secrets")
        return [each for key in keys for each in nodes(get(container, key))]


globals().update(warnings(globals()))
