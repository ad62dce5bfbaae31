"""What the tests have in hand: an account of their own, clients, the control endpoint."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import ClientCreator
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

REGION = "eu-west-1"


def _one_class_per_service() -> None:
    """Botocore makes a class with up to 700 methods for each client: a third of the time of the tests."""
    creator: Any = ClientCreator
    make = creator._create_client_class
    classes: dict[str, Any] = {}

    def made_once(self: Any, service_name: str, service_model: Any) -> Any:
        if service_name not in classes:
            classes[service_name] = make(self, service_name, service_model)
        return classes[service_name]

    creator._create_client_class = made_once


_one_class_per_service()


@dataclass
class Aws:
    """One account of the running layer."""

    endpoint: str
    account: str
    region: str = REGION
    _clients: dict[tuple[str | None, ...], Any] = field(default_factory=dict)

    def client(self, service: str, key: str | None = None, token: str | None = None, region: str | None = None) -> Any:
        wanted = (service, key, token, region)
        if wanted not in self._clients:
            self._clients[wanted] = self._new_client(service, key, token, region)
        return self._clients[wanted]

    def _new_client(self, service: str, key: str | None, token: str | None, region: str | None) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint,
            region_name=region or self.region,
            aws_access_key_id=key or self.account,
            aws_secret_access_key="any",
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=5, parameter_validation=False),
        )

    @property
    def ec2(self) -> EC2Client:
        client: EC2Client = self.client("ec2")
        return client

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        query.setdefault("account", self.account)
        text = "&".join(f"{k}={v}" for k, v in query.items() if v is not None)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_control/{path}?{text}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())

    def settings(self, **changes: Any) -> Any:
        return self.control("POST", "settings", changes)

    def quota(self, **quotas: int) -> None:
        self.settings(quotas=quotas)

    def durations(self, **seconds: float) -> None:
        self.settings(durations={name.replace("_", "."): value for name, value in seconds.items()})

    def step(self, seconds: float) -> None:
        self.control("POST", "clock", {"step": seconds})

    def fault(self, **spec: Any) -> int:
        return int(self.control("POST", "faults", spec)["id"])

    def ledger(self, **query: Any) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.control("GET", "ledger", **query)["entries"]
        return entries

    def dump(self) -> str:
        return json.dumps(self.control("GET", "dump", region=self.region), sort_keys=True)

    # --- the usual resources ---------------------------------------------------------------

    def vpc(self, block: str = "10.0.0.0/16") -> str:
        return self.ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]

    def dns(self, vpc: str) -> None:
        self.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})

    def subnet(self, vpc: str, block: str = "10.0.1.0/24", zone: str = "eu-west-1a") -> str:
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
        return made["Subnet"]["SubnetId"]

    def gateway(self, vpc: str | None = None) -> str:
        made = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        if vpc:
            self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
        return made

    def address(self) -> str:
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def table(self, vpc: str) -> str:
        return self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]

    def group(self, vpc: str, name: str = "web") -> str:
        return self.ec2.create_security_group(GroupName=name, Description="of a test", VpcId=vpc)["GroupId"]

    def interface(self, subnet: str, **more: Any) -> str:
        made = self.ec2.create_network_interface(SubnetId=subnet, **more)
        return made["NetworkInterface"]["NetworkInterfaceId"]

    def nat(self, subnet: str, address: str | None = None, **more: Any) -> str:
        made = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address or self.address(), **more)
        return made["NatGateway"]["NatGatewayId"]

    def nat_state(self, nat: str) -> Any:
        return self.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]

    def endpoint_for(self, vpc: str, service: str = "logs", **more: Any) -> str:
        more.setdefault("VpcEndpointType", "Interface")
        name = f"com.amazonaws.{self.region}.{service}"
        made = self.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=name, **more)
        return made["VpcEndpoint"]["VpcEndpointId"]

    def routes(self, table: str) -> list[Any]:
        tables = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return list(tables[0]["Routes"])

    def default_group(self, vpc: str) -> str:
        filters: Any = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        return self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]


@contextmanager
def refused(code: str, words: str = "") -> Iterator[None]:
    """The block is refused by AWS with this code, and these words in the message."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert words in error["Message"], error


def control_error(aws: Aws, method: str, path: str, body: Any) -> str:
    """The control endpoint's complaint about a wrong request."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.control(method, path, body)
    assert caught.value.code == 400
    return str(json.loads(caught.value.read())["error"])


def permission(protocol: str = "tcp", port: int | None = 443, **peer: str) -> Any:
    """One IpPermission with one peer: cidr, group or prefix."""
    shown: dict[str, Any] = {"IpProtocol": protocol}
    if port is not None:
        shown |= {"FromPort": port, "ToPort": port}
    if "cidr" in peer:
        shown["IpRanges"] = [{"CidrIp": peer["cidr"]}]
    if "group" in peer:
        shown["UserIdGroupPairs"] = [{"GroupId": peer["group"]}]
    if "prefix" in peer:
        shown["PrefixListIds"] = [{"PrefixListId": peer["prefix"]}]
    return [shown]
