"""A stack's status in words: its conditions and outputs as people read them."""

from __future__ import annotations

from typing import Any

Stack = dict[str, Any]


def conditions(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the conditions of a stack by type."""
    return {condition["type"]: condition for condition in stack.get("status", {}).get("conditions", [])}


def holds(stack: Stack, name: str) -> bool:
    """Say whether a condition is True and speaks of the spec as it is now."""
    condition = conditions(stack).get(name, {})
    observed = condition.get("observedGeneration", stack.get("status", {}).get("observedGeneration"))
    return condition.get("status") == "True" and observed == stack["metadata"]["generation"]


def lines(stack: Stack) -> dict[str, str]:
    """Return a line for each condition: status, reason and message."""
    return {name: _line(condition, 8, 20) for name, condition in conditions(stack).items()}


def table(stack: Stack) -> str:
    """Return all conditions under a heading."""
    rows = [f"{'CONDITION':<20}{'STATUS':<9}{'REASON':<24}MESSAGE"]
    rows += [f"{name:<20}{_line(condition, 9, 24)}" for name, condition in conditions(stack).items()]
    return "\n".join(rows)


def outputs(stack: Stack) -> list[str]:
    """Return a line for each output."""
    known = stack.get("status", {}).get("outputs", {})
    return [f"{name:<20}{', '.join(_words(value))}" for name, value in known.items()]


def _line(condition: dict[str, Any], status: int, reason: int) -> str:
    text = f"{condition['status']:<{status}}{condition.get('reason', ''):<{reason}}{condition.get('message', '')}"
    return text.rstrip()


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}={' '.join(_words(item))}" for name, item in value.items()]
    if isinstance(value, list):
        return [word for item in value for word in _words(item)]
    return [str(value)]
