"""Whether a text is a name that AWS gives, and nothing else: only such shape links and commands."""

from __future__ import annotations

import re

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]")
_JOB_ID = re.compile(r"[0-9A-Za-z-]{1,64}(?:[:#][0-9]{1,5})?")
# Of what is named in an ARN here, nothing has two slashes together: no URL stands in one.
_ARN = re.compile(
    r"(?!.*(?://|www\.))arn:aws[a-z-]{0,12}:[a-z-]+:[a-z0-9-]*:[0-9]{12}:[\w+=,.@:/#-]{1,512}",
    re.ASCII,
)
# Nothing that the AWS CLI takes for an option, nor a mail program for a link. CloudWatch Logs has
# no name with a colon or a star, so that no URL is one.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
_LOG_NAME = re.compile(r"(?!-|.*www\.)[ -)+-9;-~]{1,512}", re.IGNORECASE)
# https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
_JOB_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")
_TITLE = re.compile(rf"{_JOB_NAME.pattern}(?:\[\d{{1,5}}\]| node \d{{1,5}})?", re.ASCII)


def is_region(text: str) -> bool:
    """Say whether a text names a Region."""
    return bool(_REGION.fullmatch(text))


def is_arn(text: str) -> bool:
    """Say whether a text is an ARN."""
    return bool(_ARN.fullmatch(text))


def is_job_id(text: str) -> bool:
    """Say whether a text is the id of a job, child or node."""
    return bool(_JOB_ID.fullmatch(text))


def is_job_name(text: str) -> bool:
    """Say whether a text is a name that Batch takes for a job."""
    return bool(_JOB_NAME.fullmatch(text))


def is_title(text: str) -> bool:
    """Say whether a text is such a name, maybe with the index of a child or node."""
    return bool(_TITLE.fullmatch(text))


def are_log_names(*texts: str) -> bool:
    """Say whether texts are names that CloudWatch Logs takes for a group or stream."""
    return all(map(_LOG_NAME.fullmatch, texts))
