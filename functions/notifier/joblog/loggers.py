"""Strip what carries a message: containers, schedulers, ranks, loggers, times and levels.

A line is peeled from the left, one prefix at a time, by one table. What stands after the level
(thread, class, place in the source) belongs to the logger as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from notifier.joblog.weight import EXCEPTION_NAME

MOST_PREFIXES = 8  # of one line


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One line without its prefixes.

    `level` is `error`, `warn`, `info` (anything below) or empty if the line names none.
    `nested` marks a line of an exception group or of one of several processes, `is_headline` one
    that a record has above its exception.
    """

    text: str
    level: str = ""
    nested: bool = False
    is_headline: bool = False


_ERROR_LEVELS = frozenset(
    ("alert", "crit", "critical", "dpanic", "e", "emerg", "emergency", "err", "error", "f", "fatal",
     "ftl", "internalerror", "panic", "pnc", "severe")
)  # fmt: skip
_WARN_LEVELS = frozenset(("w", "warn", "warning", "wrn"))
_INFO_LEVELS = frozenset(
    ("d", "dbg", "debug", "dbug", "fine", "i", "inf", "info", "information", "log", "notice",
     "success", "trace", "trc", "v", "vrb", "verbose")
)  # fmt: skip
_WORDS = "|".join(
    sorted(
        (one for one in _ERROR_LEVELS | _WARN_LEVELS | _INFO_LEVELS if len(one) > 2),
        key=len,
        reverse=True,
    )
)
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?(?:[.,:]\d{1,9})?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[CEMP][SD]T|CES?T|[+-](?:\d\d:?\d\d|[01]\d(?!\w))))?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_ISO = rf"\d{{4}}[-/.]\d\d[-/.]\d\d(?:[T ,_]{{1,2}}{_CLOCK}{_ZONE})?"
_TIME = (
    rf"(?:{_ISO}|\d\d[-/.]\d\d[-/.]\d\d(?:\d\d)?[ T]{_CLOCK}"
    rf"|\d{{1,2}}[-/ ]{_MONTH}(?:[-/ ]\d{{4}})?[: ]{_CLOCK}{_ZONE}"
    rf"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat"
    rf"|Sun),? )?{_MONTH}[- ]{{1,2}}\d{{1,2}}(?:,? \d{{4}})?[ ,]{{1,2}}"
    rf"{_CLOCK}(?: [AP]M)?{_ZONE}(?: \d{{4}})?"
    rf"|\d{{1,2}}:\d\d:\d\d(?:[.,]\d{{1,9}})?{_ZONE}|\d{{1,2}}:\d\d ?[AP]M"
    rf"|\d\d-\d\d \d\d:\d\d:\d\d|\d{{10}}\.\d{{1,9}}|\d{{13}}(?= )"
    rf"|\d{{8}}(?:[T -]\d\d:?\d\d:?\d\d(?:[.,]\d{{1,9}})?Z?)|\[ {{0,6}}\d{{1,6}}\.\d{{6}}\](?= ))"
)
_BLANK = r"(?:[ \t]{1,2}(?=\S)|[ \t]|$)"  # more of them are indentation
_LEVEL_BLANK = r"(?:[ \t]{1,5}|$)"  # levels are padded to one width

