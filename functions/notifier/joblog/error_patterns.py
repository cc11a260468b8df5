"""Patterns of how programs report errors, grouped by how much a matching line tells.

The first pattern that matches decides, so a wrapper of another error stands before the error that
it looks like. Lines come without the logger's prefix (`joblog/loggers.py`) and are at most
`text.LINE_LIMIT` long; every repeat is bounded.
"""

from __future__ import annotations

import re
from functools import cache

from notifier.joblog.weight import EXCEPTION_NAME, ErrorPattern, Weight
from notifier.joblog.wrapper_patterns import (
    FOLLOWER,
    FOLLOWER_WORDS,
    NO_ERROR,
    RETRIED,
    RETRIED_WORDS,
    WRAPPERS,
)

__all__ = ["EXCEPTION_NAME", "Weight", "is_follower", "is_retried", "weigh_line"]

EXCEPTIONS = (
    ErrorPattern("java cause", r"Caused by: \S"),
    ErrorPattern("java thread", r"Exception in thread \"[^\"]{0,80}\" \S"),
    ErrorPattern("node and php",
        r"(?:PHP Fatal error: {1,3})?Uncaught (?!(?:error|exception) in )\S"
        r"|\[UnhandledPromiseRejection|Unhandled rejection \S"
        r"|PHP (?:Fatal|Parse) error|.{0,200}\bPHP Fatal Error '|FATAL ERROR: \S"
        r"|\(node:\d{1,9}\) UnhandledPromiseRejectionWarning: \S"),
    ErrorPattern("node cause", r"\s{0,40}\[cause\]: \S"),
    ErrorPattern("dotnet", r"(?:Unhandled [Ee]xception[.:] |\s{0,8}---> )[A-Z(]"),
    ErrorPattern("go and zig", r"panic: |fatal error: |PANIC: |thread \d{1,9} panic: \S"),
    ErrorPattern("swift", r"\S{1,200}\.swift:\d{1,6}: (?:Fatal error|Precondition failed)"),
    ErrorPattern("killed by the shell",
        r".{0,200}line \d{1,6}: {1,9}\d{1,9} (?!Broken pipe)[A-Z]|\d{1,9} (?:Aborted|Killed"
        r"|Segmentation fault|Illegal instruction|Bus error)\b"),
    ErrorPattern("dynamic linker",
        r".{0,200}error while loading shared libraries: |Error loading shared library \S{1,200}: "
        r"|\S{1,200}: cannot open shared object file|.{0,200}: undefined symbol: \S"),
    ErrorPattern("script", r".{0,200}: bad interpreter: |env: .{1,120}: No such file"),
    ErrorPattern("command", r".{1,200}: (?:command )?not found$|.{0,200}: command not found"),
    ErrorPattern("crash",
        r"Fatal Python error: |={2}\d{1,9}={2}ERROR: |\*{3} SIG[A-Z]{3,6} |.{0,80}Check failed: "
        r"|.{0,80}Caught signal (?:number )?\d|.{0,80}CUDA error: "
        r"|# {1,3}(?:SIG[A-Z]{3,6} \(|Out of Memory Error|There is insufficient"
        r" memory|Native memory allocation|Internal Error \()|.{0,40}Watchdog caught collective"
        r"|Memory access fault by GPU|pure virtual method called"
        r"|\s{0,60}(?:Segmentation violation|Assertion|Abort|Bus error|Illegal instruction"
        r"|std::terminate\(\)) detected at "
        r"|terminate called (?:after throwing|without)|double free or corruption"
        r"|malloc\(\): |free\(\): |\*{3} stack smashing detected|corrupted size vs"),
    ErrorPattern("killed child",
        r"traceback : Signal \d{1,2} \(|Container killed by YARN|Container killed on request"
        r"|.{0,120}exceeding (?:physical|virtual|memory) "
        r"|.{0,300}?\b(?:exited|terminated|killed|killed by|died) (?:on|with|by|due to) signal \d",
        words=("signal ", "container killed", "exceeding ")),
    ErrorPattern("elixir and erlang",
        r"\*\* \((?:[A-Z][\w.]{1,80}|exit|throw|stop|EXIT.{0,60})\) \S"
        r"|\{?\"?init terminating in do_boot|exception (?:error|exit|throw): |\{reason,\{"),
    ErrorPattern("sql state", r"SQLSTATE\["),
    ErrorPattern("oracle and odbc", r".{0,80}?(?:\bORA-\d{5}: |\[\d{5}\] \[|\[Microsoft\])",
        words=("ora-", "] [", "[microsoft]")),
    ErrorPattern("rust", r"thread '[^']{0,80}'(?: \(\d{1,20}\))? panicked at"),
    ErrorPattern("c++",
        r"\s{0,4}what\(\): |Assertion .{1,300} failed"
        r"|\S{1,200}: \S{0,200}:\d{1,6}: .{0,300}Assertion .{1,300} failed"),
    ErrorPattern("r", r"Error in .{1,200}|Error: \S|! \S"),
    ErrorPattern("perl", r".{1,400} at \S{1,200} line \d{1,6}(?:\.|, <)"),
    ErrorPattern("ruby names", r"[A-Z]\w{1,60}(?:::[A-Z]\w{1,60}){1,6}: \S"),
    ErrorPattern("ruby", r"\S{1,200}\.rb:\d{1,6}:in .{1,400}\([A-Z][\w:]{1,80}\)$"),
    ErrorPattern("julia", rf"ERROR: (?:LoadError: )?{EXCEPTION_NAME}|nested task error: "),
    ErrorPattern("fortran", r"Fortran runtime error: |forrtl: severe|ERROR STOP\b"),
    ErrorPattern("openfoam", r"--> FOAM FATAL"),
    ErrorPattern("matlab", r"\{?Error using \S"),
    ErrorPattern("exception",
        rf"(?:Exception: |ERROR: |FATAL: )?{EXCEPTION_NAME}(?: ?\([^)]{{0,120}}\))?(?::|$| \[| in"
        r" )"),
)  # fmt: skip

