"""The first step where the quoted text names whom or what it concerns.

A principal, action, resource, host, limit or runtime. What is taken from a text has the form of
such a name, so no stranger's sentence becomes advice.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from notifier.diagnosis.evidence import Diagnosis
from notifier.text import untrusted

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIED = re.compile(
    r"(?:User: (?P<principal>arn:[\w+=,.@:/*-]{10,300}) )?is not authorized to perform:? "
    r"(?P<action>[a-z0-9-]{2,30}:[A-Za-z]{3,60})"
    r"(?: on (?:the )?resource:? [\"']?(?P<resource>arn:[\w+=,.@:/*-]{6,300}|\*)?)?"
)
_EXPLICIT = re.compile(
    r"explicit deny(?: in an? (?P<policy>(?:identity-based|resource-based|session|service control|"
    r"resource control|VPC endpoint) policy|permissions boundary))?"
)
_NO_POLICY = re.compile(r"no (resource-based|VPC endpoint|service control|session) policy allows")
_OPERATION = re.compile(
    r"\((?:AccessDenied\w{0,12}|403|Forbidden)\) when calling the (\w{3,60}) op"
)
# Operations of S3 that another action allows.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_S3 = {
    "HeadObject": "s3:GetObject", "GetObject": "s3:GetObject", "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket", "ListObjectsV2": "s3:ListBucket", "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject", "UploadPart": "s3:PutObject",
    "CopyObject": "s3:GetObject and s3:PutObject", "DeleteObject": "s3:DeleteObject",
}  # fmt: skip
_PRINCIPAL = re.compile(r":(user|role|assumed-role)/(?:[\w+=,.@-]{1,64}/)?([\w+=,.@-]{1,64})$")
_ASSUMED = re.compile(r":assumed-role/([\w+=,.@-]{1,64})/")

_HOST = r"(?P<host>[A-Za-z0-9][\w.-]{2,200}\.[A-Za-z]{2,20}|\d{1,3}(?:\.\d{1,3}){3})"
_ENDPOINT = re.compile(r"[\"'/ ]((?:[\w-]{1,63}\.){0,4}(?P<service>[a-z0-9-]{2,30})\."
                       r"[a-z]{2}(?:-[a-z]{2,9}){1,2}-\d\.amazonaws\.com|"
                       r"[\w.-]{3,63}\.s3\.amazonaws\.com)")  # fmt: skip
_UNRESOLVED = re.compile(
    r"could not resolve host:? |name resolution|name or service not known|no such host|"
    r"could not translate host name|ENOTFOUND|EAI_AGAIN|UnknownHostException", re.IGNORECASE
)  # fmt: skip
_NAMED_HOST = re.compile(
    r"(?:host(?: name)?:? |host=|lookup |ENOTFOUND |EAI_AGAIN |UnknownHostException: )[\"']?"
    rf"{_HOST}",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"service limit '([\w .-]{3,80})' is (\d{1,6})")
_RUNTIMES = (
    (r"JavaScript heap out of memory|Reached heap limit|mark-compacts near heap limit",
     "Raise Node's heap (NODE_OPTIONS=--max-old-space-size=MIB) to less than the job's memory."),
    (r"Allowed memory size of \d{1,15} bytes exhausted",
     "Raise memory_limit of PHP, and the job's memory with it."),
    (r"Java heap space|GC overhead limit exceeded|insufficient memory for the Java Runtime",
     "Raise the heap of Java (-Xmx or -XX:MaxRAMPercentage), and the job's memory with it."),
    (r"exceeding (?:physical )?memory limits|memoryOverhead|ExecutorLostFailure",
     "Raise spark.executor.memoryOverhead or spark.executor.memory, within the job's memory."),
)  # fmt: skip


def first_step(diagnosis: Diagnosis) -> str:
    """Return a step for whom and what the texts name; empty if they name nothing of use."""
    writers: tuple[Callable[[Diagnosis, str], str], ...] = (_access, _memory, _connection, _quota)
    for text in (one.text for one in diagnosis.evidence):
        for write in writers:
            if step := write(diagnosis, text):
                return untrusted.defang(step)
    return ""


def _access(diagnosis: Diagnosis, text: str) -> str:
    denied, operation = _DENIED.search(text), _OPERATION.search(text)
    if denied is None:
        action = _S3.get(operation[1]) if operation else None
        return f"Allow {action} to the job role (jobRoleArn) on the bucket." if action else ""
    action, whom = denied["action"], _principal(denied["principal"] or "")
    if explicit := _EXPLICIT.search(text):
        policy = explicit["policy"] or "policy"
        return f"Remove the explicit deny of {action} from the {policy}; an Allow does not help."
    resource = denied["resource"] or "*"
    on = "" if resource == "*" else f" on {resource}"
    if missing := _NO_POLICY.search(text):
        return f"Allow {action} to {whom} in the {missing[1]} policy{on}."
    return f"Allow {action}{on} to {whom}."


def _principal(arn: str) -> str:
    if assumed := _ASSUMED.search(arn):
        return f"the role {assumed[1]}"
    found = _PRINCIPAL.search(arn)
    return f"the IAM {found[1]} {found[2]}" if found else "the role that the call uses"


def _memory(diagnosis: Diagnosis, text: str) -> str:
    if diagnosis.cause not in ("app-out-of-memory", "app-child-killed"):
        return ""
    return next((step for pattern, step in _RUNTIMES if re.search(pattern, text, re.I)), "")


def _connection(diagnosis: Diagnosis, text: str) -> str:
    if diagnosis.cause != "app-connection-failed":
        return ""
    if _UNRESOLVED.search(text):
        host = _NAMED_HOST.search(text)
        name = f"the name {host['host']}" if host else "the host's name"
        return f"Check {name}, DNS in the VPC, and private hosted zones."
    if endpoint := _ENDPOINT.search(text):
        service = (endpoint["service"] or "s3").upper()
        return (
            f"Give the job's subnets a route to {service}: a NAT gateway or a VPC endpoint, and "
            "outbound TCP 443 in the security group."
        )
    return ""


def _quota(_: Diagnosis, text: str) -> str:
    found = _LIMIT.search(text)
    if found is None:
        return ""
    return f"Request a higher quota for {found[1]} in Service Quotas; it is {found[2]}."
