from __future__ import annotations

import json
from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


def _state(aws: Aws, endpoint: str) -> Any:
    return aws.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]


def _private(aws: Aws) -> str:
    vpc = aws.vpc()
    aws.dns(vpc)
    return vpc


@rule("gateway_endpoint_adds_routes")
def test_a_gateway_endpoint_puts_routes_into_its_tables_and_takes_them_with_it(aws: Aws) -> None:
    vpc = aws.vpc()
    one, other = aws.table(vpc), aws.table(vpc)
    made = aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway", RouteTableIds=[one])
    assert _state(aws, made)["State"] == "available"
    assert aws.routes(one)[1] == {
        "DestinationPrefixListId": "pl-6da54004",
        "GatewayId": made,
        "Origin": "CreateRoute",
        "State": "active",
    }
    with refused("RouteAlreadyExists", one):
        aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway", RouteTableIds=[other, one])
    assert len(aws.routes(other)) == 1
    with refused("InvalidParameterValue", "endpoint route"):
        aws.ec2.delete_route(RouteTableId=one, DestinationPrefixListId="pl-6da54004")
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=made, AddRouteTableIds=[other], RemoveRouteTableIds=[one])
    assert (len(aws.routes(one)), len(aws.routes(other))) == (1, 2)
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert len(aws.routes(other)) == 1


def test_an_interface_endpoint_is_pending_first_and_deleting_last(aws: Aws) -> None:
    vpc = _private(aws)
    subnet = aws.subnet(vpc)
    aws.durations(endpoint_create=60, endpoint_delete=60, interface_linger=30)
    made = aws.endpoint_for(vpc, SubnetIds=[subnet])
    assert _state(aws, made)["State"] == "pending"
    aws.step(61)
    assert _state(aws, made)["State"] == "available"
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert _state(aws, made)["State"] == "deleting"
    with refused("DependencyViolation"):
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.step(61)
    with refused("InvalidVpcEndpointId.NotFound"):
        _state(aws, made)
    with refused("DependencyViolation"):
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.step(31)
    aws.ec2.delete_subnet(SubnetId=subnet)


@rule("default_group")
def test_an_endpoint_without_groups_gets_the_default_one(aws: Aws) -> None:
    vpc = _private(aws)
    made = aws.endpoint_for(vpc, SubnetIds=[aws.subnet(vpc)])
    shown = _state(aws, made)
    assert [g["GroupId"] for g in shown["Groups"]] == [aws.default_group(vpc)]
    interface = aws.ec2.describe_network_interfaces(NetworkInterfaceIds=shown["NetworkInterfaceIds"])
    assert interface["NetworkInterfaces"][0]["InterfaceType"] == "vpc_endpoint"
    assert interface["NetworkInterfaces"][0]["RequesterManaged"] is True


@rule("private_dns_needs_vpc_dns")
def test_private_dns_needs_both_attributes(aws: Aws) -> None:
    vpc = aws.vpc()
    with refused("InvalidParameter", "enableDnsHostnames"):
        aws.endpoint_for(vpc)
    made = aws.endpoint_for(vpc, PrivateDnsEnabled=False)
    with refused("InvalidParameter", "enableDnsHostnames"):
        aws.ec2.modify_vpc_endpoint(VpcEndpointId=made, PrivateDnsEnabled=True)
    aws.dns(vpc)
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=made, PrivateDnsEnabled=True)
    assert _state(aws, made)["PrivateDnsEnabled"] is True


@rule("private_name_is_free")
def test_one_private_name_per_vpc_also_while_the_first_is_going(aws: Aws) -> None:
    vpc = _private(aws)
    aws.durations(endpoint_delete=10)
    first = aws.endpoint_for(vpc)
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[first])
    with refused("InvalidParameter", "conflicting DNS domain for logs.eu-west-1.amazonaws.com"):
        aws.endpoint_for(vpc)
    aws.step(11)
    aws.endpoint_for(vpc)


@rule("endpoint_subnets_fit", "endpoint_service_may_lack_a_zone")
def test_subnets_of_an_endpoint(aws: Aws) -> None:
    vpc = _private(aws)
    one, twin, other = aws.subnet(vpc), aws.subnet(vpc, "10.0.2.0/24"), aws.subnet(aws.vpc())
    with refused("DuplicateSubnetsInSameZone"):
        aws.endpoint_for(vpc, SubnetIds=[one, twin])
    with refused("InvalidParameter", "different networks"):
        aws.endpoint_for(vpc, SubnetIds=[other])
    lacking = aws.ec2.describe_subnets(SubnetIds=[one])["Subnets"][0]["AvailabilityZoneId"]
    aws.settings(endpointServiceGaps={"logs": [lacking]})
    with refused("InvalidParameter", "does not support the availability zone"):
        aws.endpoint_for(vpc, SubnetIds=[one])
    name = "com.amazonaws.eu-west-1.logs"
    detail = aws.ec2.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"][0]
    assert detail["AvailabilityZones"] == ["eu-west-1b", "eu-west-1c"]
    assert aws.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


