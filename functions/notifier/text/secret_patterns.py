"""What secrets look like in text: one named pattern for each kind.

Each marks the secret with the group `secret`, some with the `name` that stands before it. Each is
linear: no nested repeat, every repeat bounded. A secret may be cut anywhere, by a tail or by
Batch's own 255 characters, so no pattern asks for its end.
"""

from __future__ import annotations

import re

# Before a token stands no letter or digit, except those of an escape (`\nAKIA…` in quoted JSON).
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf]))"


def _token(prefix: str, body: str = "A-Za-z0-9_-", whole: int = 24) -> str:
    """Match a vendor's token: a prefix, and a body with a digit early, or of full length."""
    early_digit = rf"(?=[{body}]{{0,12}}[0-9])[{body}]{{4,}}"
    return rf"{_START}(?P<secret>{prefix}(?:{early_digit}|[{body}]{{{whole},}}))"


KEYWORD = (
    rf"(?:pass(?:word|wd|phrase)|(?<=[_.-])pass(?![a-z])|{_START}pwd|secret|token(?!iz|s)"
    r"|api[_-]?key|(?:access|private|account|shared|signing|encryption)[_-]?(?:access[_-]?)?key)"
)
_SUFFIX = r"[\w.-]{0,40}"
# In quotes, up to the same quotes with as many backslashes before them, or to where it was cut.
_QUOTED = (
    r"(?P<slashes>\\{0,3})(?P<quote>[\"'])(?P<secret>.{1,2000}?)(?:(?<!\\)(?P=slashes)(?P=quote)|$)"
)
_BARE = r"(?P<secret>[^\s\"'`<>\\][^\s\"'`<>]{0,2000})"
_NAME = rf"(?P<name>{KEYWORD}{_SUFFIX})"

