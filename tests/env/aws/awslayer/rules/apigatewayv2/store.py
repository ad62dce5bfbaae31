"""What the layer keeps of API Gateway: every resource as a dictionary named as in the service model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...call import Call
from ...world import Region, World

Item = dict[str, Any]


@dataclass
class Api:
    """An API and what belongs to it, each by its id (a stage by its name)."""

    shown: Item
    routes: dict[str, Item] = field(default_factory=dict)
    integrations: dict[str, Item] = field(default_factory=dict)
    authorizers: dict[str, Item] = field(default_factory=dict)
    stages: dict[str, Item] = field(default_factory=dict)
    deployments: dict[str, Item] = field(default_factory=dict)
    # Deployment id -> routes, integrations and authorizers as they were deployed.
    snapshots: dict[str, Snapshot] = field(default_factory=dict)

    def stage_prefix(self) -> str:
        """What goes before the name of a stage to tell it from those of other APIs."""
        return f"{self.shown['ApiId']}/stages/"


@dataclass
class Snapshot:
    """What a deployment serves."""

    routes: dict[str, Item]
    integrations: dict[str, Item]
    authorizers: dict[str, Item]


@dataclass
class Link:
    """A VPC link; `interfaces` are ids of the network interfaces that it has."""

    shown: Item
    interfaces: list[str] = field(default_factory=list)


@dataclass
class Domain:
    """A custom domain name and its API mappings by id."""

    shown: Item
    mappings: dict[str, Item] = field(default_factory=dict)


@dataclass
class Gateway:
    """Everything of one account in one region."""

    apis: dict[str, Api] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    # What the next VPC links and automatic deployments fail with, as a test has ordered: (what, message).
    failures: list[tuple[str, str]] = field(default_factory=list)


def of_region(region: Region) -> Gateway:
    """The store of an account and region, made on first use."""
    gateway: Gateway = region.kept.setdefault("apigatewayv2", Gateway())
    return gateway


def store(call: Call) -> Gateway:
    """The store of the call's account and region."""
    return of_region(call.memory)


def everywhere(world: World) -> Iterator[tuple[Region, Gateway]]:
    """The stores of all accounts and regions that have been used."""
    for region in world.all_regions():
        yield region, of_region(region)
