"""The reference of the fields: complete, and in the words of the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

import api_reference
from world import layout

DEFINITIONS = [yaml.safe_load(path.read_text()) for path in sorted((layout.CHECKOUT / "crds").glob("*.yaml"))]
NODE: dict[str, Any] = {
    "type": "object",
    "description": "What is declared.",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "description": "Its name.", "minLength": 1, "maxLength": 8, "pattern": "^(a|b)$"},
        "size": {"type": "integer", "default": 3, "minimum": 1.0},
        "mode": {"enum": ["On", "Off"], "default": "On"},
        "ports": {
            "type": "array",
            "maxItems": 5,
            "items": {"type": "object", "properties": {"port": {"type": "integer"}}},
            "x-kubernetes-validations": [{"rule": "true", "message": "each port may be listed once"}],
        },
        "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        "times": {"type": "array", "items": {"type": "string", "format": "date-time", "maxLength": 30}},
    },
    "x-kubernetes-validations": [{"rule": "true", "message": "name is immutable"}],
}


def test_a_field_has_type_default_bounds_and_rules() -> None:
    lines = api_reference.section("Kind.spec", NODE)
    assert lines[:3] == ["### Kind.spec", "", "What is declared."]
    for line in (
        r"| `name` | string | required | Its name. 1 to 8 characters. Form: `^(a\|b)$`. |",
        "| `size` | integer | `3` | At least 1. |",
        '| `mode` | `On`, `Off` | `"On"` |  |',
        "| [`ports`](#kindspecports) | list of object |  | At most 5 items. |",
        "| `tags` | map to string |  |  |",
        "| `times` | list of time |  | Each: at most 30 characters. |",
        "- name is immutable",
        "### Kind.spec.ports[]",
        "- each port may be listed once",
        "| `port` | integer |  |  |",
    ):
        assert line in lines


def fields(schema: dict[str, Any]) -> Iterator[str]:
    """Give every name of a field below a schema."""
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from fields(schema[key])
    for name, field in schema.get("properties", {}).items():
        yield name
        yield from fields(field)


def messages(node: object) -> Iterator[str]:
    """Give the message of every rule below a part of a definition."""
    if isinstance(node, dict):
        yield from (rule["message"] for rule in node.get(api_reference.RULES, []))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from messages(child)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda it: it["spec"]["names"]["kind"])
def test_no_field_and_no_rule_is_left_out(definition: dict[str, Any]) -> None:
    text = api_reference.chapter(definition)
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    told = list(messages(schema))
    assert told
    assert [message for message in told if api_reference.cell(message) not in text and message not in text] == []
    for part in ("spec", "status"):
        for name in fields(schema["properties"].get(part, {})):
            assert f"`{name}`" in text
