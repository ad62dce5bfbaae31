from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .architecture import Way
from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def way(aws: Aws, layer: Server) -> Way:
    return Way(aws, layer)


def _shown(way: Way, arn: str) -> Any:
    return way.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]


@rule("balancer_is_provisioned_first")
def test_a_balancer_is_provisioning_and_then_active(way: Way) -> None:
    way.aws.durations(balancer_create=150)
    made = way.elb.create_load_balancer(
        Name="web", Type="network", Scheme="internal", Subnets=way.subnets, SecurityGroups=[way.balancer_group]
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    assert arn.startswith(f"arn:aws:elasticloadbalancing:eu-west-1:{way.aws.account}:loadbalancer/net/web/")
    assert made["DNSName"] == f"web-{arn.rpartition('/')[2]}.elb.eu-west-1.amazonaws.com"
    assert (made["State"]["Code"], made["Type"], made["VpcId"]) == ("provisioning", "network", way.vpc)
    assert [z["SubnetId"] for z in made["AvailabilityZones"]] == way.subnets
    assert _shown(way, arn)["State"]["Code"] == "provisioning"
    way.aws.step(151)
    assert _shown(way, arn)["State"]["Code"] == "active"
    assert _shown(way, arn)["SecurityGroups"] == [way.balancer_group]


def test_an_interface_of_aws_stands_in_every_subnet(way: Way) -> None:
    arn = way.balancer()
    shown = way.aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert sorted(i["SubnetId"] for i in shown) == sorted(way.subnets)
    assert {i["Description"] for i in shown} == {f"ELB {arn.partition('loadbalancer/')[2]}"}
    assert {(i["InterfaceType"], i["RequesterManaged"]) for i in shown} == {("network_load_balancer", True)}
    assert {i["Groups"][0]["GroupId"] for i in shown} == {way.balancer_group}
    with refused("OperationNotPermitted"):
        way.aws.ec2.delete_network_interface(NetworkInterfaceId=shown[0]["NetworkInterfaceId"])


@rule("same_name_and_settings_is_the_same_balancer")
def test_the_same_name_and_settings_is_the_same_balancer(way: Way) -> None:
    arn = way.balancer(Tags=[{"Key": "owner", "Value": "a"}])
    assert way.balancer(Tags=[{"Key": "owner", "Value": "b"}], Subnets=way.subnets[::-1]) == arn
    tags = way.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "owner", "Value": "a"}]
    with refused("DuplicateLoadBalancerName", "with different settings"):
        way.balancer(Subnets=way.subnets[:1])
    with refused("DuplicateLoadBalancerName"):
        way.balancer(SecurityGroups=[way.task_group])
    assert len(way.elb.describe_load_balancers()["LoadBalancers"]) == 1


@rule("name_is_allowed")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a" * 33, "longer than '32'"),
        ("a_b", "alphanumeric"),
        ("-a", "begin or end"),
        ("a-", "begin or end"),
        ("internal-a", "begin with 'internal-'"),
    ],
)
def test_names_of_balancers_and_groups(way: Way, name: str, words: str) -> None:
    with refused("ValidationError", words):
        way.balancer(name)
    if not name.startswith("internal-"):
        with refused("ValidationError", words):
            way.target_group(name)


@rule("balancer_subnets_fit")
def test_subnets_of_a_balancer(way: Way) -> None:
    twin, elsewhere = way.aws.subnet(way.vpc, "10.0.3.0/24"), way.aws.subnet(way.aws.vpc(), zone="eu-west-1b")
    with refused("SubnetNotFound", "subnet-00000000"):
        way.balancer(Subnets=["subnet-00000000"])
    with refused("InvalidConfigurationRequest", "same Availability Zone"):
        way.balancer(Subnets=[way.subnets[0], twin])
    with refused("InvalidConfigurationRequest", "same VPC"):
        way.balancer(Subnets=[way.subnets[0], elsewhere])
    with refused("ValidationError", "At least one subnet"):
        way.balancer(Subnets=[])
    with refused("InvalidSubnet", "no internet gateway"):
        way.balancer(Scheme="internet-facing")
    way.aws.gateway(way.vpc)
    way.balancer(Scheme="internet-facing")


@rule("eight_free_addresses")
def test_a_full_subnet_takes_no_balancer(way: Way) -> None:
    small = way.aws.subnet(way.vpc, "10.0.3.0/28", "eu-west-1c")
    for _ in range(4):
        way.aws.interface(small)
    with refused("InvalidSubnet", "at least 8 free IP addresses"):
        way.balancer(Subnets=[small])


