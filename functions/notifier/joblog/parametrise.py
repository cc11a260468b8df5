"""Replace numbers, ids, paths and the like in a message, so that equal errors compare equal.

It works like Sentry's parametrisation: a table of named patterns, tried at each position in this
order. The order matters, and each row says why it stands where it does; every repeat is bounded.
https://develop.sentry.dev/backend/application-domains/grouping/
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

LIMIT = 200  # characters that are compared; what follows is more often data than words
READ = 600  # characters that are read, to bound the time
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_LEFT, _RIGHT = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"


class _Pattern(NamedTuple):
    name: str
    pattern: str
    why: str


PATTERNS = (
    _Pattern("date",
        r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?: ?(?:Z|UTC"
        r"|[+-]\d\d:?\d\d))?)?|\d\d?[-/]\d\d?[-/]\d{4}"
        rf"|\d\d[-/. ]{_MONTH}[a-z]{{0,6}}[-/. ]\d{{2,4}}"
        rf"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:\d\d? )?{_MONTH} (?:\d\d? ?)?(?:\d\d:\d\d:\d\d )?"
        r"(?:[A-Z]{3,4} )?\d{4}|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?",
        "before numbers, which would leave its dashes and colons behind"),
    _Pattern("uuid",
        r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?:"
        r"[:#]\d{1,6})?",
        "before hex, of which it is made; an array child's index belongs to its job id"),
    _Pattern("arn",
        r"arn:aws[a-z-]{0,12}:[a-z0-9-]{1,40}:[a-z0-9-]{0,30}:\d{0,12}:[^\s'\",;)\]}]{1,600}",
        "before paths and numbers: it holds both"),
    _Pattern("url",
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s'\"<>,;)\]}]{1,800}",
        "before paths; S3 keys come as s3://bucket/key. Databases and registries are named so too"),
    _Pattern("email",
        r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}",
        "before words with digits, of which a name may be one"),
    _Pattern("ip",
        r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5}|/\d{1,2})?"
        r"|ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9.-]{1,60})?"
        r"|\[?(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\]?(?::\d{1,5})?"
        r"|(?:[0-9a-fA-F]{1,4}:){1,6}:(?:[0-9a-fA-F]{1,4}:?){0,6}(?<!:)",
        "before numbers; the port belongs to it, and ip-10-0-0-1 is how EC2 names hosts"),
    _Pattern("kept",
        r"(?:HTTP(?:/\d\.\d)?|[Ee]rrno|status(?: code)?|[Ee]xit(?: code| status)?|code|signal|ERR"
        r"|[Ee]rror(?: code)?|returned error|os error)[ :=]{1,3}-?\d{1,5}(?![\d.])"
        r"|(?:u?int|float|bfloat|complex|utf|ascii|sha|md|base|cuda|sm_|gcc|py|python|lib"
        r"|x)-?(?:\d{1,3})(?:_\d{1,3})?|(?:ORA|TS|MSB|CS|SQLSTATE|SQL|DPY|NU|AADSTS|TF|DPI"
        r"|HY)-?\d{3,5}|E0\d{3}|[ES]3[A-Z]?|s3a?|ec2|EC2|k8s|i18n|log4j|py4j|NCCL2?|H5|hdf5|HDF5"
        r"|UTF8|INT8|x86_64|amd64|arm64",
        "a number that says what went wrong, or a word spelled with one, is no parameter"),
    _Pattern("id",
        r"(?:i|vol|eni|subnet|sg|vpc|ami|snap|fs|fsap|fsmt|lt|rtb|igw|nat|eipalloc|job"
        r"|task)-[0-9a-f]{8,40}|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,20}"
        r"|[A-Z]{0,4}\d{0,3}application_\d{8,16}_\d{1,8}"
        r"|(?:container|attempt|task|job|appattempt)_[\d_mr]{8,60}",
        "before hex and words: the letters in front of AWS's and Hadoop's ids belong to them"),
    _Pattern("hex",
        r"0[xX][0-9a-fA-F]{1,40}|(?=[0-9a-fA-F]{0,39}\d)(?=\d{0,39}[a-fA-F])[0-9a-fA-F]{7,64}",
        "after ids; a word of seven hex digits with none of 0-9 is a word (`defaced`)"),
    _Pattern("text",
        r"(?<!\w)(?:'(?![A-Za-z_][A-Za-z_.]{0,60}')[^'\n]{1,300}'"
        r"|\"(?![A-Za-z_][A-Za-z_.]{0,60}\")[^\"\n]{1,300}\"|`(?![A-Za-z_][A-Za-z_.]{0,60}`)"
        r"[^`\n]{1,300}`)(?!\w)",
        "after what has a kind of its own; what is spelled like a name in a program stays, "
        "because KeyError: 'currency' and KeyError: 'amount' are two bugs"),
    _Pattern("path",
        r"(?<![\w/])(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.+@=%~#-]{1,120}){1,40}[/\\]?"
        r"(?::\d{1,6}){0,2}|(?:[\w.+@=%-]{1,120}/){1,40}[\w.+@=%-]{1,120}\.\w{1,10}"
        r"(?::\d{1,6}){0,2}|[\w+@=%-]{0,100}\d[\w.+@=%-]{0,100}\.(?:bam|bai|cram|csv|dat|fa|fasta"
        r"|fastq|fq|gz|h5|json|jsonl|log|nc|npy|npz|orc|parquet|pkl|pt|tar|tif|tiff|tmp|tsv|txt"
        r"|vcf|xml|yaml|yml|zip)(?:\.gz|\.tmp)?",
        "after urls; a file name without a path counts where it has a digit, or is it a module"),
    _Pattern("number",
        r"[-+]?\d{1,3}(?:,\d{3}){1,8}(?:\.\d{1,20})?(?![\d])"
        r"|[-+]?\d{1,40}(?:\.\d{1,40}){0,4}(?:[eE][-+]?\d{1,4})?(?: ?(?:%"
        r"|[KMGTPkmgtp]i?[Bb]?(?:ytes)?|bytes|B|ms|us|ns|s|m|h|min|sec|seconds|minutes|hours"
        r"|days)(?![A-Za-z0-9_]))?",
        "after everything that holds numbers; with its unit, which grows with it"),
    _Pattern("word",
        r"(?=[\w-]{0,80}\d)[A-Za-z0-9](?:[\w-]{0,118}[A-Za-z0-9])?",
        "last: a word with a digit in it is the name of a sample, a part, a chromosome, a host"),
)  # fmt: skip
_OWN_BOUNDARIES = frozenset(("text", "path"))  # their patterns state where they begin and end
_LIST = re.compile(r"<(\w{1,8})>(?:(?:, ?| |; |-|/|x)<\1>){1,60}")  # lists of any length are equal
_WRAPPER = re.compile(
    r"(?:Caused by: |Exception in thread <\w{1,8}> |Exception in thread \"[^\"]{1,80}\" |Uncaught )"
)


def parametrise(line: str) -> str:
    """Return a message with its parameters replaced by their kind.

    Examples
    --------
    >>> parametrise("ValueError: bad row 17 in s3://lake/part-00017.parquet")
    'ValueError: bad row <number> in <url>'
    """
    masked = _pattern().sub(_replacement, " ".join(line[:READ].split()))
    return _WRAPPER.sub("", _LIST.sub(r"<\1>", masked), count=1)[:LIMIT].rstrip()


@cache
def _pattern() -> re.Pattern[str]:
    """Compile all patterns as one with the first error: many invocations have none."""
    return re.compile(
        "|".join(
            f"(?P<{one.name}>{one.pattern})"
            if one.name in _OWN_BOUNDARIES
            else f"(?P<{one.name}>{_LEFT}(?:{one.pattern}){_RIGHT})"
            for one in PATTERNS
        )
    )


def _replacement(found: re.Match[str]) -> str:
    return found[0] if found.lastgroup == "kept" else f"<{found.lastgroup}>"
