"""Patterns of how programs report errors, grouped by how much a matching line tells.

The first pattern that matches decides, so a wrapper of another error stands before the error that
it looks like. Lines come without the logger's prefix (`joblog/loggers.py`) and are at most
`text.LINE_LIMIT` long; every repeat is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache


class Weight(IntEnum):
    """How much a line tells about why a program ended, least first."""

    NO_ERROR = 0
    WRAPPER = 1  # another program failed, which has said why itself
    HINT = 2  # words of failure in a line that is not logged as an error
    ERROR = 3  # a line that is logged as an error
    EXCEPTION = 4  # an exception or panic, in the form of its language


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """One way to report an error."""

    name: str
    pattern: str
    flags: re.RegexFlag = re.NOFLAG


_DOTTED = r"(?:[A-Za-z_][\w$]{0,80}(?:\.|::|/|\\)){0,12}"
# `ValueError`, `java.io.IOException`, `Error`, but no warning.
EXCEPTION_NAME = rf"{_DOTTED}(?:[A-Z]\w{{0,80}})?(?:Error|Exception|Fault|Interrupt|Failure)\b"

NO_ERROR = (
    ErrorPattern("shell trace", r"\++ "),
    ErrorPattern("warning", rf"(?:[\w./-]{{0,200}}:\d{{1,6}}: )?{_DOTTED}\w{{0,80}}Warning\b"),
    ErrorPattern("counts of failures",
        r".{0,200}?\b(?:no|0|zero|without|any) (?:errors?|failures?|failed)\b"
        r"|.{0,200}?\b(?:errors?|failed|failures?)[=:] ?0\b", re.IGNORECASE),
    ErrorPattern("stack frame",
        r"\s{0,40}(?:at \S{1,400}[:(]|at <|from \S{1,300}:\d|File \"|\.\.\. \d+ more)"),
    ErrorPattern("pytest location", r"\S{1,300}\.py:\d{1,6}: \w{1,80}$"),
    ErrorPattern("python heading",
        r"Traceback \(most recent call last\)|During handling of the above"
        r"|The above exception was"),
)  # fmt: skip

WRAPPERS = (
    ErrorPattern("make", r"g?make(?:\[\d{1,3}\])?: \*\*\*|ninja: build stopped"),
    ErrorPattern("python subprocess",
        r"(?:subprocess\.)?CalledProcessError: Command|(?:subprocess\.)?TimeoutExpired: Command"),
    ErrorPattern("torchrun",
        r"(?:[\w.]{0,200}\.)?(?:ChildFailedError|ProcessRaisedException|ProcessExitedException"
        r"|SignalException)\b"),
    ErrorPattern("torch elastic agent",
        r"failed \(exitcode: |Sending process \d{1,9} closing signal"),
    ErrorPattern("exception group", rf"{_DOTTED}(?:Base)?ExceptionGroup\b"),
    ErrorPattern("py4j", r"(?:py4j\.protocol\.)?Py4J(?:Java)?Error\b"),
    ErrorPattern("worker pool", rf"{_DOTTED}(?:BrokenProcessPool|SystemExit|WorkerLostError)\b"),
    ErrorPattern("yarn",
        r"(?:Exception in thread \"main\" )?(?:org\.apache\.spark\.)?SparkException: Application "
        r"application_\S{1,80} finished"),
    ErrorPattern("nextflow",
        r"(?:ERROR ~ |-- )?(?:Error executing process|Check '\.nextflow\.log')"
        r"|Execution cancelled"),
    ErrorPattern("snakemake",
        r"Error in (?:rule|group|job) \w|Exiting because a job execution failed"
        r"|Shutting down, this might|Error executing rule|\(one of the commands exited"
        r"|RuleException:?$|.{0,10}Removing output files of failed job"),
    ErrorPattern("slurm",
        r"srun: (?:error|Job step aborted|Terminating)"
        r"|slurmstepd: error: \*{3} (?:STEP|JOB) \S{1,80} ON \S{1,120} CANCELLED AT \S{1,40} "
        r"\*{3}"),
    ErrorPattern("mpi",
        r"(?:mpirun|mpiexec|prterun)(?: noticed|: )|MPI_ABORT was invoked"
        r"|Primary job +terminated normally"),
    ErrorPattern("r", r"Execution halted|Calls: |Backtrace:"),
    ErrorPattern("perl", r"BEGIN failed--compilation aborted|Compilation failed in require"),
    ErrorPattern("npm and yarn",
        r"npm (?:ERR!|error)|error Command failed with exit code|ELIFECYCLE"
        r"|\s?Command failed with exit code"),
    ErrorPattern("go", r"exit status \d{1,3}$|\[signal SIG"),
    ErrorPattern("maven and gradle",
        r"FAILURE: Build failed|BUILD FAIL|Execution failed for task"
        r"|\[?ERROR\]?:? *(?:$|\[?Help 1\]?|-> \[Help|To see the full|Re-run|For more)"),
    ErrorPattern("exit status",
        r".{0,160}?\b(?:exit(?:ed|ing)?(?: with)?(?: an?)?(?: non-?zero)?(?: "
        r"error)?(?: exit)? (?:code|status)|returned non-zero exit status"
        r"|exit code:)[ :=]{0,3}\(?-?\d{1,5}|command terminated by signal", re.IGNORECASE),
    ErrorPattern("broken pipe", r".{0,120}line \d{1,6}: {1,9}\d{1,8} Broken pipe\b"),
    ErrorPattern("aborted",
        r"(?:.{0,120}line \d{1,6}: +\d{1,8} )?Aborted\b|ERROR: Job failed"
        r"|Error: Process completed"),
    ErrorPattern("pytest summary",
        r"(?:FAILED|ERROR) \S{1,300}\.py(?:::|\b)|=+ .{0,120}(?:failed|error).{0,80} =+$"),
    ErrorPattern("pip", r"error: subprocess-exited-with-error|note: This error originates"),
)  # fmt: skip

EXCEPTIONS = (
    ErrorPattern("java cause", r"Caused by: \S"),
    ErrorPattern("java thread", r"Exception in thread \"[^\"]{0,80}\" \S"),
    ErrorPattern("node and php",
        r"(?:PHP Fatal error: {1,3})?Uncaught \S|\[UnhandledPromiseRejection"
        r"|PHP (?:Fatal|Parse) error"),
    ErrorPattern("node cause", r"\s{0,40}\[cause\]: \S"),
    ErrorPattern("dotnet", r"(?:Unhandled [Ee]xception[.:] |\s{0,8}---> )\S"),
    ErrorPattern("go", r"panic: |fatal error: "),
    ErrorPattern("rust", r"thread '[^']{0,80}'(?: \(\d{1,20}\))? panicked at"),
    ErrorPattern("c++",
        r"\s{0,4}what\(\): |Assertion .{1,300} failed"
        r"|\S{1,200}: \S{0,200}:\d{1,6}: .{0,300}Assertion .{1,300} failed"),
    ErrorPattern("r", r"Error in .{1,200}|Error: \S|! \S"),
    ErrorPattern("perl", r".{1,400} at \S{1,200} line \d{1,6}(?:\.|, <)"),
    ErrorPattern("ruby", r"\S{1,200}\.rb:\d{1,6}:in .{1,400}\([A-Z][\w:]{1,80}\)$"),
    ErrorPattern("julia", rf"ERROR: (?:LoadError: |TaskFailedException)?{EXCEPTION_NAME}"),
    ErrorPattern("fortran", r"Fortran runtime error: "),
    ErrorPattern("exception",
        rf"(?:Exception: |ERROR: |FATAL: )?{EXCEPTION_NAME}(?:\([^)]{{0,120}}\))?(?::|$| \[| in )"),
)  # fmt: skip

ERRORS = (
    ErrorPattern("error level",
        r"\W{0,10}(?:(?:USER )?ERRORS?|FATAL|CRITICAL|[Ff]atal(?: error)?|[Ee]rror"
        r"|A USER ERROR has occurred)\]?(?: \[\w+\])?(?::| ~| !|!|\[\d|\s{2}|\s-)"),
    ErrorPattern("tool",
        r"[\w./+-]{1,120}(?:\[\d{1,9}\])?(?: \([^)]{0,40}\))?: (?:\S{1,200}:\d{1,6}"
        r"(?::\d{1,6})?: )?(?:fatal )?(?:error|ERROR|fatal|FATAL|undefined reference)\b"),
    ErrorPattern("compiler", r"\S{1,200}:\d{1,6}(?::\d{1,6})?: (?:fatal )?error: "),
    ErrorPattern("samtools", r"\[E::\w{1,60}\] "),
    ErrorPattern("curl", r"curl: \(\d{1,3}\) "),
    ErrorPattern("shell",
        r"(?:\S{0,200}: )?line \d{1,6}: |(?:/bin/)?(?:ba|da|z)?sh: (?:\d{1,6}: )?\S"),
    ErrorPattern("exec",
        r"exec:? .{1,300}: (?:exec format error|no such file|executable file not "
        r"found|permission denied)", re.IGNORECASE),
    ErrorPattern("killed",
        r"Killed\b|Terminated\b|Bus error|Segmentation fault|Illegal instruction"),
    ErrorPattern("memory",
        r".{0,300}?(?:\bout of memory\b|\boom[-_ ]?kill|\bcannot allocate memory\b"
        r"|\bstd::bad_alloc\b|MemoryError\b|heap space)", re.IGNORECASE),
    ErrorPattern("disk",
        r".{0,400}?(?:no space left on device|disk quota exceeded|disk full)", re.IGNORECASE),
    ErrorPattern("aws", r"(?:fatal error: |upload failed: .{0,300} )?An error occurred \("),
    ErrorPattern("star", r"EXITING because of "),
    ErrorPattern("spark driver", r".{0,80}(?:diagnostics: )?User class threw exception: "),
    ErrorPattern("dbt", r"[\w.-]{1,60} Error in model |(?:Compilation|Database|Runtime) Error in "),
    ErrorPattern("gradle", r"\* What went wrong:"),
)  # fmt: skip

HINTS = (
    ErrorPattern("words of failure",
        r".{0,500}?\b(?:errors?|exception|fatal|failed|failure|cannot|can't"
        r"|could ?n[o']t|unable to|no such file|not found|permission denied"
        r"|access ?denied|denied|refused|timed out|killed|aborted|invalid"
        r"|unrecognized|unexpected|corrupt(?:ed)?|does not exist|missing|truncated"
        r"|giving up|exceeded|not permitted)\b", re.IGNORECASE),
)  # fmt: skip

TABLE = (
    (Weight.NO_ERROR, NO_ERROR),
    (Weight.WRAPPER, WRAPPERS),
    (Weight.EXCEPTION, EXCEPTIONS),
    (Weight.ERROR, ERRORS),
    (Weight.HINT, HINTS),
)


def weigh_line(line: str) -> Weight:
    """Return how much a line tells.

    Examples
    --------
    >>> weigh_line("ValueError: bad row 17").name, weigh_line("make: *** [all] Error 1").name
    ('EXCEPTION', 'WRAPPER')
    """
    return next((weight for weight, pattern in _compiled() if pattern.match(line)), Weight.NO_ERROR)


@cache
def _compiled() -> tuple[tuple[Weight, re.Pattern[str]], ...]:
    """Compile the table with the first log: many invocations read none."""
    return tuple(
        (weight, re.compile(one.pattern, one.flags)) for weight, group in TABLE for one in group
    )
