"""The link to all logs of an incident, as CloudWatch's own console writes it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from notifier.alert.commands import logs_insights
from notifier.batch.failure import LogStream
from notifier.incident.counts import Tally, fold
from tests.golden.scenes import BATCH, failed, first
from tests.golden.scenes import array_parent as parent

GROUP = "/aws/batch/job"


def tally(*streams: str, group: str = GROUP, region: str = "us-east-1") -> Tally:
    members = failed(range(len(streams)))
    return fold(
        [replace(one, log=LogStream(group, name, region))
         for one, name in zip(members, streams, strict=True)]
    )  # fmt: skip


def detail(url: str) -> dict[str, str]:
    """Read a link back: `$` stands for the second `%`, `*` for a percent sign in a text."""
    plain = unquote(unquote(url.partition("$3FqueryDetail$3D")[2].replace("$", "%")))
    found = re.fullmatch(
        r"~\(end~'(?P<end>[^~]+)~start~'(?P<start>[^~]+)~timeType~'ABSOLUTE~tz~'UTC"
        r"~editorString~'(?P<query>[^~]+)~source~\(~'(?P<group>[^~()]+)\)\)",
        plain,
    )
    assert found, plain
    return {key: unquote(value.replace("*", "%")) for key, value in found.groupdict().items()}


def test_it_asks_for_the_newest_lines_of_all_of_them() -> None:
    [(label, url)] = logs_insights.make_links(
        first(), tally("align/default/a1", "align/default/b2")
    )
    assert label == "2 logs together"
    read = detail(url)
    assert read["group"] == GROUP
    assert read["query"] == (
        "fields @timestamp, @logStream, @message\n"
        '| filter @logStream in ["align/default/a1", "align/default/b2"]\n'
        "| sort @timestamp desc\n| limit 500"
    )
    assert (read["start"], read["end"]) == (
        "2026-11-24T10:21:05.000Z", "2026-11-25T11:21:06.000Z",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_it_leads_to_the_console_of_the_log(partition: str, region: str, host: str) -> None:
    job = first(job_arn=BATCH.replace("arn:aws:", f"arn:{partition}:") + ":job/a")
    [(_, url)] = logs_insights.make_links(job, tally("a", "b", region=region))
    parts = urlsplit(url)
    assert (parts.hostname, parts.query) == (host, f"region={region}")


def test_no_mark_in_it_ends_a_link_in_a_chat() -> None:
    [(_, url)] = logs_insights.make_links(first(), tally("a", "b"))
    assert not set(url) & set("()'\"<>[]` ~")


@pytest.mark.parametrize("number", [logs_insights.MOST_NAMED + 1, 300])
def test_many_logs_are_asked_for_by_what_they_share(number: int) -> None:
    many = tally(*(f"align/default/{n:032x}" for n in range(number)))
    [(label, url)] = logs_insights.make_links(first(), many)
    assert label == f"{number} logs together"
    asked = detail(url)["query"].split("\n")
    assert asked[1] == '| filter @logStream like "align/default/"'
    assert re.match(r"\| filter @message like /\(\?i\)error\|", asked[2])
    assert len(url) < 700


def test_many_logs_that_share_nothing_are_all_looked_through() -> None:
    many = tally(*(f"{n:032x}" for n in range(logs_insights.MOST_NAMED + 1)))
    [(_, url)] = logs_insights.make_links(first(), many)
    assert "@logStream like" not in detail(url)["query"]


@pytest.mark.parametrize(
    "told",
    [
        tally(),
        tally("a"),
        tally("a", "a"),
        tally('a"] or 1', "b"),
        tally("a", "b", group="g~'"),
        tally("a", "b", region="us-east-1.evil.example"),
        fold([parent()]),
    ],
    ids=["none", "one", "the same", "a quote", "a mark", "no region", "a parent alone"],
)
def test_no_link_where_there_is_nothing_to_put_side_by_side(told: Tally) -> None:
    assert logs_insights.make_links(first(), told) == ()


def test_logs_of_another_group_are_left_out() -> None:
    given: Any = tally("a", "b", "c")
    members = list(given.groups[0].members)
    members[2] = replace(members[2], log=LogStream("/other", "c", "us-east-1"))
    [(label, _)] = logs_insights.make_links(first(), fold(members))
    assert label == "2 logs together"