@rule("endpoint_exists", "changes_fit_the_type")
def test_an_interface_endpoint_is_changed_in_place(aws: Aws) -> None:
    vpc = _private(aws)
    one, other = aws.subnet(vpc), aws.subnet(vpc, "10.0.2.0/24", "eu-west-1b")
    group = aws.group(vpc)
    made = aws.endpoint_for(vpc, SubnetIds=[one])
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=made,
        AddSubnetIds=[other],
        RemoveSubnetIds=[one],
        AddSecurityGroupIds=[group],
        RemoveSecurityGroupIds=[aws.default_group(vpc)],
    )
    shown = _state(aws, made)
    assert shown["SubnetIds"] == [other]
    assert [g["GroupId"] for g in shown["Groups"]] == [group]
    interfaces = aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert [(i["SubnetId"], i["Groups"][0]["GroupId"]) for i in interfaces] == [(other, group)]
    with refused("InvalidParameter", "not applicable"):
        aws.ec2.modify_vpc_endpoint(VpcEndpointId=made, AddRouteTableIds=[aws.table(vpc)])
    with refused("InvalidVpcEndpointId.NotFound"):
        aws.ec2.modify_vpc_endpoint(VpcEndpointId="vpce-00000000", ResetPolicy=True)


@rule("endpoint_parameters_fit_the_type", "endpoint_service_exists")
def test_parameters_fit_type_and_service(aws: Aws) -> None:
    vpc = aws.vpc()
    with refused("InvalidParameter", "SubnetIds"):
        aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway", SubnetIds=[aws.subnet(vpc)])
    with refused("InvalidParameter", "RouteTableIds"):
        aws.endpoint_for(vpc, RouteTableIds=[aws.table(vpc)])
    with refused("InvalidParameter", "type"):
        aws.endpoint_for(vpc, "logs", VpcEndpointType="Gateway")
    with refused("InvalidServiceName"):
        aws.endpoint_for(vpc, "no-such-service")
    with refused("InvalidServiceName"):
        aws.ec2.describe_vpc_endpoint_services(ServiceNames=["com.amazonaws.eu-west-1.none"])


@rule("endpoint_policy_is_a_policy")
def test_policies(aws: Aws) -> None:
    vpc = aws.vpc()
    table = aws.table(vpc)
    long = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "x" * 20500}]})
    for bad in ("{", "[]", '{"Version": "2012-10-17"}', long):
        with refused("InvalidPolicyDocument"):
            aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway", RouteTableIds=[table], PolicyDocument=bad)
    assert len(aws.routes(table)) == 1
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*"}]})
    made = aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway", PolicyDocument=policy)
    assert _state(aws, made)["PolicyDocument"] == policy
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=made, ResetPolicy=True)
    assert json.loads(_state(aws, made)["PolicyDocument"])["Statement"][0]["Effect"] == "Allow"


@rule("groups_belong_to_the_vpc")
def test_groups_are_of_the_vpc(aws: Aws) -> None:
    vpc = _private(aws)
    with refused("InvalidGroup.NotFound"):
        aws.endpoint_for(vpc, SecurityGroupIds=["sg-00000000"])
    with refused("InvalidParameter", "different networks"):
        aws.endpoint_for(vpc, SecurityGroupIds=[aws.group(aws.vpc())])


@rule("endpoint_quota")
def test_quotas_of_endpoints(aws: Aws) -> None:
    vpc = _private(aws)
    aws.quota(gatewayEndpoints=1, interfaceEndpointsPerVpc=1)
    aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway")
    aws.endpoint_for(vpc, "logs")
    with refused("VpcEndpointLimitExceeded"):
        aws.endpoint_for(vpc, "dynamodb", VpcEndpointType="Gateway")
    with refused("VpcEndpointLimitExceeded"):
        aws.endpoint_for(vpc, "ecr.api")


@rule("client_token_repeats")
def test_the_same_token_is_the_same_endpoint(aws: Aws) -> None:
    vpc = _private(aws)
    first = aws.endpoint_for(vpc, ClientToken="t")
    assert aws.endpoint_for(vpc, ClientToken="t") == first
    with refused("IdempotentParameterMismatch"):
        aws.endpoint_for(vpc, "ecr.api", ClientToken="t")


def test_missing_endpoints_are_named_in_a_successful_answer(aws: Aws) -> None:
    vpc = aws.vpc()
    made = aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway")
    left = aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[made, "vpce-00000000"])["Unsuccessful"]
    assert [(u["ResourceId"], u["Error"]["Code"]) for u in left] == [("vpce-00000000", "InvalidVpcEndpointId.NotFound")]
    assert aws.ec2.describe_vpc_endpoints()["VpcEndpoints"] == []
