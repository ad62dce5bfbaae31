from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, permission, refused

rule = pytest.mark.rule


@rule("group_name_and_description_allowed")
@pytest.mark.parametrize(
    ("name", "description"), [("sg-mine", "d"), ("default", "d"), ("a" * 256, "d"), ("web", "d" * 256), ("wéb", "d")]
)
def test_names_and_descriptions_that_are_refused(aws: Aws, name: str, description: str) -> None:
    with refused("InvalidParameterValue"):
        aws.ec2.create_security_group(GroupName=name, Description=description, VpcId=aws.vpc())


@rule("group_name_is_new_in_the_vpc")
def test_a_name_is_unique_in_its_vpc_whatever_its_case(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.group(vpc, "web")
    with refused("InvalidGroup.Duplicate", "WEB"):
        aws.group(vpc, "WEB")
    aws.group(aws.vpc(), "web")


@rule("group_quota", "rules_per_group_quota")
def test_quotas_of_groups_and_rules(aws: Aws) -> None:
    vpc = aws.vpc()
    group = aws.group(vpc)
    aws.quota(securityGroups=1, rulesPerGroup=1)
    with refused("SecurityGroupLimitExceeded"):
        aws.group(vpc, "second")
    two = permission(cidr="10.0.0.0/16") + permission(cidr="10.0.0.0/16", port=80)
    with refused("RulesPerSecurityGroupLimitExceeded"):
        aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=two)


@rule("default_group_stays", "security_group_exists")
def test_the_default_group_stays(aws: Aws) -> None:
    with refused("CannotDelete", "default"):
        aws.ec2.delete_security_group(GroupId=aws.default_group(aws.vpc()))
    with refused("InvalidGroup.NotFound"):
        aws.ec2.delete_security_group(GroupId="sg-00000000")


@rule("used_group_stays")
@pytest.mark.parametrize("holder", ["rule", "interface", "endpoint"])
def test_a_group_in_use_stays(aws: Aws, holder: str) -> None:
    vpc = aws.vpc()
    group = aws.group(vpc)
    if holder == "rule":
        other = aws.group(vpc, "other")
        aws.ec2.authorize_security_group_egress(GroupId=other, IpPermissions=permission(group=group))
    elif holder == "interface":
        aws.interface(aws.subnet(vpc), Groups=[group])
    else:
        aws.dns(vpc)
        aws.durations(endpoint_delete=10)
        made = aws.endpoint_for(vpc, SecurityGroupIds=[group])
        aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    with refused("DependencyViolation", group):
        aws.ec2.delete_security_group(GroupId=group)


def test_a_group_that_names_itself_can_go(aws: Aws) -> None:
    group = aws.group(aws.vpc())
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(group=group))
    aws.ec2.delete_security_group(GroupId=group)


@rule("rule_is_new")
def test_a_rule_is_unique_and_a_batch_is_all_or_nothing(aws: Aws) -> None:
    group = aws.group(aws.vpc())
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(cidr="10.0.0.0/16"))
    batch = permission(cidr="10.0.0.0/16", port=80) + permission(cidr="10.0.0.0/16")
    with refused("InvalidPermission.Duplicate"):
        aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=batch)
    assert len(_rules(aws, group, egress=False)) == 1


@rule("peer_block_in_canonical_form", "protocol_and_ports")
def test_peers_and_ports_are_checked(aws: Aws) -> None:
    group = aws.group(aws.vpc())
    for bad in (
        permission(cidr="10.0.0.0/33"),
        permission(protocol="carrier-pigeon", cidr="10.0.0.0/16"),
        permission(port=None, cidr="10.0.0.0/16"),
        permission(port=65536, cidr="10.0.0.0/16"),
        permission(),
    ):
        with refused("InvalidParameterValue"):
            aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=bad)
    made = aws.ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=permission(protocol="6", cidr="10.0.3.4/16")
    )["SecurityGroupRules"][0]
    assert (made["IpProtocol"], made["CidrIpv4"]) == ("tcp", "10.0.0.0/16")


@rule("peer_exists")
def test_peers_exist(aws: Aws) -> None:
    group = aws.group(aws.vpc())
    elsewhere = aws.group(aws.vpc(), "elsewhere")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"group": "sg-00000000"}, "InvalidGroup.NotFound"),
        ({"group": elsewhere}, "InvalidGroup.NotFound"),
        ({"prefix": "pl-00000000"}, "InvalidPrefixListID.NotFound"),
    ]
    for peer, code in cases:
        with refused(code):
            aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permission(**peer))
    aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permission(prefix="pl-6da54004"))


@rule("revoked_rules_exist")
def test_rules_are_revoked_by_value_or_by_id(aws: Aws) -> None:
    group = aws.group(aws.vpc())
    added = permission(cidr="10.0.0.0/16")
    made = aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=added)["SecurityGroupRules"][0]
    with refused("InvalidPermission.NotFound"):
        aws.ec2.revoke_security_group_ingress(
            GroupId=group, IpPermissions=added + permission(cidr="10.0.0.0/16", port=80)
        )
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        aws.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=["sgr-00000000"])
    assert len(_rules(aws, group, egress=False)) == 1
    aws.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])
    everything = permission(protocol="-1", port=None, cidr="0.0.0.0/0")
    gone = aws.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    assert gone["RevokedSecurityGroupRules"][0]["CidrIpv4"] == "0.0.0.0/0"
    assert _rules(aws, group, egress=False) == _rules(aws, group, egress=True) == []


def test_rules_are_changed_in_place(aws: Aws) -> None:
    group = aws.group(aws.vpc())
    add = permission(cidr="10.0.0.0/16")
    made = aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=add)["SecurityGroupRules"][0]
    new: Any = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "10.1.0.0/16", "Description": "b"}
    aws.ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[{"SecurityGroupRuleId": made["SecurityGroupRuleId"], "SecurityGroupRule": new}],
    )
    shown = _rules(aws, group, egress=False)[0]
    assert shown["SecurityGroupRuleId"] == made["SecurityGroupRuleId"]
    assert {k: shown[k] for k in new} == new
    described = permission(cidr="10.1.0.0/16", port=80)
    described[0]["IpRanges"][0]["Description"] = "c"
    aws.ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=described)
    assert _rules(aws, group, egress=False)[0]["Description"] == "c"


def test_groups_for_a_vpc(aws: Aws) -> None:
    vpc = aws.vpc()
    group = aws.group(vpc)
    listed = aws.ec2.get_security_groups_for_vpc(VpcId=vpc)["SecurityGroupForVpcs"]
    assert {g["GroupId"] for g in listed} == {group, aws.default_group(vpc)}


def _rules(aws: Aws, group: str, *, egress: bool) -> list[Any]:
    filters: Any = [{"Name": "group-id", "Values": [group]}]
    listed = aws.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return [r for r in listed if r["IsEgress"] == egress]
