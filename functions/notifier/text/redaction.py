"""Secrets found in text and masked: reasons, log lines and tags are written by strangers.

What all rules find is joined and masked at once, so that none can hide a secret from another.
Words like `password` in prose, ARNs and image names stay readable: what is masked without need
hides the cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from notifier.text import (
    escapes,
    known_values,
    lazy,
    named_values,
    private_keys,
    secret_names,
    secret_patterns,
    secret_urls,
    token_formats,
)
from notifier.text.secret_names import Role, is_ordinary, is_secret, looks_secret, role

__all__ = ["MASK", "looks_secret", "mask", "secrets_of_command", "secrets_of_setting"]
MASK = "[redacted]"
Span = tuple[int, int]

_SCANNED = 20_000  # characters of a setting or a command
_TOKEN = 13  # characters, below which no token of a known kind is
_STRUCTURE = lazy(r"://|[=:;,{}\s\"]")
_WORDS = 4  # and more: a line is a sentence
_BACK = 140  # characters at the end of a line in which a name is looked for
_RARE_FIRST = "jhwkbdyfgcupmlsinortaezqvx "
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LATER = lazy(r"([\w.-]{2,120})[\"'\]]{0,3}\s*(?:is|[:=]\s*(?:\||>-?|\|-|!!\w+)?|=>|,)?\s*$")
_NAME_GIVEN = lazy(r"[\"']?name[\"']?\s*[:=]\s*[\"']?([\w./-]{2,120})[\"']?,?\s*$", re.IGNORECASE)
_VALUE_GIVEN = lazy(
    r"(\s*-?\s*(?:[\"']?value[\"']?\s*[:=]\s*|\[1\]\s)?[\"']?)(\S.*?)[\"',]*\s*$", re.IGNORECASE
)
_SPOKEN = lazy(r"(?:password|passphrase|token|secret)\b[^:]{0,60}:\s*$", re.IGNORECASE)


def mask(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Mask every secret in a text of one line.

    Parameters
    ----------
    text
        Visible characters only, of bounded length (see `text.one_line`).
    secrets
        Values known to be secret, each a visible line.

    Examples
    --------
    >>> mask("login with password=hunter2 failed")
    'login with password=[redacted] failed'
    """
    found = spans(text)
    if secrets:
        found = [*found, *known_values.index(secrets).find(text)]
    for start, end in reversed(_joined(found)) if found else ():
        text = text[:start] + MASK + text[end:]
    return text


@lru_cache(maxsize=1_000)
def secrets_of_setting(name: str, value: str) -> tuple[str, ...]:
    """Give the secrets that a setting holds: its value, or the password in a URL or a document.

    Examples
    --------
    >>> secrets_of_setting("DB_PASSWORD", "hunter2-9x")
    ('hunter2-9x',)
    >>> secrets_of_setting("CACHE_URL", "redis://:hunter2-9x@cache:6379/0")
    (':hunter2-9x', 'hunter2-9x')
    """
    parts = _secrets_in(value) if _STRUCTURE.search(value) or len(value) > _TOKEN else ()
    document = any(part != value.strip() for part in parts) and _STRUCTURE.search(value)
    if document or not is_secret(name, value):
        return parts
    return (*parts, value)


@lru_cache(maxsize=200)
def secrets_of_command(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give the secrets that stand in a command line, given as its words.

    Examples
    --------
    >>> secrets_of_command(("tool", "--password", "hunter2-9x"))
    ('hunter2-9x',)
    """
    return _secrets_in(" ".join(words))


def _secrets_in(text: str) -> tuple[str, ...]:
    """Give the secrets that rules find, and what stands behind a user; no ordinary words."""
    found = [text[start:end].strip("\"'") for start, end in _joined(spans(text[:_SCANNED]))]
    found += [one.partition(":")[2] for one in found if ":" in one]
    return tuple(one for one in dict.fromkeys(found) if not is_ordinary(one))


def forget() -> None:
    """Drop the secrets: a function's process outlives its invocations."""
    secrets_of_setting.cache_clear()
    secrets_of_command.cache_clear()
    known_values.forget()


def spans(text: str) -> list[Span]:
    """Find what rules know: in the text as it is, and without its escapes."""
    found = _by_rule(text)
    plain = escapes.unescaped(text)
    if plain:
        shown, places = plain
        found += [(places[start], places[end]) for start, end in _by_rule(shown)]
    return found


def _by_rule(text: str) -> list[Span]:
    lowered = text.lower()
    if len(lowered) != len(text):  # some capitals have a small letter of two characters
        lowered = text.translate(_ASCII_LOWER)
    has_word = bool(_words().search(lowered))  # most lines have none: one look instead of fifty
    found = token_formats.find(text, lowered, has_word=has_word)
    if has_word:
        found += named_values.find(text, lowered)
    found += secret_patterns.find(text, lowered, has_word=has_word)
    if "=" in text or "@" in text or "://" in text or "jdbc:" in lowered:
        found += secret_urls.find(text, lowered)
    if "-----" in text:
        found += private_keys.find(text)
    return found


@cache
def _words() -> re.Pattern[str]:
    """Find the words of which one stands in every text with a secret that words give away.

    Each word is looked for by the letter of it that is rarest in logs: that is twice as fast.
    """
    words = {*secret_names.STEMS, *secret_patterns.gate_words(), *token_formats.WORDS}
    around: dict[str, list[str]] = {}
    for word in sorted(words):
        if not any(other in word for other in words - {word}):
            before, letter, after = word.partition(min(word, key=_RARE_FIRST.index))
            behind = f"(?<={re.escape(before + letter)})" if before else ""
            around.setdefault(letter, []).append(behind + re.escape(after))
    return re.compile("|".join(f"{one}(?:{'|'.join(rest)})" for one, rest in around.items()))


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined


def key_rows(lines: Sequence[str]) -> list[bool]:
    """Say for each line whether it belongs to a private key, also to one cut at either end."""
    return private_keys.rows(lines)


def value_of_name_before(line: str, before: str) -> Span | None:
    """Give the value in a line whose name stands at the end of the line before, if it is secret.

    Examples
    --------
    >>> value_of_name_before('"value": "hunter2"', '"name": "DB_PASSWORD",')
    (10, 17)
    """
    if not 0 < len(line.split(None, _WORDS)) < _WORDS:
        return None  # most lines: told at a glance
    before = before[-_BACK:]
    given = _NAME_GIVEN.search(before)
    name = given or _LATER.search(before)
    if not name:
        return None
    spoken = bool(_SPOKEN.search(before))
    if role(name[1]) is not Role.HOLDS and not spoken:
        return None
    value = _VALUE_GIVEN.match(line)
    if not value or (given and "value" not in value[1].lower()):
        return None
    return value.span(2) if given or _stands_alone(value[2]) else None


def _stands_alone(value: str) -> bool:
    """Say whether a line is one value, and no sentence."""
    return " " not in value and any(map(str.isdigit, value)) and any(map(str.isalpha, value))