ERRORS = (
    ErrorPattern("error level",
        r"\W{0,10}(?:(?:USER |INPUT )?ERRORS?:?|FATAL|CRITICAL|[Ff]atal(?: error)?|[Ee]rror"
        r"|A USER ERROR has occurred)\]?(?: \[\w+\])?(?::| ~| !|!|\[\d|\s{2}|\s-)"),
    ErrorPattern("tool",
        r"[\w./+-]{1,120}(?:\[\d{1,9}\])?(?: \([^)]{0,40}\))?: (?:\S{1,200}:\d{1,6}"
        r"(?::\d{1,6})?: )?(?:fatal |Got )?(?:error|ERROR|fatal|FATAL|undefined reference)\b"
        r"|.{1,300}: undefined reference to "
        r"|(?:\w[\w.-]{0,40} ){0,3}(?:Fatal |FATAL |fatal )?(?:[Ee]rror|ERROR): \S"),
    ErrorPattern("getopt",
        r"[\w./+-]{1,100}: (?:(?:invalid|unrecognized|illegal|unknown|ambiguous) option\b"
        r"|option (?:'|requires))"),
    ErrorPattern("compiler", r"\S{1,200}:\d{1,6}(?::\d{1,6})?: (?:fatal )?error: "),
    ErrorPattern("samtools", r"\[E::\w{1,60}\] "),
    ErrorPattern("apt", r"E: \S"),
    ErrorPattern("curl", r"curl: \(\d{1,3}\) "),
    ErrorPattern("slurm",
        r"srun: error: .{1,200}: tasks? [\d,-]{1,200}: |slurmstepd: error: Detected \d"
        r"|srun: error: "),
    ErrorPattern("mpi",
        r".{0,40}application called MPI_Abort|There are not enough slots|.{0,40}ORTE_ERROR_LOG: "
        r"|(?:ORTE|PRTE) (?:has lost|was unable)|It looks like MPI_INIT failed"
        r"|\*{3} An error occurred in MPI_|.{0,80}\bMPI_ERR_\w",
        words=("mpi_", "orte", "prte", "slots")),
    ErrorPattern("gatk", r"#{2,8} ERROR MESSAGE: "),
    ErrorPattern("shell",
        r"(?:\S{0,200}: )?line \d{1,6}: |(?:/bin/)?(?:ba|da|z)?sh: (?:\d{1,6}: )?\S"),
    ErrorPattern("exec",
        r"exec:? .{1,300}: (?:exec format error|no such file|executable file not "
        r"found|permission denied)", re.IGNORECASE),
    ErrorPattern("killed",
        r"Killed\b|Terminated\b|Bus error|Segmentation fault|Illegal instruction"),
    ErrorPattern("memory",
        r".{0,300}?(?:\bout of memory\b|\boom[-_ ]?kill|\bcannot allocate memory\b"
        r"|\bstd::bad_alloc\b|MemoryError\b|heap space|\boom when "
        r"|exceed\w{0,3} .{0,20}\bmemory (?:budget|limit))", re.IGNORECASE,
        words=("memory", "oom", "bad_alloc", "heap space")),
    ErrorPattern("disk",
        r".{0,400}?(?:no space left on device|disk quota exceeded|disk full)",
        re.IGNORECASE, words=("no space left", "disk ")),
    ErrorPattern("aws", r"(?:fatal error: |upload failed: .{0,300} )?An error occurred \("),
    ErrorPattern("database",
        r".{0,200}(?:[Ll]ost connection to \w|server has gone away|server closed the connection)",
        words=("ost connection", "gone away", "server closed")),
    ErrorPattern("star", r"EXITING(?: because of |: FATAL)"),
    ErrorPattern("spark driver", r".{0,80}(?:diagnostics: )?User class threw exception: ",
        words=("user class threw",)),
    ErrorPattern("dbt", r"[\w.-]{1,60} Error in model |(?:Compilation|Database|Runtime) Error in "),
    ErrorPattern("gradle", r"\* What went wrong:"),
)  # fmt: skip

