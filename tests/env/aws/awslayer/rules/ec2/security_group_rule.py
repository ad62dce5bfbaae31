"""Rules of security groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...listing import Listing, describe
from ...moto_types import SecurityGroupRule
from ...registry import answers, rule
from . import permissions, prefix_list, security_group
from .common import put_tags, tags_fit_the_operation, tags_of
from .permissions import Permission


def view(call: Call, one: Any) -> dict[str, Any]:
    """A rule as DescribeSecurityGroupRules shows it: absent ports are -1."""
    allowed = permissions.of_rule(one)
    shown: dict[str, Any] = {
        "SecurityGroupRuleId": one.id,
        "SecurityGroupRuleArn": f"arn:aws:ec2:{call.region}:{call.account}:security-group-rule/{one.id}",
        "GroupId": one.group_id,
        "GroupOwnerId": call.account,
        "IsEgress": bool(one.is_egress),
        "IpProtocol": allowed.protocol,
        "FromPort": -1 if allowed.from_port is None else allowed.from_port,
        "ToPort": -1 if allowed.to_port is None else allowed.to_port,
        "Tags": tags_of(call, one.id),
    }
    if allowed.kind == "GroupId":
        shown["ReferencedGroupInfo"] = {"GroupId": allowed.value, "UserId": call.account}
    else:
        member = {"CidrIp": "CidrIpv4", "CidrIpv6": "CidrIpv6", "PrefixListId": "PrefixListId"}
        shown[member[allowed.kind]] = allowed.value
    if one.ip_range.get("Description"):
        shown["Description"] = one.ip_range["Description"]
    return shown


@rule("ec2.AuthorizeSecurityGroupIngress", "ec2.AuthorizeSecurityGroupEgress")
def peer_exists(call: Call, group: Any, allowed: Permission) -> None:
    """A rule's group or prefix list exists; the group is of the same VPC.

    Source: EC2 error codes (InvalidGroup.NotFound, InvalidPrefixListID.NotFound); botocore
    ec2.UserIdGroupPair.
    """
    if allowed.kind == "PrefixListId":
        prefix_list.prefix_list_exists(call, allowed.value)
    if allowed.kind == "GroupId":
        peer = security_group.security_group_exists(call, allowed.value)
        if peer.vpc_id != group.vpc_id:
            text = "You have specified two resources that belong to different networks."
            raise AwsError("InvalidGroup.NotFound", text)


@rule("ec2.AuthorizeSecurityGroupIngress", "ec2.AuthorizeSecurityGroupEgress")
def rule_is_new(existing: Iterable[Permission], added: list[Permission]) -> None:
    """A rule that the group has already, or twice in one request, is refused with the whole batch.

    Source: aws-facts 6.2; EC2 error codes (InvalidPermission.Duplicate).
    """
    seen = set(existing)
    for allowed in added:
        if allowed in seen:
            text = f'the specified rule "{allowed.text()}" already exists'
            raise AwsError("InvalidPermission.Duplicate", text)
        seen.add(allowed)


@rule("ec2.AuthorizeSecurityGroupIngress", "ec2.AuthorizeSecurityGroupEgress")
def rules_per_group_quota(call: Call, existing: int, added: int) -> None:
    """A bounded number of rules per group and direction.

    Source: aws-facts 1.2 (60 by default); EC2 error codes (RulesPerSecurityGroupLimitExceeded).
    """
    if existing + added > call.quota("rulesPerGroup"):
        text = "The maximum number of rules per security group has been reached."
        raise AwsError("RulesPerSecurityGroupLimitExceeded", text)


def _authorize(call: Call, *, egress: bool) -> dict[str, Any]:
    group = security_group.security_group_exists(call, call.params.get("GroupId", ""))
    tags = tags_fit_the_operation(call, "security-group-rule")
    asked = list(permissions.asked_for(call.params))
    existing = group.egress_rules if egress else group.ingress_rules
    for allowed, _ in asked:
        peer_exists(call, group, allowed)
    rule_is_new([permissions.of_rule(r) for r in existing], [allowed for allowed, _ in asked])
    rules_per_group_quota(call, len(existing), len(asked))
    made = [_stored(call, group, allowed, text, egress=egress) for allowed, text in asked]
    for one in made:
        existing.append(one)
        put_tags(call, one.id, tags)
        call.created(one.id)
    return {"Return": True, "SecurityGroupRules": [view(call, one) for one in made]}


@answers("ec2", "AuthorizeSecurityGroupIngress")
def authorize_ingress(call: Call) -> dict[str, Any]:
    """Adds rules for what comes in, all or none."""
    return _authorize(call, egress=False)


@answers("ec2", "AuthorizeSecurityGroupEgress")
def authorize_egress(call: Call) -> dict[str, Any]:
    """Adds rules for what goes out, all or none."""
    return _authorize(call, egress=True)


@rule("ec2.RevokeSecurityGroupIngress", "ec2.RevokeSecurityGroupEgress")
def revoked_rules_exist(group: Any, existing: list[Any], call: Call) -> list[Any]:
    """Rules that are named must exist, by id or by value; otherwise nothing is revoked.

    Source: botocore ec2.RevokeSecurityGroupIngress ("an InvalidPermission.NotFound client error is
    returned, and no rules are revoked"); EC2 error codes (InvalidSecurityGroupRuleId.NotFound).
    """
    found = []
    if call.params.get("SecurityGroupRuleIds"):
        by_id = {one.id: one for one in existing}
        for wanted in call.params["SecurityGroupRuleIds"]:
            if wanted not in by_id:
                text = f"The security group rule ID '{wanted}' does not exist"
                raise AwsError("InvalidSecurityGroupRuleId.NotFound", text)
            found.append(by_id[wanted])
        return found
    by_value = {permissions.of_rule(one): one for one in existing}
    for allowed, _ in permissions.asked_for(call.params):
        if allowed not in by_value:
            text = f"The specified rule does not exist in this security group: {group.id}, {allowed.text()}"
            raise AwsError("InvalidPermission.NotFound", text)
        found.append(by_value[allowed])
    return found


def _revoke(call: Call, *, egress: bool) -> dict[str, Any]:
    group = security_group.security_group_exists(call, call.params.get("GroupId", ""))
    existing = group.egress_rules if egress else group.ingress_rules
    found = revoked_rules_exist(group, existing, call)
    revoked = []
    for one in found:
        shown = view(call, one)
        shown.pop("Tags")
        shown.pop("GroupOwnerId")
        shown.pop("SecurityGroupRuleArn")
        if "ReferencedGroupInfo" in shown:
            shown["ReferencedGroupId"] = shown.pop("ReferencedGroupInfo")["GroupId"]
        revoked.append(shown)
        # By identity: moto's rules are equal when they differ in nothing but ids.
        existing[:] = [r for r in existing if r is not one]
        call.ec2.tags.pop(one.id, None)
    return {"Return": True, "RevokedSecurityGroupRules": revoked}


@answers("ec2", "RevokeSecurityGroupIngress")
def revoke_ingress(call: Call) -> dict[str, Any]:
    """Removes rules for what comes in."""
    return _revoke(call, egress=False)


@answers("ec2", "RevokeSecurityGroupEgress")
def revoke_egress(call: Call) -> dict[str, Any]:
    """Removes rules for what goes out."""
    return _revoke(call, egress=True)


@answers("ec2", "ModifySecurityGroupRules")
def modify_security_group_rules(call: Call) -> dict[str, Any]:
    """Changes rules in place; their ids stay."""
    group = security_group.security_group_exists(call, call.params["GroupId"])
    stored = {one.id: one for one in (*group.ingress_rules, *group.egress_rules)}
    for update in call.params["SecurityGroupRules"]:
        wanted = update["SecurityGroupRuleId"]
        if wanted not in stored:
            text = f"The security group rule ID '{wanted}' does not exist"
            raise AwsError("InvalidSecurityGroupRuleId.NotFound", text)
        asked = update.get("SecurityGroupRule") or {}
        fields = {"CidrIpv4": ("IpRanges", "CidrIp"), "CidrIpv6": ("Ipv6Ranges", "CidrIpv6")}
        fields["PrefixListId"] = ("PrefixListIds", "PrefixListId")
        fields["ReferencedGroupId"] = ("UserIdGroupPairs", "GroupId")
        item: dict[str, Any] = {k: asked[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in asked}
        for member, (where, kind) in fields.items():
            if asked.get(member):
                item[where] = [{kind: asked[member], "Description": asked.get("Description")}]
        allowed, described = next(permissions.asked_for({"IpPermissions": [item]}))
        peer_exists(call, group, allowed)
        old = stored[wanted]
        new = _stored(call, group, allowed, described, egress=bool(old.is_egress))
        for name in ("ip_protocol", "from_port", "to_port", "ip_range", "source_group", "prefix_list_id"):
            setattr(old, name, getattr(new, name))
    return {"Return": True}


def _redescribe(call: Call, *, egress: bool) -> dict[str, Any]:
    group = security_group.security_group_exists(call, call.params.get("GroupId", ""))
    existing = group.egress_rules if egress else group.ingress_rules
    if call.params.get("SecurityGroupRuleDescriptions"):
        by_id = {one.id: one for one in existing}
        for item in call.params["SecurityGroupRuleDescriptions"]:
            one = by_id.get(item.get("SecurityGroupRuleId", ""))
            if one is None:
                text = f"The security group rule ID '{item.get('SecurityGroupRuleId')}' does not exist"
                raise AwsError("InvalidSecurityGroupRuleId.NotFound", text)
            _describe(one, item.get("Description"))
        return {"Return": True}
    found = revoked_rules_exist(group, existing, call)
    for one, (_, described) in zip(found, permissions.asked_for(call.params), strict=True):
        _describe(one, described)
    return {"Return": True}


@answers("ec2", "UpdateSecurityGroupRuleDescriptionsIngress")
def update_descriptions_ingress(call: Call) -> dict[str, Any]:
    """Changes descriptions of rules for what comes in."""
    return _redescribe(call, egress=False)


@answers("ec2", "UpdateSecurityGroupRuleDescriptionsEgress")
def update_descriptions_egress(call: Call) -> dict[str, Any]:
    """Changes descriptions of rules for what goes out."""
    return _redescribe(call, egress=True)


@answers("ec2", "DescribeSecurityGroupRules")
def describe_security_group_rules(call: Call) -> dict[str, Any]:
    """Lists rules."""
    return describe(call, LISTING)


def _describe(one: Any, text: str | None) -> None:
    if text:
        one.ip_range["Description"] = text
    else:
        one.ip_range.pop("Description", None)


def _stored(call: Call, group: Any, allowed: Permission, text: str | None, *, egress: bool) -> Any:
    # Moto insists on ports for every protocol but -1; AWS has none for protocol numbers.
    plain = allowed.from_port is None
    made: Any = SecurityGroupRule(
        call.ec2,
        "-1" if plain else allowed.protocol,
        group.id,
        None if plain else str(allowed.from_port),
        None if plain else str(allowed.to_port),
        {allowed.kind: allowed.value} if allowed.kind in ("CidrIp", "CidrIpv6") else {},
        {"GroupId": allowed.value} if allowed.kind == "GroupId" else None,
        {"PrefixListId": allowed.value} if allowed.kind == "PrefixListId" else None,
        is_egress=egress,
    )
    made.ip_protocol = allowed.protocol
    _describe(made, text)
    return made


def things(call: Call) -> Iterable[tuple[str, Any]]:
    """All rules of the account and region."""
    groups = [g for _, g in security_group.things(call)]
    return [(r.id, r) for g in groups for r in (*g.ingress_rules, *g.egress_rules)]


LISTING = Listing(
    result="SecurityGroupRules",
    id_member="SecurityGroupRuleId",
    things=things,
    view=view,
    ids="SecurityGroupRuleIds",
    not_found=lambda i: AwsError(
        "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{i}' does not exist"
    ),
    filters={"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId"},
)
