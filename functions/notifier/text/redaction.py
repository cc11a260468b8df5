"""Secrets found in text and masked: reasons, log lines and tags are written by strangers.

What all patterns find is joined and masked at once, so that none can hide a secret from another.
Words like `password` in prose, ARNs and image names stay readable: what is masked without need
hides the cause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from notifier.text.secret_patterns import BY_MARK, BY_SHAPE, KEYWORD, MARKS, UNBROKEN

MASK = "[redacted]"
SHORTEST_VALUE = 6  # characters; shorter known values ("prod", "1") would blot out ordinary words
SHORTEST_CUT = 8  # characters of a known value that betray it where the text was cut

_URL = re.compile(r"://(?P<secret>(?:[^\s\"'`<>\\:]|:(?!//)){1,700})")
_PORT = re.compile(r"[^/:@]*:\d{1,5}(?:[/?#,;)\]}.]|$)")
_TOKEN_AS_USER = re.compile(r"(?=[^/@]{0,40}[0-9])[^/:@.]{12,200}@")
_CUT_PASSWORD = re.compile(r"[^/:@\[]*:[^\s]{8,}…?$")
_PATHS = 5  # slashes: base64 has one in 64 characters, a path has more
_IMAGES = ("docker", "oci")  # in docker://ubuntu:22.04 no password follows the colon

_PEM_BLOCK = re.compile(r"-----BEGIN\b.{0,4000}?(?:-----END\b[^-]{0,60}(?:-----)?|$)", re.DOTALL)
_PEM_TAIL = re.compile(
    r"(?:[A-Za-z0-9+/]{4,100}={0,2}(?:\s|\\{1,4}[nr]|[\"',]){1,8}){1,400}"
    r"-----END\b[^-]{0,60}(?:-----)?"
)
_PEM_HEADER = re.compile(r"(?:Proc-Type|DEK-Info|Version|Comment): ")
_ROW = re.compile(r"(?:^|[\s\"'])([A-Za-z0-9+/]{12,100}={0,2})[\"',]?\s*$")

_KEY = re.compile(r"[A-Za-z0-9+/=]{32,}")  # names of samples and runs have dashes, and are shorter

_ARN_BEFORE = re.compile(r"(?<![A-Za-z])arn:aws[^\s\"',;]*$")
# A setting of such a name tells about a secret (where it is, how long it lives), and is none.
_ABOUT_A_SECRET = re.compile(
    r"(?:name|arn|ids?|path|file|dir|ur[il]|host|port|region|length|len|limit|count|ttl|expiry"
    r"|seconds?|type|version|error|exception|\.(?:py|java|js|go|rs|txt|json))$",
    re.IGNORECASE,
)
_SECRET_SETTING = re.compile(
    rf"{KEYWORD}|passw?d?$|credential|dsn$|auth(?!or)|connection|webhook|salt", re.IGNORECASE
)
# RequestToken, nextToken: they number calls and open nothing.
_PAGING = re.compile(r"(?:request|client|next|continuation|page)[_-]?$", re.IGNORECASE)
_SMALL_NUMBER = re.compile(r"[\d.]{1,6}")
Span = tuple[int, int]


def is_secret(setting: str, value: str) -> bool:
    """Say whether a setting (an environment variable) holds a secret, by its name or its look."""
    counts = value.isdigit() and "pass" not in setting.lower()  # MAX_CONNECTIONS=100000
    if counts or _ABOUT_A_SECRET.search(setting):
        return False
    return bool(_SECRET_SETTING.search(setting) or (_mixed(value) and _KEY.fullmatch(value)))


def spellings(value: str) -> set[str]:
    """Give a value of one visible line as it is, in JSON, and in a URL; none if it is too short."""
    if len(value) < SHORTEST_VALUE:
        return set()
    in_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return {value, *in_json, quote(value, safe=""), quote(value)}


def mask(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Mask every secret in a text of one line.

    Parameters
    ----------
    text
        Visible characters only, of bounded length (see `text.one_line`).
    secrets
        Values known to be secret, in every spelling (see `spellings`).

    Examples
    --------
    >>> mask("login with password=hunter2 failed")
    'login with password=[redacted] failed'
    """
    found = [*_known(text, secrets)]
    if _may_hold_a_secret(text):
        found += [*_by_rule(text), *_in_urls(text), *_in_pem(text)]
    for start, end in reversed(_joined(found)):
        text = text[:start] + MASK + text[end:]
    return text