# Name, pattern, and where the prefix may stand: `` anywhere, `time` only after a time.
PREFIXES = (
    ("airflow's copy of another program's output",
     r"\{(?:subprocess|pod_manager|pod_launcher\w{0,20}|docker|logging_mixin|base"
     r"|ssh)\.py:\d{1,6}\} "
     r"[A-Z]{4,8} - (?:\[[\w-]{1,60}\] )?", ""),
    ("airflow's source", r"\{[\w.-]{1,80}:\d{1,6}\} ", ""),
    ("kubernetes", rf"{_ISO} (?:stdout|stderr) [FP] ?", ""),
    ("level and time in one bracket",
     rf"\[(?:{_TIME})[:,]? (?P<level1>(?i:{_WORDS}))(?:[ /][\w:./()-]{{1,120}})?\] ?", ""),
    ("ruby's logger", rf"(?P<level2>[DIWEF]), \[{_ISO}(?: ?#\d{{1,9}})?\] {{1,3}}[A-Z]{{4,5}} -- "
     r"[^:]{0,60}: ", ""),
    ("glog",
     rf"\[?(?P<level3>[IWEF])(?:\d{{3,4}} (?:{_CLOCK}|[\d:.]{{8,30}}) {{1,8}}(?:\d{{1,20}} )?| )"
     r"[\w./-]{1,160}:\d{1,6}\] (?:\[[^\]]{0,40}[Rr]ank \d{1,6}\] ){0,2}", ""),
    ("logback's own", rf"\|-(?P<level10>(?:{_WORDS.upper()})) in \S{{1,200}} - ", ""),
    ("tag before a level",
     rf"\[[\w. #-]{{1,60}}\] ?(?=\[?(?:{_WORDS.upper()})\b)"
     rf"|(?=[\w.:-]{{0,60}}[\d.:-])[\w.:-]{{1,60}} (?=(?:{_WORDS.upper()}) )"
     rf"|[A-Za-z_][\w.]{{1,120}}: (?=\[(?:{_WORDS.upper()})\])", ""),
    ("tag before an exception",
     r"\[[\w.-]{1,40}\] (?=(?: {1,8}(?:at \S|---> )|Unhandled [Ee]xception|Traceback \(most"
     r"|Caused by: )"
     rf"|{EXCEPTION_NAME}: )", ""),
    ("tensorflow", r"(?P<level4>[IWEF]) [\w./-]{1,160}:\d{1,6}\] ", "time"),
    ("toil's copy of another program's output",
     rf"(?:[\w.-]{{1,80}} {_ISO} \w{{1,30}} [A-Z]{{4,8}} |\[{_ISO}\] \[\w{{1,30}}\] \[[A-Z]\] \[)"
     r"toil\.\w{1,30}[:\]] (?:\S{1,200} {4,8})?", ""),
    ("syslog of RFC 5424",
     rf"<\d{{1,3}}>1 {_ISO} (?:\S{{1,80}} ){{4}}(?:-|\[[^\]]{{0,300}}\]) ", ""),
    ("syslog's priority", r"<\d{1,3}>\d? ?", ""),
    ("syslog", rf"{_MONTH} {{1,2}}\d{{1,2}} \d\d:\d\d:\d\d [\w.-]{{1,80}} [\w./-]{{1,80}}"
     r"(?P<syslog>: | (?:OUT|ERR) ?)", ""),
    ("time in a language of people",
     r"\[[^\]\d]{0,20}\d{1,2}[^\]\d]{1,20}\d\d:\d\d:\d\d[^\]]{0,24}\] ?", ""),
    ("time and memory in use",
     r" {0,6}\d{1,4}:\d\d:\d\d\.\d{3} {1,8}\d{1,6}[KMGT]? / \d{1,6}[KMGT]? {1,6}(?=[A-Z])", ""),
    ("time", rf"(?:\[{_TIME}\]|\({_TIME}\)|<{_TIME}>|{_TIME})(?P<time>[:,]?{_BLANK}|\|)", ""),
    ("syslog's host and tag",
     r"(?!\[)(?:[\w.-]{1,80} )?[\w./-]{1,80}\[\d{1,9}\]: (?:[a-z]{1,20}\.(?=[A-Z]{4,8} ))?",
     "time"),
    ("compose",
     rf"(?!(?i:{_WORDS}) )(?=[\w.@/-]{{0,80}}[-_.@\d]|[\w.-]{{1,80}}  )"
     r"[A-Za-z0-9][\w.@/-]{0,80} {1,40}\| ?", ""),
    ("determined", r"[0-9a-f]{6,12} \|\| ?", ""),
    ("buildkit", r"#\d{1,4} (?:\d{1,6}\.\d{1,3}(?: |$)|(?=ERROR))|\d{1,5}\.\d{3} (?=\S)", ""),
    ("torch's rank", r"(?P<rank>\[rank ?\d{1,6}\]: ?)", ""),
    ("open mpi's rank", r"\[\d{1,4},\d{1,6}\]<std(?:err|out)>: ?", ""),
    ("rank", r" ?\d{1,5}: (?=\S)|\[\d{1,6}\](?::(?=\S)|:? (?=\S))|\[\d{1,6}\]:?$", ""),
    ("mpi's host", r"\[[\w.-]{1,80}:\d{1,9}(?::[\w,. :-]{1,40})?\] ?", ""),
    ("host", r"\d{1,3}(?:\.\d{1,3}){3}: (?=[A-Z \[(])"
     r"|[A-Za-z][\w-]{0,60}(?:\.[\w-]{1,60}){2,8} \d{1,6}: (?=\S)", ""),
    ("stream", r"\[(?:[\w./-]{1,60}[/ ])?std(?:err|out)\] |stderr: (?=\S)", ""),
    ("kubectl", r"\[pod/[\w.-]{1,120}/[\w.-]{1,80}\] ", ""),
    ("ray", r"\((?:\w[^()]{0,60})?pid=\d{1,9}[^)]{0,60}\) ?", ""),
    ("github", r"##\[(?P<level5>error|warning|debug|info)\]|::(?P<level6>error|warning)"
     r"(?: [^:]{0,200})?::", ""),
    ("pytest", r"(?P<pytest>E) {3,7}(?=\S)", ""),
    ("terraform", r"[│╷╵] ?", ""),
    ("process id", rf"\d{{1,9}} (?=\[?(?i:{_WORDS})\b)|\[\d{{1,9}}\]:? "
    rf"|\d{{1,9}}#\d{{1,9}}: ", "time"),
    ("logger before the level",
     rf"(?:[-|] )?[\w.-]{{1,80}}(?: - |\.|\|)(?=(?:{_WORDS.upper()})\b)"
     rf"|[-|] (?=(?:{_WORDS.upper()})\b|\[(?i:{_WORDS})\])", ""),
    ("logger and blank before the level", rf"[\w.-]{{1,60}} (?=(?:{_WORDS.upper()}) )", "time"),
    ("level",
     rf"(?P<level7>(?:{_WORDS.upper()}))(?: {{0,5}}:(?:[\w.]{{1,80}}:)?| {{0,5}}\|"
     rf"|\s{{1,6}}-{{1,2}}(?=\s)|(?=\s))"
     rf"{_LEVEL_BLANK}?|[\[<(|](?P<level8>(?i:{_WORDS})) {{0,6}}[\])>|]:? ?", ""),
    ("level after a time",
     rf" {{0,8}}(?P<level9>(?i:{_WORDS})|[EFIWD])(?: {{0,5}}[:|]|\s{{1,6}}-(?=\s)"
     rf"|(?=\s)){_LEVEL_BLANK}", "time"),
    ("what a logger puts in brackets", r"\[[^\]\n]{1,80}\]:? (?=\S)", "time"),
)  # fmt: skip
_GROUP = re.compile(r"[ +|-]{0,60}\|[ ]?")  # the left border of a Python exception group
# Thread, process and class between level and message.
_ORIGIN = (
    rf"(?:{_TIME}[ \t]{{1,4}})?(?:[0-9a-f]{{8}}-[0-9a-f-]{{27}}[ \t]{{1,4}})?"
    r"(?:[A-Z][\w-]{1,20}(?: [\w-]{1,20})? {2,40}\([\w.]{1,60} {0,40}: {0,6}\d{1,6}\) {1,6}"
    r"|(?:Task|Flow) run '[^']{1,120}' - |\(\d{1,9}\): ?|[\w.]{1,80}:\w{1,60}:\d{1,6} - "
    r"|[A-Za-z_][\w.]{0,60}:\d{1,6}(?: -)? |[\w.]{1,60} \d{1,9} \d{1,18} |[A-Za-z_][\w.]{0,80}\|"
    r"|[\w.-]{1,80} - [0-9a-f-]{2,40} - \d{1,9} - (?:[\w.-]{1,80} - )?(?:[A-Z_]{4,40} - )?"
    r"|[\w-]{1,40} (?=(?:\w{1,60}\.){1,12}\w{1,60} - ))?"
    r"(?:\d{1,9} (?=---|\[)|\d{1,9}#\d{1,9}: (?:\*\d{1,9} )?)?(?:-{3} )?(?:\[[^\]\n]{0,80}\] ?"
    r"|\([\w$. ]{1,60}\) ){0,6}"
    r"(?:(?:[A-Za-z_][\w$]{0,60}\.){1,12}[\w$]{1,60}(?::\d{1,6})?(?: {0,40}-| {0,40}:(?!:)|"
    r": -)[ \t])?(?:[\w./-]{1,120}\.\w{1,5}:\d{1,6}(?:\t| {2,8}))?"
    r"(?:[a-z_]\w{0,60}(?:::\w{1,60}){1,8}: )?(?:[a-z_][\w:]{0,80} > |[a-z_][\w.-]{1,40} - (?=\S))?"
    r"(?:(?!\w{0,40}(?:Error|Exception|Fault|Abort|Fatal"
    r"|Failure):)[A-Za-z_][\w$]{2,40}: (?=[A-Z]))?"
)


