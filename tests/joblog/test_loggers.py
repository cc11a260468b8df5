"""What is stripped of a line, carrier by carrier and logger by logger, and what stays."""

from __future__ import annotations

import json

import pytest

from notifier.joblog.display import show_line
from notifier.joblog.loggers import PREFIXES, strip_prefix
from notifier.joblog.root_line import find_root_line, root_line_text
from notifier.joblog.structured import parse_messages
from notifier.text import untrusted

# carrier, line, message, level
PLAIN = [
    ("docker compose", "app-1  | ValueError: x", "ValueError: x", ""),
    ("docker compose, old", "db_1 | panic: x", "panic: x", ""),
    ("compose keeps indentation", "app-1  |   File \"a.py\"", "  File \"a.py\"", ""),
    ("a table is no carrier", "name | value", "name | value", ""),
    ("kubernetes", "2026-11-20T09:58:11.369Z stderr F ValueError: x", "ValueError: x", ""),
    ("airflow 2", "[2026-11-20, 09:58:11 UTC] {taskinstance.py:1824} ERROR - Task failed",
     "Task failed", "error"),
    ("airflow 2, a pod", "[2026-11-20, 09:58:11 UTC] {pod_manager.py:418} INFO - [base] Killed",
     "Killed", ""),
    ("syslog", "Nov 20 09:58:11 host-7 app: cannot open x", "cannot open x", ""),
    ("syslog, pid", "Nov 20 09:58:11 host-7 app[71]: cannot open x", "cannot open x", ""),
    ("syslog, RFC 5424", "<165>1 2026-11-20T09:58:11Z host app 71 - - cannot open x",
     "cannot open x", ""),
    ("cloud foundry", "Nov 20 09:58:11 cell-7 app ERR Error: x", "Error: x", "error"),
    ("buildkit", "#14 0.977 ninja: error: unknown target 'x'", "ninja: error: unknown target 'x'",
     ""),
    ("pid before level", "09:58:11 3741 ERROR pg_restore: error: x", "pg_restore: error: x",
     "error"),
    ("open mpi's rank", "[1,0]<stderr>:cannot open x", "cannot open x", ""),
    ("srun's label", "0: cannot open x", "cannot open x", ""),
    ("mpi's host", "[node7:1234] *** An error occurred in MPI_Send",
     "*** An error occurred in MPI_Send", ""),
    ("torch's rank", "[rank0]: ValueError: x", "ValueError: x", ""),
    ("torch's logger", "[E1120 09:58:11.715 ProcessGroupNCCL.cpp:607] [Rank 0] Watchdog caught x",
     "Watchdog caught x", "error"),
    ("ray", "(train pid=71, ip=10.0.0.5) ValueError: x", "ValueError: x", ""),
    ("github", "##[error]Process completed", "Process completed", "error"),
    ("glog", "E1120 09:58:11.715000 71 main.cc:12] cannot open x", "cannot open x", "error"),
    ("tensorflow", "2026-11-20 09:58:11.715: E tensorflow/core/x.cc:12] cannot open x",
     "cannot open x", "error"),
    ("log4j", "26/11/20 09:58:11 ERROR Executor: Exception in task 1", "Exception in task 1",
     "error"),
    ("log4j, brackets", "2026-11-20 09:58:11 [WARN ](Fetcher   ) [TxId : ] Error while closing",
     "Error while closing", "warn"),
    ("logback", "09:58:11.369 [main] ERROR c.e.App - cannot open x", "cannot open x", "error"),
    ("spring", "2026-11-20 09:58:11.369 ERROR 1 --- [      main] o.s.b.App      : run failed",
     "run failed", "error"),
    ("tomcat", "20-Nov-2026 09:58:11.369 SEVERE [main] o.a.c.Core cannot start", "o.a.c.Core cannot"
     " start", "error"),
    ("nextflow", "Nov-20 09:58:11.369 [Task monitor] ERROR n.p.TaskProcessor - x failed",
     "x failed", "error"),
    ("python", "2026-11-20 09:58:11,369 - app.load - ERROR - bad row", "bad row", "error"),
    ("python, basicConfig", "ERROR:app.load:bad row", "bad row", "error"),
    ("loguru", "2026-11-20 09:58:11.369 | ERROR    | bad row", "bad row", "error"),
    ("rust's env_logger", "[2026-11-20T09:58:11Z ERROR app::load] bad row", "bad row", "error"),
    ("rust's tracing", "2026-11-20T09:58:11.369Z ERROR app::load: bad row", "bad row", "error"),
    ("serilog", "[09:58:11 ERR] bad row", "bad row", "error"),
    ("nlog", "2026-11-20 09:58:11.3690|ERROR|bad row", "bad row", "error"),
    ("zerolog", "9:58AM ERR bad row", "bad row", "error"),
    ("zap", "2026-11-20T09:58:11.369Z\terror\tapp/load.go:61\tbad row", "bad row", "error"),
    ("monolog", "[2026-11-20 09:58:11] production.ERROR: bad row", "bad row", "error"),
    ("ruby", "E, [2026-11-20T09:58:11.369 #71] ERROR -- : bad row", "bad row", "error"),
    ("elixir", "09:58:11.369 [error] bad row", "bad row", "error"),
    ("postgres", "2026-11-20 09:58:11.369 UTC [71] FATAL:  bad row", "bad row", "error"),
    ("mysql", "2026-11-20T09:58:11.369Z 0 [ERROR] [MY-010119] [Server] bad row", "bad row",
     "error"),
    ("nginx", "2026/11/20 09:58:11 [error] 12#12: *1 open() failed", "open() failed", "error"),
    ("a carrier in a carrier", "app-1  | 2026-11-20 09:58:11,369 ERROR [main] bad row", "bad row",
     "error"),
    ("the program's own words", "ERROR: bad row", "ERROR: bad row", "error"),
    ("an exception is no class", "ERROR ValueError: Bad row", "ValueError: Bad row", "error"),
    ("absl, long thread id", "I1120 09:58:11.715000 140598436288320 run.py:40] I1120 09:58:11.7 x",
     "I1120 09:58:11.7 x", "info"),
    ("pdsh", "10.0.0.6: RuntimeError: x", "RuntimeError: x", ""),
    ("an address in words", "10.0.0.6: refused", "10.0.0.6: refused", ""),
    ("host and rank", "n1.hpc.example 41: forrtl: severe (174): x", "forrtl: severe (174): x", ""),
    ("a host's error", "n1.hpc.example: no route", "n1.hpc.example: no route", ""),
    ("spades", " 18:22:44.911     1G / 9G    ERROR  K-mer Counting      (kmer_data.cpp    : 353)"
     "   too many k-mers", "too many k-mers", "error"),
    ("day and month, level in brackets", "21 Feb 23:20:36 - [error] bad row", "bad row", "error"),
    ("nothing", "reading part 17 of 20", "reading part 17 of 20", ""),
]  # fmt: skip

