"""The JSON document is what its schema says, for every sample and every scene."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from notifier.alert.alert import Alert
from notifier.batch.failure import Kind
from notifier.channels import webhook
from notifier.diagnosis.catalogue import Certainty, Class, Severity
from notifier.diagnosis.diagnose import Source
from notifier.incident.incident import Outcome
from tests.golden.scenes import SCENES
from tests.golden.test_golden import SAMPLES
from workbench.event_file import alert_from_file

PATH = Path(__file__).parents[2] / "docs" / "schema" / "batch-failure-alert-1.json"
SCHEMA: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
TEXTS = {"subject": "FAILED nightly: Out of memory", "email": "...", "sms": "..."}
EVERY = {file.stem: lambda file=file: alert_from_file(file) for file in SAMPLES} | SCENES


def alert(name: str) -> Alert:
    made = EVERY[name]()
    assert made is not None
    return made


@pytest.mark.parametrize("name", EVERY)
def test_a_document_is_as_the_schema_says(name: str) -> None:
    document = json.loads(webhook.render(alert(name), TEXTS))
    Draft202012Validator(SCHEMA).validate(document)
    assert list(unsaid(document, SCHEMA)) == []


def test_a_document_that_is_not_is_found() -> None:
    document = json.loads(webhook.render(alert("timeout"), TEXTS))
    for wrong in ({"severity": "high"}, {"job": {"id": "x"}}, {"time": None}, {"log": []}):
        assert not Draft202012Validator(SCHEMA).is_valid(document | wrong)
    assert list(unsaid(document | {"colour": "red"}, SCHEMA)) == ["colour"]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_words_of_the_schema_are_those_of_the_code() -> None:
    defs, properties = SCHEMA["$defs"], SCHEMA["properties"]
    assert defs["severity"]["enum"] == list(Severity)
    assert defs["class"]["enum"] == list(Class)
    assert defs["cause"]["properties"]["certainty"]["enum"] == list(Certainty)
    evidence = defs["cause"]["properties"]["evidence"]["items"]["properties"]
    assert evidence["source"]["enum"] == list(Source)
    assert properties["kind"]["enum"] == [*Kind, None]
    assert set(properties["outcome"]["enum"]) <= {*Outcome, None}


def unsaid(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Name each field that the schema does not speak of."""
    schema = resolved(schema, value)
    for key, inner in value.items() if isinstance(value, dict) else ():
        if "additionalProperties" in schema:
            continue
        if key not in schema.get("properties", {}):
            yield key
            continue
        yield from (f"{key}.{one}" for one in unsaid(inner, schema["properties"][key]))
    for inner in value if isinstance(value, list) else ():
        yield from unsaid(inner, schema["items"])


def resolved(schema: dict[str, Any], value: Any) -> dict[str, Any]:
    """Follow a reference, and choose what is meant where null is allowed as well."""
    if "oneOf" in schema and value is not None:
        schema = next(each for each in schema["oneOf"] if "$ref" in each)
    return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
