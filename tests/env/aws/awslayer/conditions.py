"""Conditions of policy statements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

# What is known about a request: condition keys in lower case, several values for the keys that have several.
Context = Mapping[str, str | list[str]]
_SETS = ("forallvalues:", "foranyvalue:")


class UnknownOperatorError(Exception):
    """A condition that the layer does not understand: an answer would be a guess."""


def met(conditions: Mapping[str, Any], context: Context) -> bool:
    """Whether all conditions hold. Keys are compared without regard to case, as AWS does."""
    known = {key.lower(): listed(value) for key, value in context.items()}
    return all(
        _holds(operator, listed(wanted), known.get(key.lower()))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def listed(value: Any) -> list[str]:
    """One value or several, as text."""
    items = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return [("true" if i else "false") if isinstance(i, bool) else str(i) for i in items]


def like(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a text matches a pattern with * and ?."""
    return _pattern(pattern, ignore_case).fullmatch(text) is not None


def _holds(operator: str, wanted: list[str], actual: list[str] | None) -> bool:
    name = operator.lower()
    quantifier = next((s for s in _SETS if name.startswith(s)), "")
    name = name.removeprefix(quantifier)
    lenient = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    if name == "null":
        return (not actual) == (wanted[0].lower() == "true")
    if name not in _OPERATORS:
        raise UnknownOperatorError(operator)
    test, negated = _OPERATORS[name]
    if not actual:
        # A negated operator holds for a key that is not there; so does every one with IfExists, or for all of none.
        return lenient or negated or quantifier == "forallvalues:"

    def one(value: str) -> bool:
        hit = any(test(w, value) for w in wanted)
        return not hit if negated else hit

    return any(map(one, actual)) if quantifier == "foranyvalue:" else all(map(one, actual))


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(wanted: str, actual: str) -> bool:
        try:
            return compare(float(actual), float(wanted))
        except ValueError:
            return False

    return test


def _same(wanted: str, actual: str) -> bool:
    return wanted == actual


def _same_folded(wanted: str, actual: str) -> bool:
    return wanted.casefold() == actual.casefold()


# Operator -> test of one wanted against one actual value, and whether the operator negates it.
_OPERATORS: dict[str, tuple[Callable[[str, str], bool], bool]] = {
    "stringequals": (_same, False),
    "stringnotequals": (_same, True),
    "stringequalsignorecase": (_same_folded, False),
    "stringnotequalsignorecase": (_same_folded, True),
    "stringlike": (like, False),
    "stringnotlike": (like, True),
    "arnequals": (like, False),
    "arnnotequals": (like, True),
    "arnlike": (like, False),
    "arnnotlike": (like, True),
    "bool": (_same_folded, False),
    "numericequals": (_number(lambda a, w: a == w), False),
    "numericnotequals": (_number(lambda a, w: a == w), True),
    "numericlessthan": (_number(lambda a, w: a < w), False),
    "numericlessthanequals": (_number(lambda a, w: a <= w), False),
    "numericgreaterthan": (_number(lambda a, w: a > w), False),
    "numericgreaterthanequals": (_number(lambda a, w: a >= w), False),
}


@functools.lru_cache(maxsize=4096)
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    parts = [".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text]
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))
