"""Errors that a command reports as one line."""

from __future__ import annotations


class InputError(Exception):
    """The input cannot be used."""


class SetupError(Exception):
    """Something on this machine is missing or in the way."""
