"""Types of arguments that several commands share: each refuses bad input in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path)


class WholeNumber(click.ParamType):
    """A whole number in these limits."""

    name = "number"

    def __init__(self, minimum: int, maximum: int) -> None:
        self.minimum, self.maximum = minimum, maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        text = str(value)
        if not re.fullmatch("[0-9]{1,9}", text) or not self.minimum <= int(text) <= self.maximum:
            limits = f"{self.minimum:,} to {self.maximum:,}"
            self.fail(f"not a whole number from {limits}: {text!r}", param, ctx)
        return int(text)


class Matching(click.ParamType):
    """A text that matches a pattern as a whole."""

    def __init__(self, name: str, pattern: str, what: str) -> None:
        self.name = name
        self._pattern, self._what = re.compile(pattern, re.ASCII), what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is."""
        text = str(value)
        if not self._pattern.fullmatch(text):
            self.fail(f"not {self._what}: {text!r}", param, ctx)
        return text


# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
STACK_NAME = Matching(
    "name",
    r"[A-Za-z][A-Za-z0-9-]{0,127}|arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:stack/\S{1,200}",
    "the name of a stack (letters, digits and hyphens, a letter first)",
)
REGION = Matching("region", r"[a-z]{2,}(-[a-z]+)+-\d{1,2}", "an AWS Region like eu-west-1")
PROFILE = Matching("name", r"\S(.{0,200}\S)?", "the name of a profile")
QUEUE = Matching(
    "queue",
    r"(arn:aws[a-z-]*:batch:[a-z0-9-]+:[0-9]{12}:job-queue/)?[\w-]{1,128}",
    "the name or ARN of a job queue",
)
