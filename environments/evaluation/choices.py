"""The values of parameters to evaluate a template with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from environments.evaluation.conditions import functions
from environments.evaluation.values import UNKNOWN

# With more combinations than this, each value is tried with the first of all others, and then
# each pair of values.
MOST_COMBINATIONS = 256


def candidates(declared: Mapping[str, Any], name: str, document: Any) -> list[Any]:
    """Return the values of a parameter to try, first its default.

    UNKNOWN stands for every value that the template does not mention.
    """
    if "AWS::SSM::Parameter::Value" in str(declared.get("Type", "")):
        return [UNKNOWN]  # its default is the name of a parameter in Systems Manager
    allowed = declared.get("AllowedValues")
    default = declared.get("Default")
    if isinstance(allowed, list) and allowed:
        found = allowed
    else:
        found = [*compared_with(name, document), UNKNOWN]
    first = [] if default is None else [default]
    return list({str(each): each for each in (*first, *found)}.values())


def compared_with(name: str, document: Any) -> list[Any]:
    """Find the values that the conditions and mappings of a template know of a parameter."""
    document = document if isinstance(document, dict) else {}
    found: list[Any] = []
    for section in ("Conditions", "Rules"):
        for function, argument in functions(document.get(section)):
            if function in ("Fn::Equals", "Fn::Contains") and {"Ref": name} in argument:
                found += [each for each in argument if isinstance(each, str | int)]
    mappings = document.get("Mappings")
    for function, argument in functions(document.get("Resources")):
        if function == "Fn::FindInMap" and argument[1:2] == [{"Ref": name}]:
            keys = mappings.get(argument[0]) if isinstance(mappings, dict) else None
            found += list(keys) if isinstance(keys, dict) else []
    return found


def combinations(possible: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield combinations of values, first that of all first values."""
    size = 1
    for values in possible.values():
        size *= len(values)
    if size <= MOST_COMBINATIONS:
        for chosen in itertools.product(*possible.values()):
            yield dict(zip(possible, chosen, strict=True))
        return
    first = {name: values[0] for name, values in possible.items()}
    yield first
    others = [(name, value) for name, values in possible.items() for value in values[1:]]
    pairs = itertools.combinations(others, 2)
    changed = itertools.chain(([each] for each in others), (list(pair) for pair in pairs))
    for each in itertools.islice(changed, MOST_COMBINATIONS):
        yield first | dict(each)
