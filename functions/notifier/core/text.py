"""Untrusted text made safe, and fitted to a size.

Job names, reasons, log lines and tags are written by strangers. The order here is the
guarantee: cap the length first (so every pattern runs on bounded text), strip what a reader
cannot see, mask secrets, and only then quote, defang or truncate.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence

LINE_LIMIT = 2_000  # characters; one log event may be 1 MB, and the patterns below see one line
MASK = "[redacted]"
ELLIPSIS = "…"

_TERMINAL_SEQUENCE = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC: titles, hyperlinks
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor moves
    r"|\x1b[ -/]*[0-~]?"
)
# Cc/Cf/Cs/Zl/Zp hold the controls, the bidi and zero-width marks, lone surrogates and separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters that show as nothing
_TYPOGRAPHY = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-",
    "…": "...", "·": "-", "×": "x", "→": "->", "•": "*", "ß": "ss", "ø": "o", "Ø": "O",
    "æ": "ae", "Æ": "AE", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d", "ı": "i",
})  # fmt: skip

_NAMED_SECRET = (
    r"(?:pass(?:word|wd|phrase)|\bpwd|secret(?!smanager)|token(?!iz|s\b)|api[_-]?key"
    r"|(?:access|private|account|shared|signing|encryption)[_-]?key)(?![\w.]{0,40}(?:error|exception))"
)
# What a setting's name says is secret, and what only tells where a secret is or how long it lives.
_SECRET_SETTING = re.compile(
    rf"{_NAMED_SECRET}|passw?d?$|credential|\bdsn|auth(?!or)|connection_?string", re.IGNORECASE
)
_NOT_THE_SECRET = re.compile(
    r"(?:name|arn|id|path|file|dir|uri|url|host|port|region|length|limit|count|ttl|expiry|seconds)$",
    re.IGNORECASE,
)
_VALUE = r"""(?:\\?"[^"\n]{0,2000}(?:"|$)|\\?'[^'\n]{0,2000}(?:'|$)|[^\s"'\\,;&)}\]]{1,2000})"""

# Every entry is linear: no nested quantifier, and each repeat runs over its own characters.
# A token may be cut anywhere by a tail or by Batch's own 255 characters, so the least length
# is short and no entry asks for the end of its token.
_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("AWS access key id", re.compile(r"()\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{4,}")),
    ("GitHub token", re.compile(r"()\b(?:gh[pousr]_[A-Za-z0-9]{4,}|github_pat_\w{4,})")),
    ("GitLab token", re.compile(r"()\bgl[a-z]{2,6}-[\w-]{6,}")),
    ("Slack token", re.compile(r"()\bx(?:ox[a-z]|app)-[\w-]{4,}")),
    ("Slack webhook", re.compile(r"(hooks\.slack\.com/)[\w/-]+")),
    ("Stripe key", re.compile(r"()\b(?:[spr]k_(?:live|test)_|whsec_)\w{4,}")),
    ("model, package or mail API key", re.compile(
        r"()\b(?:sk-[\w-]{12,}|hf_[A-Za-z0-9]{8,}|AIza[\w-]{8,}|npm_\w{8,}|pypi-[\w-]{8,}"
        r"|SG\.[\w.-]{8,}|dapi[0-9a-f]{16,})")),
    ("JSON web token", re.compile(r"()\beyJ[\w-]{6,}(?:\.[\w-]*)*")),
    ("bearer or basic header", re.compile(
        r"(?i)(\bbearer\s+|authorization\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?(?:\w+\s+)?)"
        r"[^\s\"',;\\]{4,}")),
    ("password in a URL", re.compile(
        r"(\b[a-z][a-z0-9+.-]{1,30}://)(?!\d{1,5}(?:/|$))[^\s/:@\"']{0,256}"
        r":(?!\d{1,5}(?:[/\s\"',;)]|$))[^\s/\"'@]{1,512}(?:@|$)", re.IGNORECASE)),
    ("secret on a command line", re.compile(
        rf"(--?[\w-]{{0,40}}{_NAMED_SECRET}[\w-]{{0,40}}\s+){_VALUE}", re.IGNORECASE)),
    ("secret with a name", re.compile(
        rf"({_NAMED_SECRET}[\w.-]{{0,40}}\\?[\"']?\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}})(?!\s){_VALUE}",
        re.IGNORECASE)),
    ("signed URL", re.compile(
        r"((?:X-Amz-(?:Signature|Credential|Security-Token)|[?&]sig|Signature)=)[^\s&\"']+",
        re.IGNORECASE)),
    # 40 characters with both cases and a digit, standing alone. Hex digests have one case.
    ("AWS secret access key", re.compile(
        r"()(?<![\w/+=.-])(?=[A-Za-z0-9/+]{0,39}[A-Z])(?=[A-Za-z0-9/+]{0,39}[a-z])"
        r"(?=[A-Za-z0-9/+]{0,39}[0-9])[A-Za-z0-9/+]{40}(?![\w/+=.-])")),
)  # fmt: skip

