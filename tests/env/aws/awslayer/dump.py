"""All that an account holds, in a form whose bytes can be compared before and after."""

from __future__ import annotations

from typing import Any

from .call import Call
from .listing import Listing
from .moto_host import MotoHost
from .registry import DUMPERS
from .world import World

# What changes by itself, or with what others do, and is no property of the resource.
_VOLATILE = {"CreateTime", "DeleteTime", "CreationTimestamp", "AvailableIpAddressCount", "CreatedTime", "CreatedDate"}
_VOLATILE |= {"CreationDate", "LastModifiedDate"}
_GONE = {"deleted", "failed"}


def _listings() -> dict[str, Listing]:
    from .rules.ec2 import (
        address,
        endpoint,
        gateway,
        interface,
        nat,
        prefix_list,
        route_table,
        security_group,
        security_group_rule,
        subnet,
        vpc,
    )

    return {
        "vpcs": vpc.LISTING,
        "subnets": subnet.LISTING,
        "internetGateways": gateway.LISTING,
        "addresses": address.LISTING,
        "natGateways": nat.LISTING,
        "routeTables": route_table.LISTING,
        "securityGroups": security_group.LISTING,
        "securityGroupRules": security_group_rule.LISTING,
        "vpcEndpoints": endpoint.LISTING,
        "networkInterfaces": interface.LISTING,
        "prefixLists": prefix_list.MANAGED,
    }


def dump(world: World, moto: MotoHost, account: str, region: str | None = None) -> dict[str, Any]:
    """The account's resources by region and kind, without anything that changes by itself.

    Gateways that are deleted or failed, and still shown by AWS for an hour, are left out.
    The network is complete, and so are the services whose rules register with `registry.dumps`; of the
    others everything that has tags is listed by ARN.
    """
    regions = [region] if region else world.regions(account)
    return {
        "account": account,
        "network": {name: _network(world, moto, account, name) for name in regions},
        "services": {name: _services(world, moto, account, name) for name in regions},
        "tagged": _tagged(moto, account, regions),
    }


def _network(world: World, moto: MotoHost, account: str, region: str) -> dict[str, list[Any]]:
    call = Call.of_nobody(world, moto, account, region)
    shown: dict[str, list[Any]] = {}
    for name, listing in _listings().items():
        items = [listing.view(call, thing) for _, thing in listing.things(call)]
        kept = [_still(i) for i in items if i.get("State") not in _GONE and i.get("OwnerId") != "AWS"]
        shown[name] = sorted(kept, key=lambda item, key=listing.id_member: str(item[key]))  # type: ignore[misc]
    return shown


def _services(world: World, moto: MotoHost, account: str, region: str) -> dict[str, dict[str, list[Any]]]:
    call = Call.of_nobody(world, moto, account, region)
    return {
        service: {kind: _still(list(items)) for dumper in dumpers for kind, items in dumper(call).items()}
        for service, dumpers in DUMPERS.items()
    }


def _still(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _still(v) for k, v in value.items() if k not in _VOLATILE}
    if isinstance(value, list):
        items = [_still(v) for v in value]
        if items and all(isinstance(i, dict) for i in items):
            return sorted(items, key=lambda i: sorted((k, str(v)) for k, v in i.items()))
        return sorted(items, key=str)
    return value


def _tagged(moto: MotoHost, account: str, regions: list[str]) -> list[dict[str, Any]]:
    found = []
    for service, stores in moto.stores(account).items():
        for name, store in stores.items():
            listed = getattr(store, "iter_tagged_resources", None)
            wanted = name in regions or not name[-1:].isdigit()
            if service == "ec2" or listed is None or not wanted:
                continue
            try:
                found += [{"arn": r.arn, "tags": dict(r.tags)} for r in listed()]
            except NotImplementedError:
                continue
    return sorted(found, key=lambda item: str(item["arn"]))
