"""Untrusted text made safe, and fitted to a size.

Job names, reasons, log lines and tags are written by strangers. The order is the guarantee:
strip what a reader cannot see, cap the length (so that every pattern runs on bounded text), mask
secrets, and only then quote, defang or truncate.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from notifier.text import lazy, redaction
from notifier.text.links.defang import defang as defang  # names of URLs are untrusted text, too
from notifier.text.redaction import MASK, key_rows, mask, value_of_name_before

LINE_LIMIT = 2_000  # characters; one log event may be 1 MB
RAW_LIMIT = 10 * LINE_LIMIT  # what is looked at: invisible characters do not count, up to here
ELLIPSIS = "…"
TEXTS_KEPT = 1_000  # of one delivery, which is 6 MB at most
TAIL_KEPT = 12  # characters at the end of a name that is cut

_ESCAPED = r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033|\\e)"  # also as JSON or a shell writes it
_TERMINAL_SEQUENCE = lazy(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\x9d\n]{0,2000}(?:\x07|\x1b\\|\x9c)"  # OSC: titles, hyperlinks
    rf"|(?:{_ESCAPED}\[|\x9b)[0-?]{{0,64}}[ -/]{{0,8}}(?:[@-~]|$)"  # CSI: colours, cursor moves
    r"|\x1b[ -/]{0,8}[0-~]?"
)
_SPECIAL = lazy("[^ -~]")
# Cc/Cf/Cs/Zl/Zp hold the controls, the bidi and zero-width marks, lone surrogates and separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Beyond those: letters and marks that show as nothing (Default_Ignorable_Code_Point).
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
_BLANKS = frozenset(
    (
        *map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
        *range(0xFDD0, 0xFDF0),
    )
)
_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")
_TAB = "    "
_TYPOGRAPHY = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-",
    "…": "...", "·": "-", "×": "x", "→": "->", "•": "*", "ß": "ss", "ø": "o", "Ø": "O",
    "æ": "ae", "Æ": "AE", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d", "ı": "i",
})  # fmt: skip


def visible(text: str) -> str:
    """Drop terminal sequences and every character a reader cannot see; breaks become blanks."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return _SPECIAL.sub(lambda found: _seen(found[0]), _TERMINAL_SEQUENCE.sub("", text))


@lru_cache(maxsize=512)
def _seen(character: str) -> str:
    if character == "\t":
        return _TAB
    if character in _BREAKS:
        return " "
    code = ord(character)
    hidden = code in _BLANKS or code & 0xFFFE == 0xFFFE  # the latter are no characters at all
    return "" if hidden or unicodedata.category(character) in _INVISIBLE else character


def one_line(text: str, secrets: Iterable[str] = (), limit: int = LINE_LIMIT) -> str:
    r"""Make an untrusted text one visible line without secrets.

    Parameters
    ----------
    text
        Anything a job, a person or AWS wrote.
    secrets
        Values to mask beside what the patterns find (see `Failure.secrets`).
    limit
        Characters of the result; what is cut is marked.

    Examples
    --------
    >>> one_line("login with password=hunter2 \x1b[31mfailed")
    'login with password=[redacted] failed'
    """
    return _one_line(text, tuple(secrets), limit)


@lru_cache(maxsize=TEXTS_KEPT)
def _one_line(text: str, secrets: tuple[str, ...], limit: int) -> str:
    """Do it once for what a thousand failures of one delivery say alike."""
    return truncate(mask(_capped(text), _seen_lines(secrets)).strip(), limit)


def lines(texts: Sequence[str], secrets: Iterable[str] = ()) -> list[str]:
    """Make log lines safe, in order and one for one; keys that span lines are masked whole."""
    seen, held = [_capped(text) for text in texts], _seen_lines(tuple(secrets))
    in_key = key_rows(seen)
    safe = [MASK if in_key[n] else mask(line, held) for n, line in enumerate(seen)]
    for n in range(1, len(seen)):
        value = value_of_name_before(seen[n], seen[n - 1])
        if value:
            safe[n] = seen[n][: value[0]] + MASK + seen[n][value[1] :]
    return [line.rstrip()[:LINE_LIMIT] for line in safe]


@lru_cache(maxsize=8)
def _seen_lines(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Give the values line by line, as they would be seen in a text: so they are looked for."""
    seen = (visible(line).strip() for secret in secrets for line in secret.splitlines())
    return tuple(sorted(set(seen)))


def forget_secrets() -> None:
    """Drop the values and the texts they were looked for in.

    A function's process outlives its invocations.
    """
    _seen_lines.cache_clear()
    _one_line.cache_clear()
    redaction.forget()


def _capped(text: str) -> str:
    """Make a text visible and cut it to the line limit, back to a break.

    Half a token would escape the patterns.
    """
    shown = visible(text[:RAW_LIMIT])
    if len(shown) < LINE_LIMIT and len(text) <= RAW_LIMIT:
        return shown
    head = shown[: LINE_LIMIT - 1]
    breaks = [head.rfind(mark, LINE_LIMIT - 300) for mark in " \t\"',;&"]
    return head[: max(*breaks, LINE_LIMIT - 300)] + ELLIPSIS


def truncate(text: str, limit: int) -> str:
    """Cut to `limit` characters, visibly."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + ELLIPSIS


def cut_middle(name: str, limit: int) -> str:
    """Cut a name to `limit` characters, keeping its end: that is where siblings differ.

    Examples
    --------
    >>> cut_middle("nf-core-rnaseq-align-sample-0417", 24)
    'nf-core-rn..-sample-0417'
    """
    if len(name) <= limit:
        return name
    return f"{name[: limit - 2 - TAIL_KEPT]}..{name[-TAIL_KEPT:]}"


def ascii_line(text: str) -> str:
    """Write a text in printable ASCII: known typography by its likeness, the rest as `?`.

    Fullwidth letters become plain ones, so what they spell is masked and defanged once more.
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHY))
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return defang(mask("".join(c if " " <= c <= "~" else "?" for c in kept)))
