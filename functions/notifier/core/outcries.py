"""How programs say that something went wrong: patterns by how much a line that matches tells.

Every pattern has a name and a place beside its like; the first that matches decides, so what only
wraps another error stands before what it would be taken for. Lines come without what a logger put
before them (see `core/loggers.py`), at most `text.LINE_LIMIT` long; every repeat is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache


class Tells(IntEnum):
    """How much a line tells of why a program ended, least first."""

    NOTHING = 0
    WRAPPED = 1  # that another program failed, which has said why itself
    HINTED = 2  # words of failure in a line that no logger calls an error
    SAID = 3  # a line that is called an error
    RAISED = 4  # an exception, a panic: what ended the program, in its language's own form


@dataclass(frozen=True, slots=True)
class Outcry:
    """One way of saying it."""

    name: str
    tells: Tells
    pattern: str
    flags: re.RegexFlag = re.NOFLAG


_DOTTED = r"(?:[A-Za-z_][\w$]{0,80}(?:\.|::|/|\\)){0,12}"
# `ValueError`, `java.io.IOException`, `Error`; a warning is none.
EXCEPTION = rf"{_DOTTED}(?:[A-Z]\w{{0,80}})?(?:Error|Exception|Fault|Interrupt|Failure)\b"

NOTHING = (
    Outcry("shell trace", Tells.NOTHING, r"\++ "),
    Outcry("warning", Tells.NOTHING,
        rf"(?:[\w./-]{{0,200}}:\d{{1,6}}: )?{_DOTTED}\w{{0,80}}Warning\b"),
    Outcry("counts of failures", Tells.NOTHING,
            r".{0,200}?\b(?:no|0|zero|without|any) (?:errors?|failures?|failed)\b|"
            r".{0,200}?\b(?:errors?|failed|failures?)[=:] ?0\b",
            re.IGNORECASE),
    Outcry("stack frame", Tells.NOTHING,
        r"\s{0,40}(?:at \S{1,400}[:(]|at <|from \S{1,300}:\d|File \"|\.\.\. \d+ more)"),
    Outcry("pytest place", Tells.NOTHING, r"\S{1,300}\.py:\d{1,6}: \w{1,80}$"),
    Outcry("python's headings", Tells.NOTHING,
        r"Traceback \(most recent call last\)|During handling of the above|"
        r"The above exception was"),
)  # fmt: skip

WRAPPED = (
    Outcry("make", Tells.WRAPPED, r"g?make(?:\[\d{1,3}\])?: \*\*\*|ninja: build stopped"),
    Outcry("python's subprocess", Tells.WRAPPED,
            r"(?:subprocess\.)?CalledProcessError: Command|"
            r"(?:subprocess\.)?TimeoutExpired: Command"),
    Outcry("torchrun and its kin", Tells.WRAPPED,
            r"(?:[\w.]{0,200}\.)?(?:ChildFailedError|ProcessRaisedException|"
            r"ProcessExitedException|SignalException)\b"),
    Outcry("torch's watcher", Tells.WRAPPED,
        r"failed \(exitcode: |Sending process \d{1,9} closing signal"),
    Outcry("exception group", Tells.WRAPPED, rf"{_DOTTED}(?:Base)?ExceptionGroup\b"),
    Outcry("py4j", Tells.WRAPPED, r"(?:py4j\.protocol\.)?Py4J(?:Java)?Error\b"),
    Outcry("a worker lost by its pool", Tells.WRAPPED,
        rf"{_DOTTED}(?:BrokenProcessPool|SystemExit|WorkerLostError)\b"),
    Outcry("yarn", Tells.WRAPPED,
            r"(?:Exception in thread \"main\" )?(?:org\.apache\.spark\.)?SparkException: "
            r"Application application_\S{1,80} finished"),
    Outcry("nextflow", Tells.WRAPPED,
        r"(?:ERROR ~ |-- )?(?:Error executing process|Check '\.nextflow\.log')|"
        r"Execution cancelled"),
    Outcry("snakemake", Tells.WRAPPED,
            r"Error in (?:rule|group|job) \w|Exiting because a job execution failed|"
            r"Shutting down, this might|"
            r"Error executing rule|\(one of the commands exited|RuleException:?$|"
            r".{0,10}Removing output files of failed job"),
    Outcry("slurm", Tells.WRAPPED,
            r"srun: (?:error|Job step aborted|Terminating)|slurmstepd: error: \*{3} (?:STEP|"
            r"JOB) \S{1,80} ON \S{1,120} CANCELLED AT \S{1,40} \*{3}"),
    Outcry("mpi", Tells.WRAPPED,
        r"(?:mpirun|mpiexec|prterun)(?: noticed|: )|MPI_ABORT was invoked|"
            r"Primary job +terminated normally"),
    Outcry("r", Tells.WRAPPED, r"Execution halted|Calls: |Backtrace:"),
    Outcry("perl", Tells.WRAPPED,
        r"BEGIN failed--compilation aborted|Compilation failed in require"),
    Outcry("npm and yarn", Tells.WRAPPED,
        r"npm (?:ERR!|error)|error Command failed with exit code|ELIFECYCLE|"
        r"\s?Command failed with exit code"),
    Outcry("go", Tells.WRAPPED, r"exit status \d{1,3}$|\[signal SIG"),
    Outcry("maven and gradle", Tells.WRAPPED,
            r"FAILURE: Build failed|BUILD FAIL|Execution failed for task|\[?ERROR\]?:? *(?:$|"
            r"\[?Help 1\]?|-> \[Help|To see the full|Re-run|For more)"),
    Outcry("what only says that it ended", Tells.WRAPPED,
            r".{0,160}?\b(?:exit(?:ed|"
            r"ing)?(?: with)?(?: an?)?(?: non-?zero)?(?: error)?(?: exit)? (?:code|status)|"
            r"returned non-zero exit status|exit code:)[ :=]{0,3}\(?-?\d{1,5}|"
            r"command terminated by signal",
            re.IGNORECASE),
    Outcry("a neighbour in a pipe", Tells.WRAPPED,
        r".{0,120}line \d{1,6}: {1,9}\d{1,8} Broken pipe\b"),
    Outcry("aborted", Tells.WRAPPED,
        r"(?:.{0,120}line \d{1,6}: +\d{1,8} )?Aborted\b|ERROR: Job failed|"
        r"Error: Process completed"),
    Outcry("pytest summary", Tells.WRAPPED,
        r"(?:FAILED|ERROR) \S{1,300}\.py(?:::|\b)|=+ .{0,120}(?:failed|error).{0,80} =+$"),
    Outcry("pip", Tells.WRAPPED,
        r"error: subprocess-exited-with-error|note: This error originates"),
)  # fmt: skip

RAISED = (
    Outcry("java's cause", Tells.RAISED, r"Caused by: \S"),
    Outcry("java's thread", Tells.RAISED, r"Exception in thread \"[^\"]{0,80}\" \S"),
    Outcry("node and php", Tells.RAISED,
        r"(?:PHP Fatal error: {1,3})?Uncaught \S|\[UnhandledPromiseRejection|PHP (?:Fatal|"
        r"Parse) error"),
    Outcry("node's cause", Tells.RAISED, r"\s{0,40}\[cause\]: \S"),
    Outcry("dotnet", Tells.RAISED, r"(?:Unhandled [Ee]xception[.:] |\s{0,8}---> )\S"),
    Outcry("go", Tells.RAISED, r"panic: |fatal error: "),
    Outcry("rust", Tells.RAISED, r"thread '[^']{0,80}'(?: \(\d{1,20}\))? panicked at"),
    Outcry("c++", Tells.RAISED,
        r"\s{0,4}what\(\): |Assertion .{1,300} failed|"
        r"\S{1,200}: \S{0,200}:\d{1,6}: .{0,300}Assertion .{1,300} failed"),
    Outcry("r", Tells.RAISED, r"Error in .{1,200}|Error: \S|! \S"),
    Outcry("perl", Tells.RAISED, r".{1,400} at \S{1,200} line \d{1,6}(?:\.|, <)"),
    Outcry("ruby", Tells.RAISED, r"\S{1,200}\.rb:\d{1,6}:in .{1,400}\([A-Z][\w:]{1,80}\)$"),
    Outcry("julia", Tells.RAISED, rf"ERROR: (?:LoadError: |TaskFailedException)?{EXCEPTION}"),
    Outcry("fortran", Tells.RAISED, r"Fortran runtime error: "),
    Outcry("exception", Tells.RAISED,
        rf"(?:Exception: |ERROR: |FATAL: )?{EXCEPTION}(?:\([^)]{{0,120}}\))?(?::|$| \[| in )"),
)  # fmt: skip

SAID = (
    Outcry("called an error", Tells.SAID,
            r"\W{0,10}(?:(?:USER )?ERRORS?|FATAL|CRITICAL|[Ff]atal(?: error)?|[Ee]rror|"
            r"A USER ERROR has occurred)\]?(?: \[\w+\])?(?::| ~| !|!|\[\d|\s{2}|\s-)"),
    Outcry("a tool's error", Tells.SAID,
            r"[\w./+-]{1,120}(?:\[\d{1,9}\])?(?: \([^)]{0,40}\))?: "
            r"(?:\S{1,200}:\d{1,6}(?::\d{1,6})?: )?(?:fatal )?(?:error|"
            r"ERROR|fatal|FATAL|undefined reference)\b"),
    Outcry("a compiler's error", Tells.SAID,
        r"\S{1,200}:\d{1,6}(?::\d{1,6})?: (?:fatal )?error: "),
    Outcry("samtools", Tells.SAID, r"\[E::\w{1,60}\] "),
    Outcry("curl", Tells.SAID, r"curl: \(\d{1,3}\) "),
    Outcry("shell", Tells.SAID,
        r"(?:\S{0,200}: )?line \d{1,6}: |(?:/bin/)?(?:ba|da|z)?sh: (?:\d{1,6}: )?\S"),
    Outcry("exec", Tells.SAID,
        r"exec:? .{1,300}: (?:exec format error|no such file|executable file not found|"
        r"permission denied)", re.IGNORECASE),
    Outcry("killed", Tells.SAID,
        r"Killed\b|Terminated\b|Bus error|Segmentation fault|Illegal instruction"),
    Outcry("memory", Tells.SAID,
            r".{0,300}?(?:\bout of memory\b|\boom[-_ ]?kill|\bcannot allocate memory\b|"
            r"\bstd::bad_alloc\b|MemoryError\b|heap space)",
            re.IGNORECASE),
    Outcry("disk", Tells.SAID,
        r".{0,400}?(?:no space left on device|disk quota exceeded|disk full)", re.IGNORECASE),
    Outcry("aws", Tells.SAID,
        r"(?:fatal error: |upload failed: .{0,300} )?An error occurred \("),
    Outcry("star", Tells.SAID, r"EXITING because of "),
    Outcry("spark's driver", Tells.SAID,
        r".{0,80}(?:diagnostics: )?User class threw exception: "),
    Outcry("a sentence with error at its begin", Tells.SAID,
        r"[\w.-]{1,60} Error in model |(?:Compilation|Database|Runtime) Error in "),
    Outcry("gradle", Tells.SAID, r"\* What went wrong:"),
)  # fmt: skip

HINTED = (
    Outcry("words of failure", Tells.HINTED,
            r".{0,500}?\b(?:errors?|exception|fatal|failed|failure|cannot|can't|could ?n[o']t|"
            r"unable to|no such file|"
            r"not found|permission denied|access ?denied|denied|refused|timed out|killed|"
            r"aborted|invalid|"
            r"unrecognized|unexpected|corrupt(?:ed)?|does not exist|missing|truncated|"
            r"giving up|exceeded|not permitted)\b",
            re.IGNORECASE),
)  # fmt: skip

TABLE = (*NOTHING, *WRAPPED, *RAISED, *SAID, *HINTED)


def tells(line: str) -> Tells:
    """Say how much a line tells.

    Examples
    --------
    >>> tells("ValueError: bad row 17").name, tells("make: *** [all] Error 1").name
    ('RAISED', 'WRAPPED')
    """
    return next((tells for tells, pattern in _compiled() if pattern.match(line)), Tells.NOTHING)


@cache
def _compiled() -> tuple[tuple[Tells, re.Pattern[str]], ...]:
    """Compile the table when a log is looked at: not every start comes to that."""
    return tuple((one.tells, re.compile(one.pattern, one.flags)) for one in TABLE)
