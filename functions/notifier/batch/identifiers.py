"""Checks that a text is a valid AWS name: only such texts may go into links and commands."""

from __future__ import annotations

import re

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]")
_JOB_ID = re.compile(r"[0-9A-Za-z-]{1,64}(?:[:#][0-9]{1,5})?")
# No ARN that is used here has two slashes in a row, so no URL can hide in one.
_ARN = re.compile(
    r"(?!.*(?://|www\.))arn:aws[a-z-]{0,12}:[a-z-]+:[a-z0-9-]*:[0-9]{12}:[\w+=,.@:/#-]{1,512}",
    re.ASCII,
)
# Nothing that the AWS CLI reads as an option or a mail program as a link. Names in CloudWatch Logs
# have no colon or star, so no URL is one.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
_LOG_NAME = re.compile(r"(?!-|.*www\.)[ -)+-9;-~]{1,512}", re.IGNORECASE)
# https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
_JOB_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")
_JOB_TITLE = re.compile(rf"{_JOB_NAME.pattern}(?:\[\d{{1,5}}\]| node \d{{1,5}})?", re.ASCII)


def is_region(text: str) -> bool:
    """Return whether a text is the name of a Region."""
    return bool(_REGION.fullmatch(text))


def is_arn(text: str) -> bool:
    """Return whether a text is an ARN."""
    return bool(_ARN.fullmatch(text))


def is_job_id(text: str) -> bool:
    """Return whether a text is the id of a job, array child or node."""
    return bool(_JOB_ID.fullmatch(text))


def is_job_name(text: str) -> bool:
    """Return whether a text is a valid job name."""
    return bool(_JOB_NAME.fullmatch(text))


def is_job_title(text: str) -> bool:
    """Return whether a text is a job name, with or without the index of a child or node."""
    return bool(_JOB_TITLE.fullmatch(text))


def are_log_names(*texts: str) -> bool:
    """Return whether texts are valid names of log groups or streams."""
    return all(map(_LOG_NAME.fullmatch, texts))
