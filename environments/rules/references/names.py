"""Rules for the names of the resources of AWS Batch."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # cfn-lint loads this file outside its package

from environments.rule import (
    API,
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
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


globals().update(warnings(globals()))
