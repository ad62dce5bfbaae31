"""What the layer keeps of ECS for one account and region. Moto's own store knows no rollouts."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...call import Call

Shown = dict[str, Any]


@dataclass
class Cluster:
    """A cluster; INACTIVE once deleted."""

    name: str
    arn: str
    settings: list[dict[str, str]]
    configuration: Shown | None
    providers: list[str]
    strategy: list[Shown]
    status: str = "ACTIVE"


@dataclass
class Definition:
    """One revision of a task definition, with its members as AWS normalises them."""

    family: str
    revision: int
    arn: str
    content: Shown
    registered: datetime
    status: str = "ACTIVE"
    deregistered: datetime | None = None


@dataclass
class ServiceRevision:
    """What a deployment rolls out."""

    arn: str
    definition: str
    launch_type: str | None
    strategy: list[Shown]
    platform_version: str
    network: Shown
    load_balancers: list[Shown]
    created: datetime
    # Container name -> the digest to which its tag was resolved by this deployment's first task.
    digests: dict[str, str] = field(default_factory=dict)


@dataclass
class Deployment:
    """A deployment of a service, which is also its service deployment."""

    id: str
    arn: str
    revision: ServiceRevision
    source: ServiceRevision | None
    created: datetime
    updated: datetime
    status: str = "PRIMARY"
    rollout: str = "IN_PROGRESS"
    reason: str = ""
    outcome: str = "IN_PROGRESS"
    outcome_reason: str | None = None
    finished: datetime | None = None
    # Failures in a row, and whether they still count.
    failed: int = 0
    counting: bool = True
    rollback: Shown | None = None
    # No task is started before this time of the layer's clock.
    not_before: float = 0.0


@dataclass
class Task:
    """A task of a service."""

    arn: str
    id: str
    cluster: Cluster
    service: str
    deployment: Deployment
    definition: Definition
    created: datetime
    subnet: str = ""
    zone: str = ""
    interface: str = ""
    address: str = ""
    mac: str = ""
    attachment: str = ""
    status: str = "PROVISIONING"
    desired: str = "RUNNING"
    healthy: bool = False
    judged: bool = False
    provider: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    started: datetime | None = None
    stopping: datetime | None = None
    stopped: datetime | None = None
    code: str | None = None
    reason: str | None = None
    # Container name -> reason, exit code, digest.
    container_reasons: dict[str, str] = field(default_factory=dict)
    exit_codes: dict[str, int] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether the task is to run, or already does."""
        return self.desired == "RUNNING"

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self.status == "RUNNING"


@dataclass
class Service:
    """A service, and its whole history of deployments."""

    name: str
    arn: str
    cluster: Cluster
    settings: Shown
    desired: int
    created: datetime
    created_by: str
    fingerprint: str
    status: str = "ACTIVE"
    # Those that still matter, the primary one first.
    deployments: list[Deployment] = field(default_factory=list)
    history: list[Deployment] = field(default_factory=list)
    events: list[Shown] = field(default_factory=list)
    # A look of the scheduler is on the agenda.
    due: bool = False

    @property
    def primary(self) -> Deployment:
        """The deployment that the service is to have."""
        return self.deployments[0]


@dataclass
class Store:
    """All of ECS in an account and region."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    # Family -> revision number -> definition; revision numbers are never used again.
    families: dict[str, dict[int, Definition]] = field(default_factory=dict)
    last_revision: dict[str, int] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    # VPCs (None: all) of which a look at the health of targets is on the agenda.
    rechecks: set[str | None] = field(default_factory=set)


def store(call: Call) -> Store:
    """The store of the call's account and region."""
    kept: Store = call.memory.kept.setdefault("ecs", Store())
    return kept


def arn(call: Call, resource: str) -> str:
    """An ARN of ECS."""
    return f"arn:aws:ecs:{call.region}:{call.account}:{resource}"


def digits(count: int) -> str:
    """A number as ids of deployments and revisions have it."""
    return "".join(random.choices("123456789", k=count))


def hexadecimal(count: int) -> str:
    """A random part of an id."""
    return f"{random.getrandbits(4 * count):0{count}x}"
