"""`batch-notifier deploy`, `upgrade` and `uninstall` with the real template on a local AWS."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from workbench.local import sam
from workbench.local.aws import ROOT, LocalAws

NOTIFIER = """\
import sys
from pathlib import Path
import workbench.files
workbench.files.STACK = Path(sys.argv.pop(1))
from workbench.commands.main import main
raise SystemExit(main())
"""
STACK = ["--stack-name", "from-a-wheel"]


def _adapted(built: Path, folder: Path) -> Path:
    """Copy what is built, with a template that the local AWS takes."""
    shutil.copytree(built.parent, folder)
    shutil.copy(sam.adapted(folder / "template.yaml"), folder / "template.yaml")
    return folder


def test_it_deploys_changes_and_leaves_nothing(built_template: Path, tmp_path: Path) -> None:
    build = _adapted(built_template, tmp_path / "build")
    with LocalAws() as aws:

        def run(*words: str) -> str:
            done = subprocess.run(
                [sys.executable, "-c", NOTIFIER, str(build), *words, *STACK],
                cwd=ROOT, env=aws.environment(), capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert done.stderr == ""
            return done.stdout

        chosen = ["--email", "you@example.com", "--parameter", "Architecture=x86_64"]
        planned = run("deploy", *chosen, "--dry-run")
        assert "3 Lambda::Function" in planned
        assert "USD a month" in planned
        assert aws.client("lambda").list_functions()["Functions"] == []
        said = run("deploy", *chosen, "--yes")
        assert "from-a-wheel is deployed." in said
        assert "A drill is on the event bus" in said
        assert "ok       function OnFailureFunction" in said
        run("deploy", "--parameter", "LogLines=10", "--yes", "--no-check")
        stack = aws.client("cloudformation").describe_stacks(StackName=STACK[1])["Stacks"][0]
        values = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        assert (values["LogLines"], values["AlertEmail"]) == ("10", "you@example.com")
        assert "heartbeat" in run()
        assert "Deleted the stack from-a-wheel." in run("uninstall", "--yes")
        left = {
            "sqs": aws.client("sqs").list_queues().get("QueueUrls", []),
            "s3": aws.client("s3").list_buckets()["Buckets"],
            "lambda": aws.client("lambda").list_functions()["Functions"],
            "dynamodb": aws.client("dynamodb").list_tables()["TableNames"],
            "sns": aws.client("sns").list_topics()["Topics"],
        }
        assert not any(left.values()), left
