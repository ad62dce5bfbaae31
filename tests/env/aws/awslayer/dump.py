"""All that an account holds, in a form whose bytes can be compared before and after."""

from __future__ import annotations

from typing import Any

from .moto_host import MotoHost
from .world import World


def dump(world: World, moto: MotoHost, account: str, region: str | None = None) -> dict[str, Any]:
    """The account's resources by region and kind, without anything that changes by itself."""
    return {}