HINTS = (
    ErrorPattern("system error",
        r".{0,400}?: (?:.{0,80}: )?(?:No such file or directory|Permission denied|Cannot allocate"
        r" memory|Resource temporarily unavailable|Connection refused|Connection timed out"
        r"|Input/output error|Read-only file system|Stale file handle|Too many open files"
        r"|Disk quota exceeded|Exec format error|Text file busy|Is a directory|Not a directory"
        r"|Transport endpoint is not connected|does not exist \(|resource busy \()"),
    ErrorPattern("interpreter",
        r"(?:lua|luajit|gawk|awk|m4|bc|nginx)\S{0,8}: \S{1,200}:\d{1,6}: \S"),
)  # fmt: skip

# Words of failure, anywhere in the first characters of a line.
_HINT = re.compile(
    r"\b(?:errors?|exception|fatal|fail(?:ed|s|ure)?|cannot|can't|ABORT(?:ED)?|aborting"
    r"|could ?n[o']t|unable to|no such file|not found|permission denied"
    r"|access ?denied|denied|refused|timed out|killed|aborted|invalid"
    r"|unrecognized|not (?:a )?valid|problems? (?:finding|opening|reading|writing)"
    r"|(?:un|not )expected|corrupt(?:ed)?|does not exist|missing|truncated"
    r"|giving up|exceed(?:ed)?|not permitted|malformed|not enough|insufficient|unsupported|locked"
    r"|(?:is|are|was|value) required|must be (?:set|given|provided|specified)"
    r"|diverged|illegal|bad (?:size|magic|file|input|data|value)"
    r"|too (?:many|few|small|large|long|short|big)|no (?:module|route|such|valid)"
    r"|incompatible|mismatch|conflict|expired|blocked)\b|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)

TABLE = (
    (Weight.NO_ERROR, NO_ERROR),
    (Weight.WRAPPER, WRAPPERS),
    (Weight.EXCEPTION, EXCEPTIONS),
    (Weight.ERROR, ERRORS),
    (Weight.HINT, HINTS),
)


_READ = 600  # characters of a line that are searched for words
# Quicker than the table, and in every line that it matches.
_MAY_TELL = (
    "e: ", "check failed", "unavailable", "undefined", "read-only", "directory", "transport",
    "details", "see ",
    "err", "exce", "fail", "fatal", "fault", "panic", "abort", "kill", "terminat", "denied",
    "refused", "cannot", "can't", "unable", "could", "missing", "invalid", "interrupt",
    "signal", "sigs", "sigb", "sigi", "memory", "alloc", "oom", "exit", "corrupt", "truncated",
    "assert", "unhandled", "uncaught", "what(", "halt", "severe", "cause", "mpi", "orte",
    "code", "exceed", "lost", "free()", "pipe", "---", "!", "**", "unknown", "unexpected",
    "unrecogni", "unsupport", "quota", "slots", "space", "malformed", "locked", "diverged",
    "illegal", "mismatch", "conflict", "expired", "blocked", "timed", "timeout", "giving",
    "incompat", "busy", "required", "must be",
    "stale", "dumped", "::", "ora-", "[micro", "backtrace", "calls:",
    "do_boot", "reason", "[e::", "smashing", "insufficient", "watchdog", "elifecycle",
    "sqlstate", "virtual", "detected", "permitted", "exist", "throw", "catch", "shut", "cancel",
    "closed", "retry", "died",
    "closing", " not ", "no ", "line ", ".rb:", "too ", "out of", "attempt to",
    "bad ", "0 ", "not found",
)  # fmt: skip


def weigh_line(line: str) -> Weight:
    """Return how much a line tells.

    Examples
    --------
    >>> weigh_line("ValueError: bad row 17").name, weigh_line("make: *** [all] Error 1").name
    ('EXCEPTION', 'WRAPPER')
    """
    start = line[:_READ].lower()
    if not any(word in start for word in _MAY_TELL):
        return Weight.NO_ERROR
    whole = line.lower()
    for weight, pattern, searching in _compiled():
        if pattern.match(line):
            return weight
        for words, one in searching:
            if _has_one(whole, words) and one.match(line):
                return weight
    return Weight.HINT if _HINT.search(line, 0, _READ) else Weight.NO_ERROR


def is_follower(line: str) -> bool:
    """Return whether an earlier error leads to a line like this."""
    is_likely = _has_one(line[:_READ].lower(), FOLLOWER_WORDS)
    if not is_likely or not FOLLOWER.search(line, 0, _READ):
        return False
    return not line.lstrip().startswith("Caused by")


def is_retried(line: str) -> bool:
    """Return whether a line says that the program tries again."""
    return _has_one(line[:_READ].lower(), RETRIED_WORDS) and bool(RETRIED.search(line, 0, _READ))


def _has_one(text: str, words: tuple[str, ...]) -> bool:
    return any(map(text.__contains__, words))  # a generator takes three times as long


_Searching = tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]


@cache
def _compiled() -> tuple[tuple[Weight, re.Pattern[str], _Searching], ...]:
    """Compile each group with the first log: many invocations read none.

    Within a group the order does not matter: those that need no words are one pattern.
    """
    return tuple((weight, _joined(group), _searching(group)) for weight, group in TABLE)


def _joined(group: tuple[ErrorPattern, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_scoped(one) for one in group if not one.words))


def _searching(group: tuple[ErrorPattern, ...]) -> _Searching:
    return tuple((one.words, re.compile(_scoped(one))) for one in group if one.words)


def _scoped(one: ErrorPattern) -> str:
    return f"(?i:{one.pattern})" if one.flags & re.IGNORECASE else f"(?:{one.pattern})"
