from __future__ import annotations

import signal
import subprocess
import sys
import threading
import urllib.error

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, ReadTimeoutError

from awslayer.faults import Faults

from .support import Aws, control_error, refused


def _operations(aws: Aws, **query: object) -> list[str]:
    return [e["operation"] for e in aws.ledger(**query)]


def test_the_ledger_tells_what_happened(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.ec2.describe_vpcs()
    with refused("InvalidSubnet.Range"):
        aws.subnet(vpc, "192.168.0.0/24")
    created, looked, failed = aws.ledger()
    assert (created["operation"], created["write"], created["effect"], created["status"]) == (
        "CreateVpc",
        True,
        True,
        200,
    )
    assert created["request"] == {"CidrBlock": "10.0.0.0/16"}
    assert vpc in created["resources"]
    assert (looked["write"], looked["effect"]) == (False, False)
    assert (failed["effect"], failed["status"], failed["error"]) == (False, 400, "InvalidSubnet.Range")
    assert failed["seq"] > looked["seq"] > created["seq"]
    assert _operations(aws, since=created["seq"]) == ["DescribeVpcs", "CreateSubnet"]
    assert _operations(aws, write="true") == ["CreateVpc", "CreateSubnet"]
    aws.control("DELETE", "ledger")
    assert aws.ledger() == []


def test_the_ledger_tells_the_verb_of_the_request(aws: Aws) -> None:
    gateway = aws.client("apigatewayv2")
    api = gateway.create_api(Name="web", ProtocolType="HTTP")["ApiId"]
    gateway.get_api(ApiId=api)
    gateway.update_api(ApiId=api, Name="other")
    gateway.delete_api(ApiId=api)
    assert [e["method"] for e in aws.ledger()] == ["POST", "GET", "PATCH", "DELETE"]


def test_what_was_used_is_told_by_kind_of_caller_and_outlives_a_reset(aws: Aws) -> None:
    def uses(caller: str) -> int:
        every = aws.control("GET", "uses")["uses"]
        asked = ("sts", "GetCallerIdentity", "POST", caller)
        return sum(u["count"] for u in every if (u["service"], u["operation"], u["method"], u["caller"]) == asked)

    before = {caller: uses(caller) for caller in ("root", "assumed-role")}
    aws.settings(assumeRole="any")
    role = f"arn:aws:iam::{aws.account}:role/any"
    given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    for _ in range(2):
        aws.client("sts", given["AccessKeyId"], given["SessionToken"]).get_caller_identity()
    aws.client("sts").get_caller_identity()
    aws.control("POST", "reset", {})
    assert {caller: uses(caller) - count for caller, count in before.items()} == {"root": 1, "assumed-role": 2}


def test_the_request_id_is_the_ledgers(aws: Aws) -> None:
    answer = aws.ec2.describe_vpcs()
    assert answer["ResponseMetadata"]["RequestId"] == aws.ledger()[0]["request_id"]


def test_an_error_before_the_effect(aws: Aws) -> None:
    aws.fault(operation="CreateVpc", nth=2, count=2, status=503, code="RequestLimitExceeded", message="slow down")
    aws.vpc()
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            aws.vpc()
        assert caught.value.response["Error"]["Code"] == "RequestLimitExceeded"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    aws.vpc()
    assert [e["effect"] for e in aws.ledger()] == [True, False, False, True]
    assert len(aws.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]) == 2


@pytest.mark.parametrize("action", ["reset", "close"])
def test_a_lost_answer_has_had_its_effect(aws: Aws, action: str) -> None:
    aws.fault(operation="CreateVpc", when="after", action=action)
    with pytest.raises((HTTPClientError, ConnectionClosedError)):
        aws.vpc()
    entry = aws.ledger()[0]
    assert (entry["effect"], entry["status"]) == (True, None)
    assert action in entry["fault"]
    assert len(aws.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]) == 1


def test_a_reset_before_has_none(aws: Aws) -> None:
    aws.fault(operation="CreateVpc", action="reset")
    with pytest.raises((HTTPClientError, ConnectionClosedError)):
        aws.vpc()
    assert aws.ledger()[0]["effect"] is False


def test_an_error_after_the_effect(aws: Aws) -> None:
    aws.fault(operation="CreateVpc", when="after", status=500, code="InternalError")
    with refused("InternalError"):
        aws.vpc()
    entry = aws.ledger()[0]
    assert (entry["effect"], entry["status"], entry["error"]) == (True, 500, "InternalError")


def test_a_call_is_hit_when_its_effect_is_there() -> None:
    faults = Faults()
    faults.add({"operation": "CreateVpc", "when": "after", "action": "hang"})
    claimed = faults.claim("ec2", "CreateVpc", "123456789012", "eu-west-1")
    assert claimed is not None
    assert faults.claim("ec2", "CreateVpc", "123456789012", "eu-west-1") is None
    assert faults.view()[0]["hits"] == 0
    faults.strike(claimed)
    assert faults.view()[0]["hits"] == 1


