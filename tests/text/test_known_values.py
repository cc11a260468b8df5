"""Values of the job's own environment: found in any spelling, cut or split, at any number."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from notifier.text import redaction, untrusted
from tests.properties.planted import SHOWN_CUT, leaked
from tests.text.secrets_report import in_references, known_values

VALUE = "p@ss w/rd&1'x\"<y>Z9\\k"
TOKEN = "Vq7mZt2Lk9" + "w+QxR4/tYb6N8uPe"  # joined: a scanner of files sees no secret
HEX = "3f7b" * 8
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "Python": repr,
    "Python bytes": lambda value: repr(value.encode()),
    "JSON": json.dumps,
    "JSON in JSON": lambda value: json.dumps(json.dumps(value)),
    "JSON of PHP": lambda value: json.dumps(value).replace("/", "\\/"),
    "JSON of Go": lambda value: json.dumps(value).replace("&", "\\u0026").replace("<", "\\u003c"),
    "URL": lambda value: quote(value, safe=""),
    "URL, small letters": lambda value: quote(value, safe="").lower().replace("z9", "Z9"),
    "URL twice": lambda value: quote(quote(value, safe=""), safe=""),
    "form": quote_plus,
    "HTML": html.escape,
    "HTML twice": lambda value: html.escape(html.escape(value)),
    "decimal HTML": lambda value: "".join(c if c.isalnum() else f"&#{ord(c)};" for c in value),
    "shell": shlex.quote,
    "shell, backslashes": lambda value: "".join(c if c.isalnum() else f"\\{c}" for c in value),
    "YAML": lambda value: "'" + value.replace("'", "''") + "'",
}
BY_SPELLING = pytest.mark.parametrize("spelled", SPELLINGS.values(), ids=SPELLINGS)


@BY_SPELLING
def test_a_value_is_masked_in_any_spelling(spelled: Callable[[str], str]) -> None:
    shown = untrusted.one_line(f"value {spelled(VALUE)} given", [VALUE])
    assert not leaked("pssw", shown.replace("@", ""), 3), shown
    assert "Z9" not in shown
    assert (shown[:6], shown[-6:]) == ("value ", " given")


@BY_SPELLING
@pytest.mark.parametrize("kept", range(SHOWN_CUT + 1, len(TOKEN)))
def test_a_value_is_masked_where_it_was_cut(spelled: Callable[[str], str], kept: int) -> None:
    for piece in (TOKEN[:kept], TOKEN[-kept:], TOKEN[2 : 2 + kept]):
        if sum(map(str.isalnum, piece)) < SHOWN_CUT:
            continue
        for line in (spelled(piece), f"value {spelled(piece)}", f"{spelled(piece)} and so on"):
            assert piece[2:8] not in untrusted.one_line(line, [TOKEN]), line


@pytest.mark.parametrize("width", [12, 16, 20])
def test_a_value_is_masked_where_it_was_split_over_lines(width: int) -> None:
    text = f"login with {TOKEN} failed"
    for first in range(11, 11 + width):
        lines = [text[:first], *(text[n : n + width] for n in range(first, len(text), width))]
        shown = "".join(untrusted.lines(lines, [TOKEN]))
        assert not leaked(TOKEN, shown, SHOWN_CUT), shown


@pytest.mark.parametrize(
    "said",
    [
        'FATAL: database "orders" does not exist', "Could not connect to us-east-1 endpoint",
        "password authentication failed for user app", "port 5432 of db.internal.example.com",
    ],
)  # fmt: skip
def test_a_value_hides_nothing_that_is_not_it(said: str) -> None:
    assert untrusted.one_line(said, [TOKEN, VALUE, "correct horse battery"]) == said


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("DB_PASSWORD", "hunter2-9x", {"hunter2-9x"}),
        ("DB_PASSWORD", "postgres", set()), ("QUEUE_CONNECTION", "database", set()),
        ("SALT_MASTER", "us-east-1", set()), ("AUTH_REALM", "nightly-etl", set()),
        ("TOKEN_ENDPOINT", "https://login.example.com/t0ken", set()),
        ("S3_KEY", "runs/2026/HG002.bam", set()), ("PASSWORD_FILE", "/run/secrets/db1", set()),
        ("KAGGLE_KEY", HEX, {HEX}),
        ("JAVA_OPTS", "-Xmx2g -Ddb.password=hunter2-9x", {"hunter2-9x"}),
        ("CONFIG", '{"host": "db", "pass' 'word": "hunter2-9x"}', {"hunter2-9x"}),
    ],
)  # fmt: skip
def test_what_of_a_setting_is_looked_for(name: str, value: str, secrets: set[str]) -> None:
    assert set(redaction.secrets_of_setting(name, value)) == secrets


def test_the_password_of_a_url_is_looked_for_and_its_host_is_not() -> None:
    url = "postgres://app:" + "hunter2-9x" + "@db.internal.example.com:5432/orders"
    found = redaction.secrets_of_setting("DATABASE_URL", url)
    assert "hunter2-9x" in found
    said = "no route to db.internal.example.com:5432"
    assert untrusted.one_line(said, found) == said
    assert "hunter2" not in untrusted.one_line("login failed: hunter2-9x", found)


def test_many_long_values_in_many_long_lines() -> None:
    """Once 22 to 108 s; `secrets_report` measures the time."""
    values, lines = known_values()
    shown = untrusted.lines(lines, values)
    assert not any(leaked(value, line, 60) for value, line in zip(values, shown, strict=False))


def test_ten_times_the_values_cost_no_more_in_a_text() -> None:
    values, lines = known_values()
    few, many = values[:10], values
    untrusted.lines(lines[:1], few)
    untrusted.lines(lines[:1], many)
    text = ["nothing of it is here, in 2026 " * 60] * 100
    _, less = in_references(lambda: untrusted.lines(text, few), 5)
    _, more = in_references(lambda: untrusted.lines(text, many), 5)
    assert more <= 2 * less
