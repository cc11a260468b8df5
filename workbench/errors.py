"""Errors that a command reports as one line, with the exit code of each."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit code of a command means; docs/cli.md lists them."""

    OK = 0
    FOUND = 1
    """The command did its work, and found what it looks for: a problem, a mistake."""
    USAGE = 2
    """Wrong use, or something on this machine cannot be used."""
    AWS = 3
    """AWS refused a request, or could not be reached."""
    INTERRUPTED = 130
    """Ctrl-C."""


class InputError(Exception):
    """The input cannot be used."""

    exit_code = ExitCode.USAGE


class AwsError(InputError):
    """AWS refused a request, or could not be reached."""

    exit_code = ExitCode.AWS


class SetupError(Exception):
    """Something on this machine is missing or in the way."""
