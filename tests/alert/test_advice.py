"""Sizes, links and commands: valid, and shaped by nothing that a stranger wrote."""

from __future__ import annotations

import re
import shlex
from html import unescape
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from botocore import xform_name
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from notifier.alert import advice
from notifier.alert.commands import aws_cli, console_links
from notifier.batch import fargate_sizes, identifiers
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Kind, LogStream
from tests.properties.strategies import FEW, SAMPLES, SOME, hostile, hostile_events

JOB = "7a712b12-71eb-4007-a865-85f05de13a71"
HOSTS = {
    "aws": "us-east-1.console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}


def failed(kind: Kind = Kind.JOB, partition: str = "aws", **changes: Any) -> Failure:
    region = REGIONS[partition]
    arn = f"arn:{partition}:batch:{region}:111122223333"
    found: dict[str, Any] = {
        "job_id": JOB, "job_name": "align", "event_id": "e", "event_time": "t",
        "account": "111122223333", "region": region, "job_arn": f"{arn}:job/{JOB}",
        "queue_arn": f"{arn}:job-queue/genomics", "definition_arn": f"{arn}:job-definition/a:1",
    } | changes  # fmt: skip
    return Failure(kind, **found)


def documented() -> dict[float, tuple[int, ...]]:
    """Read the pairs from the API's own documentation, as botocore carries it."""
    shape = Session().get_service_model("batch").shape_for("ResourceRequirement")
    told = unescape(re.sub(r"<[^>]+>", " ", shape.members["value"].documentation))
    told = told.partition('type="VCPU"')[2]
    rows = re.findall(r"value = ([\d.]+)\s+MEMORY\s+= ([\d, or]+)", told)
    return {float(cpu): tuple(map(int, re.findall(r"\d+", sizes))) for cpu, sizes in rows}


def test_fargate_pairs_are_those_of_the_api() -> None:
    assert documented() == fargate_sizes.MEMORY


@pytest.mark.parametrize(
    ("vcpus", "memory"), [(c, m) for c, sizes in fargate_sizes.MEMORY.items() for m in sizes]
)
def test_the_next_size_on_fargate_is_valid_and_larger(vcpus: float, memory: int) -> None:
    failure = failed(platform="Fargate", vcpus=vcpus, memory_mib=memory)
    found, told = advice.next_memory_size(failure), advice.memory_advice(failure)
    if memory == 249_856:
        assert found is None
        assert "EC2" in told
        return
    assert found is not None
    larger, more = found
    assert more is not None
    assert larger in documented()[more]
    assert larger > memory
    assert more >= vcpus
    assert larger >= 2 * memory or (more, larger) == (32, 249_856)
    smaller = [s for c, sizes in documented().items() for s in sizes
               if c >= vcpus and 2 * memory <= s]  # fmt: skip
    assert larger == min(smaller, default=249_856)
    assert f"{larger:,} MiB" in told


@SOME
@given(
    vcpus=st.one_of(st.none(), st.floats(0, 64), st.sampled_from((0.25, 1.0, 16.0, 48.0))),
    memory=st.one_of(st.none(), st.integers(-10, 400_000)),
    platform=st.sampled_from(("Fargate", "EC2", "EKS", "")),
)
def test_any_size_gives_a_valid_larger_one_or_none(
    vcpus: float | None, memory: int | None, platform: str
) -> None:
    failure = failed(platform=platform, vcpus=vcpus, memory_mib=memory)
    found = advice.next_memory_size(failure)
    assert advice.memory_advice(failure) or not memory or memory < 0
    if found is None:
        return
    assert memory is not None
    assert found[0] > memory > 0
    if platform == "Fargate":
        assert found[1] is not None
        assert found[0] in documented()[found[1]]
        assert found[1] >= (vcpus or 0)


@pytest.mark.parametrize("partition", HOSTS)
@pytest.mark.parametrize(
    ("kind", "job_id", "page"),
    [
        (Kind.JOB, JOB, f"#jobs/detail/{JOB}"),
        (Kind.ARRAY_CHILD, f"{JOB}:12", f"#jobs/detail/{JOB}%3A12"),
        (Kind.NODE, f"{JOB}#1", f"#jobs/detail/{JOB}%231"),
        (Kind.ARRAY_PARENT, JOB, f"#jobs/array-job/{JOB}"),
        (Kind.MULTI_NODE, JOB, f"#jobs/mnp-job/{JOB}"),
    ],
)
def test_job_and_queue_links(partition: str, kind: Kind, job_id: str, page: str) -> None:
    failure = failed(kind, partition, job_id=job_id)
    links = dict(console_links.list_links(failure))
    region = REGIONS[partition]
    assert links["job"] == f"https://{HOSTS[partition]}/batch/home?region={region}{page}"
    assert links["queue"].endswith(f"#queues/detail/{failure.queue_arn}")
    assert {urlsplit(url).hostname for url in links.values()} == {HOSTS[partition]}


@pytest.mark.parametrize(
    ("stream", "shown"),
    [
        ("align/default/332089cc", "align$252Fdefault$252F332089cc"),
        ("a+b/default/#1$x", "a$252Bb$252Fdefault$252F$25231$2524x"),
    ],
)
def test_log_links_are_encoded_twice(stream: str, shown: str) -> None:
    log = LogStream("/aws/batch/job", stream, "us-east-1")
    url = dict(console_links.list_links(failed(log=log)))["log"]
    assert url == (
        f"https://{HOSTS['aws']}/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/"
        f"$252Faws$252Fbatch$252Fjob/log-events/{shown}"
    )
    path = url.partition("/log-events/")[2].replace("$", "%")
    assert unquote(unquote(path)) == stream


def test_a_log_in_another_region_links_there() -> None:
    links = dict(console_links.list_links(failed(log=LogStream("/ecs/x", "s", "eu-west-1"))))
    assert links["log"].startswith(
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#"
    )
    assert "us-east-1" in links["job"]


@pytest.mark.parametrize(
    "region", ["us-gov-east-1", "ap-southeast-3", "il-central-1", "eusc-de-east-1"]
)
def test_regions_as_they_are_named(region: str) -> None:
    links = console_links.list_links(failed(region=region))
    assert links or region.startswith("eusc")


BAD_REGIONS = ("", "us-east-1.evil.example", "us-east-1/", "US-EAST-1", "us-east-1\n", "x",
               "us-east-٣", "us-east-1#", "a@evil", "..", "us-east-1 ")  # fmt: skip


@pytest.mark.parametrize("region", BAD_REGIONS)
def test_no_link_and_no_command_from_a_bad_region(region: str) -> None:
    log = LogStream("/aws/batch/job", "s", region)
    assert console_links.list_links(failed(region=region, log=log)) == ()
    assert aws_cli.inspect_failure(failed(region=region, log=log), "unknown") == ()


@pytest.mark.parametrize("region", BAD_REGIONS)
def test_no_log_link_and_no_log_command_from_a_bad_log_region(region: str) -> None:
    failure = failed(log=LogStream("/aws/batch/job", "s", region))
    links = dict(console_links.list_links(failure))
    # Without a Region of its own a log is where the job is.
    assert ("log" in links) is (region == "")
    assert all(urlsplit(url).hostname == HOSTS["aws"] for url in links.values())
    commands = [c for c in aws_cli.inspect_failure(failure, "unknown") if c.startswith("aws logs ")]
    assert bool(commands) is (region == "")
    assert all(c.endswith("--region us-east-1") for c in commands)


@pytest.mark.parametrize(
    ("group", "stream"),
    [
        ("file:///home/me/.aws/credentials", "s"),  # the CLI reads the file and sends it
        ("/aws/batch/job", "file://~/.ssh/id_rsa"),
        ("/aws/batch/job", "fileb://x"),
        ("--endpoint-url=http://evil.example", "s"),  # the CLI takes it for an option
        ("/aws/batch/job", "--no-verify-ssl"),
        ("http://evil.example/x", "s"),
    ],
)
def test_no_command_lets_a_name_be_read_as_something_else(group: str, stream: str) -> None:
    failure = failed(log=LogStream(group, stream, "us-east-1"))
    for command in aws_cli.inspect_failure(failure, "unknown"):
        for word in shlex.split(command):
            assert not re.match(r"fileb?://|https?://|--(?:endpoint|no-verify)", word), command


@pytest.mark.parametrize(
    "stream",
    ["x https://evil.example/y", "x/HTTPS://[redacted]@evil.example", "x/www.evil.example"],
)
def test_no_command_holds_what_a_mail_program_takes_for_a_link(stream: str) -> None:
    failure = failed(log=LogStream("/aws/batch/job", stream, "us-east-1"))
    assert not [one for one in aws_cli.inspect_failure(failure, "unknown") if "evil" in one]


@pytest.mark.parametrize("name", ["http://evil.example", "x//evil.example", "www.evil.example"])
def test_an_arn_holds_no_url(name: str) -> None:
    arn = f"arn:aws:batch:us-east-1:111122223333:job-queue/{name}"
    assert not identifiers.is_arn(arn)
    told = aws_cli.inspect_failure(failed(Kind.QUEUE_BLOCKED, queue_arn=arn), "unknown")
    assert not [command for command in told if "evil" in command]


def aws_command(command: str) -> tuple[str, str, dict[str, list[str]]]:
    """Take a command apart: service, operation, words by option."""
    program, service, operation, *words = shlex.split(command)
    assert program == "aws"
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            name, _, value = word.partition("=")
            options[name[2:]] = [value] if value else []
        else:
            options[list(options)[-1]].append(word)
    return service, operation, options


GLOBAL_OPTIONS = {"region", "query", "output"}


def check_against_model(command: str) -> None:
    service, operation, options = aws_command(command)
    model = Session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[operation]).input_shape
    known = {xform_name(name, "-"): member for name, member in shape.members.items()}
    assert not set(options) - set(known) - GLOBAL_OPTIONS, command
    required = {xform_name(name, "-") for name in shape.required_members}
    assert required <= set(options), command
    for name, words in options.items():
        several = name in known and known[name].type_name == "list"
        assert words if several else len(words) == 1, command


