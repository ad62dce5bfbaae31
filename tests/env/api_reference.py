"""The reference of the custom resources, in Markdown, from their definitions: each field with type, default, bounds, and every rule.

A program of the pinned interpreter, since definitions are YAML: `api_reference.py DEFINITION...` prints it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Schema = dict[str, Any]

RULES = "x-kubernetes-validations"
# A default that is longer is told by the defaults of its fields.
LONGEST_DEFAULT = 60
HEAD = """# API reference

Generated from [`crds/`](../crds) by `make generate`; do not edit. `kubectl explain fargatestack.spec --recursive` says the same of what a
cluster serves. A rule is what the API server refuses otherwise, in its own words; what only the controller can check ends in a condition,
see [troubleshooting.md](troubleshooting.md#invalidspec). Every field once: [`full.yaml`](../manifests/samples/full.yaml).
"""


def reference(definitions: list[Schema]) -> str:
    """Return the document: a chapter for each kind, the one with the shortest name of its own first."""
    return "\n".join([HEAD, *(chapter(each) for each in sorted(definitions, key=lambda it: it["spec"]["scope"], reverse=True))])


def chapter(definition: Schema) -> str:
    """Return what there is to say of one kind."""
    spec = definition["spec"]
    kind, version = spec["names"]["kind"], spec["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    scope = "in a namespace" if spec["scope"] == "Namespaced" else "of the whole cluster"
    short = "".join(f", `{name}` for short" for name in spec["names"].get("shortNames", []))
    lines = [f"## {kind}", "", f"`{spec['group']}/{version['name']}`, {scope}{short}. {schema['description']}", "", *rules(schema)]
    for name in ("spec", "status"):
        if name in schema["properties"]:
            lines += section(f"{kind}.{name}", schema["properties"][name])
    return "\n".join(lines)


def section(path: str, schema: Schema) -> list[str]:
    """Return the lines about an object, and about each object in it."""
    inner, _ = element(schema)
    lines = [f"### {path}", ""]
    if "description" in schema:
        lines += [schema["description"], ""]
    if "properties" in inner:
        lines += ["| Field | Type | Default | |", "|---|---|---|---|"]
        lines += [row(path, inner, name, field) for name, field in inner["properties"].items()]
        lines.append("")
    lines += rules(schema)
    if inner is not schema:
        lines += rules(inner)
    for name, field in inner.get("properties", {}).items():
        found, suffix = element(field)
        if "properties" in found:
            lines += section(f"{path}.{name}{suffix}", field)
    return lines


def element(schema: Schema) -> tuple[Schema, str]:
    """Return what a list or a map holds, in the end, and how the path says that."""
    suffix = ""
    while True:
        if "items" in schema:
            schema, suffix = schema["items"], suffix + "[]"
        elif isinstance(schema.get("additionalProperties"), dict):
            schema, suffix = schema["additionalProperties"], suffix + "{}"
        else:
            return schema, suffix


def row(path: str, parent: Schema, name: str, field: Schema) -> str:
    """Return the row of one field."""
    found, suffix = element(field)
    title = f"[`{name}`](#{anchor(f'{path}.{name}{suffix}')})" if "properties" in found else f"`{name}`"
    required = "required" if name in parent.get("required", []) else ""
    text = [field.get("description", ""), *bounds(field), *told_rules(field, found)]
    return "| " + " | ".join([title, type_of(field), required or default(field), cell(" ".join(filter(None, text)))]) + " |"


def type_of(field: Schema) -> str:
    """Return a field's type, as people say it."""
    if "items" in field:
        return f"list of {type_of(field['items'])}"
    if isinstance(field.get("additionalProperties"), dict):
        return f"map to {type_of(field['additionalProperties'])}"
    if "enum" in field:
        return cell(", ".join(f"`{each}`" for each in field["enum"] if each is not None))
    if field.get("x-kubernetes-int-or-string"):
        return "integer or string"
    return "time" if field.get("format") == "date-time" else str(field.get("type", "any"))


def default(field: Schema) -> str:
    """Return a field's default, where it is short."""
    if "default" not in field:
        return ""
    told = json.dumps(field["default"])
    return "by its fields" if len(told) > LONGEST_DEFAULT or told == "{}" else cell(f"`{told}`")


def bounds(field: Schema) -> Iterator[str]:
    """Give the sentences about how much, how long, how many and in which form."""
    for unit, least, most in (("", "minimum", "maximum"), (" characters", "minLength", "maxLength"), (" items", "minItems", "maxItems")):
        low, high = number(field.get(least)), number(field.get(most))
        if low is not None and high is not None:
            yield f"{low} to {high}{unit}."
        elif low is not None:
            yield f"At least {low}{unit}."
        elif high is not None:
            yield f"At most {high}{unit}."
    if "pattern" in field:
        yield f"Form: `{field['pattern']}`."
    if "items" in field and "properties" not in field["items"]:
        for told in bounds(field["items"]):
            yield f"Each: {told[0].lower() + told[1:]}"


def number(value: float | None) -> int | float | None:
    """Return a bound without a fraction that says nothing."""
    return int(value) if value is not None and value == int(value) else value


def told_rules(field: Schema, found: Schema) -> Iterator[str]:
    """Give the rules of a field that has no section of its own."""
    if "properties" not in found:
        for each in (field, *([found] if found is not field else [])):
            yield from (f"Rule: {rule['message']}." for rule in each.get(RULES, []))


def rules(schema: Schema) -> list[str]:
    """Return the list of an object's rules."""
    told = [f"- {rule['message']}" for rule in schema.get(RULES, [])]
    return ["Rules:", "", *told, ""] if told else []


def cell(text: str) -> str:
    """Return text that does not end the cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return "".join(each for each in heading.lower() if each.isalnum() or each in "-_")


if __name__ == "__main__":
    print(reference([yaml.safe_load(Path(each).read_text()) for each in sys.argv[1:]]), end="")
