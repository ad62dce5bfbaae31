"""Settings that tests change: one set for everybody, overridden per account."""

from __future__ import annotations

import copy
from typing import Any

from .errors import ControlError

DEFAULTS: dict[str, Any] = {
    # Seconds of the layer's clock that a transition takes. AWS's own figures: aws-facts section 11.
    "durations": {
        "vpc.create": 0.0,
        "subnet.create": 0.0,
        "cidr.associate": 0.0,
        "cidr.disassociate": 0.0,
        "nat.create": 0.0,
        "nat.delete": 0.0,
        # Deleted and failed gateways stay visible for about an hour (aws-facts 5.2).
        "nat.visible": 3600.0,
        "endpoint.create": 0.0,
        "endpoint.modify": 0.0,
        "endpoint.delete": 0.0,
        "domain.create": 0.0,
        "domain.delete": 0.0,
        # A network load balancer is active, a target may be healthy, a deregistered one has drained.
        "balancer.create": 0.0,
        "target.initial": 0.0,
        "target.drain": 0.0,
        # A VPC link is available, is gone; a stage that deploys by itself serves a change.
        "link.create": 0.0,
        "link.delete": 0.0,
        "stage.deploy": 0.0,
        # How long a requester-managed interface outlives what made it (aws-facts 7).
        "interface.linger": 0.0,
        # Until a service's scheduler acts on what was changed or has ended: ECS does so some seconds later.
        "service.look": 0.0,
        # A task: until its interface is there; until its image is pulled and it runs; from the order to stop
        # until it is stopped (deregistration delay and stop timeout).
        "task.provision": 0.0,
        "task.start": 0.0,
        "task.stop": 0.0,
        # Stopped tasks stay visible for about an hour.
        "task.visible": 3600.0,
        # Pause before a service tries again after repeated failures; doubles up to 27 minutes.
        "task.retry": 60.0,
        # Until a change (of a rule, of an application) shows in the health of targets.
        "target.recheck": 0.0,
    },
    # Upper bounds per account and region, far above AWS's defaults so that a hundred stacks fit;
    # "quotas": "aws" sets AWS_QUOTAS.
    "quotas": {
        "vpcs": 1000,
        "internetGateways": 1000,
        "addresses": 1000,
        "natGatewaysPerZone": 1000,
        "subnetsPerVpc": 1000,
        "routeTablesPerVpc": 1000,
        "routesPerTable": 1000,
        "cidrsPerVpc": 5,
        "securityGroups": 5000,
        "rulesPerGroup": 60,
        "groupsPerInterface": 5,
        "gatewayEndpoints": 1000,
        "interfaceEndpointsPerVpc": 1000,
        "tagsPerResource": 50,
        "networkLoadBalancers": 1000,
        "listenersPerLoadBalancer": 50,
        "targetGroups": 3000,
        "httpApis": 1000,
        "vpcLinks": 1000,
        "subnetsPerVpcLink": 10,
        "routesPerApi": 300,
        "integrationsPerApi": 300,
        "authorizersPerApi": 10,
        "stagesPerApi": 10,
        "userPools": 1000,
        "clientsPerPool": 1000,
        "resourceServersPerPool": 25,
        "roles": 5000,
        "policiesPerRole": 10,
        "trustPolicyCharacters": 2048,
        "inlinePolicyCharacters": 10240,
        "clusters": 10000,
        "servicesPerCluster": 5000,
        "repositories": 10000,
        "logGroups": 100000,
        "scalableTargets": 3000,
    },
    # Real seconds added to every call, or to those of one operation ("CreateVpc": 0.2).
    "latency": {"default": 0.0},
    # False: off. True: AWS's published token buckets (aws-facts 9).
    "buckets": False,
    # "declared": only roles that exist and trust the caller, as on AWS. "any": every role can be assumed.
    "assumeRole": "declared",
    # Items per page when a request names no MaxResults.
    "pageSize": 1000,
    # Lag between create and list, for resources created from now on; see staleness.Lag.
    "lag": None,
    # Endpoint services and the zone IDs that they lack: {"com.amazonaws.eu-west-1.logs": ["euw1-az3"]}.
    "endpointServiceGaps": {},
    # "aws": an API's endpoint is shown under AWS's name. "layer": as an address at which it can be called.
    "apiEndpoints": "aws",
    # True: a change of an HTTP API that arrives while another one is under way is refused.
    "apiConflicts": False,
    # Rotates the letters of the zones: the same zone IDs behind other names, as accounts have it on AWS.
    "zoneShift": 0,
}

