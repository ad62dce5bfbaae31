"""Requests and answers held against the services' own models, as botocore ships them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import AwsError
from .wire import Wire, malformed_code


@dataclass(frozen=True)
class Breach:
    """One place where a value is not what its model allows."""

    kind: str  # missing | unknown | type | enum | length | range | pattern
    path: str
    detail: str


def breaches(shape: Any, value: Any, path: str = "") -> Iterator[Breach]:
    """Every breach of a value against a shape: required members, types, enums, lengths, ranges, patterns."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        if not isinstance(value, list | tuple):
            yield Breach("type", path, f"expected a list, got {type(value).__name__}")
            return
        yield from _size(shape, len(value), path, "length")
        for index, item in enumerate(value, 1):
            yield from breaches(shape.member, item, f"{path}.{index}")
    elif kind == "map":
        yield from _map(shape, value, path)
    elif kind == "string":
        yield from _string(shape, value, path)
    elif kind in ("integer", "long", "float", "double"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield Breach("type", path, f"expected a number, got {type(value).__name__}")
        else:
            yield from _size(shape, value, path, "range")
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield Breach("type", path, f"expected a boolean, got {type(value).__name__}")
    elif kind == "timestamp" and not isinstance(value, datetime | int | float | str):
        yield Breach("type", path, f"expected a time, got {type(value).__name__}")


def check_request(wire: Wire) -> None:
    """Refuses a request that its model does not allow, as the service would.

    Source: botocore service models; EC2 User Guide "Error codes for the Amazon EC2 API"
    (MissingParameter, InvalidParameterValue, UnknownParameter); for other services their
    ValidationError or ValidationException.
    """
    if wire.unknown:
        raise AwsError("UnknownParameter", f"The parameter {wire.unknown[0]} is not recognized")
    if wire.model.input_shape is None:
        return
    found = [b for b in breaches(wire.model.input_shape, wire.params) if not _as_on_aws(b)]
    if found:
        raise _refusal(wire, found)


# Where AWS itself does not keep to its model. VpcEndpoint.State is modelled as "Available" and sent as
# "available": https://github.com/awslabs/aws-sdk-rust/issues/619 (aws/aws-sdk-go-v2#2864 says the same).
# The schema of every user pool has phone_number_verified, one character longer than the model's bound, and
# domains of users' own have dots, which the pattern of DomainType leaves out. The tags of a log group that has
# none are sent as an empty map, though modelled with one at least.
_AWS_DEVIATES = (
    ("enum", re.compile(r"^VpcEndpoint(s\.\d+)?\.State$")),
    ("pattern", re.compile(r"^((UserPool|DomainDescription)\.)?(Custom|CloudFront)?Domain$")),
    ("length", re.compile(r"^UserPool\.SchemaAttributes\.\d+\.Name$")),
    ("length", re.compile(r"^tags$")),
)


def check_answer(wire: Wire, result: dict[str, Any]) -> list[Breach]:
    """The breaches of an answer against the model; an SDK in a strict language may choke on them."""
    if wire.model.output_shape is None:
        return []
    return [b for b in breaches(wire.model.output_shape, result) if not _as_on_aws(b)]


# Marked sensitive in the models, but names rather than secrets: tests ask for calls by them.
_NAMES = ("ClientIdType", "UsernameType")


def without_secrets(wire: Wire) -> dict[str, Any]:
    """The request with every member that its model marks as sensitive blotted out."""
    shape = wire.model.input_shape
    blotted: dict[str, Any] = _blotted(shape, wire.params) if shape is not None else wire.params
    return blotted


def _blotted(shape: Any, value: Any) -> Any:
    if shape.metadata.get("sensitive") and shape.name not in _NAMES:
        return "***"
    if shape.type_name == "structure" and isinstance(value, dict):
        return {k: _blotted(shape.members[k], v) if k in shape.members else v for k, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list | tuple):
        return [_blotted(shape.member, item) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {k: _blotted(shape.value, item) for k, item in value.items()}
    return value


def _as_on_aws(breach: Breach) -> bool:
    return any(breach.kind == kind and path.match(breach.path) for kind, path in _AWS_DEVIATES)


def _refusal(wire: Wire, found: list[Breach]) -> AwsError:
    first = found[0]
    if wire.service != "ec2":
        plural = "s" if len(found) > 1 else ""
        details = "; ".join(f"Value at '{b.path}' failed to satisfy constraint: {b.detail}" for b in found)
        code = malformed_code(wire.service, wire.protocol)
        return AwsError(code, f"{len(found)} validation error{plural} detected: {details}")
    if first.kind == "missing":
        return AwsError("MissingParameter", f"The request must contain the parameter {first.path}")
    if first.kind == "range" and first.path.endswith("MaxResults"):
        return AwsError("InvalidParameterValue", f"Value for parameter maxResults is invalid. {first.detail}")
    return AwsError("InvalidParameterValue", f"Invalid value for parameter {first.path}: {first.detail}")


def _structure(shape: Any, value: Any, path: str) -> Iterator[Breach]:
    if not isinstance(value, dict):
        yield Breach("type", path, f"expected a structure, got {type(value).__name__}")
        return
    prefix = f"{path}." if path else ""
    members = shape.members
    for name in shape.required_members:
        if value.get(name) is None:
            yield Breach("missing", f"{prefix}{name}", "Member must not be null")
    for name, item in value.items():
        if name not in members:
            yield Breach("unknown", f"{prefix}{name}", "no such member in the model")
        elif item is not None:
            yield from breaches(members[name], item, f"{prefix}{name}")


def _map(shape: Any, value: Any, path: str) -> Iterator[Breach]:
    if not isinstance(value, dict):
        yield Breach("type", path, f"expected a map, got {type(value).__name__}")
        return
    yield from _size(shape, len(value), path, "length")
    for key, item in value.items():
        yield from breaches(shape.key, key, f"{path}.{key}")
        yield from breaches(shape.value, item, f"{path}.{key}")


def _string(shape: Any, value: Any, path: str) -> Iterator[Breach]:
    if not isinstance(value, str):
        yield Breach("type", path, f"expected a string, got {type(value).__name__}")
        return
    yield from _size(shape, len(value), path, "length")
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield Breach("enum", path, f"Member must satisfy enum value set: {sorted(allowed)}, not {value!r}")
    pattern = shape.metadata.get("pattern")
    if pattern:
        compiled = _compiled(pattern)
        if compiled is not None and not compiled.fullmatch(value):
            yield Breach("pattern", path, f"Member must satisfy regular expression pattern: {pattern}")


def _size(shape: Any, size: float, path: str, kind: str) -> Iterator[Breach]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield Breach(kind, path, f"Expecting a {kind} of at least {low}, not {size}")
    if high is not None and size > high:
        yield Breach(kind, path, f"Expecting a {kind} of at most {high}, not {size}")


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The models' patterns are Java's; the few that Python cannot read are not checked."""
    try:
        return re.compile(pattern)
    except re.error:
        return None