@rule("balancer_groups_fit")
def test_groups_of_a_balancer(way: Way) -> None:
    with refused("InvalidSecurityGroup", "sg-00000000"):
        way.balancer(SecurityGroups=["sg-00000000"])
    with refused("InvalidConfigurationRequest", "is not in the VPC"):
        way.balancer(SecurityGroups=[way.aws.group(way.aws.vpc())])
    way.aws.quota(groupsPerInterface=1)
    with refused("InvalidConfigurationRequest", "Too many"):
        way.balancer(SecurityGroups=[way.balancer_group, way.task_group])


@rule("groups_only_if_created_with_some")
def test_groups_come_at_creation_or_never(way: Way) -> None:
    bare, dressed = way.balancer("bare", SecurityGroups=[]), way.balancer("dressed")
    with refused("InvalidConfigurationRequest", "created without any security groups"):
        way.elb.set_security_groups(LoadBalancerArn=bare, SecurityGroups=[way.balancer_group])
    assert "SecurityGroups" not in _shown(way, bare)
    with refused("InvalidConfigurationRequest", "at least one security group"):
        way.elb.set_security_groups(LoadBalancerArn=dressed, SecurityGroups=[])
    way.elb.set_security_groups(LoadBalancerArn=dressed, SecurityGroups=[way.task_group])
    assert _shown(way, dressed)["SecurityGroups"] == [way.task_group]
    interfaces = way.aws.ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [way.task_group]}])[
        "NetworkInterfaces"
    ]
    assert len(interfaces) == 2


@rule("subnet_of_a_zone_is_changed_in_two_steps")
def test_zones_come_and_go_and_a_swap_takes_two_steps(way: Way) -> None:
    arn = way.balancer()
    twin = way.aws.subnet(way.vpc, "10.0.3.0/24")
    with refused("InvalidConfigurationRequest", "disable it first"):
        way.elb.set_subnets(LoadBalancerArn=arn, Subnets=[twin, way.subnets[1]])
    way.elb.set_subnets(LoadBalancerArn=arn, Subnets=[way.subnets[1]])
    way.aws.ec2.delete_subnet(SubnetId=way.subnets[0])
    way.elb.set_subnets(LoadBalancerArn=arn, Subnets=[twin, way.subnets[1]])
    assert {z["SubnetId"] for z in _shown(way, arn)["AvailabilityZones"]} == {twin, way.subnets[1]}


@rule("balancer_interfaces_outlive_it")
def test_interfaces_outlive_the_balancer_and_block_deletes(way: Way) -> None:
    way.aws.durations(interface_linger=120)
    arn = way.balancer()
    listener = way.listener(arn, way.target_group())
    way.elb.delete_load_balancer(LoadBalancerArn=arn)
    way.elb.delete_load_balancer(LoadBalancerArn=arn)
    with refused("LoadBalancerNotFound"):
        _shown(way, arn)
    with refused("ListenerNotFound"):
        way.elb.describe_listeners(ListenerArns=[listener])
    with refused("DependencyViolation"):
        way.aws.ec2.delete_subnet(SubnetId=way.subnets[0])
    with refused("DependencyViolation"):
        way.aws.ec2.delete_security_group(GroupId=way.balancer_group)
    way.aws.step(121)
    way.aws.ec2.delete_subnet(SubnetId=way.subnets[0])
    way.aws.ec2.delete_security_group(GroupId=way.balancer_group)


@rule("protected_balancer_stays", "attributes_known")
def test_attributes_and_deletion_protection(way: Way) -> None:
    arn = way.balancer()

    def attributes() -> dict[str, str]:
        shown = way.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        return {a["Key"]: a["Value"] for a in shown}

    def change(key: str, value: str) -> None:
        way.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value}])

    assert attributes()["load_balancing.cross_zone.enabled"] == "false"
    with refused("ValidationError", "'idle_timeout.timeout_seconds' is not recognized"):
        change("idle_timeout.timeout_seconds", "60")
    with refused("ValidationError", "must be one of"):
        change("deletion_protection.enabled", "yes")
    change("deletion_protection.enabled", "true")
    assert attributes()["deletion_protection.enabled"] == "true"
    with refused("OperationNotPermitted", "deletion protection"):
        way.elb.delete_load_balancer(LoadBalancerArn=arn)
    change("deletion_protection.enabled", "false")
    way.elb.delete_load_balancer(LoadBalancerArn=arn)


@rule("load_balancer_exists")
def test_a_balancer_that_is_not_there(way: Way) -> None:
    arn = f"arn:aws:elasticloadbalancing:eu-west-1:{way.aws.account}:loadbalancer/net/none/0123456789abcdef"
    with refused("LoadBalancerNotFound"):
        way.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)
    with refused("LoadBalancerNotFound"):
        way.elb.set_subnets(LoadBalancerArn=arn, Subnets=way.subnets)
    with refused("LoadBalancerNotFound"):
        way.elb.describe_load_balancers(Names=["none"])
    with refused("LoadBalancerNotFound"):
        way.elb.describe_listeners(LoadBalancerArn=arn)


