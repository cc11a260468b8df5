"""Why a job cannot be submitted again as it was."""

from __future__ import annotations

from enum import Enum, auto


class Obstacle(Enum):
    """What stands in the way."""

    NO_SIZE = auto()
    """There is no such size, or no larger one."""
    SIZE_UNKNOWN = auto()
    """The job's size is not known, so that it cannot be changed."""
    COMMAND_UNKNOWN = auto()
    """The command of an array is that of its image, so that no index can be set before it."""


class ObstacleError(Exception):
    """A job cannot be submitted again; its text is for a person at a command line."""

    def __init__(self, obstacle: Obstacle, says: str) -> None:
        super().__init__(says)
        self.obstacle = obstacle
