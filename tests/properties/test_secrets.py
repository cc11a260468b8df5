"""No secret survives `text`: whole, cut, split by what nobody sees, in any surroundings."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.text import secret_patterns, untrusted
from tests.properties.planted import BODY, HEX, PEM_ROWS, SECRETS, SHOWN_CUT, Planted, leaked, pem
from tests.properties.strategies import FEW, MANY

BY_KIND = pytest.mark.parametrize("planted", SECRETS, ids=lambda planted: planted.kind)
# What nothing tells from other text once it is cut: a secret key alone is known by its length,
# what stands behind the first @ of a URL is a host unless another @ follows, and so is what stands
# before the only one.
UNKNOWABLE = ("AWS secret access key alone", "URL, @ in password", "URL, token as user")
CUT = [planted for planted in SECRETS if planted.kind not in UNKNOWABLE]
ANY_CASE = [planted for planted in SECRETS if planted.any_case]

WEDGES = {
    "colour": "\x1b[31m",
    "colour, C1": "\x9b31m",
    "hyperlink": "\x1b]8;;\x07",
    "NUL": "\x00",
    "backspace": "\x08",
    "zero-width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "bidi isolate": "\u2066",
    "tag letter": "\U000e0041",
    "lone surrogate": "\udc80",
    "variation selector": "\ufe0f",
    "variation selector 17": "\U000e0100",
    "grapheme joiner": "\u034f",
    "Mongolian selector": "\u180b",
    "Hangul filler": "\u3164",
    "Khmer inherent vowel": "\u17b4",
}
BEFORE = (
    "", " ", "(", "[", "{", '"', "'", "`", "<", "|", ":", ",", ";", "\t", "\u00a0", "密", "é",
    "\\n", "\\t", "\\r\\n", "\\u001b[0m", "warn:", "arn:aws:s3:::bucket,",
)  # fmt: skip
AFTER = (
    "",
    " ",
    ".",
    ",",
    ";",
    ")",
    "]",
    "}",
    '"',
    "'",
    "`",
    ">",
    "|",
    "\\n",
    "。",
    "密",
    "…",
    "!",
)


@BY_KIND
def test_whole(planted: Planted) -> None:
    assert not leaked(planted.private, untrusted.one_line(planted.line)), untrusted.one_line(
        planted.line
    )


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_in_any_case(change: Callable[[str], str]) -> None:
    shown = [(planted, untrusted.one_line(change(planted.line))) for planted in ANY_CASE]
    assert [each for planted, each in shown if leaked(planted.private, each)] == []


@pytest.mark.parametrize("planted", CUT, ids=lambda planted: planted.kind)
def test_cut_at_every_place(planted: Planted) -> None:
    shown = [untrusted.one_line(cut) for cut in planted.cuts()]
    assert not [each for each in shown if leaked(planted.private, each, SHOWN_CUT)]


@pytest.mark.parametrize("kept", [5, 12, 20, 24])
@pytest.mark.parametrize("filler", ["x ", "xy", "x/"])
def test_cut_by_the_line_limit(kept: int, filler: str) -> None:
    found = []
    for planted in CUT:
        room = untrusted.LINE_LIMIT - planted.line.index(planted.private) - kept - 1
        line = filler * (room // 2) + "/" * (room % 2) + " " + planted.line + " and so on" * 40
        shown = untrusted.one_line(line)
        found += [shown[-120:]] if leaked(planted.private, shown, SHOWN_CUT) else []
    assert found == []


@pytest.mark.parametrize("wedge", WEDGES.values(), ids=WEDGES)
def test_split_by_what_nobody_sees(wedge: str) -> None:
    found = [
        shown
        for planted in SECRETS
        for shown in map(untrusted.one_line, planted.split(wedge)[::3])
        if leaked(planted.private, shown)
    ]
    assert found == []


@pytest.mark.parametrize("before", BEFORE)
def test_in_any_surroundings(before: str) -> None:
    found = [
        f"{before}{_bare(planted.line)}{after}"
        for planted in SECRETS
        for after in AFTER
        if leaked(planted.private, untrusted.one_line(f"{before}{_bare(planted.line)}{after}"))
    ]
    assert found == []


def _bare(line: str) -> str:
    """Drop the words around a secret."""
    for word in ("using ", "got ", "claims ", "tried ", "set ", "sent "):
        line = line.removeprefix(word)
    for word in (" now", " here", " expired", " twice", " ok"):
        line = line.removesuffix(word)
    return line


LETTERS = "qRkVwZtXcLmNpBsHdJfGyQaWzExQrTuYiOpAsDfG"
UNLUCKY = {
    "GitLab, 20 letters": f"glpat-{LETTERS[:20]}",
    "GitHub, 36 letters": f"ghp_{LETTERS[:36]}",
    "Stripe, 24 letters": f"sk_live_{LETTERS[:24]}",
    "Hugging Face, 34 letters": f"hf_{LETTERS[:34]}",
    "npm, 36 letters": f"npm_{LETTERS[:36]}",
    "AWS, 16 letters": f"AKIA{LETTERS[:16].upper()}",
    "hexadecimal vendor key": f"sk-{HEX}",
}


@pytest.mark.parametrize("token", UNLUCKY.values(), ids=UNLUCKY)
def test_tokens_of_full_length_without_an_early_digit(token: str) -> None:
    """One random token in ten of 20 characters has no digit among its first 13."""
    assert not leaked(token[-16:], untrusted.one_line(f"got {token} here"))


HARD_PASSWORDS = (
    "p@ssw0rd/9Xk+q=Zt", "Zt4,Xc8,Lm3Np6Bs", "Zt4;Xc8;Lm3Np6Bs", "Zt4&Xc8&Lm3Np6Bs",
    "Zt4)Xc8}Lm3]Np6Bs", ")Zt4Xc8Lm3Np6Bs5", "&Zt4Xc8Lm3Np6Bs5", ";Zt4Xc8Lm3Np6Bs5",
    "!Zt4#Xc8$Lm3%Np6B", "Zt4Xc8\\Lm3Np6Bs5", "пароль-Zt4Xc8Lm3", "Zt4:Xc8:Lm3Np6Bs",
)  # fmt: skip


@pytest.mark.parametrize("password", HARD_PASSWORDS)
@pytest.mark.parametrize("line", ["DB_PASSWORD={}", "password: {}", "run --password {} -v",
                                  'password="{}"', '{{"password": "{}"}}'])  # fmt: skip
def test_passwords_with_punctuation(password: str, line: str) -> None:
    shown = untrusted.one_line(line.format(password))
    assert not leaked(password, shown), shown


@pytest.mark.parametrize("line", [
    '{"password": "Zt4Xc\\"8Lm3Np6Bs5"}',
    '{\\"password\\": \\"Zt4Xc\\\\\\"8Lm3Np6Bs5\\"}',
    "{'password': 'Zt4Xc\\'8Lm3Np6Bs5'}",
    '{"password": "Zt4 Xc 8Lm3Np6Bs5"}',
    '{\\"password\\": \\"Zt4 Xc 8Lm3Np6Bs5\\"}',
    "password='Zt4 Xc 8Lm3Np6Bs5'",
])  # fmt: skip
def test_quotes_and_blanks_within_quotes(line: str) -> None:
    assert not leaked("8Lm3Np6Bs5", untrusted.one_line(line)), untrusted.one_line(line)


@MANY
@given(
    planted=st.sampled_from(CUT),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    secrets=st.lists(st.text(min_size=6, max_size=12), max_size=3),
)
def test_among_any_text(planted: Planted, before: str, after: str, secrets: list[str]) -> None:
    shown = untrusted.one_line(f"{before} {planted.line} {after}", secrets)
    assert not leaked(planted.private, shown)


PREFIXES = {
    "bare": "",
    "indented": "    ",
    "tab": "\t",
    "time": "2026-11-20T09:58:12.123Z ",
    "level": "2026-11-20 09:58:12,123 INFO [main] ",
    "quoted": '"',
    "colour": "\x1b[33m",
    "zero-width": "\u200b",
    "shell trace": "+ ",
}


def _private_rows_seen(lines: list[str]) -> list[str]:
    shown = "\n".join(untrusted.lines(lines))
    return [row for row in PEM_ROWS if leaked(row, shown, SHOWN_CUT)]


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
@pytest.mark.parametrize("label", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY",
                                   "PGP PRIVATE KEY BLOCK"])  # fmt: skip
def test_pem_block(prefix: str, label: str) -> None:
    block = ["loading", *(prefix + line for line in pem(label)), "loaded"]
    shown = untrusted.lines(block)
    assert not _private_rows_seen(block)
    assert (shown[0], shown[-1]) == ("loading", "loaded")


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
@pytest.mark.parametrize(("first", "last"), [(1, 99), (5, 99), (0, 6), (1, 13), (4, 9), (12, 99)])
def test_pem_block_cut_at_either_end_or_both(prefix: str, first: int, last: int) -> None:
    block = [prefix + line for line in pem()][first:last]
    assert not _private_rows_seen([*block, "Traceback (most recent call last):"])
    assert not _private_rows_seen(["starting up", *block])


@pytest.mark.parametrize("wedge", WEDGES.values(), ids=WEDGES)
def test_pem_block_with_split_marks(wedge: str) -> None:
    block = [f"{line[:9]}{wedge}{line[9:]}" for line in pem()]
    assert not _private_rows_seen(block)
    assert not _private_rows_seen(block[3:9])


@pytest.mark.parametrize("joint", ["\n", "\\n", "\r\n", " ", "\\\\n"])
@pytest.mark.parametrize(("first", "last"), [(0, 99), (0, 6), (5, 99), (4, 9)])
def test_pem_block_in_one_text(joint: str, first: int, last: int) -> None:
    whole = joint.join(pem()[first:last])
    for shown in (
        untrusted.one_line(f"bad key: {whole}"),
        *untrusted.lines([whole, f"key {whole} end"]),
    ):
        assert not [row for row in PEM_ROWS if leaked(row, shown, SHOWN_CUT)], shown


def test_pem_marks_in_a_message_hide_no_later_lines() -> None:
    told = [
        "ssl: no start line (expecting: -----BEGIN CERTIFICATE-----)",
        "Traceback (most recent call last):",
        '  File "/app/run.py", line 3, in <module>',
        "ValueError: certificate is empty",
    ]
    assert untrusted.lines(told)[1:] == told[1:]


@FEW
@given(
    before=st.lists(st.text(max_size=30), max_size=5),
    after=st.lists(st.text(max_size=30), max_size=5),
    cut=st.tuples(st.integers(0, 7), st.integers(7, 14)),
)
def test_pem_block_among_any_lines(
    before: list[str], after: list[str], cut: tuple[int, int]
) -> None:
    block = pem()[cut[0] : cut[1]]
    shown = untrusted.lines([*before, *block, *after])
    assert len(shown) == len(before) + len(block) + len(after)
    assert not [row for row in block if row in PEM_ROWS and leaked(row, "\n".join(shown), 11)]


LITERALS = {
    "plain": ("Zt4Xc8Lm3", "value Zt4Xc8Lm3 given"),
    "newline at its end": ("Zt4Xc8Lm3\n", "value Zt4Xc8Lm3 given"),
    "blanks around": ("  Zt4Xc8Lm3 ", "value Zt4Xc8Lm3 given"),
    "zero-width inside": ("Zt4X\u200bc8Lm3", "value Zt4Xc8Lm3 given"),
    "split in the text": ("Zt4Xc8Lm3", "value Zt4X\x1b[1mc8Lm3 given"),
    "JSON escapes": ('Zt4"Xc8Lm3', 'value "Zt4\\"Xc8Lm3" given'),
    "percent encoded": ("Zt4@Xc8Lm3", "value Zt4%40Xc8Lm3 given"),
    "cut at the end": ("Zt4Xc8Lm3" * 4, "value Zt4Xc8Lm3Zt4Xc8Lm3Zt"),
    "tab inside": ("Zt4\tXc8Lm3", "value Zt4\tXc8Lm3 given"),
    "more than one line": ("Zt4Xc8\nLm3Np6Bs5", "value Zt4Xc8\nLm3Np6Bs5 given"),
}


@pytest.mark.parametrize(("secret", "line"), LITERALS.values(), ids=LITERALS)
def test_known_values_are_masked_as_they_are_printed(secret: str, line: str) -> None:
    shown = untrusted.one_line(line, [secret])
    assert "Lm3" not in shown, shown
    assert "Lm3" not in untrusted.lines([line], [secret])[0]


def test_a_known_value_is_masked_line_by_line() -> None:
    shown = untrusted.lines(["first Zt4Xc8Lm3", "then Np6Bs5Hd1"], ["Zt4Xc8Lm3\nNp6Bs5Hd1"])
    assert shown == [f"first {untrusted.MASK}", f"then {untrusted.MASK}"]


def test_fullwidth_letters_do_not_hide_a_secret_from_the_patterns() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in f"password={BODY}")
    assert not leaked(BODY, untrusted.ascii_line(untrusted.one_line(wide)))


@BY_KIND
def test_the_words_that_rule_out_most_lines_rule_out_no_secret(planted: Planted) -> None:
    """A pattern is tried only where its words stand; here each kind stands as bare as it can."""
    for line in (planted.line, _bare(planted.line), planted.line.upper(), planted.line.lower()):
        has_word = any(word in line.lower() for word in secret_patterns.gate_words())
        tried = set(secret_patterns.find(line, line.lower(), has_word=has_word))
        for pattern in secret_patterns.PATTERNS:
            every = re.compile(pattern.expression, re.IGNORECASE).finditer(line)
            assert {match.span(match.lastindex or 0) for match in every} <= tried, pattern.kind
