"""One call on its way through the layer: what rules see and use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .accounts import Principal
from .ledger import Entry
from .moto_host import MotoHost
from .staleness import Lag
from .wire import Answer, Wire, form_request, read_result
from .world import Region, World


class MotoRefused(Exception):
    """Moto's own error answer, passed on to the client as it is."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body[:200])
        self.answer = answer


@dataclass
class Call:
    """A recognised, signed request of a known principal. Rules run under the world's lock."""

    world: World
    moto: MotoHost
    wire: Wire
    principal: Principal
    region: str
    environ: dict[str, Any]
    body: bytes
    entry: Entry
    # What a listing works out once for all its items.
    worked_out: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_nobody(cls, world: World, moto: MotoHost, account: str, region: str) -> Call:
        """A call that no client made and no ledger knows, for what the layer does of its own accord."""
        entry = Entry(0, "", "", "", account, region, False, 0.0, {}, "", "")
        principal = Principal(account, "", "")
        wire = Wire("", "", "", None, {}, [])
        return cls(world, moto, wire, principal, region, {}, b"", entry)

    @property
    def account(self) -> str:
        """The account in which the call acts."""
        return self.principal.account

    @property
    def params(self) -> dict[str, Any]:
        """The request's parameters, named as in the model."""
        return self.wire.params

    @property
    def ec2(self) -> Any:
        """Moto's EC2 store of this account and region."""
        return self.moto.ec2(self.account, self.region)

    @property
    def memory(self) -> Region:
        """What the layer remembers beside it."""
        return self.world.region(self.account, self.region)

    @property
    def now(self) -> float:
        """The layer's time for this account."""
        return self.world.now(self.account)

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        """The result of some work over the whole store that does not change within one listing."""
        if name not in self.worked_out:
            self.worked_out[name] = work()
        return self.worked_out[name]

    def quota(self, name: str) -> int:
        """The quota in force."""
        return self.world.settings.quota(name, self.account)

    def ask_moto(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Lets moto answer, with other parameters if given; its error answers are raised as they are."""
        body = self.body if params is None else form_request(self.wire, params)
        answer = self.moto.call(self.environ, body, self.account)
        if answer.status >= 400:
            raise MotoRefused(answer)
        return read_result(self.wire, answer)

    def created(self, resource_id: str) -> None:
        """Notes a new resource: in the ledger, and for the lag between create and list."""
        self.entry.resources.append(resource_id)
        memory = self.memory
        memory.born.setdefault(resource_id, len(memory.born) + 1)
        spec = self.world.settings.get("lag", self.account)
        if spec:
            self.world.staleness.born(self.account, resource_id, Lag.of(spec), self.now)
