"""What is wrong with a request: one reason, one page, and nothing done."""

from __future__ import annotations

from enum import Enum


class Misuse(Enum):
    """A reason to refuse: the status of HTTP, and the sentence of the page."""

    METHOD = 405, "This address takes only links from alerts."
    PATH = 404, "There is nothing at this address."
    NO_LINK = 400, "This address needs the whole link of an alert."
    TWO_LINKS = 400, "The request has more than one link."
    TOO_LARGE = 413, "The request is too large."
    UNREADABLE = 400, "The request cannot be read."
    CONTENT_TYPE = 415, "The request is not the form of this page."
    OTHER_SITE = 403, "The request comes from another site."
    MALFORMED = 400, "The link is damaged. Copy the whole link from the alert."
    SIGNATURE = 403, "The link is not genuine, or the key has changed since."
    EXPIRED = 410, "The link has expired. Links work for 24 hours."
    USED = 409, "The link has been used. If you pressed twice, the first press counted."
    NO_INCIDENT = 404, "There is no such incident any more."
    OVER = 409, "The incident is over: there is nothing to acknowledge."
    ALREADY = 409, "Somebody has acknowledged the incident already."
    TOO_MANY = 409, "There are 100 silences already. Remove one first."
    RERUN_OFF = 403, "Running jobs again by link has been switched off."
    RERUN_DONE = 409, "Somebody has run the job again, or tried to. If you pressed twice, you did."
    NO_JOB = 404, "AWS Batch no longer knows the job. It keeps jobs for a week after they end."
    NOT_ENDED = 409, "The job has not ended yet. The link works when it has."
    NO_DEFINITION = 409, "Its revision of the job definition is deregistered."
    NO_CHILD = 409, "No child of the array is known to have failed."
    TOO_MANY_CHILDREN = 409, "More children of the array have failed than one job can run again."
    NO_COMMAND = 409, "The command is that of the image: the failed children cannot be run alone."
    NO_SIZE = 409, "The memory ran out, and there is no larger size for the job."
    BATCH_REFUSED = 409, "AWS Batch refused the job. Its queue may be disabled or deleted."
    NO_NAME = 400, "Give your name: up to 64 letters, digits, spaces, dots and hyphens."

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return self.value[0]

    @property
    def says(self) -> str:
        """The sentence of the page."""
        return self.value[1]


class UncertainError(Exception):
    """AWS did not say whether it did what it was asked for: it must not be asked again."""


class MisuseError(Exception):
    """A request that is refused."""

    def __init__(self, misuse: Misuse) -> None:
        super().__init__(misuse.name)
        self.misuse = misuse
