"""Patterns of lines that do not say why: no errors, wrappers of another error, and followers.

A wrapper or follower is the root line only if no earlier line tells more.
"""

from __future__ import annotations

import re

from notifier.joblog.weight import DOTTED, EXCEPTION_NAME, ErrorPattern

NO_ERROR = (
    ErrorPattern("shell trace", r"\++ "),
    ErrorPattern("warning", rf"(?:[\w./-]{{0,200}}:\d{{1,6}}: )?{DOTTED}\w{{0,80}}Warning\b"
        r"|(?:[\w:./-]{1,120} ){0,3}(?:warning|WARNING|Warning): |W: "),
    ErrorPattern("counts of failures",
        r".{0,200}?\b(?:no|(?<![\d.])0|zero|without|any) (?:errors?|failures?|failed)\b"
        r"|.{0,200}?\b(?:errors?|failed|failures?)[=:] ?0\b", re.IGNORECASE,
        words=("no err", "no fail", "0 err", "0 fail", "zero ", "without ", "any ", "=0", "= 0",
               ":0", ": 0")),
    ErrorPattern("stack frame",
        r"\s{0,40}(?:at \S{1,400} ?[:(]|at <|from \S{1,300}:\d|File \"|\.\.\. \d+ more|#\d{1,3} "
        r"|\w{1,80}, called at |HasCallStack|\d{1,3}: 0x[0-9a-f]|\[\d{1,3}\] \S{1,80}(?:\(| at )"
        r"|@ \S|stack backtrace:|Stacktrace:|raise [\w.]{1,120}(?:\(|$)"
        r"|\{?Error in \S.{0,120} \(line \d{1,6}\)$)"),
    ErrorPattern("quoted source line",
        r"\s{0,12}(?:[➜❱→>]{1,3} {0,3})?\d{1,6} ?[▕│](?: |$)|\s{0,12}[➜❱→>]{1,3} {0,3}\d{1,6} ?\|"
        r"|\s{1,12}\d{1,6} \|(?: |$)"),
    ErrorPattern("pytest location", r"\S{1,300}\.py:\d{1,6}: \w{1,80}$"),
    ErrorPattern("python heading",
        r"Traceback \(most recent call last\)|During handling of the above"
        r"|The above exception was"),
    ErrorPattern("docker build", r"---> (?:Running in |Using cache|[0-9a-f]{8,12}$|\[Warning\])"
        r"|Step \d{1,3}/\d{1,3} : "),
    ErrorPattern("advice",
        r"(?:note|hint|help|tip|solution|see also|for (?:more )?(?:information|help|details)"
        r"|if you|you (?:may|can|should)|please|this (?:probably|usually) |try |to (?:see|avoid"
        r"|disable"
        r"|enable|get)|use |set the environment variable|make sure|check (?:that|the|your|if))\b",
        re.IGNORECASE),
)  # fmt: skip

RETRIED = re.compile(
    r"\b(?:will (?:re-?)?try|retrying|trying (?:next|again)|re-?try(?: in)? \d"
    r"|attempt \d{1,4} (?:of|/)"
    r"|Retry\(total)",
    re.IGNORECASE,
)
RETRIED_WORDS = ("try", "attempt ")  # one of them is in every line that it finds

