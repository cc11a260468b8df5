"""Untrusted text: what is stripped, what stays as it was, and how it is cut and quoted."""

from __future__ import annotations

import re
import unicodedata

import pytest

from notifier.text import untrusted
from tests.properties.planted import IGNORABLE

STRIPPED = {
    "colour": ("\x1b[31mred\x1b[0m", "red"),
    "colour with many parts": ("\x1b[1;38;5;196mred\x1b[0m!", "red!"),
    "cursor move": ("10%\x1b[2K\x1b[1G20%", "10%20%"),
    "private mode": ("\x1b[?25lhidden\x1b[?25h", "hidden"),
    "title, BEL": ("\x1b]0;my title\x07text", "text"),
    "title, ST": ("\x1b]0;my title\x1b\\text", "text"),
    "hyperlink": ("\x1b]8;;https://evil.example\x07here\x1b]8;;\x07", "here"),
    "C1 colour": ("\x9b31mred\x9b0m", "red"),
    "C1 title": ("\x9d0;title\x9ctext", "text"),
    "charset": ("\x1b(Btext", "text"),
    "keypad": ("\x1b=text\x1b>", "text"),
    "cut sequence": ("text\x1b[3", "text"),
    "lone escape": ("text\x1b", "text"),
    "NUL and BEL": ("a\x00b\x07c", "abc"),
    "delete and C1": ("a\x7fb\x80c\x9fd", "abcd"),
    "bidi override": ("file\u202egnp.exe", "filegnp.exe"),
    "bidi isolates": ("\u2066a\u2067b\u2068c\u2069", "abc"),
    "bidi marks": ("a\u200e\u200f\u061cb", "ab"),
    "zero-width": ("a\u200b\u200c\u200d\u2060\ufeffb", "ab"),
    "soft hyphen": ("co\u00adoperate", "cooperate"),
    "tag letters": ("a\U000e0041\U000e007fb", "ab"),
    "annotation": ("a\ufff9b\ufffac\ufffbd", "abcd"),
    "lone surrogates": ("a\ud800b\udfffc", "abc"),
    "noncharacters": ("a\ufffeb\uffffc\ufdd0d\U0010ffffe", "abcde"),
    "blank letters": ("a\u115f\u1160\u3164\uffa0\u2800b", "ab"),
    "variation selectors": ("a\ufe0fb\U000e0100c", "abc"),
    "grapheme joiner": ("a\u034fb", "ab"),
    "breaks become blanks": ("a\nb\rd", "a b d"),
    "Unicode breaks": ("a\u2028b\u2029c\vd\fe", "a b c d e"),
    "next line": ("a\x85b", "a b"),
    "nothing to see": ("\x1b[0m\u200b", ""),
    "plain": ("plain text, as it was", "plain text, as it was"),
    "other alphabets": ("работа 失败 😀 é", "работа 失败 😀 é"),
    "combining accents": ("e\u0301", "e\u0301"),
}


@pytest.mark.parametrize(("raw", "expected"), STRIPPED.values(), ids=STRIPPED)
def test_what_a_reader_cannot_see_is_stripped(raw: str, expected: str) -> None:
    assert untrusted.one_line(raw) == expected
    assert untrusted.lines([raw]) == [expected]


