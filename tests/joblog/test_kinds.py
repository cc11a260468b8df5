"""Kinds of logs whose root line was once missed, each with several logs of its kind."""

from __future__ import annotations

import pytest

from notifier.joblog.loggers import strip_prefix
from notifier.joblog.root_line import root_line_text
from notifier.text import untrusted

NIL = "panic: runtime error: invalid memory address or nil pointer dereference"
FRAMES = ["", "goroutine 1 [running]:", "main.main()", "\t/build/main.go:25 +0xd1"]
RAY = "ray.exceptions.RayTaskError(ValueError): ray::load() (pid=12, ip=10.0.0.7)"

LOGS = [
    # .NET: a cause without a message tells less than what it caused.
    ("System.Data.SqlClient.SqlException (0x80131904): Timeout expired.",
     ["System.Data.SqlClient.SqlException (0x80131904): Timeout expired.",
      " ---> System.ComponentModel.Win32Exception (258): Unknown error 258",
      "   at System.Data.SqlClient.SqlConnection.OnError(SqlException exception)"]),
    ("System.InvalidOperationException: The queue 'in' cannot be opened.",
     ["Unhandled exception. System.Exception: start failed",
      " ---> System.InvalidOperationException: The queue 'in' cannot be opened.",
      " ---> System.ComponentModel.Win32Exception (0x80004005)",
      "   at Acme.Start()"]),
    ("System.IO.IOException: The disk is not ready.",
     ["Unhandled exception. System.Exception: start failed",
      " ---> System.IO.IOException: The disk is not ready.", "   at Acme.Start()"]),
    # Words tell more than a bare code, whichever comes last.
    ("Cannot check out a license for solver.",
     ["Cannot check out a license for solver.", "License error: -4. System Error: 11"]),
    ("Solver could not read the mesh.", ["Solver could not read the mesh.", "Error code: 17"]),
    ("Error code: 17", ["reading", "Error code: 17"]),
    # A count of failed jobs wraps what the jobs said.
    ("/bin/sh: _toil_worker: command not found",
     ["/bin/sh: _toil_worker: command not found", "Traceback (most recent call last):",
      '  File "/opt/leader.py", line 2, in run', "    raise FailedJobsException()",
      "toil.exceptions.FailedJobsException: The job store 'js' contains 1 failed jobs: 'a'"]),
    ("bash: line 3: bwa: command not found",
     ["bash: line 3: bwa: command not found", "acme.RunError: the run ended with 3 failed tasks"]),
    # Ray names the task, and the error below it.
    ("ray.exceptions.ActorDiedError: The actor died before this task.",
     ["Traceback (most recent call last):", '  File "a.py", line 3, in main', "    ray.get(x)",
      "ray.exceptions.RayTaskError(ActorDiedError): ray::main_task() (pid=7, ip=10.0.0.1)",
      "ray.exceptions.ActorDiedError: The actor died before this task."]),
    ("ValueError: bad row 3", [RAY, "ValueError: bad row 3"]),
    ("ValueError: bad row 3", [RAY, '  File "a.py", line 9, in load', "ValueError: bad row 3"]),
    # Go: an error that was printed led to the nil pointer.
    ("open template.txt: no such file or directory",
     ["open template.txt: no such file or directory", NIL, *FRAMES]),
    ("2026/01/02 03:04:05 error: dial tcp 10.0.0.7:5432: connect: connection refused",
     ["2026/01/02 03:04:05 error: dial tcp 10.0.0.7:5432: connect: connection refused", NIL,
      "[signal SIGSEGV: segmentation violation]", *FRAMES]),
    (NIL, ["reading rows", NIL, *FRAMES]),
    # PHP's consoles quote the source; an exception may have its message in a box.
    ("SQLSTATE[HY000]: General error: 1 no such table: users",
     ["   Illuminate\\Database\\QueryException ", "",
      "  SQLSTATE[HY000]: General error: 1 no such table: users", "",
      "  at vendor/laravel/framework/Connection.php:825", "    824▕ ",
      "  ➜ 825▕             throw new QueryException("]),
    ("12 | cannot open x", ["reading", "12 | cannot open x"]),
    # Rake: its headline, and the message below.
    ("No Rakefile found (looking for: rakefile)",
     ["rake aborted!", "No Rakefile found (looking for: rakefile)", "/app/rake:27:in `<main>'"]),
    ("RuntimeError: bad row", ["rake aborted!", "RuntimeError: bad row", "/app/a.rake:3:in `x'"]),
    # A child failed, and its parent misses the child's file; what was handled long ago is no cause.
    ("Can't locate Text/Soundex.pm in @INC at /app/a.pl line 3.",
     ["Can't locate Text/Soundex.pm in @INC at /app/a.pl line 3.",
      "BEGIN failed--compilation aborted at /app/a.pl line 3.",
      "Traceback (most recent call last):", '  File "/app/a.py", line 3, in main',
      "FileNotFoundError: [Errno 2] No such file or directory: 'out.txt'"]),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'out.txt'",
     ["ERROR: cache is cold", "reading rows", "Traceback (most recent call last):",
      '  File "/app/a.py", line 3, in main',
      "FileNotFoundError: [Errno 2] No such file or directory: 'out.txt'"]),
    # MATLAB's banner.
    ("std::terminate() detected at 2023-03-27 23:08:22 +0000",
     ["-" * 60, "             std::terminate() detected at 2023-03-27 23:08:22 +0000", "-" * 60,
      "Configuration:", "  Crash Mode               : continue (default)"]),
    # A parent that names its child only, with what the child wrote below.
    ("Fatal exception (source file a.c, line 3): write failed",
     ["Traceback (most recent call last):", '  File "/app/a.py", line 3, in query',
      "RuntimeError: Jackhmmer failed", "stderr:", "", "Fatal exception (source file a.c, line 3):",
      "write failed"]),
    ("RuntimeError: Jackhmmer failed", ["RuntimeError: Jackhmmer failed"]),
    ("RuntimeError: row 17 failed a check", ["stderr: x", "RuntimeError: row 17 failed a check"]),
    # A parent that logs its child's output as information.
    ("ValueError: bad row",
     ["[2025-03-20 10:18:44] [INFO] Traceback (most recent call last):",
      '[2025-03-20 10:18:44] [INFO] File "/app/a.py", line 3, in main',
      "[2025-03-20 10:18:44] [INFO] login, pwd = s.split()",
      "[2025-03-20 10:18:44] [INFO] ^^^^^^^^^^", "[2025-03-20 10:18:44] [INFO] ValueError: bad row",
      "[2025-03-20 10:18:45] [ERROR] Command exited with code 1"]),
    # A parent that logs its child's progress as errors; other errors need no word of failure.
    ("Failed: error reading collection: EOF",
     ["21 Feb 23:20:34 - [error] writing mydb.tasks to /tmp/tasks.bson",
      "21 Feb 23:20:36 - [error] Failed: error reading collection: EOF"]),
    ("improper relation name",
     ["21 Feb 23:20:34 - [error] improper relation name", "21 Feb 23:20:36 - [error] row 3 bad"]),
    # An exception without a message: what was printed above says why.
    ("Error, fewer reads in file 2 than in file 1",
     ["Error, fewer reads in file 2 than in file 1",
      "terminate called after throwing an instance of 'int'"]),
    ("std::bad_alloc: std::bad_alloc 2",
     ["Error, slow disk", "terminate called after throwing an instance of 'std::bad_alloc'",
      "  what():  std::bad_alloc 2"]),
    # Spring: the description, not the logger's empty line.
    ("Failed to configure a DataSource: no url",
     ["2024-01-02T03:04:06.700Z ERROR 1 --- [main] o.s.b.d.FailureReporter   : ", "*" * 27,
      "APPLICATION FAILED TO START", "*" * 27, "", "Description:", "",
      "Failed to configure a DataSource: no url", "", "Action:", "", "Consider a url"]),
    ("bad row", ["Description:", "a job that loads rows", "2024-01-02 03:04:05 ERROR bad row"]),
    # Eyre: the first and the last of the numbered causes.
    ("Error: could not read config: No such file (os error 2)",
     ["Error: ", "   0: could not read config", "   1: No such file (os error 2)", "",
      "Location:", "   src/main.rs:12"]),
    # Ray: an argument that another task should have made.
    ("ray.exceptions.OwnerDiedError: its owner has exited.",
     ["Traceback (most recent call last):", '  File "a.py", line 3, in main', "    ray.get(x)",
      "ray.exceptions.RayTaskError: ray::f() (pid=6120, ip=10.0.0.1)",
      "  At least one of the input arguments for this task could not be computed:",
      "ray.exceptions.OwnerDiedError: its owner has exited."]),
    # Ruby: a long path before the message, and Puma's words.
    ("can't find gem rake (Gem::GemNotFoundException)",
     ["/usr/local/lib/ruby/site_ruby/2.3.0/rubygems.rb:283:in `find_spec': can't find gem rake"
      " (Gem::GemNotFoundException)", "\tfrom /usr/local/bin/rake:23:in `<main>'"]),
    ("load.rb:3:in `run': no rows (KeyError)", ["load.rb:3:in `run': no rows (KeyError)"]),
    ("ActiveRecord::StatementInvalid: PG::UndefinedTable: ERROR: no relation",
     ["! Unable to load application: ActiveRecord::StatementInvalid: PG::UndefinedTable: ERROR: no"
      " relation"]),
    # A program names a wrong option; what ran it says only that it failed.
    ("fixmate: invalid option -- '@'",
     ["fixmate: invalid option -- '@'", "Usage: samtools fixmate <in> <out>", "ERROR:",
      "Command Failed:", "/bin/bash -c bwa mem ref.fa"]),
    ("the option is invalid for row 3",
     ["a: option 3", "ERROR:", "the option is invalid for row 3"]),
    # A model that only says that it stopped, before the call that ends all ranks.
    ("***** Problems finding dimension 'west_east'",
     [" NetCDF: Not a valid ID", " ***** Problems finding dimension 'west_east'",
      " FATAL ERROR: Model stopped", "application called MPI_Abort(MPI_COMM_WORLD, 1) - process"
      " 1"]),
    ("application called MPI_Abort(MPI_COMM_WORLD, 1) - process 1",
     ["step 17", "application called MPI_Abort(MPI_COMM_WORLD, 1) - process 1"]),
    # What runs a command says that it failed, whatever it calls the command.
    ("psycopg2.OperationalError: too many clients already",
     ["Traceback (most recent call last):", '  File "/app/a.py", line 3, in main',
      "psycopg2.OperationalError: too many clients already", "Traceback (most recent call last):",
      '  File "/app/b.py", line 3, in main',
      "airflow.exceptions.AirflowException: Celery command failed on host: worker-1"]),
    # Conda and Mamba: the line below the command says why.
    ("The following argument was not expected: --no-default-packages",
     ["CreateCondaEnvironmentException:", "Could not create conda environment from /app/r.yaml:",
      "Command:", "mamba env create --quiet --no-default-packages", "Output:",
      "The following argument was not expected: --no-default-packages",
      "Run with --help for more information."]),
    # A worker's exception is copied below the one that says that there is one.
    ("PIL.UnidentifiedImageError: cannot identify image file '/in/a.jpg'",
     ["[rank6]: acme.DecodingError: Caught DecodingError in DataLoader worker process 4.",
      "[rank6]: Original Traceback (most recent call last):",
      '[rank6]:   File "/venv/PIL/Image.py", line 3339, in open',
      "[rank6]: PIL.UnidentifiedImageError: cannot identify image file '/in/a.jpg'"]),
    ("lua: load.lua:12: attempt to index a nil value (field 'rows')",
     ["lua: load.lua:12: attempt to index a nil value (field 'rows')", "stack traceback:",
      "\tload.lua:12: in function 'parse'"]),
    ("allocation too small: allocated=2, reserved=2",
     ["allocation too small: allocated=2, reserved=2",
      "srun: error: node12: task 0: Exited with exit code 1"]),
    ("sink closed",
     ['{"timestamp":"2026-10-08T12:00:01Z","level":"ERROR","fields":{"message":"sink closed"},'
      '"target":"load"}']),
    # Runtimes that stop with a signal say why before it.
    ("load/Rows.swift:12: Fatal error: Index out of range",
     ["load/Rows.swift:12: Fatal error: Index out of range",
      "/job.sh: line 3:    21 Illegal instruction     (core dumped) ./aggregate"]),
    ("thread 21 panic: index out of bounds: index 5, len 3",
     ["thread 21 panic: index out of bounds: index 5, len 3",
      "/app/src/main.zig:9:18: 0x1037a4d in pick (job)", "Aborted (core dumped)"]),
    ("Memory access fault by GPU node-4 on address 0x17000. Reason: Page not present.",
     ["Memory access fault by GPU node-4 on address 0x17000. Reason: Page not present.",
      "[node-4:21748] Signal: Aborted (6)",
      "mpirun noticed that process rank 3 with PID 0 on node n4 exited on signal 6 (Aborted)."]),
    # A code that a call returned wraps what the call said.
    ("[bam_sort_core] truncated file. Aborting.",
     ["[bam_sort_core] truncated file. Aborting.", "!!!!!!!!!!!!> FATAL ERROR <!!!!!!!!!!!!",
      "Error code returned by call to command: 1"]),
    # Of wrappers an exception tells more than the headline that announces it.
    ("acme.TaskError: SSH operator error: exit status = 7",
     ["[2026-06-26T05:34:41.230+0000] {task.py:2890} ERROR - Task failed with exception",
      "Traceback (most recent call last):", '  File "/app/ssh.py", line 173, in run',
      "acme.TaskError: SSH operator error: exit status = 7",
      "[2026-06-26T05:34:41.240+0000] {task.py:1206} INFO - Marking task as FAILED."]),
    # A tag before every line of another program, and Toil's copy of a job's output.
    ("System.IO.IOException: Failed to bind to http://127.0.0.1:35005: address already in use.",
     ["[backend] Unhandled exception. System.Exception: start failed",
      "[backend]  ---> System.IO.IOException: Failed to bind to http://127.0.0.1:35005: address"
      " already in use.", "[backend]    at Acme.Start()"]),
    ("wc: illegal option -- -",
     ["leader 2020-03-09 12:16:13,531 MainThread WARNING toil.leader: f/instancep3    wc: illegal"
      " option -- -",
      "leader 2020-03-09 12:16:13,531 MainThread WARNING toil.leader: f/instancep3    usage: wc"]),
    # Long calls, namespaces and stages give way to the message.
    ("No internet connection found...",
     ["Error in BatchGetSymbols(tickers = tickers, first.date = first, last.date = last,  : ",
      "  No internet connection found...", "Execution halted"]),
    ("AMQPRuntimeException: Broken pipe in /app/x.php:190",
     ["PHP Fatal error:  Uncaught PhpAmqpLib\\Exception\\AMQPRuntimeException: Broken pipe in"
      " /app/x.php:190", "Stack trace:", "#0 {main}"]),
    ("Task 0.0 in stage 0.0 (TID 0) had a not serializable result: com.acme.Student",
     ['Exception in thread "main" org.apache.spark.SparkException: Job aborted due to stage'
      " failure: Task 0.0 in stage 0.0 (TID 0) had a not serializable result: com.acme.Student",
      "\tat org.apache.spark.scheduler.DAGScheduler.abort(DAGScheduler.scala:1457)"]),
    ("value required for 'LABKEY_SYSTEM_DESCRIPTION'",
     ["labkey      | value required for 'LABKEY_SYSTEM_DESCRIPTION'",
      "labkey_1 exited with code 1"]),
    ("Could not find package 'pgsql'",
     ["CreateCondaEnvironmentException:", "Could not create conda environment from /app/r.yaml:",
      "Command:", "conda env create --quiet", "Output:", "Could not find package 'pgsql'"]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "log"), LOGS)
def test_the_root_line(wanted: str, log: list[str]) -> None:
    found = root_line_text(untrusted.lines(log))
    assert found == strip_prefix(wanted).text


@pytest.mark.parametrize("zone", ["+07", "-05", "+05:30", "+0530", "Z", " +02", ""])
@pytest.mark.parametrize(
    "source", ["{subprocess.py:94} INFO - ", "{pod_manager.py:431} INFO - [base] "]
)
def test_airflow_with_any_zone(zone: str, source: str) -> None:
    line = f"[2026-01-02, 03:04:05{zone}] {source}improper relation name"
    assert strip_prefix(line).text == "improper relation name"