# format, record, messages
RECORDS = [
    ("airflow 3", {"event": "Task failed with exception", "level": "error", "error_detail": [
        {"exc_type": "ValueError", "exc_value": "bad row", "is_cause": False, "frames": []}]},
     ["Task failed with exception", "ValueError: bad row"]),
    ("a chain's cause", {"event": "failed", "level": "error", "error_detail": [
        {"exc_type": "StepFailed", "exc_value": "load", "is_cause": False},
        {"exc_type": "OSError", "exc_value": "gone", "is_cause": True}]},
     ["failed", "OSError: gone"]),
    ("ecs", {"log.level": "ERROR", "message": "failed", "error.stack_trace": "a.B: x\n\tat a.C"},
     ["failed", "a.B: x", "    at a.C"]),
    ("ecs, nested", {"log": {"level": "error"}, "message": "failed",
                     "error": {"type": "a.BException", "message": "x"}},
     ["failed", "a.BException: x"]),
    ("gelf", {"version": "1.1", "short_message": "failed: x", "level": 3}, ["failed: x"]),
    ("pino", {"level": 50, "msg": "failed", "err": {"type": "Error", "message": "x",
              "stack": "Error: x\n    at f (a.js:1:2)"}},
     ["failed", "Error: x", "    at f (a.js:1:2)"]),
    ("zap", {"level": "fatal", "msg": "stopped", "error": "no key", "stacktrace": "a.f\n\ta.go:1"},
     ["stopped: no key"]),
    ("structlog", {"event": "stopped", "level": "error", "exception": "ValueError: x"},
     ["stopped", "ValueError: x"]),
    ("serilog", {"@t": "2026-11-20T09:58:11Z", "@l": "Error", "@mt": "Row {Row} failed",
                 "Row": 17}, ["Row 17 failed"]),
    ("docker", {"log": "ValueError: x\n", "stream": "stderr", "time": "2026-11-20T09:58:11Z"},
     ["ValueError: x"]),
]  # fmt: skip


@pytest.mark.parametrize(("carrier", "line", "text", "level"), PLAIN, ids=lambda value: value)
def test_prefixes(carrier: str, line: str, text: str, level: str) -> None:
    [safe] = untrusted.lines([line])
    found = strip_prefix(safe)
    assert (found.text, found.level) == (text, level), carrier


