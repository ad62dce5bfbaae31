"""Security groups. Their rules are in security_group_rule."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...registry import answers, rule
from . import permissions, vpc
from .common import missing, put_tags, tags_fit_the_operation, tags_of

_TEXT = re.compile(r"^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$")


def find(call: Call, group_id: str) -> Any | None:
    """A group by id."""
    for groups in call.ec2.groups.values():
        if group_id in groups:
            return groups[group_id]
    return None


@rule("ec2.*")
def security_group_exists(call: Call, group_id: str) -> Any:
    """An operation on a security group that does not exist is refused.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (InvalidGroup.NotFound).
    """
    group = find(call, group_id)
    if group is None:
        raise missing("InvalidGroup.NotFound", "security group", group_id)
    return group


def view(call: Call, group: Any) -> dict[str, Any]:
    """A security group as answers show it."""
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "OwnerId": call.account,
        "SecurityGroupArn": f"arn:aws:ec2:{call.region}:{call.account}:security-group/{group.id}",
        "IpPermissions": permissions.grouped(call, group.ingress_rules),
        "IpPermissionsEgress": permissions.grouped(call, group.egress_rules),
        "Tags": tags_of(call, group.id),
    }


@rule("ec2.CreateSecurityGroup")
def group_name_and_description_allowed(name: str, description: str) -> None:
    """At most 255 characters out of a fixed set; a name does not start with sg-, nor is it `default`.

    Source: botocore ec2.CreateSecurityGroup (GroupName, Description); EC2 error codes.
    """
    for member, text in (("groupName", name), ("GroupDescription", description)):
        if len(text) > 255 or not _TEXT.match(text):
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({text}) for parameter {member} is invalid. Character sets beyond ASCII are not supported.",
            )
    if not name or name.startswith("sg-"):
        text = f"Value ({name}) for parameter groupName is invalid. Group names may not be in the format sg-*."
        raise AwsError("InvalidParameterValue", text)
    if not description:
        raise AwsError("MissingParameter", "The request must contain the parameter GroupDescription")
    if name == "default":
        raise AwsError("InvalidParameterValue", "Cannot use reserved security group name: default")


@rule("ec2.CreateSecurityGroup")
def group_name_is_new_in_the_vpc(call: Call, name: str, vpc_id: str) -> None:
    """A group's name is unique in its VPC, upper and lower case being the same.

    Source: aws-facts 6.2; EC2 error codes (InvalidGroup.Duplicate).
    """
    if any(g.name.lower() == name.lower() for g in call.ec2.groups.get(vpc_id, {}).values()):
        text = f"The security group '{name}' already exists for VPC '{vpc_id}'"
        raise AwsError("InvalidGroup.Duplicate", text)


@rule("ec2.CreateSecurityGroup")
def group_quota(call: Call) -> None:
    """A bounded number of groups per Region.

    Source: VPC User Guide, amazon-vpc-limits; EC2 error codes (SecurityGroupLimitExceeded).
    """
    if sum(len(groups) for groups in call.ec2.groups.values()) >= call.quota("securityGroups"):
        raise AwsError("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")


@answers("ec2", "CreateSecurityGroup")
def create_security_group(call: Call) -> dict[str, Any]:
    """Creates a group that lets everything out and nothing in."""
    name, description = call.params["GroupName"], call.params["Description"]
    tags = tags_fit_the_operation(call, "security-group")
    group_name_and_description_allowed(name, description)
    vpc_id = call.params.get("VpcId") or _default_vpc(call)
    vpc.vpc_exists(call, vpc_id)
    group_name_is_new_in_the_vpc(call, name, vpc_id)
    group_quota(call)
    group = call.ec2.create_security_group(name, description, vpc_id=vpc_id, force=True)
    put_tags(call, group.id, tags)
    call.created(group.id)
    return {
        "GroupId": group.id,
        "SecurityGroupArn": f"arn:aws:ec2:{call.region}:{call.account}:security-group/{group.id}",
        "Tags": tags_of(call, group.id),
    }


@answers("ec2", "DescribeSecurityGroups")
def describe_security_groups(call: Call) -> dict[str, Any]:
    """Lists groups with their rules."""
    names = call.params.get("GroupNames") or []
    known = {g.name for _, g in things(call)}
    for name in names:
        if name not in known:
            raise missing("InvalidGroup.NotFound", "security group", name)
    result = describe(call, LISTING)
    if names:
        result["SecurityGroups"] = [g for g in result["SecurityGroups"] if g["GroupName"] in names]
    return result


@rule("ec2.DeleteSecurityGroup")
def default_group_stays(group: Any) -> None:
    """The default group goes only with its VPC.

    Source: EC2 error codes (CannotDelete).
    """
    if group.is_default:
        text = f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user'
        raise AwsError("CannotDelete", text)


@rule("ec2.DeleteSecurityGroup")
def used_group_stays(call: Call, group: Any) -> None:
    """A group that an interface or endpoint has, or that a rule of another group names, stays.

    Source: aws-facts 7; botocore ec2.DeleteSecurityGroup (DependencyViolation).
    """
    used = any(group in e._group_set for e in call.ec2.enis.values())
    live = (e for e in call.ec2.vpc_end_points.values() if e.state != "deleted")
    used = used or any(group.id in e.security_group_ids for e in live)
    for other in (g for _, g in things(call) if g is not group):
        for one in (*other.ingress_rules, *other.egress_rules):
            used = used or one.source_group.get("GroupId") == group.id
    if used:
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")


@answers("ec2", "DeleteSecurityGroup")
def delete_security_group(call: Call) -> dict[str, Any]:
    """Deletes a group with its rules."""
    if not call.params.get("GroupId"):
        raise AwsError("MissingParameter", "The request must contain the parameter groupId")
    group = security_group_exists(call, call.params["GroupId"])
    default_group_stays(group)
    used_group_stays(call, group)
    for one in (*group.ingress_rules, *group.egress_rules):
        call.ec2.tags.pop(one.id, None)
    call.ec2.groups[group.vpc_id].pop(group.id)
    call.ec2.tags.pop(group.id, None)
    return {"Return": True, "GroupId": group.id}


@answers("ec2", "GetSecurityGroupsForVpc")
def get_security_groups_for_vpc(call: Call) -> dict[str, Any]:
    """Lists the groups that can be used in a VPC, which moto lacks."""
    of = vpc.vpc_exists(call, call.params["VpcId"])
    groups = [view(call, g) for g in call.ec2.groups.get(of.id, {}).values()]
    shown = ("GroupId", "GroupName", "Description", "OwnerId", "Tags")
    listed = [{**{k: g[k] for k in shown}, "PrimaryVpcId": of.id} for g in groups]
    return {"SecurityGroupForVpcs": listed}


def _default_vpc(call: Call) -> str:
    default = next((v.id for v in call.ec2.vpcs.values() if v.is_default), None)
    if default is None:
        raise AwsError("VPCIdNotSpecified", "No default VPC for this user")
    return str(default)


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All groups of the account and region."""
    return [(g.id, g) for groups in call.ec2.groups.values() for g in groups.values()]


