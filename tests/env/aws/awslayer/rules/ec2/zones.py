"""Availability Zones: names that differ per account, ids that do not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule


def all_zones(call: Call) -> list[dict[str, Any]]:
    """The zones of the call's region, by name."""
    found: list[dict[str, Any]] = call.once("zones", lambda: _zones(call))
    return found


def _zones(call: Call) -> list[dict[str, Any]]:
    zones = sorted(RegionsAndZonesBackend.zones.get(call.region, []), key=lambda z: z.name)
    ids = zone_ids_behind_names(call, [z.zone_id for z in zones])
    return [
        {
            "ZoneName": zone.name,
            "ZoneId": zone_id,
            "RegionName": call.region,
            "GroupName": f"{call.region}-zg-1",
            "NetworkBorderGroup": call.region,
            "OptInStatus": "opt-in-not-required",
            "State": "available",
            "ZoneType": "availability-zone",
            "Messages": [],
        }
        for zone, zone_id in zip(zones, ids, strict=True)
    ]


@rule("ec2.DescribeAvailabilityZones", "ec2.CreateSubnet")
def zone_ids_behind_names(call: Call, ids: list[str]) -> list[str]:
    """Which zone id is behind a zone name differs from account to account (the setting zoneShift).

    Source: aws-facts 3 ("AZ names map to different IDs per account"); EC2 User Guide, "AZ IDs".
    """
    if not ids:
        return ids
    shift = int(call.world.settings.get("zoneShift", call.account)) % len(ids)
    return ids[shift:] + ids[:shift]


def by_name(call: Call, name: str) -> dict[str, Any] | None:
    """A zone of the region by its name."""
    return next((z for z in all_zones(call) if z["ZoneName"] == name), None)


def by_id(call: Call, zone_id: str) -> dict[str, Any] | None:
    """A zone of the region by its id."""
    return next((z for z in all_zones(call) if z["ZoneId"] == zone_id), None)


@rule("ec2.CreateSubnet")
def zone_asked_for(call: Call) -> dict[str, Any]:
    """A subnet's zone is named by name or by id, not by both, and must exist in the region.

    Source: botocore ec2.CreateSubnet (AvailabilityZone or AvailabilityZoneId).
    """
    name, zone_id = call.params.get("AvailabilityZone"), call.params.get("AvailabilityZoneId")
    if name and zone_id:
        text = "Specify either AvailabilityZone or AvailabilityZoneId, not both"
        raise AwsError("InvalidParameterCombination", text)
    zones = all_zones(call)
    if not name and not zone_id:
        return zones[0]
    zone = by_name(call, name) if name else by_id(call, str(zone_id))
    if zone is None:
        known = ", ".join(z["ZoneName" if name else "ZoneId"] for z in zones)
        parameter = "availabilityZone" if name else "availabilityZoneId"
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({name or zone_id}) for parameter {parameter} is invalid. "
            f"Subnets can currently only be created in the following availability zones: {known}.",
        )
    return zone


@answers("ec2", "DescribeAvailabilityZones")
def describe_availability_zones(call: Call) -> dict[str, Any]:
    """Lists the zones of the region."""
    for member, find in (("ZoneNames", by_name), ("ZoneIds", by_id)):
        for wanted in call.params.get(member) or []:
            if find(call, wanted) is None:
                raise AwsError("InvalidParameterValue", f"Invalid availability zone: [{wanted}]")
    result = describe(call, LISTING)
    zones = result["AvailabilityZones"]
    names, ids = call.params.get("ZoneNames"), call.params.get("ZoneIds")
    zones = [z for z in zones if (not names or z["ZoneName"] in names) and (not ids or z["ZoneId"] in ids)]
    return {"AvailabilityZones": zones}


def _things(call: Call) -> Iterable[tuple[str, Any]]:
    return [(z["ZoneName"], z) for z in all_zones(call)]


LISTING = Listing(
    result="AvailabilityZones",
    id_member="ZoneName",
    things=_things,
    view=lambda _, zone: dict(zone),
    filters={
        "group-name": "GroupName",
        "opt-in-status": "OptInStatus",
        "region-name": "RegionName",
        "state": "State",
        "zone-id": "ZoneId",
        "zone-name": "ZoneName",
        "zone-type": "ZoneType",
        "message": "Messages.Message",
    },
    tagged=False,
    paged=False,
)
