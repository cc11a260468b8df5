"""What is uploaded, and what the answers to the questions mean."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from workbench.deploy import archive
from workbench.deploy.questions import check_names, parameters_of
from workbench.errors import InputError
from workbench.files import ROOT

TEMPLATE = """\
Parameters:
  AlertEmail:
    Type: String
  LogLines:
    Type: Number
Resources:
  OnFailure:
    Properties:
      CodeUri: Functions-Shared
  Network:
    Properties:
      Location: Network/template.yaml
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    (tmp_path / "Functions-Shared" / "notifier").mkdir(parents=True)
    (tmp_path / "Functions-Shared" / "notifier" / "a.py").write_text("A = 1\n")
    (tmp_path / "Network").mkdir()
    (tmp_path / "Network" / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


def test_the_template_names_what_is_uploaded(stack: Path) -> None:
    template = archive.read_template(stack)
    code, nested, built = archive.pack(
        stack, template, lambda name: f"s3://b/{name}", lambda name: f"https://b/{name}"
    )
    assert f"CodeUri: s3://b/{code.name}\n" in built.content.decode()
    assert f"Location: https://b/{nested.name}\n" in built.content.decode()
    with zipfile.ZipFile(io.BytesIO(code.content)) as found:
        assert found.read("notifier/a.py") == b"A = 1\n"


def test_the_same_files_make_the_same_archive_also_from_a_wheel(stack: Path) -> None:
    folder = stack / "Functions-Shared"
    first = archive.zip_folder(folder)
    (folder / "notifier" / "a.py").touch()
    assert archive.zip_folder(folder) == first
    (stack / "Functions-Shared.zip").write_bytes(first)
    (folder / "notifier" / "a.py").write_text("B = 2\n")
    code, *_ = archive.pack(stack, TEMPLATE, str, str)
    assert code.content == first


def test_functions_that_are_not_built_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the functions are not built"):
        archive.read_template(tmp_path)


def test_answers_become_parameters_and_explicit_ones_win() -> None:
    answers = {"email": " you@example.com ", "ops_email": "", "queues": None, "chat": None}
    assert parameters_of(answers, "quiet", ("MaxAlertsPerHour=99",)) == {
        "AlertEmail": "you@example.com", "MinimumSeverity": "warning", "FollowUpMinutes": "15",
        "MaxAlertsPerHour": "99",
    }  # fmt: skip


def test_every_parameter_of_the_presets_and_questions_is_in_the_template() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    arn = "arn:aws:batch:eu-west-1:111122223333:job-queue/etl"
    answers = {"email": "a@example.com", "ops_email": "b@example.com", "queues": arn,
               "chat": "https://example.com/x"}  # fmt: skip
    for preset in ("standard", "quiet", "critical"):
        names = check_names(parameters_of(answers, preset, ()), template)
    assert len(names) > 20
    with pytest.raises(InputError, match=r"has no parameter LogLine$"):
        check_names({"LogLine": "1"}, template)