def test_every_code_point_is_visible_or_gone() -> None:
    every = "".join(map(chr, range(0x110000)))
    shown = "".join(untrusted.one_line(every[at : at + 500]) for at in range(0, len(every), 500))
    hidden = {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert not hidden
    assert not IGNORABLE.intersection(shown)
    assert shown.encode()  # no lone surrogate


INTACT = (
    # AWS names and ids
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db/password-AbCdEf",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:api-token-x1Y2z3:token::",
    "arn:aws:ssm:us-east-1:111122223333:parameter/prod/DB_PASSWORD",
    "arn:aws:iam::111122223333:role/token-broker",
    "arn:aws:batch:us-east-1:111122223333:job-definition/secret-rotator:12",
    "arn:aws:batch:us-east-1:111122223333:job/7a712b12-71eb-4007-a865-85f05de13a71:12",
    "arn:aws:ecs:us-east-1:111122223333:task/AWSBatch-gpu/332089cce2794bfeb27186563687041f",
    "not authorized to perform: secretsmanager:GetSecretValue on resource: db because no policy",
    "User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/9f1c is not authorized",
    "unable to retrieve secret from asm: service call has been retried 1 time(s)",
    "unable to pull secrets or registry auth: pull command failed: signal: killed",
    "111122223333.dkr.ecr.us-east-1.amazonaws.com/token-service:1.4.2",
    "111122223333.dkr.ecr.us-east-1.amazonaws.com/secret-rotator:latest",
    "docker.io/python@sha256:4e9a7c21b6d85f03e19c4a7b2d6f8e054e9a7c21b6d85f03e19c4a7b2d6f8e05",
    "global-forecast/default/332089cce2794bfeb27186563687041f",
    "job-token-refresh/default/332089cce2794bfeb27186563687041f",
    "host i-0737c70432d64f82a, commit 1f0c9d2b7a6e5d4c3b2a190817263544f5e6d7c8",
    "s3://acme-genomics/runs/2026/HG002/Sample1_L001_R1.fastq.gz",
    # job and package names that begin like a token
    "global-forecast-2026",
    "globus-transfer failed",
    "glibc-headers",
    "gluster-client",
    "glow-model",
    "sk-learn-pipeline-train",
    "hf_transfer",
    "hf_hub_download(repo)",
    "npm_config_registry is unset",
    "npm_lifecycle_event",
    "pypi-mirror-prod",
    "ghp_import",
    "basic-pipeline",
    "bearer-check-job",
    "ACCATGCATTGGACCA",
    "ASIAPACIFIC",
    "barcode ACCATGCA of 96",
    "whsec",
    "task-sk-nearest-neighbour",
    # prose about secrets
    "no basic auth credentials",
    'password authentication failed for user "app"',
    "Bearer token is missing",
    'WWW-Authenticate: Bearer realm="https://auth.docker.io/token"',
    "Unexpected token < in JSON at position 0",
    "SyntaxError: Unexpected token '}'",
    "invalid character 'x' looking for beginning of value",
    "X-Api-Key header missing",
    "csrf-token mismatch",
    "the auth-token expired",
    'secret "db-credentials" not found',
    "failed to fetch oauth token: unexpected status: 401 Unauthorized",
    'failed to fetch anonymous token: Get "https://auth.docker.io/token": i/o timeout',
    "failed to authorize: failed to fetch oauth token: denied: requested access is denied",
    "run.sh: line 3: DB_PASSWORD: unbound variable",
    "API_KEY: parameter null or not set",
    "Missing required environment variable: DB_PASSWORD",
    "HF_TOKEN: not found",
    "KeyError: 'API_KEY'",
    "KeyError: 'AWS_SECRET_ACCESS_KEY'",
    "InvalidTokenError: expired",
    "ExpiredTokenException: The security token included in the request is expired",
    "pydantic.errors.SecretStrError: bad",
    "SecretProviderException: down",
    "(RequestToken: 0f9c2a1e-77d1-4544-9a30-2f1f4f0c4544, HandlerErrorCode: InvalidRequest)",
    "nextToken=eyI is not valid",
    "curl -u admin https://api.example.com",
    "mysql -p -u root",
    # numbers and words of models and tools
    "tokenizer: bert-base-uncased",
    "Tokenizer=fast",
    "tokens: 4096",
    "tokens_per_second=812.4",
    "max_new_tokens=128",
    "eos_token_id: 2",
    "--max-tokens 512",
    "--tokenizer bert",
    # workflows, tracebacks, paths, addresses
    "NFCORE_RNASEQ:RNASEQ:ALIGN_STAR:STAR_ALIGN (sample1)",
    "Error executing process > 'TOKENIZE:SPLIT (3)'",
    "Traceback (most recent call last):",
    '  File "/app/auth/token.py", line 12, in refresh_token',
    "    raise PasswordError(user)",
    "FileNotFoundError: [Errno 2] No such file: '/data/secret/input.csv'",
    "ValueError: could not convert string to float: 'n/a'",
    "at org.apache.spark.Auth(Token.java:88)",
    "http://localhost:8080/health",
    "https://host.example.com:8443/a/b?x=1",
    "connect to db.example.com:5432",
    "redis://cache:6379/0",
    "postgres://db.example.com:5432/main",
    "dial tcp 10.0.0.12:443: i/o timeout",
    "FATAL: cannot pull docker://ubuntu:latest",
    "PWD=/data/work/1a/2b3c",
    "PASS: test_align (3 ms)",
    "PASS=3 FAIL=0",
    "docker://quay.io/biocontainers/samtools:1.17--h00cdaf9_0",
    "pass: 12",
    "git@github.com:acme/pipeline.git",
    "user@example.com: mailbox full",
    "http://[::1]:8080/",
    "OutOfMemoryError: Container killed due to memory usage",
    "exit status 137; elapsed 0:41:07; peak 15.9 GiB",
    "Host EC2 (instance i-0737c70432d64f82a) terminated.",
)


@pytest.mark.parametrize("told", INTACT)
def test_ordinary_text_stays_as_it_was(told: str) -> None:
    """What is masked without need hides the cause; a masked log stream name cannot be read."""
    assert untrusted.one_line(told).strip() == told.strip()
    assert untrusted.lines([told]) == [told]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("\tat com.example.Main.run(Main.java:7)", "    at com.example.Main.run(Main.java:7)"),
        ('  \x1b[2mFile "a.py", line 1\x1b[0m', '  File "a.py", line 1'),
        ("    café()", "    café()"),
        ("    plain()  ", "    plain()"),
    ],
)
def test_lines_keep_their_indent(raw: str, expected: str) -> None:
    assert untrusted.lines([raw]) == [expected]