@rule("load_balancer_quota", "listener_quota", "target_group_quota")
def test_quotas(way: Way) -> None:
    way.aws.quota(networkLoadBalancers=1, listenersPerLoadBalancer=1, targetGroups=1)
    arn, group = way.balancer(), way.target_group()
    way.listener(arn, group)
    with refused("TooManyLoadBalancers"):
        way.balancer("other")
    with refused("TooManyListeners"):
        way.listener(arn, group, 81)
    with refused("TooManyTargetGroups"):
        way.target_group("other")


@rule("described")
def test_pages_and_lag(way: Way) -> None:
    first, second = way.balancer("one"), way.balancer("two")
    page = way.elb.describe_load_balancers(PageSize=1)
    assert [b["LoadBalancerArn"] for b in page["LoadBalancers"]] == [first]
    rest = way.elb.describe_load_balancers(PageSize=1, Marker=page["NextMarker"])
    assert [b["LoadBalancerArn"] for b in rest["LoadBalancers"]] == [second]
    assert "NextMarker" not in rest
    with refused("ValidationError", "marker"):
        way.elb.describe_load_balancers(Marker="nonsense")
    way.aws.control("POST", "hide", {"id": first, "reads": 1})
    assert [b["LoadBalancerArn"] for b in way.elb.describe_load_balancers()["LoadBalancers"]] == [second]
    assert len(way.elb.describe_load_balancers()["LoadBalancers"]) == 2
    way.aws.control("POST", "hide", {"id": first, "reads": 1, "by_id": True})
    with refused("LoadBalancerNotFound"):
        way.elb.describe_load_balancers(Names=["one"])


@rule("balancer_tags_allowed", "tagged_balancing_resource_exists", "twenty_resources_a_call")
def test_tags(way: Way) -> None:
    arn = way.balancer(Tags=[{"Key": "a", "Value": "1"}])
    group = way.target_group(Tags=[{"Key": "a", "Value": "2"}])
    listener = way.listener(arn, group, Tags=[{"Key": "a", "Value": "3"}])
    way.elb.add_tags(ResourceArns=[arn, listener], Tags=[{"Key": "b", "Value": ""}])
    way.elb.remove_tags(ResourceArns=[arn], TagKeys=["a", "none"])
    shown = way.elb.describe_tags(ResourceArns=[arn, group, listener])["TagDescriptions"]
    assert [(d["ResourceArn"], {t["Key"]: t["Value"] for t in d["Tags"]}) for d in shown] == [
        (arn, {"b": ""}),
        (group, {"a": "2"}),
        (listener, {"a": "3", "b": ""}),
    ]
    with refused("DuplicateTagKeys"):
        way.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    with refused("ValidationError", "aws:"):
        way.balancer("other", Tags=[{"Key": "aws:x", "Value": "1"}])
    with refused("TooManyTags"):
        way.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": str(n), "Value": ""} for n in range(50)])
    with refused("TargetGroupNotFound"):
        way.elb.add_tags(ResourceArns=[arn, group + "0"], Tags=[{"Key": "c", "Value": "1"}])
    assert len(way.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]) == 1
    with refused("ValidationError", "At most 20"):
        way.elb.describe_tags(ResourceArns=[arn] * 21)


def test_the_ledger_faults_and_dump_know_load_balancers(way: Way) -> None:
    before = way.aws.dump()
    way.aws.fault(service="elbv2", operation="CreateLoadBalancer", code="ServiceUnavailable", status=503)
    with refused("ServiceUnavailable"):
        way.balancer()
    assert way.aws.dump() == before
    arn = way.balancer()
    failed, made = way.aws.ledger(operation="CreateLoadBalancer")
    assert (failed["write"], failed["effect"], made["effect"]) == (True, False, True)
    assert made["request"]["Subnets"] == way.subnets
    assert arn in made["resources"]
    assert arn in way.aws.dump()
    way.elb.delete_load_balancer(LoadBalancerArn=arn)
    assert way.aws.dump() == before


def test_the_published_bucket_of_create_load_balancer(way: Way) -> None:
    way.aws.settings(buckets=True)
    for n in range(10):
        way.balancer(f"web-{n}", SecurityGroups=[way.balancer_group])
    with refused("ThrottlingException", "Rate exceeded"):
        way.balancer("web-11")
    way.aws.step(5)
    way.balancer("web-11")