BY_MARK: dict[str, re.Pattern[str]] = {
    "AWS access key id": re.compile(
        rf"{_START}(?P<secret>(?:AKIA|ASIA)(?:[A-Z0-9]{{16}}|(?=[A-Z]{{0,12}}[0-9])[A-Z0-9]{{4,}}))"
    ),
    "GitHub": re.compile(_token("(?:gh[pousr]_|github_pat_)", r"\w")),
    "GitLab": re.compile(
        _token("gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas|ffct|rtr)-", whole=20)
    ),
    "Slack": re.compile(_token(r"x(?:ox[a-z](?:\.xox[a-z])?|app)-")),
    "Slack webhook": re.compile(
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]+)"
    ),
    "Stripe": re.compile(_token("(?:[spr]k_(?:live|test)_|whsec_)", "A-Za-z0-9")),
    "model vendors": re.compile(
        rf"{_START}(?<!-)(?P<secret>sk-(?:(?=[\w-]{{0,40}}[A-Z])(?=[\w-]{{0,40}}[0-9])[\w-]{{4,}}"
        r"|(?=[A-Za-z0-9]{0,24}[0-9])[A-Za-z0-9]{20,}))"
    ),
    "Hugging Face, npm": re.compile(_token("(?:hf_|npm_)", "A-Za-z0-9")),
    "Google, PyPI, SendGrid": re.compile(_token(r"(?:AIza|pypi-|SG\.)")),
    "Databricks": re.compile(rf"{_START}(?P<secret>dapi[0-9a-f]{{8,}})"),
    "JSON web token": re.compile(rf"{_START}(?P<secret>eyJ[\w-]{{6,}}(?:\.[\w-]*){{0,4}})"),
    "authorization header": re.compile(
        r"authorization\W{1,8}(?:[\w-]{1,20}\s{1,3})?(?P<secret>(?=\S{0,15}[0-9]|\S{24})[^\s\"'`<>\\,;]{4,})",
        re.IGNORECASE,
    ),
    "bearer or basic": re.compile(
        rf"{_START}(?:bearer|basic)\s{{1,3}}(?P<secret>(?=[\w.~+/-]{{0,15}}[0-9])[\w.~+/=-]{{4,}})",
        re.IGNORECASE,
    ),
    "signed URL": re.compile(
        r"(?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|[?&;](?:sig|signature))="
        r"(?P<secret>[^\s&\"'`<>]+)",
        re.IGNORECASE,
    ),
    "name and quoted value": re.compile(
        rf"{_NAME}\\{{0,3}}[\"']?\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}}{_QUOTED}", re.IGNORECASE
    ),
    "name, then value": re.compile(
        rf"name\\{{0,3}}[\"']\s{{0,3}}[:=]\s{{0,3}}\\{{0,3}}[\"'][\w.-]{{0,40}}{_NAME}\\{{0,3}}[\"']\s{{0,3}},"
        rf"\s{{0,3}}\\{{0,3}}[\"']value\\{{0,3}}[\"']\s{{0,3}}[:=]\s{{0,3}}{_QUOTED}",
        re.IGNORECASE,
    ),
    "name = value": re.compile(rf"{_NAME}\s{{0,3}}(?:=>|:=|=)\s{{0,3}}{_BARE}", re.IGNORECASE),
    # In prose a colon leads to a sentence ("DB_PASSWORD: unbound variable"), which has no digit
    # early in its first word and goes on after it.
    "name: value": re.compile(
        rf"(?P<name>{KEYWORD})\s{{0,3}}:\s{{0,3}}(?=\S{{0,40}}[0-9]|[^\s:]{{1,200}}$){_BARE}",
        re.IGNORECASE,
    ),
    "command line": re.compile(
        rf"(?<![\w-])-{{1,2}}[\w.-]{{0,40}}?{_NAME}\s{{1,3}}(?!--)(?:{_QUOTED}|(?P<bare>[^\s\"'`<>]{{1,2000}}))",
        re.IGNORECASE,
    ),
    "XML": re.compile(
        rf"<[\w:.-]{{0,40}}?{_NAME}>\s{{0,3}}(?P<secret>[^<\s][^<]{{0,500}})", re.IGNORECASE
    ),
    "cookie": re.compile(
        r"(?:set-)?cookie\\?[\"']?\s{0,2}:\s{0,2}\\?[\"']?(?P<secret>[^\s\"'\\][^\"'\\]{3,})",
        re.IGNORECASE,
    ),
    "curl, wget": re.compile(
        rf"{_START}(?:curl|wget)\b.{{0,200}}?\s(?:-u|--user)[\s=]{{0,2}}[\"']?[^\s:\"']{{1,64}}:"
        r"(?P<secret>[^\s\"']+)",
        re.IGNORECASE,
    ),
    "mysql": re.compile(
        rf"{_START}mysql\w{{0,10}}\b.{{0,200}}?\s-p(?P<secret>[^\s-]\S*)", re.IGNORECASE
    ),
    "sshpass, redis-cli": re.compile(
        rf"{_START}(?:sshpass\s{{1,3}}-p|redis-cli\b.{{0,100}}?\s-a)\s{{0,3}}(?P<secret>\S+)",
        re.IGNORECASE,
    ),
    "Oracle URL": re.compile(
        r"jdbc:[\w:]{1,40}:[\w.-]{1,64}/(?P<secret>[^\s@]{1,200})(?:@|$)", re.IGNORECASE
    ),
    "command list": re.compile(
        rf"\"-{{1,2}}[\w.-]{{0,40}}?{_NAME}\"\s{{0,3}},\s{{0,3}}{_QUOTED}", re.IGNORECASE
    ),
}  # fmt: skip
_ALONE = r"(?:(?<![A-Za-z0-9/+=_.-])|(?<=\\[nrt]))"
BY_SHAPE = {
    # 40 characters of both cases with a digit, standing alone. Hex digests have one case.
    "AWS secret access key": re.compile(
        rf"{_ALONE}(?=[A-Za-z0-9/+]{{0,39}}[A-Z])"
        r"(?=[A-Za-z0-9/+]{0,39}[a-z])(?=[A-Za-z0-9/+]{0,39}[0-9])"
        r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=_-])(?!\.\w)"
    ),
    # A line of a private key, whatever stands around it.
    "key row": re.compile(
        rf"{_ALONE}(?=[A-Za-z0-9/+]{{0,60}}[A-Z])"
        r"(?=[A-Za-z0-9/+]{0,60}[a-z])(?=[A-Za-z0-9/+]{0,60}[0-9])"
        r"(?P<secret>[A-Za-z0-9/+]{48,}={0,2})(?![\w-])"
    ),
}

# Without one of these in it, in lower case, no text matches a pattern of `BY_MARK`, holds a URL or
# a key; without an unbroken run, none of `BY_SHAPE`.
MARKS = (
    "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glptt-",
    "gldt-", "glrt-", "glcbt-", "glft-", "glsoat-", "glagent-", "glimt-", "gloas-", "glffct-",
    "glrtr-", "xox", "xapp-", "hooks.slack", "k_live_", "k_test_", "whsec_", "sk-", "hf_", "npm_",
    "aiza", "pypi-", "sg.", "dapi", "eyj", "authorization", "bearer", "basic", "x-amz-", "x-goog-",
    "sig=", "signature=", "pass", "pwd", "secret", "token", "api", "key", "cookie", "curl", "wget",
    "mysql", "redis-cli", "jdbc:", "://", "-----",
)  # fmt: skip
UNBROKEN = re.compile(r"[A-Za-z0-9/+]{40}")