@pytest.mark.parametrize(
    "raw",
    [
        "cannot open â\x80\x9cref.faâ\x80\x9d: No such file",  # UTF-8 quotes read as Latin-1
        "PGRST \x9d: No such file",
        "\x1b]unfinished: No such file",
    ],
)
def test_a_stray_control_does_not_swallow_the_message(raw: str) -> None:
    assert "No such file" in untrusted.one_line(raw)


def test_lines_are_one_for_one() -> None:
    raw = ["a", "", "\x1b[0m", "b\nc", "x" * 5_000]
    assert [len(line) <= untrusted.LINE_LIMIT for line in untrusted.lines(raw)] == [True] * 5
    assert untrusted.lines([]) == []


@pytest.mark.parametrize("limit", [1, 2, 10, 255, 2_000])
def test_one_line_is_cut_visibly(limit: int) -> None:
    shown = untrusted.one_line("word " * 1_000, limit=limit)
    assert len(shown) <= limit
    assert shown.endswith(untrusted.ELLIPSIS)
    assert untrusted.one_line("ab", limit=2) == "ab"


def test_invisible_characters_do_not_push_the_message_out_of_sight() -> None:
    assert "disk full" in untrusted.one_line("\u200b" * 3_000 + "disk full")


@pytest.mark.parametrize(
    "raw",
    ["http://e.example", "HTTPS://E.example", "see http://e.example now", "_http://e.example",
     "密http://e.example", "xhttp://e.example", "(https://e.example)", "ftp://e.example",
     "FTPS://e.example", "www.e.example", "WWW.e.example", "_www.e.example", "密www.e.example",
     "hthttp://tp://e.example", "http:http://e.example", "http://www.e.example",
     "ｈｔｔｐ://e.example", "http：//e.example", "ｗｗｗ．e.example", "http:／／e.example"],
)  # fmt: skip
def test_no_url_stays_clickable(raw: str) -> None:
    quoted = untrusted.defang(untrusted.one_line(raw))
    for shown in (quoted, untrusted.ascii_line(quoted)):  # subject and SMS are written in ASCII
        assert not re.search(r"(?i)(?:https?|ftps?)://|www\.", shown), shown
        assert "e.example" in shown.lower().replace("[.]", ".")


def test_defang_leaves_other_text_alone() -> None:
    told = "s3://bucket/key 10:30 a.b.c httpd awww. fine"
    assert untrusted.defang(told) == told


ASCII = {
    "typography": ("can’t – “x” → y…", 'can\'t - "x" -> y...'),
    "accents": ("Zoë Ålesund", "Zoe Alesund"),
    "other letters": ("straße łódź", "strasse lodz"),
    "alphabets": ("日本", "??"),
    "emoji": ("a😀b", "a?b"),
    "ligature": ("ﬁle", "file"),
    "plain": ("job_1 [x] ~`|", "job_1 [x] ~`|"),
    "controls": ("a\nb", "a?b"),
}


@pytest.mark.parametrize(("raw", "expected"), ASCII.values(), ids=ASCII)
def test_ascii_line(raw: str, expected: str) -> None:
    assert untrusted.ascii_line(raw) == expected