def _may_hold_a_secret(text: str) -> bool:
    """Rule out most lines at a glance; the patterns cost fifty times as much."""
    lowered = text.lower()
    for mark in MARKS:  # any() with a generator takes twice as long, on every text
        if mark in lowered:
            return True
    return bool(UNBROKEN.search(text))


def key_rows(lines: Sequence[str]) -> list[bool]:
    """Say for each line whether it belongs to a private key, also to one cut at either end."""
    rows = [_is_row(line) for line in lines]
    masked = [
        row and bool(BY_SHAPE["key row"].search(line))
        for line, row in zip(lines, rows, strict=True)
    ]
    inside = False
    for n, line in enumerate(lines):
        body = rows[n] or not line.strip() or bool(_PEM_HEADER.search(line))
        # The last row of a key is short: what precedes it tells what it is.
        masked[n] = (
            masked[n]
            or (inside and body and bool(line.strip()))
            or (rows[n] and n > 0 and masked[n - 1])
        )
        inside = "-----BEGIN" in line or (inside and body)
        if "-----END" in line:
            inside = False
            _upwards(rows, masked, n)
    return masked


def _upwards(rows: Sequence[bool], masked: list[bool], end: int) -> None:
    """Mark the rows straight above an END whose BEGIN was cut away."""
    for n in range(end - 1, -1, -1):
        if masked[n] or not rows[n]:
            return
        masked[n] = True


def _is_row(line: str) -> bool:
    found = _ROW.search(line)
    return found is not None and _mixed(found[1])


def _mixed(value: str) -> bool:
    """Say whether a value has both cases and a digit, and is no path: keys are like that."""
    both = any(map(str.isupper, value)) and any(map(str.islower, value))
    return both and any(map(str.isdigit, value)) and value.count("/") < _PATHS


def _by_rule(text: str) -> Iterator[Span]:
    for kind, rule in (*BY_MARK.items(), *BY_SHAPE.items()):
        for match in rule.finditer(text):
            if _is_secret(kind, match):
                group = "bare" if match.groupdict().get("bare") else "secret"
                yield match.span(group)


def _is_secret(kind: str, match: re.Match[str]) -> bool:
    """Tell a secret from what only looks like one."""
    found = match.groupdict()
    value = found.get("bare") or found["secret"]
    if kind in BY_SHAPE:
        return value.count("/") < _PATHS
    if "name" not in found:
        return True
    name = found["name"].lower()
    if _ABOUT_A_SECRET.search(name) or name.startswith("secretsmanager"):
        return False
    if (name == "pwd" and value.startswith("/")) or (
        not name.startswith("pass") and _SMALL_NUMBER.fullmatch(value)
    ):
        return False  # PWD=/data, max_new_token=128
    # `arn:aws:secretsmanager:…:secret:NAME` names a secret and holds none.
    before = match.string[max(0, match.start() - 200) : match.start()]
    return not (_ARN_BEFORE.search(before) or (name == "token" and _PAGING.search(before)))


def _in_urls(text: str) -> Iterator[Span]:
    """Find `user:password@` after `://`, also where the text was cut before the `@`."""
    for match in _URL.finditer(text):
        rest, start = match["secret"], match.start("secret")
        if _PORT.match(rest):
            continue
        at, image = rest.rfind("@"), text[: match.start()].endswith(_IMAGES)
        if ":" in rest[: max(at, 0)] or _TOKEN_AS_USER.match(rest):
            yield start, start + at
        elif match.end() == len(text) and not image and _CUT_PASSWORD.match(rest, at + 1):
            yield start + at + 1, match.end()


def _in_pem(text: str) -> Iterator[Span]:
    if "-----BEGIN" in text:
        yield from (match.span() for match in _PEM_BLOCK.finditer(text))
    if "-----END" in text:
        yield from (match.span() for match in _PEM_TAIL.finditer(text))


def _known(text: str, secrets: tuple[str, ...]) -> Iterator[Span]:
    """Find known values as a job may print them, and the beginning of one where it was cut."""
    end = len(text.removesuffix("…"))
    for value in secrets:
        at = text.find(value)
        while at >= 0:
            yield at, at + len(value)
            at = text.find(value, at + len(value))
        for length in range(min(len(value) - 1, end), SHORTEST_CUT - 1, -1):
            if text.startswith(value[:length], end - length):
                yield end - length, end
                break


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