def test_a_hanging_call_ends_when_the_fault_is_taken_back(aws: Aws) -> None:
    fault = aws.fault(operation="DescribeVpcs", action="hang")
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            aws.client("ec2").describe_vpcs()
        except (HTTPClientError, ReadTimeoutError, ConnectionClosedError) as error:
            ended.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not aws.control("GET", "faults")["faults"][-1]["hits"]:
        pass
    aws.control("DELETE", "faults", id=fault)
    waiting.join(timeout=10)
    assert len(ended) == 1
    assert not isinstance(ended[0], ReadTimeoutError)


def test_a_process_is_killed_at_its_nth_write(aws: Aws) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    aws.fault(nth=2, writes_only=True, signal=int(signal.SIGKILL), pid=victim.pid, action="none")
    aws.vpc()
    aws.ec2.describe_vpcs()
    assert victim.poll() is None
    aws.vpc()
    assert victim.wait(timeout=10) == -signal.SIGKILL
    assert victim.stdin is not None
    victim.stdin.close()


def test_wrong_orders_are_refused(aws: Aws) -> None:
    assert "known" in control_error(aws, "POST", "faults", {"operatoin": "x"})
    assert "when" in control_error(aws, "POST", "faults", {"when": "during"})
    assert "action" in control_error(aws, "POST", "faults", {"action": "explode"})
    assert "pid" in control_error(aws, "POST", "faults", {"signal": 9})
    assert "known" in control_error(aws, "POST", "settings", {"quotum": 1})
    assert "known" in control_error(aws, "POST", "settings", {"quotas": {"vpc": 1}})
    assert "lag" in control_error(aws, "POST", "settings", {"lag": {"read": 1}})
    assert "backwards" in control_error(aws, "POST", "clock", {"step": -1})
    with pytest.raises(urllib.error.HTTPError) as caught:
        aws.control("GET", "nothing")
    assert caught.value.code == 404


def test_the_clock_is_the_accounts_own_when_stepped_for_it(aws: Aws) -> None:
    other = Aws(aws.endpoint, "888877776666")
    before, others = aws.control("GET", "clock")["now"], other.control("GET", "clock")["now"]
    aws.step(1000)
    assert aws.control("GET", "clock")["now"] >= before + 1000
    assert other.control("GET", "clock")["now"] < others + 1000


def test_token_buckets(aws: Aws) -> None:
    aws.settings(buckets=True)
    for _ in range(4):
        aws.ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-00000000"])
    with refused("RequestLimitExceeded"):
        aws.ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-00000000"])
    aws.ec2.describe_vpcs()
    aws.step(4)
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-00000000"])


def test_reset_forgets_one_account_only(aws: Aws) -> None:
    other = Aws(aws.endpoint, "777766665555")
    mine, theirs = aws.vpc(), other.vpc()
    aws.fault(operation="DescribeVpcs")
    aws.control("POST", "reset", {})
    with refused("InvalidVpcID.NotFound"):
        aws.ec2.describe_vpcs(VpcIds=[mine])
    assert other.ec2.describe_vpcs(VpcIds=[theirs])["Vpcs"]
    assert [e["operation"] for e in other.ledger()] == ["CreateVpc", "DescribeVpcs"]
    other.control("POST", "reset", {})


def test_latency_delays_but_changes_nothing(aws: Aws) -> None:
    aws.settings(latency={"CreateVpc": 0.01})
    aws.vpc()
    assert aws.ledger()[0]["status"] == 200


def test_a_whole_network_leaves_nothing_behind(aws: Aws) -> None:
    bystander = aws.vpc("10.9.0.0/16")
    aws.ec2.create_tags(Resources=[bystander], Tags=[{"Key": "owner", "Value": "somebody"}])
    before = aws.dump()
    vpc = aws.vpc()
    aws.dns(vpc)
    gateway, subnet, table, group = aws.gateway(vpc), aws.subnet(vpc), aws.table(vpc), aws.group(vpc)
    address = aws.address()
    nat = aws.nat(subnet, address)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    bound = aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    endpoints = [
        aws.endpoint_for(vpc, "s3", VpcEndpointType="Gateway", RouteTableIds=[table]),
        aws.endpoint_for(vpc, SubnetIds=[subnet], SecurityGroupIds=[group]),
    ]
    assert aws.dump() != before
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints)
    aws.ec2.delete_nat_gateway(NatGatewayId=nat)
    aws.ec2.disassociate_route_table(AssociationId=bound)
    aws.ec2.release_address(AllocationId=address)
    aws.ec2.delete_route_table(RouteTableId=table)
    aws.ec2.delete_security_group(GroupId=group)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)
    aws.ec2.delete_vpc(VpcId=vpc)
    assert aws.dump() == before


def test_one_connection_serves_many_calls(aws: Aws) -> None:
    import http.client

    host = aws.endpoint.removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    for _ in range(3):
        connection.request("GET", "/_control/health")
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        assert connection.sock is not None
    connection.close()


def test_concurrent_callers_get_distinct_resources(aws: Aws) -> None:
    made: list[str] = []

    def make() -> None:
        client = aws.client("ec2")
        for _ in range(5):
            made.append(client.allocate_address(Domain="vpc")["PublicIp"])

    workers = [threading.Thread(target=make) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(made) == len(set(made)) == 40
