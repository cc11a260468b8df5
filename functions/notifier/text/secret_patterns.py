"""Secrets told by the words around them: headers, cookies, command lines, statements, calls.

Each pattern marks the secret with a group, and names words of which one stands in every text that
it matches. Each is linear: no nested repeat, every repeat bounded. A secret may be cut anywhere, by
a tail or by Batch's own 255 characters, so no pattern asks for its end.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

Span = tuple[int, int]


class Pattern(NamedTuple):
    """A kind of secret: how it is recognised, and what every text with one holds."""

    kind: str
    gates: tuple[str, ...]
    """Of these few one stands in every text with such a secret, in lower case."""
    marks: tuple[str, ...]
    """And one of these, if there are any."""
    expression: str


_START = r"(?<![A-Za-z0-9])"
_ARGUMENT = r"(?:\s|=|[\"'],\s?[\"']|\s?[\"'](?=\S))"  # also in a list: "-p", "x"
# No port and no path: `docker run -p 8080:80 -w /data`.
_PASSWORD = r"[\"']?((?=[^\s\"',/-])(?!\d{1,5}(?::\d{1,5})?(?:[\s\"']|$))[^\s\"']{4,300})"
OPTION = (" -", "'-", '"-')
_RARE = "*<\"'x"
_TOOLS = str.split(
    "docker podman helm skopeo buildah crane oras az mongo mongosh mongodump mongorestore"
    " mongoexport mongoimport sshpass synapse zip unzip 7z 7za rar unrar ldapsearch ldapadd"
    " ldapmodify iinit pyega3 bcp sqlcmd cqlsh mysql mysqldump mysqladmin mysqlimport mariadb"
    " rabbitmqadmin influx impala-shell beeline sqoop isql openssl lftp twine nexus qpdf ipmitool"
)
_COMMAND = rf"{_START}(?:{'|'.join(sorted(_TOOLS, key=len, reverse=True))})\b[^|;&]{{0,300}}?"

PATTERNS = (
    Pattern(
        "authorization header",
        ("auth",),
        ("authorization", "x-auth"),
        # In a sentence, the word after it is no token: "authorization requires TransitEncryption".
        r"authorization(?:(?:\s{0,3}[^\w\s]\W{0,9}|\s{1,3}(?=(?:basic|bearer|token|digest)\s))"
        r"(?:b[\"'])?(?:[\w-]{1,20}\s{1,3})?(?:\w{1,20}=\"[^\"]{0,60}\",\s)?"
        r"(?=\S{0,15}[0-9]|\S{24}|(?<=\s)(?-i:\w*[a-z][A-Z]))"
        r"|\s{1,3}(?:[\w-]{1,20}\s{1,3})?(?=\S{0,15}[0-9]|\S{24}))([^\s\"'`<>\\,;]{4,2000})",
    ),
    Pattern(
        "bearer or basic",
        ("bearer ", "basic "),
        (),
        rf"{_START}(?:bearer|basic)\s{{1,3}}((?=[\w.~+/-]{{0,15}}[0-9])[\w.~+/=-]{{4,2000}})",
    ),
    Pattern("signed request", ("signature=",), (), r"signature=([0-9a-zA-Z%+/=_-]{16,2000})"),
    Pattern(
        "cookie",
        ("cookie",),
        (),
        r"(?:set-)?cookie\\?[\"']?\s{0,2}:\s{0,2}\\?[\"']?((?!(?:not|no|none|null|missing|unset|absent|expired|invalid)\b)[^\s\"'\\][^\"'\\]{3,2000})",
    ),
    Pattern(
        "cookie option",
        OPTION,
        ("curl",),
        r"\s(?:-b|--cookie)\s{1,3}[\"']?[\w.-]{1,60}=([^\s\"';]{6,2000})",
    ),
    Pattern(
        "cookie jar",
        ("true  ", "false  "),
        (),
        r"\s(?:TRUE|FALSE)\s{1,8}\d{1,12}\s{1,8}[\w.-]{1,60}\s{1,8}(\S{6,2000})",
    ),
    Pattern(
        "user and password",
        OPTION,
        (" -u", "'-u", '"-u', "--user", "--proxy-user", "creds", "--auth", "--login"),
        rf"(?<!\S)[\"'\[]{{0,2}}(?:-u|--user|--proxy-user|--(?:src-|dest-)?creds|--auth|--login){_ARGUMENT}{{1,2}}[\"']?"
        r"[^\s:,\"']{1,64}[:,]([^\s\"'\]]{4,300})",
    ),
    Pattern(
        "password of a command",
        OPTION,
        (" -p", " -w", " -k", '"-p', "'-p", '"-w', "'-w"),
        rf"{_COMMAND}\s[\"']?"
        rf"(?:-p|-P|-w|-pw|-k|-passin|-passout){_ARGUMENT}{{1,2}}(?:pass:|stdin:)?{_PASSWORD}",
    ),
    Pattern(
        "password joined to its option",
        OPTION,
        ("-p",),
        rf"{_COMMAND}\s[\"']?-p((?=(?-i:[^\s\"']{{0,40}}[0-9A-Z]))[^\s\"'=-][^\s\"']{{3,300}})",
    ),
    Pattern("openssl", ("pass",), ("pass:",), r"\bpass:([^\s\"']{4,300})"),
    Pattern(
        "redis-cli",
        OPTION,
        ("redis-cli", "rediscli"),
        rf"redis-cli\b.{{0,100}}?\s-a{_ARGUMENT}{{1,2}}{_PASSWORD}",
    ),
    Pattern(
        "redis AUTH",
        ("auth",),
        ('auth" ', " auth ", "auth '"),
        r"(?:^|[\s\"'])AUTH[\"']?\s[\"']?"
        r"((?=\S{0,30}[0-9])[^\s\"']{6,300})",
    ),
    Pattern(
        "smbclient",
        OPTION,
        ("smb", "rpcclient", "cifs"),
        r"\s-U\s{0,2}[\"']?[\w.\\/-]{1,60}%([^\s\"']{4,300})",
    ),
    Pattern(
        "login of a tool",
        ("login", "config set"),
        ("login", "config set"),
        rf"{_START}(?:vault|wandb|huggingface-cli|hf|gh|heroku|fly|netlify|doppler|op|snyk)"
        r"\s[\w\s-]{0,40}?login\s"
        r"(?:--\w{1,20}[\s=])?((?=\S{0,40}[0-9])[^\s\"'-][^\s\"']{7,300})"
        r"|config\sset\s.{0,40}?\s-v\s(\S{6,300})",
    ),
    Pattern(
        "password of SQL",
        ("identified",),
        (),
        r"identified\s(?:with\s\S{1,40}\s)?by\s{1,3}(?:password\s)?[\"']?([^\s\"';]{4,300})",
    ),
    Pattern(
        "password in quotes behind its word",
        ("pass",),
        ("password ", "passphrase "),
        r"(?:password|passphrase)\s{1,3}(?:is\s{1,3}|was\s{1,3})?[\"'`(]"
        r"((?=[^\s\"'`]{0,40}[0-9]|(?-i:\w*[a-z][A-Z]))[^\s\"'`]{4,300}?)[\"'`)](?!\s?:)",
    ),
    Pattern(
        "login with … as password",
        ("pass", "token", "secret"),
        ("as password", "as token", "as secret"),
        r"with\s{1,3}[\"']?((?=\S{0,40}[0-9])\S{6,300}?)[\"']?\s{1,3}as\s(?:password|token|secret)",
    ),
    Pattern(
        "password behind a sentence",
        ("pass",),
        ("password ", "passphrase "),
        r"(?:password|passphrase)\s[^:=\"']{1,80}:\s{1,3}"
        r"((?=\S{0,40}[0-9])(?=\S{0,40}[A-Za-z])[^\s\"'/]{6,300})$",
    ),
    Pattern(
        "secure string",
        ("secur", "secret"),
        ("securestring", "secretstr", "secret(", "secretbytes"),
        r"(?:to-securestring|SecretStr|SecretBytes|Secret|SecureString)(?:\s(?:-string\s)?|\()b?[\"']([^\"']{4,300})",
    ),
    Pattern(
        "credentials of a call",
        ("auth", "cred", "login", "getconn"),
        ("auth(", "auth=(", "getconnection", "networkcred", "credentials(", "login("),
        r"(?:\w{0,20}auth|auth=|getConnection|NetworkCredential|Credentials?|login)\((?:[\w.]{1,30},\s?)?"
        r"b?[\"'][^\"']{0,60}[\"'],\s?b?[\"']([^\"']{4,300})",
    ),
    Pattern(
        "element of XML",
        ("</",),
        ("</", "/&gt;", "password>", "token>", "secret>"),
        r"<[\w:.-]{0,40}(?:password|passphrase|secret|token|apikey|accesskey|secretkey)(?:\s[^<>]{1,200})?>"
        r"\s{0,3}([^<\s][^<]{2,500})",
    ),
    Pattern(
        "pgpass",
        (":543", ":330", ":*:"),
        (),
        r"(?:^|\s)[\w.*-]{1,80}:(?:\d{2,5}|\*):[\w*-]{1,60}:[\w*-]{1,60}:"
        r"((?=\S{0,40}[0-9])[^\s:]{4,200})(?:\s|$)",
    ),
    Pattern(
        "unseal key",
        ("unseal", "recovery key"),
        (),
        r"(?:unseal|recovery)\skey\s\d{0,2}:\s([\w+/=]{16,100})",
    ),
    Pattern(
        "private key of a chain",
        ("0x",),
        (),
        rf"{_START}0x([0-9a-f]{{64}})(?![0-9a-f])",
    ),
    Pattern(
        "card",
        ("card",),
        (),
        r"card\b\D{0,24}((?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|3[47]\d\d|6(?:011|5\d\d))"
        r"(?:[ -]?\d{4,6}){2,3})\b",
    ),
)


@cache
def _compiled(pattern: Pattern) -> re.Pattern[str]:
    return re.compile(pattern.expression, re.IGNORECASE)


_Gate = tuple[str, str, tuple[Pattern, ...]]


@cache
def _gates() -> tuple[_Gate, ...]:
    """Give each gate and its patterns, behind a character of the gate that few lines have."""
    return tuple(
        (
            next((mark for mark in _RARE if mark in gate), gate),
            gate,
            tuple(one for one in PATTERNS if gate in one.gates),
        )
        for gate in dict.fromkeys(gate for pattern in PATTERNS for gate in pattern.gates)
    )


@cache
def _marks() -> tuple[_Gate, ...]:
    return tuple(one for one in _gates() if not one[1][0].isalpha())


def gate_words() -> list[str]:
    """Give the gates that begin with a letter."""
    return [gate for _, gate, _ in _gates() if gate[0].isalpha()]


def find(line: str, lowered: str, *, has_word: bool) -> list[Span]:
    """Find these secrets in a line.

    Parameters
    ----------
    lowered
        The same in lower case.
    has_word
        Whether one of `gate_words` may stand in it.
    """
    gates = _gates() if has_word else _marks()
    behind = [one for rare, gate, one in gates if rare in lowered and gate in lowered]
    found: list[Span] = []
    for pattern in dict.fromkeys(one for patterns in behind for one in patterns) if behind else ():
        if not pattern.marks or any(mark in lowered for mark in pattern.marks):
            matches = _compiled(pattern).finditer(line)
            found += (match.span(match.lastindex or 0) for match in matches)
    return found
