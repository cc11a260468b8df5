"""What can go wrong between an alert and a destination, and whether trying again helps."""

from __future__ import annotations


class DestinationError(Exception):
    """A destination did not take an alert; the text says why, without a credential or a URL."""


class RetryableError(DestinationError):
    """The destination may take the same alert later.

    Parameters
    ----------
    problem
        One line for the log and the dead-letter queue.
    retry_after_s
        Seconds that the service asked to wait; 0 where it did not say.
    """

    def __init__(self, problem: str, retry_after_s: int = 0) -> None:
        super().__init__(problem)
        self.retry_after_s = retry_after_s


class NoAnswerError(RetryableError):
    """The destination could not be reached, or did not answer in time."""


class RejectedError(DestinationError):
    """The destination will never take this alert: a wrong token, channel or address."""


class ConfigurationError(Exception):
    """The routes or the credentials are wrong; one line for each problem, with its line number."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DocumentError(Exception):
    """A message is no `batch-failure-alert/1` document."""
