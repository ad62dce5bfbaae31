"""AWS's request token buckets, per account, region and operation."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import AwsError
from .ledger import is_write


@dataclass(frozen=True)
class Rate:
    """A bucket's size, and how many tokens come back per second."""

    size: float
    refill: float


_EC2_READ = Rate(100, 20)
_EC2_WRITE = Rate(50, 5)
_ENDPOINTS = Rate(4, 0.3)
_NAT = Rate(10, 1)
_TAGS = Rate(100, 10)

# aws-facts section 9, from the EC2, Elastic Load Balancing, API Gateway and ECS throttling pages.
OPERATIONS: dict[tuple[str, str], Rate] = {
    ("ec2", "CreateVpcEndpoint"): _ENDPOINTS,
    ("ec2", "ModifyVpcEndpoint"): _ENDPOINTS,
    ("ec2", "DeleteVpcEndpoints"): _ENDPOINTS,
    ("ec2", "CreateNatGateway"): _NAT,
    ("ec2", "DeleteNatGateway"): _NAT,
    ("ec2", "AssociateNatGatewayAddress"): _NAT,
    ("ec2", "CreateTags"): _TAGS,
    ("ec2", "DeleteTags"): _TAGS,
    ("elbv2", "CreateLoadBalancer"): Rate(10, 0.2),
    ("elbv2", "SetSubnets"): Rate(10, 0.2),
    ("apigatewayv2", "CreateVpcLink"): Rate(1, 1 / 15),
    ("apigatewayv2", "DeleteVpcLink"): Rate(1, 1 / 30),
    ("apigatewayv2", "CreateDeployment"): Rate(1, 1 / 5),
    ("apigatewayv2", "CreateDomainName"): Rate(1, 1 / 30),
    ("apigatewayv2", "UpdateDomainName"): Rate(1, 1 / 30),
    ("apigatewayv2", "DeleteDomainName"): Rate(1, 1 / 30),
    # CloudWatch Logs User Guide, cloudwatch_limits_cwl: transactions per second.
    ("logs", "CreateLogGroup"): Rate(10, 10),
    ("logs", "DeleteLogGroup"): Rate(10, 10),
    ("logs", "DescribeLogGroups"): Rate(10, 10),
}
# Buckets that several operations share: aws-facts section 9; ECS Developer Guide, request-throttling.
_CLUSTER_READ = ("DescribeClusters", "ListClusters")
_CLUSTER_WRITE = (
    "CreateCluster",
    "UpdateCluster",
    "UpdateClusterSettings",
    "DeleteCluster",
    "PutClusterCapacityProviders",
)
_SERVICE_READ = ("DescribeServices", "ListServices", "ListServiceDeployments", "DescribeServiceDeployments")
GROUPS: dict[str, list[tuple[tuple[str, ...], Rate]]] = {
    "ecs": [
        (_CLUSTER_WRITE, Rate(20, 1)),
        (_CLUSTER_READ, Rate(50, 20)),
        (("RegisterTaskDefinition", "DeregisterTaskDefinition"), Rate(20, 1)),
        (("DeleteTaskDefinitions",), Rate(5, 1)),
        (("CreateService", "UpdateService", "DeleteService"), Rate(50, 5)),
        (_SERVICE_READ, Rate(100, 20)),
    ],
}
# Buckets that all operations of a service share.
SERVICES: dict[str, Rate] = {"apigatewayv2": Rate(40, 10), "elbv2": Rate(40, 10)}

_CODES = {
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "apigatewayv2": ("TooManyRequestsException", "Too Many Requests", 429),
    "cognito-idp": ("TooManyRequestsException", "Too many requests", 400),
    "iam": ("Throttling", "Rate exceeded", 400),
}
_LISTS_EXPENSIVE_UNFILTERED = ("DescribeSecurityGroups", "DescribeNetworkInterfaces")


class Buckets:
    """The fill level of every bucket that has been used."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, ...], tuple[float, float]] = {}

    def take(self, service: str, operation: str, account: str, region: str, now: float, *, unfiltered: bool) -> None:
        """Takes one token of each bucket that the call drains, or raises the throttling error."""
        rate = _rate(service, operation, unfiltered)
        wanted: list[tuple[tuple[str, ...], Rate]] = []
        if rate is not None:
            wanted.append(((account, region, service, operation, str(unfiltered)), rate))
        for operations, shared in GROUPS.get(service, []):
            if operation in operations:
                wanted.append(((account, region, service, operations[0]), shared))
        if service in SERVICES:
            wanted.append(((account, region, service), SERVICES[service]))
        levels = []
        for key, bucket in wanted:
            level, at = self._levels.get(key, (bucket.size, now))
            level = min(bucket.size, level + max(0.0, now - at) * bucket.refill)
            levels.append(level)
            self._levels[key] = (level, now)
        if any(level < 1 for level in levels):
            raise throttling(service)
        for (key, _), level in zip(wanted, levels, strict=True):
            self._levels[key] = (level - 1, now)

    def reset(self, account: str | None = None) -> None:
        """Fills the buckets of an account, or all."""
        self._levels = {k: v for k, v in self._levels.items() if account is not None and k[0] != account}


def throttling(service: str) -> AwsError:
    """The throttling error of a service (aws-facts section 9)."""
    code, message, status = _CODES.get(service, ("ThrottlingException", "Rate exceeded", 400))
    return AwsError(code, message, status)


def _rate(service: str, operation: str, unfiltered: bool) -> Rate | None:
    if (service, operation) in OPERATIONS:
        return OPERATIONS[service, operation]
    if service == "ec2":
        if operation in _LISTS_EXPENSIVE_UNFILTERED and unfiltered:
            return Rate(50, 10)
        return _EC2_WRITE if is_write(operation) else _EC2_READ
    if service == "elbv2":
        return Rate(20, 3) if is_write(operation) else Rate(40, 10)
    if service == "ecs" and not any(operation in operations for operations, _ in GROUPS["ecs"]):
        return Rate(50, 20)
    if service == "cognito-idp":
        return Rate(20, 20) if operation.startswith(("Describe", "Get", "List")) else Rate(15, 15)
    return None