def _permission_filters(prefix: str, member: str) -> dict[str, str]:
    return {
        f"{prefix}ip-permission.cidr": f"{member}.IpRanges.CidrIp",
        f"{prefix}ip-permission.from-port": f"{member}.FromPort",
        f"{prefix}ip-permission.group-id": f"{member}.UserIdGroupPairs.GroupId",
        f"{prefix}ip-permission.group-name": f"{member}.UserIdGroupPairs.GroupName",
        f"{prefix}ip-permission.ipv6-cidr": f"{member}.Ipv6Ranges.CidrIpv6",
        f"{prefix}ip-permission.prefix-list-id": f"{member}.PrefixListIds.PrefixListId",
        f"{prefix}ip-permission.protocol": f"{member}.IpProtocol",
        f"{prefix}ip-permission.to-port": f"{member}.ToPort",
        f"{prefix}ip-permission.user-id": f"{member}.UserIdGroupPairs.UserId",
    }


LISTING = Listing(
    result="SecurityGroups",
    id_member="GroupId",
    things=things,
    view=view,
    ids="GroupIds",
    not_found=lambda i: missing("InvalidGroup.NotFound", "security group", i),
    filters={
        "description": "Description",
        "group-id": "GroupId",
        "group-name": "GroupName",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
        **_permission_filters("", "IpPermissions"),
        **_permission_filters("egress.", "IpPermissionsEgress"),
    },
)
