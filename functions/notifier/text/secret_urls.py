"""Secrets in addresses: passwords, tokens in the place of a user, paths and parameters that open.

A URL begins at `://`; a password in it may hold any mark, even `@`, `/` and a blank, and may have
been cut before the `@`. Addresses of databases have no `://` at times: `app:pw@tcp(db)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notifier.text import lazy

_REST = lazy(
    r"://((?:[^\s\"'`<>\\:]|[<>\"](?=[^\s@]{1,40}@)|['`](?=@|[^\s,;:)\]}'\"][^\s@]{0,40}@)"
    r"|\\(?![nrt\"'])|:(?!//)){1,700})"
)
_PORT = lazy(r"[^/:@]*:\d{1,5}(?:[/?#,;)\]}.]|$)")
_TOKEN_AS_USER = lazy(r"(?=[^/@]{0,40}[0-9])[^/:@.]{12,200}@")
_CUT_PASSWORD = lazy(r"[^/:@\[]*:[^\s]{8,}…?$")
_BLANK_INSIDE = lazy(r"://[^\s/:@]{1,60}:([^@:/]{1,30}\s[^@:/]{1,50})@[\w.-]+(?=[:/])")
_IMAGES = ("docker", "oci")  # in docker://ubuntu:22.04 no password follows the colon

_PATHS = lazy(
    r"(?:/webhooks/\d+/|/hooks/catch/\d+/|/services/T\w+/B\w+/|/workflows/T\w+/A\w+/|/triggers/[TE]\w+/\d+/"
    r"|hooks\.slack(?:-gov)?\.com/\w{1,20}/|api\.telegram\.org/(?:file/)?bot|hc-ping\.com/"
    r"|healthchecks\.io/ping/|infura\.io/v3/|infura\.io/ws/v3/|alchemy(?:api)?\.(?:com|io)/v2/"
    r"|quiknode\.pro/|ankr\.com/\w{1,30}/|IncomingWebhook/|/with/key/|hook\.[\w.]{1,20}make\.com/"
    r"|integromat\.com/|nosnch\.in/|cronitor\.link/p/|cronitor\.io/|/receiver/v1/http/"
    r"|/inputs/|/conda[\w.]{0,30}/t/|/t/(?=[\w-]{0,40}\d)|(?<=[\w.])/hooks/(?=[\w/-]{0,40}\d)|/heartbeat/(?=\w{0,30}\d)"
    r"|dl\.cloudsmith\.io/(?!public)(?=\w*\d)|/reset/(?=[\w-]{20})|/p/(?=[\w-]{30})|/sns/endpoint/|pipedream\.net/"
    r"|/workflows/[0-9a-f]{32}/triggers/|/alertmanager/|/integration/(?=[0-9a-f]{32})"
    r"|/[FD]/[FD]?/?(?=\w{20})|/ingest/(?=[\w-]{0,30}\d)|/webhook/(?=[0-9a-f]{8}-)|/api/webhook/)([\w:~=%.+-]{6,300}(?:/[\w-]{16,200})*)",
    re.IGNORECASE,
)
_PARAMETERS = lazy(
    r"[?&;](?:amp;)?(?:[\w.-]{0,40}(?:key|token|secret|passw(?:or)?d|pwd|passphrase|sig|signature|auth"
    r"|appid|code|jwt|sid|sess(?:ion)?|sessid|credentials?|policy|ticket|assertion)|auth_?\w{0,20}|p"
    r"|x-(?:amz|goog|oss|obs|cos|ms)-(?:signature|credential|security-token)|q-signature|q-ak"
    r"|temp_url_sig|(?:aws|oss|google)access(?:key)?id)=(?=([^\s&\"'`<>\\#;,]{5,2000}))",
    re.IGNORECASE,
)
_NO_KEY = lazy(
    r"(?:null|none|true|false|undefined|\d{1,6}|[a-z]{1,12}|[a-z_]{1,24}|\$\{?\w+\}?|\[redacted.*"
    r"|<.*|\{.*|[A-Z_]+)$"
)
_PAGING = lazy(r"(?:next|page|continuation|sort|partition|start|client)[_-]?(?:key|token)=$", re.I)
_DATABASE = lazy(
    r"(?<![\w@/.])[\w.-]{1,40}[:/]([^\s:/@]{6,80})@(?:tcp|unix|udp)?(?:\(|[\w.-]{1,60}(?:[:/\s]|$)|//)"
)
_CONNECT = lazy(
    r"(?:sqlplus|sqlldr|expdp|impdp|exp|imp|rman|jdbc:\S{1,40}|conn(?:ect)?)[\s:]|[:/]\d{2,5}/|tcp\(|unix\("
)
_JDBC = lazy(r"jdbc:[\w:]{1,40}:[\w.-]{1,64}/([^\s@]{1,200})(?:@|$)", re.IGNORECASE)
Span = tuple[int, int]


def find(line: str, lowered: str) -> Iterator[Span]:
    """Find the secrets in the addresses of a line."""
    if "://" in line:
        yield from _before_hosts(line)
        yield from (match.span(1) for match in _PATHS.finditer(line))
    if "=" in line and ("?" in line or "&" in line):
        yield from _in_parameters(line)
    if "@" in line:
        yield from _of_databases(line)
    if "jdbc:" in lowered:
        yield from (match.span(1) for match in _JDBC.finditer(line))


def _before_hosts(line: str) -> Iterator[Span]:
    """Find `user:password@` behind `://`, also where the line was cut before the `@`."""
    for match in _REST.finditer(line):
        rest, start = match[1], match.start(1)
        at = rest.rfind("@")
        if _PORT.match(rest):
            continue
        is_host = line[: match.start()].endswith(_IMAGES) or _PORT.match(rest, at + 1)
        if ":" in rest[: max(at, 0)] or _TOKEN_AS_USER.match(rest):
            yield start, start + at
        elif match.end() == len(line) and not is_host and _CUT_PASSWORD.match(rest, at + 1):
            yield start + at + 1, match.end()
    yield from (match.span(1) for match in _BLANK_INSIDE.finditer(line))


def _in_parameters(line: str) -> Iterator[Span]:
    for match in _PARAMETERS.finditer(line):
        begin, end = match.span(1)
        if not (_NO_KEY.match(line[begin:end]) or _PAGING.search(line[match.start() : begin])):
            yield begin, end


def _of_databases(line: str) -> Iterator[Span]:
    """Find `user:password@tcp(host)` and `user/password@host:1521/name`."""
    for match in _DATABASE.finditer(line):
        before = line[max(0, match.start() - 12) : match.start()]
        if "://" not in before and (any(map(str.isdigit, match[1])) or _CONNECT.search(line)):
            yield match.span(1)
