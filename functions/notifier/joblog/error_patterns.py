"""How programs say that something went wrong: patterns by how much a line that matches tells.

Every pattern has a name and a place beside its like; the first that matches decides, so what only
wraps another error stands before what it would be taken for. Lines come without what a logger put
before them (see `joblog/loggers.py`), at most `text.LINE_LIMIT` long; every repeat is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache


class Weight(IntEnum):
    """How much a line tells of why a program ended, least first."""

    NOTHING = 0
    WRAPPED = 1  # that another program failed, which has said why itself
    HINTED = 2  # words of failure in a line that no logger calls an error
    SAID = 3  # a line that is called an error
    RAISED = 4  # an exception, a panic: what ended the program, in its language's own form


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """One way of saying it."""

    name: str
    weight: Weight
    pattern: str
    flags: re.RegexFlag = re.NOFLAG


_DOTTED = r"(?:[A-Za-z_][\w$]{0,80}(?:\.|::|/|\\)){0,12}"
# `ValueError`, `java.io.IOException`, `Error`; a warning is none.
EXCEPTION = rf"{_DOTTED}(?:[A-Z]\w{{0,80}})?(?:Error|Exception|Fault|Interrupt|Failure)\b"

NOTHING = (
    ErrorPattern("shell trace", Weight.NOTHING, r"\++ "),
    ErrorPattern("warning", Weight.NOTHING,
        rf"(?:[\w./-]{{0,200}}:\d{{1,6}}: )?{_DOTTED}\w{{0,80}}Warning\b"),
    ErrorPattern("counts of failures", Weight.NOTHING,
            r".{0,200}?\b(?:no|0|zero|without|any) (?:errors?|failures?|failed)\b|"
            r".{0,200}?\b(?:errors?|failed|failures?)[=:] ?0\b",
            re.IGNORECASE),
    ErrorPattern("stack frame", Weight.NOTHING,
        r"\s{0,40}(?:at \S{1,400}[:(]|at <|from \S{1,300}:\d|File \"|\.\.\. \d+ more)"),
    ErrorPattern("pytest place", Weight.NOTHING, r"\S{1,300}\.py:\d{1,6}: \w{1,80}$"),
    ErrorPattern("python's headings", Weight.NOTHING,
        r"Traceback \(most recent call last\)|During handling of the above|"
        r"The above exception was"),
)  # fmt: skip

WRAPPED = (
    ErrorPattern("make", Weight.WRAPPED, r"g?make(?:\[\d{1,3}\])?: \*\*\*|ninja: build stopped"),
    ErrorPattern("python's subprocess", Weight.WRAPPED,
            r"(?:subprocess\.)?CalledProcessError: Command|"
            r"(?:subprocess\.)?TimeoutExpired: Command"),
    ErrorPattern("torchrun and its kin", Weight.WRAPPED,
            r"(?:[\w.]{0,200}\.)?(?:ChildFailedError|ProcessRaisedException|"
            r"ProcessExitedException|SignalException)\b"),
    ErrorPattern("torch's watcher", Weight.WRAPPED,
        r"failed \(exitcode: |Sending process \d{1,9} closing signal"),
    ErrorPattern("exception group", Weight.WRAPPED, rf"{_DOTTED}(?:Base)?ExceptionGroup\b"),
    ErrorPattern("py4j", Weight.WRAPPED, r"(?:py4j\.protocol\.)?Py4J(?:Java)?Error\b"),
    ErrorPattern("a worker lost by its pool", Weight.WRAPPED,
        rf"{_DOTTED}(?:BrokenProcessPool|SystemExit|WorkerLostError)\b"),
    ErrorPattern("yarn", Weight.WRAPPED,
            r"(?:Exception in thread \"main\" )?(?:org\.apache\.spark\.)?SparkException: "
            r"Application application_\S{1,80} finished"),
    ErrorPattern("nextflow", Weight.WRAPPED,
        r"(?:ERROR ~ |-- )?(?:Error executing process|Check '\.nextflow\.log')|"
        r"Execution cancelled"),
    ErrorPattern("snakemake", Weight.WRAPPED,
            r"Error in (?:rule|group|job) \w|Exiting because a job execution failed|"
            r"Shutting down, this might|"
            r"Error executing rule|\(one of the commands exited|RuleException:?$|"
            r".{0,10}Removing output files of failed job"),
    ErrorPattern("slurm", Weight.WRAPPED,
            r"srun: (?:error|Job step aborted|Terminating)|slurmstepd: error: \*{3} (?:STEP|"
            r"JOB) \S{1,80} ON \S{1,120} CANCELLED AT \S{1,40} \*{3}"),
    ErrorPattern("mpi", Weight.WRAPPED,
        r"(?:mpirun|mpiexec|prterun)(?: noticed|: )|MPI_ABORT was invoked|"
            r"Primary job +terminated normally"),
    ErrorPattern("r", Weight.WRAPPED, r"Execution halted|Calls: |Backtrace:"),
    ErrorPattern("perl", Weight.WRAPPED,
        r"BEGIN failed--compilation aborted|Compilation failed in require"),
    ErrorPattern("npm and yarn", Weight.WRAPPED,
        r"npm (?:ERR!|error)|error Command failed with exit code|ELIFECYCLE|"
        r"\s?Command failed with exit code"),
    ErrorPattern("go", Weight.WRAPPED, r"exit status \d{1,3}$|\[signal SIG"),
    ErrorPattern("maven and gradle", Weight.WRAPPED,
            r"FAILURE: Build failed|BUILD FAIL|Execution failed for task|\[?ERROR\]?:? *(?:$|"
            r"\[?Help 1\]?|-> \[Help|To see the full|Re-run|For more)"),
    ErrorPattern("what only says that it ended", Weight.WRAPPED,
            r".{0,160}?\b(?:exit(?:ed|"
            r"ing)?(?: with)?(?: an?)?(?: non-?zero)?(?: error)?(?: exit)? (?:code|status)|"
            r"returned non-zero exit status|exit code:)[ :=]{0,3}\(?-?\d{1,5}|"
            r"command terminated by signal",
            re.IGNORECASE),
    ErrorPattern("a neighbour in a pipe", Weight.WRAPPED,
        r".{0,120}line \d{1,6}: {1,9}\d{1,8} Broken pipe\b"),
    ErrorPattern("aborted", Weight.WRAPPED,
        r"(?:.{0,120}line \d{1,6}: +\d{1,8} )?Aborted\b|ERROR: Job failed|"
        r"Error: Process completed"),
    ErrorPattern("pytest summary", Weight.WRAPPED,
        r"(?:FAILED|ERROR) \S{1,300}\.py(?:::|\b)|=+ .{0,120}(?:failed|error).{0,80} =+$"),
    ErrorPattern("pip", Weight.WRAPPED,
        r"error: subprocess-exited-with-error|note: This error originates"),
)  # fmt: skip

RAISED = (
    ErrorPattern("java's cause", Weight.RAISED, r"Caused by: \S"),
    ErrorPattern("java's thread", Weight.RAISED, r"Exception in thread \"[^\"]{0,80}\" \S"),
    ErrorPattern("node and php", Weight.RAISED,
        r"(?:PHP Fatal error: {1,3})?Uncaught \S|\[UnhandledPromiseRejection|PHP (?:Fatal|"
        r"Parse) error"),
    ErrorPattern("node's cause", Weight.RAISED, r"\s{0,40}\[cause\]: \S"),
    ErrorPattern("dotnet", Weight.RAISED, r"(?:Unhandled [Ee]xception[.:] |\s{0,8}---> )\S"),
    ErrorPattern("go", Weight.RAISED, r"panic: |fatal error: "),
    ErrorPattern("rust", Weight.RAISED, r"thread '[^']{0,80}'(?: \(\d{1,20}\))? panicked at"),
    ErrorPattern("c++", Weight.RAISED,
        r"\s{0,4}what\(\): |Assertion .{1,300} failed|"
        r"\S{1,200}: \S{0,200}:\d{1,6}: .{0,300}Assertion .{1,300} failed"),
    ErrorPattern("r", Weight.RAISED, r"Error in .{1,200}|Error: \S|! \S"),
    ErrorPattern("perl", Weight.RAISED, r".{1,400} at \S{1,200} line \d{1,6}(?:\.|, <)"),
    ErrorPattern("ruby", Weight.RAISED, r"\S{1,200}\.rb:\d{1,6}:in .{1,400}\([A-Z][\w:]{1,80}\)$"),
    ErrorPattern(
        "julia", Weight.RAISED, rf"ERROR: (?:LoadError: |TaskFailedException)?{EXCEPTION}"
    ),
    ErrorPattern("fortran", Weight.RAISED, r"Fortran runtime error: "),
    ErrorPattern("exception", Weight.RAISED,
        rf"(?:Exception: |ERROR: |FATAL: )?{EXCEPTION}(?:\([^)]{{0,120}}\))?(?::|$| \[| in )"),
)  # fmt: skip

SAID = (
    ErrorPattern("called an error", Weight.SAID,
            r"\W{0,10}(?:(?:USER )?ERRORS?|FATAL|CRITICAL|[Ff]atal(?: error)?|[Ee]rror|"
            r"A USER ERROR has occurred)\]?(?: \[\w+\])?(?::| ~| !|!|\[\d|\s{2}|\s-)"),
    ErrorPattern("a tool's error", Weight.SAID,
            r"[\w./+-]{1,120}(?:\[\d{1,9}\])?(?: \([^)]{0,40}\))?: "
            r"(?:\S{1,200}:\d{1,6}(?::\d{1,6})?: )?(?:fatal )?(?:error|"
            r"ERROR|fatal|FATAL|undefined reference)\b"),
    ErrorPattern("a compiler's error", Weight.SAID,
        r"\S{1,200}:\d{1,6}(?::\d{1,6})?: (?:fatal )?error: "),
    ErrorPattern("samtools", Weight.SAID, r"\[E::\w{1,60}\] "),
    ErrorPattern("curl", Weight.SAID, r"curl: \(\d{1,3}\) "),
    ErrorPattern("shell", Weight.SAID,
        r"(?:\S{0,200}: )?line \d{1,6}: |(?:/bin/)?(?:ba|da|z)?sh: (?:\d{1,6}: )?\S"),
    ErrorPattern("exec", Weight.SAID,
        r"exec:? .{1,300}: (?:exec format error|no such file|executable file not found|"
        r"permission denied)", re.IGNORECASE),
    ErrorPattern("killed", Weight.SAID,
        r"Killed\b|Terminated\b|Bus error|Segmentation fault|Illegal instruction"),
    ErrorPattern("memory", Weight.SAID,
            r".{0,300}?(?:\bout of memory\b|\boom[-_ ]?kill|\bcannot allocate memory\b|"
            r"\bstd::bad_alloc\b|MemoryError\b|heap space)",
            re.IGNORECASE),
    ErrorPattern("disk", Weight.SAID,
        r".{0,400}?(?:no space left on device|disk quota exceeded|disk full)", re.IGNORECASE),
    ErrorPattern("aws", Weight.SAID,
        r"(?:fatal error: |upload failed: .{0,300} )?An error occurred \("),
    ErrorPattern("star", Weight.SAID, r"EXITING because of "),
    ErrorPattern("spark's driver", Weight.SAID,
        r".{0,80}(?:diagnostics: )?User class threw exception: "),
    ErrorPattern("a sentence with error at its begin", Weight.SAID,
        r"[\w.-]{1,60} Error in model |(?:Compilation|Database|Runtime) Error in "),
    ErrorPattern("gradle", Weight.SAID, r"\* What went wrong:"),
)  # fmt: skip

HINTED = (
    ErrorPattern("words of failure", Weight.HINTED,
            r".{0,500}?\b(?:errors?|exception|fatal|failed|failure|cannot|can't|could ?n[o']t|"
            r"unable to|no such file|"
            r"not found|permission denied|access ?denied|denied|refused|timed out|killed|"
            r"aborted|invalid|"
            r"unrecognized|unexpected|corrupt(?:ed)?|does not exist|missing|truncated|"
            r"giving up|exceeded|not permitted)\b",
            re.IGNORECASE),
)  # fmt: skip

TABLE = (*NOTHING, *WRAPPED, *RAISED, *SAID, *HINTED)


def weigh(line: str) -> Weight:
    """Say how much a line tells.

    Examples
    --------
    >>> tells("ValueError: bad row 17").name, tells("make: *** [all] Error 1").name
    ('RAISED', 'WRAPPED')
    """
    return next((weight for weight, pattern in _compiled() if pattern.match(line)), Weight.NOTHING)


@cache
def _compiled() -> tuple[tuple[Weight, re.Pattern[str]], ...]:
    """Compile the table when a log is looked at: not every start comes to that."""
    return tuple((one.weight, re.compile(one.pattern, one.flags)) for one in TABLE)