_EXIT = (
    r"exit(?:ed|ing|s)?(?: with)?(?: an?)?(?: non-?zero)?(?: error)?(?: exit)? ?(?:code|status)"
    r"|returned (?:an? )?non-?zero (?:exit )?(?:status|code)|non-?zero exit (?:status|code)"
    r"|exit(?:ed)? code:|return code[ =:]|failed with (?:status|code|exit)|Exit(?:ed)? \d"
)
WRAPPERS = (
    ErrorPattern("make", r"g?make(?:\[\d{1,3}\])?: \*\*\*|ninja: build stopped"
        r"|.{0,300}recipe for target|collect2: error: ld returned"),
    ErrorPattern("broken pipe", r".{0,120}line \d{1,6}: {1,9}\d{1,8} Broken pipe\b"),
    ErrorPattern("tar", r"tar: (?:Child returned|Error is not recoverable|Exiting with failure)"),
    ErrorPattern("interrupted", r"KeyboardInterrupt\b|==\d{1,9}==ABORTING"),
    ErrorPattern("musl relocation",
        r"Error relocating \S{1,300}: \S{1,200}: symbol not found"),
    ErrorPattern("clean up", r"(?:panic: ){1,3}attempted clean up"),
    ErrorPattern("python subprocess",
        rf"{DOTTED}\w{{0,40}}CalledProcessError\b|(?:subprocess\.)?TimeoutExpired: Command"
        rf"|{DOTTED}\w{{1,60}}(?:Error|Exception): (?:\w{{1,20}} )?"
        r"(?:[Cc]ommand|[Jj]ob|[Ss]tep|[Tt]ask|[Pp]rocess|[Ss]ubprocess|[Pp]od)\b"
        r".{0,200}?\b(?:[Ff]ail|died|exited|returned|terminated)"),
    ErrorPattern("torchrun",
        r"(?:[\w.]{0,200}\.)?(?:ChildFailedError|ProcessRaisedException|ProcessExitedException"
        r"|SignalException)\b|\S{1,300}\.\w{1,5} FAILED$|.{0,40}<NO_OTHER_FAILURES>"
        r"|Root Cause \(first"),
    ErrorPattern("torch elastic agent",
        r"failed \(exitcode: |Sending process \d{1,9} closing signal"),
    ErrorPattern("spades",
        r"== Error == {1,2}system call for: |.{0,200}finished abnormally, (?:OS return|err code)"),
    ErrorPattern("copy of a worker's exception", rf"{DOTTED}\w{{1,60}}: Caught \w{{1,60}} in \w"),
    ErrorPattern("child named by an exception", rf"{DOTTED}RuntimeError: (?:[\w.-]{{1,30}} ){{1,3}}"
        r"failed[:.]?$"),
    ErrorPattern("exception group", rf"{DOTTED}(?:Base)?ExceptionGroup\b"),
    ErrorPattern("julia", r"ERROR: (?:LoadError: )?ProcessExitedException\("),
    ErrorPattern("dagster", rf"{DOTTED}Dagster\w{{1,40}}Error: (?:Error|Exception) occurred"),
    ErrorPattern("martian", r"(?:\[error\] )?Pipestance failed\."),
    ErrorPattern("cromwell",
        r"(?:WorkflowManagerActor:? )?Workflow \S{1,80} failed \(during|Check the content of std"
        r"|(?:.{0,200}[: ])?Job \S{1,200} exited with return code \d",
        words=("failed (during", "check the content", "exited with return code")),
    ErrorPattern("py4j", r"(?:py4j\.protocol\.)?Py4J(?:Java)?Error\b"),
    ErrorPattern("worker pool",
        rf"{DOTTED}(?:BrokenProcessPool|SystemExit|WorkerLostError|TerminatedWorkerError"
        r"|WorkerCrashedError|Ray(?:Worker|Actor)Error|Actor(?:Died|Unavailable)Error"
        r"|NodeDiedError|OwnerDiedError|ObjectLostError|TaskDeferralError)\b"),
    ErrorPattern("yarn",
        r"(?:Exception in thread \"main\" )?(?:org\.apache\.spark\.)?SparkException: Application "
        r"application_\S{1,80} finished"),
    ErrorPattern("points elsewhere",
        r".{0,300}?\b(?:see (?:the |also )?(?:root cause|above|below|syslog|logs?\b|previous|full"
        r"|error (?:above|log))|look above|check (?:the )?logs?\b|for details)", re.IGNORECASE,
        words=("see ", "look above", "check ", "for details")),
    ErrorPattern("headline of a runner",
        r"(?:failed - )?(?:training )?(?:rake|tasks?|jobs?|steps?|stage|pipeline|workflow|build"
        r"|run|dag|script|program|process"
        r"|worker|command|container|application|deployment|test)\b[^:]{0,80}"
        r"\b(?:failed with exception|aborted!?|has failed|failed)[.!:]?$"
        r"|(?:[a-z]{1,20} ){0,2}(?:mount|set-?up|start-?up|initiali[sz]ation|upload|download|import"
        r"|export|backup|restore|sync|migration) (?:has )?failed[.!]?$"
        r"|(?:fatal )?(?:error|abort)[:!]? {1,3}(?:the )?(?:model|program|simulation|run|job|code"
        r"|execution|processing) (?:has )?(?:stopped|terminated|aborted|ended)[.!]?$"
        r"|rake aborted!|Task failed with exception|Failed to execute job \d"
        r"|At least one job did not complete|Pipeline completed with errors"
        r"|.{0,20}Some tasks? failed|(?!.{0,500}with the reason).{0,120}This error originated"
        r"|Uh oh|An? (?:unexpected |unhandled )?(?:exception|error) "
        r"(?:has )?occurred(?: (?:while|during|in|when)\b.{0,200})?[.:!]?$|Internal error$"
        r"|\d{1,5} errors? occurred|Completed with \d{1,5} errors?"
        r"|errors? occurred!$|.{0,80}errors occurred!|job aborted$"
        r"|.{0,300}?Error running configuration file|error:? (?:executing|running) \w{1,30}$",
        re.IGNORECASE),
    ErrorPattern("docker",
        r"The command '.{1,600}' returned a non-zero code|ERROR: failed to (?:solve|build)"
        r"|failed to solve: |(?:ERROR: )?process \".{1,600}\" did not complete"
        r"|[\w.-]{1,80} exited with code \d|executor failed running|container failed with non-zero"
        r"|Service '.{1,80}' failed to build"),
    ErrorPattern("nextflow",
        r"(?:ERROR ~ |-- )?(?:Error executing process|Check '\.nextflow\.log')"
        r"|Execution cancelled|\s{0,4}Process `.{1,300}` terminated with an error exit status"
        r"|.{0,80}nextflow\.exception\.ProcessFailed"),
    ErrorPattern("snakemake",
        r"Error in (?:rule|group|job) \w|Exiting because a job execution failed"
        r"|Shutting down, this might|Error executing rule|\(one of the commands exited"
        r"|CreateCondaEnvironmentException:?$|Could not create conda environment"
        r"|RuleException:?$|.{0,10}Removing output files of failed job"
        r"|WorkflowError:?$|Job failed, going on|Exception in thread Thread-\d"),
    ErrorPattern("slurm",
        r"srun: (?:error: \S{1,200}: tasks? [\d,-]{1,200}: Exited|Job step aborted|Terminating"
        r"|Force Terminated)|slurmstepd: error: \*{3} (?:STEP"
        r"|JOB) \S{1,80} ON \S{1,120} CANCELLED"),
    ErrorPattern("mpi",
        r"(?:mpirun|mpiexec|prterun|orterun)(?: has exited|: )"
        r"|(?!.{0,300}signal \d)mpirun noticed|MPI_ABORT was invoked"
        r"|Primary job +terminated normally|=? {0,4}(?:BAD TERMINATION|EXIT CODE:|KILLED BY)"
        r"|a non-zero exit code\.|.{0,40}Per user-direction|with errorcode|NOTE: invoking"
        r"|\[(?:proxy:|mpiexec@)"),
    ErrorPattern("r", r"Execution halted|Calls: |Backtrace:"),
    ErrorPattern("perl", r"BEGIN failed--compilation aborted|Compilation failed in require"),
    ErrorPattern("npm and yarn",
        r"npm (?:ERR!|error)|error Command failed with exit code|ELIFECYCLE"
        r"|\s?Command failed with exit code"),
    ErrorPattern("go", r"exit status \d{1,3}$|\[signal SIG"),
    ErrorPattern("spark",
        rf"(?:Error: |: |{DOTTED}SparkException: )*(?:{DOTTED}SparkException: )?"
        r"(?:Job aborted|Task \d{1,9} in stage \S{1,20} failed|Exception in task|Lost task)"
        r"(?!.{0,400}: [\w.]{1,200}(?:Exception|Error)\b)"),
    ErrorPattern("maven and gradle",
        r"FAILURE: Build failed|BUILD FAIL|Execution failed for task"
        r"|\[?ERROR\]?:? *(?:$|\[?Help 1\]?|-> \[Help|To see the full|Re-run|For more)"),
    ErrorPattern("call that failed", r"[Ee]rror code returned by \w|!{4,}> FATAL ERROR <!{4,}"),
    ErrorPattern("exit status", rf".{{0,300}}?\b(?:{_EXIT})[ :=\"']{{0,3}}\(?-?\d{{0,5}}.{{0,60}}$"
        r"|.{0,80}\bcommand failed with (?:exit )?(?:code|status)|command terminated by signal"
        r"|Command being timed", re.IGNORECASE,
        words=("exit", "return", "failed with", "terminated by", "being timed")),
    ErrorPattern("aborted",
        r"Aborted\b|ERROR: Job failed|Error: Process completed|Killing all processes"
        r"|FOAM (?:parallel run )?(?:aborting|exiting)|Halting program|core dumped$"),
    ErrorPattern("pytest summary",
        r"(?:FAILED|ERROR) \S{1,300}\.py(?:::|\b)|=+ .{0,120}(?:failed|error).{0,80} =+$"),
    ErrorPattern("pip", r"error: subprocess-exited-with-error|note: This error originates"
        r"|.{0,10}ERROR: (?:Command errored out|Failed building wheel|Could not build wheels)"),
    ErrorPattern("dotnet's cause without a message",
        rf"\s{{0,8}}---> {EXCEPTION_NAME} ?(?:\([^)]{{0,60}}\))?:? {{0,2}}"
        r"(?:Unknown error -?\w{1,12}|0x[0-9A-Fa-f]{1,16})?\.?$"),
    ErrorPattern("count of failed jobs",
        rf"(?:{EXCEPTION_NAME}: )?(?:.{{0,300}}? )??(?:contains|had|has|with)"
        r" \d{1,6} failed (?:jobs?|tasks?|steps?)\b",
        words=(" failed job", " failed task", " failed step")),
    ErrorPattern("code without words",
        r"(?:(?!CUDA|cuda)[\w-]{1,20} ){0,4}(?:[Ee]rror|ERROR)(?: [Cc]ode| [Nn]umber)?(?:: ?|=| )"
        r"-?\d[\d,.-]{0,20}(?:[.,;]? {1,2}(?:\w{1,20} ){0,3}(?:[Ee]rror|ERROR|[Cc]ode|errno)"
        r"(?:: ?|=| )-?\d[\d,.-]{0,20}){0,3}\.?$"),
    ErrorPattern("class without a message", rf"{DOTTED}(?:CompletionException|ExecutionException"
        r"|InvocationTargetException|UndeclaredThrowableException):? {0,2}$"),
)  # fmt: skip