_ARN_TAIL = re.compile(r"arn:[^\s\"']*$")
_PEM_BEGIN = re.compile(r"-----BEGIN\b")
_PEM_END = re.compile(r"-----END\b")
# The body of a key whose BEGIN and END are both outside what we see.
_KEY_BODY = re.compile(r"^\s*(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d)[A-Za-z0-9+/]{48,}={0,2}\s*$")
_BASE64_LINE = re.compile(r"^\s*[A-Za-z0-9+/]+={0,2}\s*$")
_URL = re.compile(r"\b(?:(h)tt(ps?)|(f)t(ps?))(?=://)", re.IGNORECASE)
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)


def names_secret(setting: str) -> bool:
    """Say whether a setting of this name (an environment variable) holds a secret."""
    return bool(_SECRET_SETTING.search(setting)) and not _NOT_THE_SECRET.search(setting)


def visible(text: str) -> str:
    """Drop terminal sequences and every character a reader cannot see; breaks become blanks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(character) for character in _TERMINAL_SEQUENCE.sub("", text))


def _seen(character: str) -> str:
    if character == "\t":
        return "    "
    if character in "\n\r\v\f\u2028\u2029":
        return " "
    if character in _BLANK_LETTERS or unicodedata.category(character) in _INVISIBLE:
        return ""
    return character


def one_line(text: str, secrets: Iterable[str] = (), limit: int = LINE_LIMIT) -> str:
    r"""Make an untrusted text one visible line without secrets.

    Parameters
    ----------
    text
        Anything a job, a person or AWS wrote.
    secrets
        Literal values to mask beside the patterns (see `Failure.secrets`).
    limit
        Characters of the result; what is cut is marked.

    Examples
    --------
    >>> one_line("login with password=hunter2 \x1b[31mfailed")
    'login with password=[redacted] failed'
    """
    return truncate(_masked(visible(_capped(text)), secrets).strip(), limit)


def lines(texts: Sequence[str], secrets: Iterable[str] = ()) -> list[str]:
    """Make log lines safe, in order and one for one; keys that span lines are masked whole."""
    held = tuple(secrets)
    masked = _key_lines(texts)
    return [
        MASK if masked[n] else _masked(visible(_capped(text)), held).rstrip()
        for n, text in enumerate(texts)
    ]


def _key_lines(texts: Sequence[str]) -> list[bool]:
    """Say for each line whether it belongs to a PEM block, also one cut at either end."""
    masked = [bool(_KEY_BODY.match(text[:LINE_LIMIT])) for text in texts]
    inside = False
    for n, text in enumerate(texts):
        begins, ends = _PEM_BEGIN.search(text[:LINE_LIMIT]), _PEM_END.search(text[:LINE_LIMIT])
        inside = inside or bool(begins)
        masked[n] = masked[n] or inside or bool(ends)
        if ends:
            inside = False
            _mask_upwards(texts, masked, n)
    return masked


def _mask_upwards(texts: Sequence[str], masked: list[bool], end: int) -> None:
    """Mask the base64 lines straight above an END whose BEGIN was cut away."""
    for n in range(end - 1, -1, -1):
        if masked[n] or not _BASE64_LINE.match(texts[n][:LINE_LIMIT]):
            return
        masked[n] = True


def _capped(text: str) -> str:
    """Cut to the line limit, back to a break: half a token would escape the patterns."""
    if len(text) <= LINE_LIMIT:
        return text
    head = text[:LINE_LIMIT]
    breaks = [head.rfind(mark, LINE_LIMIT - 300) for mark in " \t\n\"',;&"]
    return head[: max(*breaks, LINE_LIMIT - 300)] + ELLIPSIS


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    if _PEM_BEGIN.search(text):
        text = text[: text.index("-----BEGIN")] + MASK
    for _, pattern in _SECRETS:
        text = pattern.sub(_mask, text)
    return text


def _mask(match: re.Match[str]) -> str:
    # `arn:aws:secretsmanager:…:secret:NAME` names a secret and holds none.
    if _ARN_TAIL.search(match.string, max(0, match.start() - 200), match.start()):
        return match[0]
    return f"{match[1]}{MASK}"


def defang(text: str) -> str:
    """Make URLs in quoted text not clickable: only our own links may be followed."""
    return _WWW.sub("www[.]", _URL.sub(_dead_scheme, text))


def _dead_scheme(found: re.Match[str]) -> str:
    return f"{found[1]}xx{found[2]}" if found[1] else f"{found[3]}x{found[4]}"


def truncate(text: str, limit: int) -> str:
    """Cut to `limit` characters, visibly."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + ELLIPSIS


def json_bytes(text: str) -> int:
    """Size of a text as UTF-8 once JSON has escaped it, without the quotes around it."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2


def fit(text: str, limit: int) -> str:
    """Cut to `limit` bytes after JSON encoding, on a code point, visibly."""
    if json_bytes(text) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if json_bytes(text[:middle] + ELLIPSIS) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low] + ELLIPSIS


def ascii_line(text: str) -> str:
    """Write a text in printable ASCII: known typography by its likeness, the rest as `?`."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHY))
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return "".join(c if " " <= c <= "~" else "?" for c in kept)
