"""The five questions of a deployment, and the parameters that the answers mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.errors import InputError

PRESETS: dict[str, dict[str, str]] = {
    "standard": {},
    "quiet": {"MinimumSeverity": "warning", "FollowUpMinutes": "15", "MaxAlertsPerHour": "10"},
    "critical": {"MinimumSeverity": "critical", "FollowUpMinutes": "15", "MaxAlertsPerHour": "10"},
}
PRESET_HELP = (
    "standard: every failure; quiet: no infos, fewer digests; critical: critical ones only"
)
_MAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")
_ARN = re.compile(r"arn:aws[a-z-]*:batch:[a-z0-9-]+:[0-9]{12}:job-queue/[\w-]{1,128}", re.ASCII)
_PARAMETER = re.compile(r"([A-Za-z][A-Za-z0-9]{0,254})=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """One parameter that a person is asked for."""

    option: str
    parameter: str
    text: str
    check: Callable[[str], str]


def check_mail(text: str) -> str:
    """Return an address; raises `InputError` for what is none."""
    if text and not _MAIL.fullmatch(text):
        raise InputError(f"not an email address: {text!r}")
    return text


def check_queues(text: str) -> str:
    """Return ARNs of job queues, separated by commas."""
    arns = [each.strip() for each in text.split(",") if each.strip()]
    for arn in arns:
        if not _ARN.fullmatch(arn):
            raise InputError(f"not the ARN of a job queue: {arn!r}")
    return ",".join(arns)


def check_chat(text: str) -> str:
    """Return a URL of https."""
    if text and not re.fullmatch(r"https://\S{1,2000}", text):
        raise InputError(f"not a URL that begins with https://: {text!r}")
    return text


QUESTIONS = (
    Question("email", "AlertEmail", "Email address for alerts", check_mail),
    Question("ops_email", "OpsEmail", "Email address for alarms about the notifier", check_mail),
    Question("queues", "JobQueueArns", "ARNs of job queues, empty for all", check_queues),
    Question("chat", "ChatEndpoint", "https URL of a chat, empty for none", check_chat),
)


def parameters_of(
    answers: Mapping[str, str | None], preset: str | None, more: tuple[str, ...]
) -> dict[str, str]:
    """Return the template's parameters; raises `InputError` for what is no answer.

    Parameters
    ----------
    answers
        By the name of the option; what is None or empty is left as it is.
    more
        `NAME=VALUE` of each further parameter; they win.
    """
    found = dict(PRESETS[preset]) if preset else {}
    for question in QUESTIONS:
        if answer := question.check((answers.get(question.option) or "").strip()):
            found[question.parameter] = answer
    for each in more:
        pair = _PARAMETER.fullmatch(each)
        if pair is None:
            raise InputError(f"not like NAME=VALUE: {each!r}")
        found[pair[1]] = pair[2]
    return found


def check_names(parameters: Mapping[str, str], template: str) -> frozenset[str]:
    """Return the parameters of a template; raises `InputError` for one that it does not have."""
    section = template.partition("\nParameters:\n")[2]
    section = re.split(r"^\S", section, maxsplit=1, flags=re.MULTILINE)[0]
    names = frozenset(re.findall(r"^  (\w+):$", section, re.MULTILINE))
    unknown = sorted(set(parameters) - names)
    if unknown:
        raise InputError(f"the template has no parameter {', '.join(unknown)}")
    return names