CAUSES = ("unknown", "terminated-by-user", "dependent-job-failed", "oom-container")


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("kind", Kind)
def test_commands_exist_in_the_api(kind: Kind, cause: str) -> None:
    stack = "arn:aws:cloudformation:us-east-1:111122223333:stack/b/1"
    failure = failed(kind, stack=stack if kind is Kind.ENVIRONMENT else "",
                     depends_on=("up-1", "up-2; id"),
                     log=LogStream("/ecs/a b", "x/default/1", "us-east-1"))  # fmt: skip
    commands = aws_cli.inspect_failure(failure, cause)
    assert commands
    for command in commands:
        check_against_model(command)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_commands_and_links_of_the_samples(name: str) -> None:
    failure = parse_event(SAMPLES[name])
    if not isinstance(failure, Failure):
        return
    for command in aws_cli.inspect_failure(failure, "unknown"):
        check_against_model(command)
    assert console_links.list_links(failure)


SAFE_URL = re.compile(
    r"https://[a-z0-9.-]+/(?:batch|cloudwatch|cloudformation)/home\?region=[a-z0-9-]+"
    r"#[A-Za-z0-9/:%$.,_+=@?~-]+",
    re.ASCII,
)


@FEW
@given(hostile_events(), st.sampled_from(CAUSES))
def test_nothing_hostile_in_links_and_commands(given_event: dict[str, Any], cause: str) -> None:
    failure = parse_event(given_event)
    if not isinstance(failure, Failure):
        return
    for label, url in console_links.list_links(failure):
        assert SAFE_URL.fullmatch(url), (label, url)
        assert urlsplit(url).hostname in HOSTS.values()
    for command in aws_cli.inspect_failure(failure, cause):
        check_against_model(command)
        assert command.isprintable()
        assert shlex.join(shlex.split(command)) == command


@SOME
@given(hostile, hostile)
def test_log_names_round_trip_through_a_shell(group: str, stream: str) -> None:
    failure = failed(log=LogStream(group, stream, "us-east-1"))
    found = [c for c in aws_cli.inspect_failure(failure, "unknown") if c.startswith("aws logs ")]
    for command in found:
        _, _, options = aws_command(command)
        assert options["log-group-name"] == [group]
        assert options["log-stream-name"] == [stream]
