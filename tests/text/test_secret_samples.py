"""Both directions: secrets as jobs print them are masked, and what tells a cause is not."""

from __future__ import annotations

from tests.text import secret_samples
from tests.text.secrets_report import (
    HIDDEN_LIMIT,
    LEAK_LIMIT,
    LOG_LINES_LIMIT,
    PLAIN_LEAK_LIMIT,
    share,
)


def test_secrets_as_jobs_print_them_are_masked() -> None:
    samples = secret_samples.printed_secrets()
    leaks = [one for one in samples if one.leaks()]
    assert share(leaks, samples) <= LEAK_LIMIT, leaks


def test_names_and_syntax_tell_without_the_look_of_the_value() -> None:
    samples = secret_samples.with_plain_values()
    leaks = [one for one in samples if one.leaks()]
    assert share(leaks, samples) <= PLAIN_LEAK_LIMIT, leaks


def test_what_tells_a_cause_stays_readable() -> None:
    hidden = [one for one in secret_samples.harmless_texts() if one.hidden()]
    assert len(hidden) <= HIDDEN_LIMIT, hidden


def test_log_lines_stay_readable() -> None:
    lines = secret_samples.log_lines()
    masked = secret_samples.masked(lines)
    assert share(masked, lines) <= LOG_LINES_LIMIT, masked
