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
    USED = 409, "The link has been used. It works once."
    NO_INCIDENT = 404, "There is no such incident any more."
    OVER = 409, "The incident is over: there is nothing to acknowledge."
    ALREADY = 409, "Somebody has acknowledged the incident already."
    TOO_MANY = 409, "There are 100 silences already. Remove one first."
    NO_NAME = 400, "Give your name: up to 64 letters, digits, spaces, dots and hyphens."

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return self.value[0]

    @property
    def says(self) -> str:
        """The sentence of the page."""
        return self.value[1]


class MisuseError(Exception):
    """A request that is refused."""

    def __init__(self, misuse: Misuse) -> None:
        super().__init__(misuse.name)
        self.misuse = misuse
