"""Values behind a name that holds a secret, in all the ways in which settings are printed.

A name is found by its stem; what stands between it and its value decides whether there is one:
`password=x`, `"password": "x"`, `('password', 'x')`, `--password x`, `password: Some("x")`,
`<password>x<`, `{"name": "DB_PASSWORD", "value": "x"}`. Each step is anchored where the one before
ended, so a line costs no more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notifier.text import lazy
from notifier.text.secret_names import STEMS, Role, looks_secret, role

_STEM = lazy("|".join(sorted(STEMS, key=len, reverse=True)))
_NAME_END = lazy(r"[\w.-]*")
_NAME_MARKS = "_.-"
_BACK = 60  # characters of a name before its stem
_LONGEST = 120  # characters of a name

_SEPARATOR = lazy(
    # The value of {"name": …, "value": …} and of its likes in XML and parameter lists.
    r"[^\w\s(){}]{0,8}[\s,]{0,4}[^\w\s(){}]{0,3}(?:name>\s{0,3}<)?\w{0,12}value\\{0,3}[\"']?"
    r"\s{0,3}[=:>]\s{0,3}"
    r"|(?:\\{0,3}[\"'`\]]{1,2}|<)?\)?\s{0,3}(?:=>|:=|::=|\?=|->|===?|=|:|,\s?|\s\|)\s{0,4}",
    re.IGNORECASE,
)
_ELEMENT = lazy(r"(?:\s[^<>]{1,200})?>\s{0,3}(?=[^<\s])")
_SETTER = lazy(
    r"(?:(?:^|[\s;&(])(?:setenv|env|environment|-gx|-x|set|arg|export)|login\s\S{1,40})\s{1,3}$"
    r"|conf\s[\"']?$",
    re.IGNORECASE,
)
_SPOKEN = lazy(
    r"\s(?:is|was|by)\s{1,2}(?:now\s|set to\s)?(?=[\"'`]|\S{0,30}[0-9]|(?-i:\w*[a-z][A-Z]))"
    r"|\s(?=[`(]\S)"
)
_OPENER = lazy(
    r"(?:!!\w{1,20}\s|(?-i:&[a-z]{1,20}\s))?"
    r"(?:string\(\d{1,4}\)\s|<<|<!\[CDATA\[|\(\*string\)\(\w{1,20}\)\(|[A-Za-z]{1,20}\()?"
    r"(?:[bufr]{1,2}(?=[\"']))?(\"\"\"|'''|\\{0,3}[\"'“`]|\(|\[|<)?",
    re.IGNORECASE,
)
_BARE = lazy(
    r"[^\s\"'`<>]"
    r"(?:[^\s\"'`<>…&;,|{}\])\\]"
    r"|\\(?![nrt](?:[\s\"\\]|$))"
    r"|[&;,|](?!\s|$|[\w.@$-]{1,40}\s?[=:>]|[\"'])"
    r"|[{}\])](?![\s{}\]);,\"'&|]|$)){0,600}"
)
_ROOTS = frozenset(
    str.split(
        "app bin data dev efs etc fsx home lib lib64 local mnt opt private proc root run"
        " scratch secrets srv sys tmp usr var vault work workspace batch prod"
    )
)
_NO_VALUE = lazy(
    r"(?:null|none|nil|undefined|false|true|n/a|nan|missing|unset|empty|str|secretstr|bytes"
    r"|await|async|new|yield|lambda|typeof|not|arn:aws.*|\w*(?:Exception|Error|Denied|Failure|Fault)"
    r"|string|int|bool|float|optional.*|yes|no|required|disabled|enabled|basic|digest|bearer"
    r"|\*+|x{4,}|<.*|\$\{?\w+\}?|\{\{.*|%\(.*|\[redacted.*|redacted|your_.*|[\w.]+\(.*"
    r"|[\[\](){}]+|(?-i:[A-Z][A-Z_]+)|[\w.]+\[.*|self\..*|os\..*|\.\.\.|[A-Za-z_]+\.[A-Za-z_.]+|\d{1,6}|)",
    re.IGNORECASE,
)
_INNER_CAPITAL = lazy("[a-z][A-Z]")
_ERROR = lazy("(?:Error|Exception|Fault|Denied)[:;,.]?$")
_LEAST = 8  # characters of a value whose name may hold a secret: TOKEN_CONVERSION
_WORD = 13  # letters: a shorter one behind a colon is prose
Span = tuple[int, int]


def find(line: str, lowered: str) -> Iterator[Span]:
    """Find the values in a line; `lowered` is the same in lower case, of the same length."""
    done = 0
    for stem in _STEM.finditer(lowered):
        if stem.start() < done:
            continue
        start, end = _name(line, stem)
        done = end
        name = line[start : min(end, start + _LONGEST)].strip(".-")
        said = role(name)
        if said not in (Role.HOLDS, Role.MAY_HOLD) or _is_no_setting(line, start, end, name):
            continue
        value = _value(line, start, end, name)
        if value and (said is Role.HOLDS or looks_secret(line[value[0] : value[1]], _LEAST)):
            yield value
            done = max(done, value[1])


def _name(line: str, stem: re.Match[str]) -> Span:
    """Give the whole name around its stem."""
    start, lowest = stem.start(), max(0, stem.start() - _BACK)
    while start > lowest and (line[start - 1].isalnum() or line[start - 1] in _NAME_MARKS):
        start -= 1
    end = _NAME_END.match(line, stem.end())
    return start, end.end() if end else stem.end()


def _is_no_setting(line: str, start: int, end: int, name: str) -> bool:
    """Say whether a name stands in an ARN, or is the PASS of a test."""
    arn = line.rfind("arn:aws", max(0, start - 200), start)
    whole = arn >= 0 and not re.search(r"[\s\"',;]", line[arn:start])
    if whole or (arn >= 0 and line[start - 1 : end + 1] == ":secret:"):
        return True  # the latter also where a person hid the account: `arn:aws:…:<my account>:`
    before = line[max(0, start - 11) : start]
    if before == "unexpected " or (name == "secret" and before.endswith(("fetch ", "retrieve "))):
        return True  # a token of a shell, the name of a secret
    return name == "PASS" and line[end : end + 2] == ": "


def _value(line: str, start: int, end: int, name: str) -> Span | None:
    """Give the value that belongs to a name, if there is one."""
    separator = _SEPARATOR.match(line, end)
    at = separator.end() if separator else _behind_blank(line, start, end, name)
    if at < 0:
        return None
    opener = _OPENER.match(line, at)
    mark = (opener[1] or "") if opener else ""
    begin = opener.end() if opener else at
    in_list = bool(separator and "," in separator[0])
    if mark and mark not in "([<":
        found: Span | None = _quoted(line, begin, mark, name)
    else:
        found = _bare(line, begin, name, in_prose=separator is None or ":" in separator[0])
        in_list = in_list or bool(mark)
    if found and in_list and line[found[0] : found[1]].islower():
        # A list of names, a call.
        return found if any(map(str.isdigit, line[found[0] : found[1]])) else None
    return found


def _behind_blank(line: str, start: int, end: int, name: str) -> int:
    """Give where the value begins behind a name that no `=` or `:` follows; -1 if nowhere."""
    after = line[end : end + 1]
    if after in (">", " ") and line[:start].endswith(("<", ":", "<@")):
        element = _ELEMENT.match(line, end)
        if element:
            return element.end()
    if after == "(" and line[end + 1 : end + 2] in ("'", '"', "b"):
        return end
    if after not in (" ", "\t"):
        return -1
    blanks = len(line[end : end + 8]) - len(line[end : end + 8].lstrip())
    if _is_flag(line, start) or name.isupper() or _SETTER.search(line, max(0, start - 90), start):
        return end + blanks
    spoken = _SPOKEN.match(line, end)
    if spoken:
        return spoken.end()
    # Columns, and `password x` of netrc: what follows has to look like a value.
    word = _BARE.match(line, end + blanks)
    if not word:
        return -1
    in_columns = blanks > 1 and any(map(str.isdigit, word[0])) and any(map(str.isalpha, word[0]))
    return word.start() if in_columns or looks_secret(word[0]) else -1


def _is_flag(line: str, start: int) -> bool:
    return "-" in (line[start : start + 1], line[max(0, start - 1) : start])


def _quoted(line: str, begin: int, mark: str, name: str) -> Span | None:
    """Give what stands in quotes, up to the same quotes or to where the line was cut."""
    close = "”" if mark == "“" else mark
    at = line.find(close, begin)
    while at > begin and (line[at - 1] == "\\" or line.startswith(close * 2, at)):
        at = line.find(close, at + (1 if line[at - 1] == "\\" else 2 * len(close)))
    end = at if at >= 0 else len(line)
    value = line[begin:end]
    if _is_no_value(value, name) or (value.strip() == "" and at >= 0):
        return None
    return begin, end


def _bare(line: str, begin: int, name: str, *, in_prose: bool) -> Span | None:
    """Give what stands without quotes, up to a blank or to the next pair."""
    bare = _BARE.match(line, begin)
    if not bare or _is_no_value(bare[0], name) or (in_prose and _is_prose(line, bare)):
        return None
    return bare.span()


def _is_no_value(value: str, name: str) -> bool:
    """Say whether what follows a name is no secret: nothing, a type, a variable, a name."""
    if value.startswith("/"):
        first = value[1:].split("/", 1)[0]
        return not any(map(str.isdigit, value)) or first in _ROOTS or name.lower().endswith("pwd")
    return (
        bool(_NO_VALUE.fullmatch(value))
        or value.startswith("--")
        or value.lower() == name.lower()
        or (role(value) is Role.HOLDS and value.replace("_", "").isalpha())
    )


def _is_prose(line: str, value: re.Match[str]) -> bool:
    """Say whether a colon or a blank leads into a sentence: `DB_PASSWORD: unbound variable`."""
    text, end = value[0], value.end()
    if any(map(str.isdigit, text)) or (_INNER_CAPITAL.search(text) and not _ERROR.search(text)):
        return False
    if text.isalpha() and len(text) < _WORD:
        goes_on = bool(line[end:].strip())
        if text.islower() or (text.istitle() and goes_on):
            return True
    return line[end : end + 1] == " " and line[end + 1 : end + 2].isalpha()
