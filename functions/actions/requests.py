"""A request to the function URL, read with suspicion: anyone may send anything.

Format: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from actions.misuse import Misuse, MisuseError
from notifier.alert.commands.action_links import PARAMETER

LARGEST_QUERY, LARGEST_BODY = 1_024, 2_048  # characters; a link has 150, a name 64
FORM = "application/x-www-form-urlencoded"
_NAME = re.compile(r"\w[\w .'-]{0,63}")
MOST_FIELDS = 8


@dataclass(frozen=True, slots=True)
class Request:
    """A link, and of a form the name of the person; only a form does anything."""

    token: str
    is_form: bool = False
    who: str = ""


def parse_request(event: Mapping[str, Any]) -> Request:
    """Read the event of a function URL; raises `MisuseError`."""
    context = _mapping(event, "requestContext")
    http = _mapping(context, "http")
    if event.get("rawPath", "/") not in ("", "/"):
        raise MisuseError(Misuse.PATH)
    method, query = http.get("method"), str(event.get("rawQueryString") or "")
    if len(query) > LARGEST_QUERY:
        raise MisuseError(Misuse.TOO_LARGE)
    if method in ("GET", "HEAD"):
        return Request(_one(_fields(query), PARAMETER, Misuse.NO_LINK))
    if method != "POST":
        raise MisuseError(Misuse.METHOD)
    if query:  # the form sends the link in its body, which no log of addresses shows
        raise MisuseError(Misuse.TWO_LINKS)
    headers = {str(k).lower(): str(v) for k, v in _mapping(event, "headers").items()}
    _check_origin(headers, str(context.get("domainName") or ""))
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise MisuseError(Misuse.CONTENT_TYPE)
    fields = _fields(_body(event))
    who = _one(fields, "who", Misuse.NO_NAME).strip()
    if not _NAME.fullmatch(who):
        raise MisuseError(Misuse.NO_NAME)
    return Request(_one(fields, PARAMETER, Misuse.NO_LINK), is_form=True, who=who)


def _mapping(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    return value if isinstance(value, Mapping) else {}


def _check_origin(headers: Mapping[str, str], host: str) -> None:
    """Refuse a form of another page. Browsers send both headers with every form."""
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "same-origin")
    if not host or urlsplit(origin).netloc != host or site != "same-origin":
        raise MisuseError(Misuse.OTHER_SITE)


def _body(event: Mapping[str, Any]) -> str:
    body = str(event.get("body") or "")
    if len(body) > LARGEST_BODY * 2:
        raise MisuseError(Misuse.TOO_LARGE)
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise MisuseError(Misuse.UNREADABLE) from error
    if len(body) > LARGEST_BODY:
        raise MisuseError(Misuse.TOO_LARGE)
    return body


def _fields(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, errors="strict", max_num_fields=MOST_FIELDS, keep_blank_values=True)
    except ValueError as error:
        raise MisuseError(Misuse.UNREADABLE) from error


def _one(fields: Mapping[str, list[str]], name: str, missing: Misuse) -> str:
    found = fields.get(name, [])
    if len(found) > 1:
        raise MisuseError(Misuse.TWO_LINKS)
    if not found or not found[0]:
        raise MisuseError(missing)
    return found[0]