@cache
def _compiled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile the table twice: for the start of a line, and for what follows a time."""
    every = "|".join(pattern for _, pattern, _ in PREFIXES)
    start = "|".join(pattern for _, pattern, place in PREFIXES if not place)
    return re.compile(start), re.compile(every)


def strip_prefix(line: str) -> LogMessage:
    """Strip all that carries a message.

    Examples
    --------
    >>> strip_prefix("app-1  | 2026-11-20 09:58:11,369 ERROR [main] ValueError: bad row").text
    'ValueError: bad row'
    """
    start, every = _compiled()
    rest, level, nested, is_timed = line, "", False, False
    for _ in range(MOST_PREFIXES):
        found = (every if is_timed else start).match(rest)
        if found is None or (found.end() == len(line) and found["time"] is None):
            break
        after = rest[found.end() :]
        is_timed = is_timed or found["time"] is not None or found["syslog"] is not None
        nested = nested or bool(found["rank"] or found["pytest"])
        if name := next(filter(None, map(found.groupdict().get, _LEVEL_GROUPS)), ""):
            level = level_of(name)
            # `ERROR: x` at the start of a line, or `Error: x`, is what the program itself writes.
            is_alone = rest is line or not name.isupper()
            is_own = level == "error" and is_alone and found[0].strip() == f"{name}:"
            rest = rest if is_own else _strip_origin(after)
            break
        rest = after
    if (border := _GROUP.match(rest)) and border.end() > 2:
        return LogMessage(rest[border.end() :], level, nested=True)
    return LogMessage(rest, level, nested)


_LEVEL_GROUPS = tuple(f"level{n}" for n in range(1, 11))


def _strip_origin(text: str) -> str:
    origin = _origin().match(text)
    return text[origin.end() :] if origin and origin.end() < len(text) else text


@cache
def _origin() -> re.Pattern[str]:
    return re.compile(_ORIGIN)


def level_of(value: object) -> str:
    """Return `error`, `warn`, `info` or nothing for the name or number of a level."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "error" if value >= ERROR_NUMBER else "warn" if value >= WARN_NUMBER else "info"
    name = str(value).lower()
    if name in _WARN_LEVELS:
        return "warn"
    return "error" if name in _ERROR_LEVELS else "info" if name in _INFO_LEVELS else ""


WARN_NUMBER, ERROR_NUMBER = 40, 50  # pino and bunyan; 60 is fatal
