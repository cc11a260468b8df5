"""Everything that a mail program or a chat client makes clickable, written so that it is not.

Clients follow URLs with a scheme, some schemes without slashes, network paths, and bare names that
end with a top-level domain. Only links that the notifier itself makes are left alone (see `inert`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from notifier.text import lazy

# Their authors chose these to be names of files, and no client opens one without a path behind it
# in a way that a reader would not see: `train.py` stays, `train.py/login` does not.
_FILE_ENDINGS = frozenset(
    ("cc", "java", "md", "ml", "mov", "pl", "ps", "py", "rs", "sh", "so", "zip")
)
_WEB = lazy(r"(?:(h)tt(ps?)|(f)t(ps?))(?=://)", re.IGNORECASE)
_URL = lazy(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")
# Addresses in Amazon S3 and other stores, which no client opens; and what is inert already.
_INERT_SCHEMES = frozenset(("s3", "s3a", "s3n", "gs", "hdfs", "hxxp", "hxxps", "fxp", "fxps"))
_SCHEME = lazy(
    r"(?<![\w.+-])(mailto|tel|sms|smsto|callto|sips?|javascript|vbscript|data|file|news|nntp|xmpp"
    r"|irc|ldap|skype|facetime(?:-audio)?|geo|maps|magnet|onenote|outlook|ms-[a-z-]{1,30}|msteams"
    r"|slack|zoommtg|view-source|jar|blob|about|intent|market|itms|webcal|feed|search-ms|mhtml"
    r"|x-[a-z-]{1,30}):(?=[^\s/:]|/[^/\s])",  # and no name of code: `Feed::Error`
    re.IGNORECASE,
)
_NETWORK_PATH = lazy(r"(?<![\w\\:])\\\\(?=[\w.-]{2})")
_WWW = lazy(r"(?<![A-Za-z0-9])(www)\.", re.IGNORECASE)
# Words of code that are top-level domains, under which their owners let nobody register a name.
_CODE_ENDINGS = frozenset(
    ("call", "circle", "data", "dot", "drive", "fast", "here", "int", "map", "next", "now", "open",
     "pin", "ping", "play", "prod", "read", "room", "safe", "save", "search", "select", "spot",
     "talk", "zero")
)  # fmt: skip
_MODULE_ENDINGS = _CODE_ENDINGS | {"build"}  # a public one, which few use
_NAMES = lazy(r"[A-Za-z_]\w{0,80}(?:\.[A-Za-z_]\w{0,80}){1,12}", re.ASCII)
_FRAME = lazy(r"\((?:[\w$. -]{0,120}(?::\d{1,6})?\)|[\w$. -]{0,120}[,=\"'])")
# Who logged a line: `logger=a.b`, `"logger": "a.b"`, ` - a.b - INFO`.
_LOGGER = lazy(r"\b(?:logger|logger_name|module|caller|target)[\"']?\s?[=:]\s?[\"']?$")
_NAME_END = lazy(r"[\s\"',;]|$")
_BEFORE = 24  # characters before a name that tell what it is
_DOTS = ".\u3002\uff0e\uff61"  # browsers read the wide ones as dots, too
# A name with dots: not the middle of a path, but after a scheme that was made inert.
_HOST = lazy(
    r"(?:(?<![\w\\/])|(?<=[xX][pP]://)|(?<=[xX][pP][sS]://)|(?<=\]//)|(?<=:/))"
    rf"[^\W_][\w-]*(?:[{_DOTS}][\w-]+)+"
)
# Nobody but AWS has a page under these: services by name and Region, and image registries.
_AWS_HOST = lazy(
    r"(?:\d{12}\.dkr\.ecr\.[a-z0-9-]{9,16}\.amazonaws\.com(?:\.cn)?"
    r"|[a-z0-9-]{2,30}(?:\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d)?\.amazonaws\.com(?:\.cn)?(?!/))(?![\w-])",
    re.IGNORECASE,
)


def defang(text: str) -> str:
    r"""Make everything in a quoted text inert that a client would make clickable.

    Examples
    --------
    >>> defang("see https://evil.example/a, evil.example/b and mailto:x@evil.example")
    'see hxxps://evil[.]example/a, evil[.]example/b and mailto[:]x@evil[.]example'
    """
    if "." not in text and ":" not in text and "\\\\" not in text:
        # Wide dots stand between letters of other alphabets as well: as the end of a sentence.
        return text if text.isascii() else _HOST.sub(_dead_host, text)
    text = _URL.sub(_dead_scheme, _WEB.sub(_dead_web, text))
    text = _SCHEME.sub(r"\1[:]", text)
    text = _WWW.sub(r"\1[.]", _NETWORK_PATH.sub(r"[\\\\]", text))
    return _HOST.sub(_dead_host, text)


def inert(text: str, own: Iterable[str]) -> str:
    """Make a whole message inert, except `own`: the links and commands that the notifier made.

    Every text in it has been through `defang` already. This is the second lock: whatever a part
    of the message forgot, no link leaves that the notifier did not make.
    """
    kept = {one for one in own if one}
    pieces, end = [], 0
    for start, length in sorted(
        (start, -len(one)) for one in kept for start in _find_whole(one, text)
    ):
        if start >= end:  # the longest of those that begin here comes first
            pieces += [defang(text[end:start]), text[start : start - length]]
            end = start - length
    return "".join([*pieces, defang(text[end:])])


def _find_whole(own: str, text: str) -> Iterator[int]:
    """Give the places of a link: followed by more, or part of a path, it would be another."""
    start = text.find(own)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(own) : start + len(own) + 1]
        is_inside = before.isalnum() or before in ("_", "/")
        if not is_inside and (not after or after.isspace() or after in ')|"'):
            yield start
        start = text.find(own, start + 1)


def is_public_host(host: str) -> bool:
    """Return whether a text is a host name in ASCII, with a known top-level domain.

    A name in punycode is none: a client may show it as letters that look like others.
    """
    labels = host.lower().split(".")
    is_plain = all(re.fullmatch(r"(?!-)(?!xn--)[a-z0-9-]{1,63}(?<!-)", each) for each in labels)
    return is_plain and len(labels) > 1 and labels[-1] in _top_level_domains()


def _dead_web(found: re.Match[str]) -> str:
    return f"{found[1]}xx{found[2]}" if found[1] else f"{found[3]}x{found[4]}"


def _dead_scheme(found: re.Match[str]) -> str:
    return found[0] if found[1].lower() in _INERT_SCHEMES else f"{found[1]}[:]//"


def _dead_host(found: re.Match[str]) -> str:
    host = found[0]
    if _AWS_HOST.match(found.string, found.start()) or _is_file(found) or _is_code(found):
        return host
    dots = [n for n, mark in enumerate(host) if mark in _DOTS and n]
    ends = [*dots[1:], len(host)]
    dead = {at for at, end in zip(dots, ends, strict=True) if _is_domain(host, at, end)}
    if dots[-1] not in dead:
        return host
    # What is before a dead dot could be a domain as well.
    return "".join("[.]" if n in dead else mark for n, mark in enumerate(host))


def _is_domain(name: str, at: int, end: int) -> bool:
    """Return whether the label behind a dot can be a top-level domain."""
    label, dot = name[at + 1 : end].lower(), name[at]
    if not label.isascii():
        return dot == "." and len(label) > 1 and label.isalpha()
    if dot == "\u3002" and not name[at - 1].isascii():
        return False  # the end of a sentence
    return label in _top_level_domains() or label.startswith("xn--")


def _is_file(found: re.Match[str]) -> bool:
    name, _, ending = found[0].rpartition(".")
    after = found.string[found.end() : found.end() + 1]
    before = found.string[: found.start()][-1:]
    is_one = name.isascii() and "." not in name and before != "@"
    return is_one and ending.lower() in _FILE_ENDINGS and after not in ("/", "?", "#")


def _is_code(found: re.Match[str]) -> bool:
    """Return whether a name is one of code: a function in a stack, or a logger's module.

    Only names that end like a domain of nobody else's: a log can write anything like code.
    """
    name = found[0]
    ending = name.rpartition(".")[2].lower()
    is_in_url = found.string[: found.start()][-1:] in ("/", "@", ":")
    if is_in_url or ending not in _MODULE_ENDINGS or not _NAMES.fullmatch(name):
        return False
    if ending in _CODE_ENDINGS and _FRAME.match(found.string, found.end()):
        return True
    before = found.string[max(0, found.start() - _BEFORE) : found.start()]
    return bool(_LOGGER.search(before) and _NAME_END.match(found.string, found.end()))


@cache
def _top_level_domains() -> frozenset[str]:
    """Read what IANA delegates, and what is reserved for examples and local networks.

    https://data.iana.org/TLD/tlds-alpha-by-domain.txt, RFC 2606, RFC 6761
    """
    return frozenset(Path(__file__).with_name("top_level_domains.txt").read_text("ascii").split())
