"""Values of a template, as far as they are known before it is deployed."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str | int, ...]

# Stands in a text for a part that only the deployment knows.
HOLE = "\ufffc"


class Special(enum.Enum):
    """Values that are not in the template."""

    UNKNOWN = "known only at deployment"
    ABSENT = "not given"  # what `AWS::NoValue` leaves


UNKNOWN = Special.UNKNOWN
ABSENT = Special.ABSENT


@dataclass(frozen=True, slots=True)
class Reference:
    """What `Ref` (the attribute is empty) or `Fn::GetAtt` gives of a resource of the template."""

    name: str
    attribute: str = ""


class Node(dict[str, Any]):
    """An object of the template, with the place of each value."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}


class Items(list[Any]):
    """A list of the template, with the place of each value."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []


def get(value: Any, *path: str) -> Any:
    """Return the value at a path; ABSENT if it is not given, UNKNOWN if it cannot be known.

    >>> get(Node(()), "Image")
    <Special.ABSENT: 'not given'>
    """
    for key in path:
        if isinstance(value, Node):
            value = value.get(key, ABSENT)
        elif value is ABSENT or value is None:
            return ABSENT
        else:
            return UNKNOWN
    return ABSENT if value is None else value


def place_of(value: Any, *path: str) -> Place:
    """Return the place of the deepest value on a path that the template has."""
    place: Place = getattr(value, "place", ())
    for key in path:
        if not isinstance(value, Node) or key not in value.places:
            return place
        place, value = value.places[key], value[key]
    return place


def items(value: Any) -> list[tuple[Any, Place]]:
    """Return the elements of a list with their places, and nothing if it is not a known list."""
    return list(zip(value, value.places, strict=True)) if isinstance(value, Items) else []


def nodes(value: Any) -> list[Node]:
    """Return the objects in a list."""
    return [each for each, _ in items(value) if isinstance(each, Node)]


def text(value: Any) -> str:
    """Return a scalar as text, with HOLE for its unknown parts; all else is a HOLE."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else HOLE


def known(value: Any) -> bool:
    """Whether a value is a scalar that is known completely."""
    return HOLE not in text(value)


def word(value: Any) -> str:
    """Return a known text in upper case, because AWS Batch compares so; else an empty text."""
    return text(value).strip().upper() if known(value) else ""


def number(value: Any) -> float | None:
    """Return a known number, also one that is written as text."""
    if isinstance(value, bool) or not re.fullmatch(
        r"\s*-?(\d{1,12}(\.\d{1,9})?|\.\d{1,9})\s*", text(value)
    ):
        return None
    return float(text(value))


def is_true(value: Any) -> bool:
    """Whether a value is known to be true."""
    return word(value) == "TRUE"


def given(value: Any) -> bool:
    """Whether a setting has a value, known or not; an empty list or text counts as none."""
    return value is not ABSENT and value not in ([], {}, "")


def scalars(value: Any) -> Iterator[Any]:
    """Yield every scalar below a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        yield value
        return
    for each in value:
        yield from scalars(each)
