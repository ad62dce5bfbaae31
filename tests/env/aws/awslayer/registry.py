"""Which rules there are, and which operations the layer answers itself."""

from __future__ import annotations

import fnmatch
import functools
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from .call import Call
    from .wire import Answer
    from .world import World

Handler = Callable[["Call"], dict[str, Any]]
Dumper = Callable[["Call"], dict[str, Iterable[Any]]]
Reaction = Callable[["Call"], None]
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Visit:
    """A request to a page: the match of its path, and what came with it."""

    world: World
    match: re.Match[str]
    environ: dict[str, Any]
    body: bytes


Page = Callable[[Visit], "Answer"]


@dataclass(frozen=True)
class Rule:
    """One thing that AWS enforces and moto does not."""

    name: str
    operations: tuple[str, ...]
    summary: str
    source: str


RULES: dict[str, Rule] = {}
HANDLERS: dict[tuple[str, str], Handler] = {}
DUMPERS: dict[str, list[Dumper]] = {}
# Service -> account and region of an unsigned request, from its parameters.
HOMES: dict[str, Callable[[dict[str, Any]], tuple[str, str] | None]] = {}
# Plain web pages that services serve beside their API: a path's pattern, and what answers it.
PAGES: list[tuple[re.Pattern[str], Page]] = []
# What happens after calls with an effect: a pattern of operations, and what reacts.
REACTIONS: list[tuple[str, Reaction]] = []
# Services of which the layer answers everything that can be answered: moto does not know their resources.
OWNED: set[str] = set()
# How often each rule was applied: the layer's tests ask whether the rule they name really ran.
APPLIED: Counter[str] = Counter()


def rule(*operations: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Registers a rule for the named operations ("ec2.CreateSubnet").

    The docstring's first line says what AWS does, its "Source:" line where AWS says so.
    """

    def register(function: Callable[_P, _R]) -> Callable[_P, _R]:
        text = inspect.getdoc(function) or ""
        summary, _, source = text.partition("Source:")
        if not source.strip():
            raise TypeError(f"rule {function.__name__} names no source")
        name = function.__name__
        if name in RULES:
            raise TypeError(f"rule {name} exists twice")
        RULES[name] = Rule(name, operations, " ".join(summary.split()), " ".join(source.split()))

        @functools.wraps(function)
        def applied(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            APPLIED[name] += 1
            return function(*args, **kwargs)

        return applied

    return register


def page(path: str) -> Callable[[Page], Page]:
    """Registers what answers requests to a path of the layer's port that are no API calls."""

    def register(function: Page) -> Page:
        PAGES.append((re.compile(path), function))
        return function

    return register


def answers(service: str, operation: str) -> Callable[[Handler], Handler]:
    """Registers the layer's own answer to an operation; moto's is then not used."""

    def register(function: Handler) -> Handler:
        if (service, operation) in HANDLERS:
            raise TypeError(f"{service}.{operation} is answered twice")
        HANDLERS[service, operation] = function
        return function

    return register


def reacts(*operations: str) -> Callable[[Reaction], Reaction]:
    """Registers what AWS does by itself after a call with an effect ("ec2.AuthorizeSecurityGroup*")."""

    def register(function: Reaction) -> Reaction:
        REACTIONS.extend((operation, function) for operation in operations)
        return function

    return register


def react(call: Call) -> None:
    """Lets everything that depends on the operation know that it had an effect."""
    name = f"{call.wire.service}.{call.wire.operation}"
    for pattern, function in REACTIONS:
        if fnmatch.fnmatchcase(name, pattern):
            function(call)


def dumps(service: str) -> Callable[[Dumper], Dumper]:
    """Registers what a dump shows of a service: lists by kind, as answers show them."""

    def register(function: Dumper) -> Dumper:
        DUMPERS.setdefault(service, []).append(function)
        return function

    return register


def owns(service: str) -> None:
    """Declares that moto is never asked about a service: what no handler answers, the layer lacks."""
    OWNED.add(service)


def load() -> None:
    """Imports every module that has rules."""
    import importlib
    import pkgutil

    from . import dataplane, rules

    for package in (rules, dataplane):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