@pytest.mark.parametrize(("name", "record", "texts"), RECORDS, ids=[one[0] for one in RECORDS])
def test_records(name: str, record: dict[str, object], texts: list[str]) -> None:
    for line in (json.dumps(record), f"app-1  | {json.dumps(record)}"):
        [safe] = untrusted.lines([line])
        assert [one.text for one in parse_messages(safe)] == texts, name


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('time="2026-11-20T09:58:11Z" level=error msg="stopped" err="bad \\"x\\""',
         'stopped: bad "x"'),
        ('2026-11-20T09:58:11Z\terror\tapp/load.go:61\tstopped\t{"error": "bad row"}',
         "stopped: bad row"),
        ('{"level":"error","error":"bad row","msg":"stop', "stop: bad row"),
    ],
)  # fmt: skip
def test_fields_in_text(line: str, text: str) -> None:
    assert root_line_text(untrusted.lines([line])) == text


def test_names_are_unique() -> None:
    assert len({name for name, _, _ in PREFIXES}) == len(PREFIXES)


@pytest.mark.parametrize("nest", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [10, 800, 1_900])
def test_nesting_raises_nothing(nest: str, depth: int) -> None:
    closing = {"[": "]", '{"a":': "}"}[nest]
    line = f'{{"level":"error","msg":"bad row","error":{nest * depth}1{closing * depth}}}'
    safe = untrusted.lines([line])
    found = find_root_line(safe)
    assert found is None or "bad row" in found.text
    assert show_line(safe[0])


@pytest.mark.parametrize(
    "hidden",
    ["password\\u003dhunter2hunter2", "\\u001b[31mred", "\\u202eevil", "a\\u200bb", "\\u0000"],
)
def test_what_is_decoded_is_made_safe_again(hidden: str) -> None:
    safe = untrusted.lines([f'{{"level":"error","msg":"cannot open {hidden}"}}'])
    for text in (root_line_text(safe), show_line(safe[0])):
        assert "hunter2" not in text
        assert text.isprintable()
        assert not set("\x1b\u202e\u200b\x00") & set(text)


def test_known_secrets_are_masked_in_what_is_decoded() -> None:
    line = '{"level":"error","msg":"cannot log in with s3cr\\u0065t-value"}'
    found = find_root_line(untrusted.lines([line]), ("s3cret-value",))
    assert found
    assert "s3cret-value" not in found.text


SAID = "ValueError: bad row 17"
LAYOUTS = (
    "2026-05-02T10:11:12.345+02:00 ERROR 7 --- [acme] [main] c.acme.Load : {}",
    "2026-05-02 10:11:12 ERROR load:44 {}",
    "2026-05-02 10:11:12.345 | ERROR    | acme.load:run:44 - {}",
    "ERROR 2026-05-02 10:11:12,345 load 41 140 {}",
    "[ERROR] 2026-05-02T10:11:12.345Z 0f1e2d3c-1111-2222-3333-444455556666 {}",
    "2026-05-02T10:11:12.345Z [ERROR] load - {}",
    "10:11:12.345 | ERROR   | Task run 'load-0' - {}",
    "2026-05-02 10:11:12 +0000 - dagster - ERROR - job - 5a - 7 - {}",
    "2026-05-02 10:11:12.3450|ERROR|Acme.Load|{}",
    "[2026-05-02 10:11:12,345: ERROR/ForkPoolWorker-1] {}",
    "[E415 10:11:12.345678901 Load.cpp:552] [Rank 1] {}",
    "[E Load.cpp:523] [Rank 1] {}",
    "[Load][ERROR] {}",
    "acme.load.api: [ERROR] {}",
    "|-ERROR in acme.Load@53:16 - {}",
    "[main] ERROR c.a.Load - {}",
    "ERROR main c.a.Load - {}",
    "pool-2-thread-1 ERROR {}",
    "load.py:44 ERROR {}",
    "[12:00:01.123] ERROR (41): {}",
    "2026-05-02 10:11:12 ERROR Load:44 - {}",
    "20260502T101112Z ERROR {}",
    "1777716672123 ERROR {}",
    "[  12.345678] {}",
    "[pod/load-x/main] {}",
    "[load/stderr] {}",
    "stderr: {}",
    "(pid=41) {}",
    "[0]:{}",
    "[cluster131:50634:0:50634] {}",
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_loggers(layout: str) -> None:
    assert root_line_text(["starting", layout.format(SAID)]) == SAID
