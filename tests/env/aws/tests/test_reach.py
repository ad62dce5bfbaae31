from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, control_error, permission


class Net:
    """An isolated subnet, and groups that let nothing out and nothing in."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.vpc = aws.vpc()
        self.subnet = aws.subnet(self.vpc)

    def group(self, name: str) -> str:
        made = self.aws.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        self.aws.ec2.revoke_security_group_egress(GroupId=made, IpPermissions=permission("-1", None, cidr="0.0.0.0/0"))
        return made

    def out(self, owner: str, port: int = 80, **peer: str) -> None:
        self.aws.ec2.authorize_security_group_egress(GroupId=owner, IpPermissions=permission("tcp", port, **peer))

    def let_in(self, owner: str, port: int = 80, **peer: str) -> None:
        self.aws.ec2.authorize_security_group_ingress(GroupId=owner, IpPermissions=permission("tcp", port, **peer))

    def peer(self, *groups: str) -> dict[str, Any]:
        made = self.aws.ec2.create_network_interface(SubnetId=self.subnet, Groups=list(groups))
        return {"interface": made["NetworkInterface"]["NetworkInterfaceId"]}

    def ask(self, source: Any, target: Any, port: int = 80) -> list[tuple[str, bool]]:
        order = {"region": self.aws.region, "from": source, "to": target, "port": port}
        answer = self.aws.control("POST", "reach", order)
        gates = answer["hops"]
        assert answer["ok"] == all(g["ok"] for g in gates)
        return [(g["hop"].split()[0], g["ok"]) for g in gates]

    def why(self, source: Any, target: Any, port: int = 80) -> str:
        order = {"region": self.aws.region, "from": source, "to": target, "port": port}
        return next(str(g["why"]) for g in self.aws.control("POST", "reach", order)["hops"] if not g["ok"])

    def table(self) -> str:
        made = self.aws.table(self.vpc)
        self.aws.ec2.associate_route_table(RouteTableId=made, SubnetId=self.subnet)
        return made


@pytest.fixture
def net(aws: Aws) -> Net:
    return Net(aws)


OPEN = [("egress", True), ("route", True), ("ingress", True)]


def test_both_ends_must_let_the_flow_through(net: Net) -> None:
    a, b = net.group("a"), net.group("b")
    source, target = net.peer(a), net.peer(b)
    assert net.ask(source, target) == [("egress", False), ("route", True), ("ingress", False)]
    net.out(a, group=b)
    assert net.ask(source, target) == [("egress", True), ("route", True), ("ingress", False)]
    net.let_in(b, group=a)
    assert net.ask(source, target) == OPEN
    assert net.ask(source, target, 81) == [("egress", False), ("route", True), ("ingress", False)]
    assert net.ask(target, source) == [("egress", False), ("route", True), ("ingress", False)]


def test_a_rule_that_names_a_group_admits_its_members_and_nobody_else(net: Net) -> None:
    a, b, c = net.group("a"), net.group("b"), net.group("c")
    for group in (a, c):
        net.out(group, cidr="10.0.1.0/24")
    net.let_in(b, group=a)
    target = net.peer(b)
    assert net.ask(net.peer(a), target) == OPEN
    assert net.ask(net.peer(c), target)[-1] == ("ingress", False)
    assert net.ask(net.peer(c, a), target) == OPEN


def test_a_verdict_names_the_group_the_port_and_the_peer(net: Net) -> None:
    a, b = net.group("a"), net.group("b")
    target = {"address": "10.0.1.77", "subnet": net.subnet, "groups": [b]}
    assert net.why(net.peer(a), target, 443) == f"no egress rule of {a} allows tcp 443 with 10.0.1.77 ({b})"


def test_an_isolated_subnet_has_no_way_out(net: Net) -> None:
    a = net.group("a")
    net.out(a, 443, cidr="0.0.0.0/0")
    table = net.table()
    assert net.ask(net.peer(a), {"address": "198.51.100.1"}, 443) == [("egress", True), ("route", False)]
    assert net.why(net.peer(a), {"address": "198.51.100.1"}, 443) == f"no route of {table} leads to 198.51.100.1"


def test_an_internet_gateway_is_for_public_addresses_and_a_dead_target_is_a_blackhole(net: Net) -> None:
    a = net.group("a")
    net.out(a, 443, cidr="0.0.0.0/0")
    table, gateway = net.table(), net.aws.gateway(net.vpc)
    net.aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    source, world = net.peer(a), {"address": "198.51.100.1"}
    assert "has no public address" in net.why(source, world, 443)
    address = net.aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    pair = net.aws.ec2.associate_address(AllocationId=address, NetworkInterfaceId=source["interface"])
    assert net.ask(source, world, 443) == [("egress", True), ("route", True)]
    net.aws.ec2.disassociate_address(AssociationId=pair["AssociationId"])
    net.aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=net.vpc)
    assert "blackhole" in net.why(source, world, 443)


def test_a_local_route_ends_at_the_vpc(net: Net) -> None:
    other = Net(net.aws)
    a, b = net.group("a"), other.group("b")
    net.out(a, cidr="0.0.0.0/0")
    other.let_in(b, cidr="0.0.0.0/0")
    assert net.ask(net.peer(a), other.peer(b)) == [("egress", True), ("route", False), ("ingress", True)]


def test_s3_needs_the_prefix_list_in_a_rule_and_in_a_route(net: Net) -> None:
    a = net.group("a")
    task, s3, table = net.peer(a), {"service": "s3"}, net.table()
    assert net.ask(task, s3, 443) == [("name", True), ("egress", False), ("route", False)]
    net.out(a, 443, prefix="pl-6da54004")
    assert net.ask(task, s3, 443) == [("name", True), ("egress", True), ("route", False)]
    net.aws.endpoint_for(net.vpc, "s3", VpcEndpointType="Gateway", RouteTableIds=[table])
    assert net.ask(task, s3, 443) == [("name", True), ("egress", True), ("route", True)]
    assert net.ask(task, {"service": "dynamodb"}, 443)[1:] == [("egress", False), ("route", False)]


def test_an_interface_endpoint_needs_private_dns_and_both_groups(net: Net) -> None:
    a, ends = net.group("a"), net.group("ends")
    net.aws.dns(net.vpc)
    task, logs = net.peer(a), {"service": "logs"}
    net.table()
    assert net.ask(task, logs, 443) == [("name", True), ("egress", False), ("route", False)]
    net.aws.endpoint_for(net.vpc, "logs", SubnetIds=[net.subnet], SecurityGroupIds=[ends])
    assert net.ask(task, logs, 443) == [("name", True), ("egress", False), ("route", True), ("ingress", False)]
    net.out(a, 443, group=ends)
    net.let_in(ends, 443, group=a)
    assert net.ask(task, logs, 443) == [("name", True), *OPEN]
    net.aws.ec2.modify_vpc_attribute(VpcId=net.vpc, EnableDnsHostnames={"Value": False})
    assert net.ask(task, logs, 443) == [("name", True), ("egress", False), ("route", False)]
    net.aws.ec2.modify_vpc_attribute(VpcId=net.vpc, EnableDnsSupport={"Value": False})
    assert net.ask(task, logs, 443) == [("name", False)]


def test_mistakes_in_a_question_are_said(net: Net) -> None:
    assert "no interface eni-1 has an interface" in control_error(
        net.aws, "POST", "reach", {"region": "eu-west-1", "from": {"interface": "eni-1"}, "to": {}}
    )
    assert "from is a peer" in control_error(net.aws, "POST", "reach", {"region": "eu-west-1"})
    assert "account and region are needed" in control_error(net.aws, "POST", "reach", {})