# What happens after an error, anywhere in a line. `Caused by` is never one.
FOLLOWER = re.compile(
    r"\b(?:shutting ?down|is shut ?down|shutdown hook|being (?:shut|torn) ?down|cancell?ed"
    r"|cancell?ing"
    r"|CancelledError|CancellationException|broken ?pipe|EPIPE|connection reset by peer"
    r"|ClosedChannelException|GeneratorExit|KeyboardInterrupt|InterruptedException"
    r"|already (?:closed|stopped|terminated|dead)|(?:is|was|been) (?:already )?closed|closed by"
    r"|remote process exited|peer (?:process )?(?:exited|died|closed)|detected by watchdog"
    r"|taking the entire process down|operations have failed or timed out"
    r"|clean-?up|scoped thread panicked|TaskKilled|task was destroyed|killed by (?:driver|user)"
    r"|(?:exited|died|terminated|crashed) unexpectedly|(?:worker|actor|executor|child|process) died"
    r"|Signal \d{1,2} \(SIG[A-Z]{3,5}\) received|giving up|watchdog thread terminated"
    r"|Timeout at NCCL work|errors ignored on|terminating all|broken process pool)",
    re.IGNORECASE,
)
# One of them is in every line that it finds.
FOLLOWER_WORDS = (
    "shut", "cancel", "broken", "epipe", "reset by peer", "closed", "generatorexit", "interrupt",
    "already ", "torn down", "torndown", "remote process", "peer", "watchdog", "entire process",
    "operations have", "clean", "scoped thread", "taskkilled", "task was destroyed", "killed by",
    "unexpectedly", "died", ") received", "giving up", "timeout at", "ignored on",
    "terminating all",
)  # fmt: skip
# A process died, of which only its parent can tell: more than words of failure around it.
DEATH = re.compile(
    rf"{DOTTED}(?:BrokenProcessPool|WorkerLostError|TerminatedWorkerError"
    r"|WorkerCrashedError|Ray(?:Worker|Actor)Error|Actor(?:Died|Unavailable)Error|NodeDiedError)\b"
)