# aws-facts section 1.2; VPC User Guide, amazon-vpc-limits; service-quotas pages of ECS, ECR, CloudWatch Logs
# and Application Auto Scaling.
AWS_QUOTAS: dict[str, int] = {
    "vpcs": 5,
    "internetGateways": 5,
    "addresses": 5,
    "natGatewaysPerZone": 5,
    "subnetsPerVpc": 200,
    "routeTablesPerVpc": 200,
    "routesPerTable": 50,
    "cidrsPerVpc": 5,
    "securityGroups": 2500,
    "rulesPerGroup": 60,
    "groupsPerInterface": 5,
    "gatewayEndpoints": 20,
    "interfaceEndpointsPerVpc": 50,
    "tagsPerResource": 50,
    "networkLoadBalancers": 50,
    "listenersPerLoadBalancer": 50,
    "targetGroups": 3000,
    # aws-facts section 3; API Gateway Developer Guide, "Quotas for HTTP APIs".
    "httpApis": 600,
    "vpcLinks": 10,
    "subnetsPerVpcLink": 10,
    "routesPerApi": 300,
    "integrationsPerApi": 300,
    "authorizersPerApi": 10,
    "stagesPerApi": 10,
    # Cognito Developer Guide, "Quotas in Amazon Cognito".
    "userPools": 1000,
    "clientsPerPool": 1000,
    "resourceServersPerPool": 25,
    # IAM User Guide, reference_iam-quotas.
    "roles": 1000,
    "policiesPerRole": 10,
    "trustPolicyCharacters": 2048,
    "inlinePolicyCharacters": 10240,
    "clusters": 10000,
    "servicesPerCluster": 5000,
    "repositories": 100000,
    "logGroups": 1000000,
    "scalableTargets": 3000,
}


class Settings:
    """The settings in force for an account: its own where it has them, else those of everybody."""

    def __init__(self) -> None:
        self._everybody: dict[str, Any] = copy.deepcopy(DEFAULTS)
        self._accounts: dict[str, dict[str, Any]] = {}

    def get(self, name: str, account: str) -> Any:
        """The value in force; dictionaries are merged, the account's own entries win."""
        common = self._everybody[name]
        own = self._accounts.get(account)
        if own is None or name not in own:
            return common
        if isinstance(common, dict):
            return {**common, **own[name]}
        return own[name]

    def duration(self, name: str, account: str) -> float:
        """Seconds that the named transition takes."""
        return float(self.get("durations", account)[name])

    def quota(self, name: str, account: str) -> int:
        """The upper bound of the named quota."""
        return int(self.get("quotas", account)[name])

    def change(self, changes: dict[str, Any], account: str | None) -> dict[str, Any]:
        """Takes changes over and returns what is then in force."""
        if changes.get("quotas") == "aws":
            changes = {**changes, "quotas": AWS_QUOTAS}
        for name, value in changes.items():
            if name not in DEFAULTS:
                raise ControlError(f"unknown setting {name!r}; known: {', '.join(sorted(DEFAULTS))}")
            default = DEFAULTS[name]
            if name in ("durations", "quotas") and isinstance(value, dict):
                unknown = sorted(set(value) - set(default))
                if unknown:
                    raise ControlError(f"unknown {name}: {unknown}; known: {', '.join(sorted(default))}")
        target = self._everybody if account is None else self._accounts.setdefault(account, {})
        for name, value in changes.items():
            if isinstance(DEFAULTS[name], dict) and isinstance(value, dict):
                target[name] = {**target.get(name, {}), **value}
            else:
                target[name] = value
        return self.view(account)

    def view(self, account: str | None) -> dict[str, Any]:
        """Everything in force, for the control endpoint."""
        return {name: self.get(name, account or "") for name in DEFAULTS}

    def reset(self, account: str | None = None) -> None:
        """Back to the defaults; for one account: to those of everybody."""
        if account is None:
            self._everybody = copy.deepcopy(DEFAULTS)
            self._accounts.clear()
        else:
            self._accounts.pop(account, None)
