"""Service-linked roles."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .common import store

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
NAMES = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "spot.amazonaws.com": "AWSServiceRoleForEC2Spot",
}


@rule("iam.CreateServiceLinkedRole")
def service_role_once(call: Call, service: str) -> str:
    """A service has one service-linked role in an account; the service's name decides the role's.

    Source: aws-facts 6.2 and 10 (InvalidInput if present); botocore iam.CreateServiceLinkedRole; the message
    about unknown services is assumed.
    """
    name = NAMES.get(service)
    if name is None:
        raise AwsError("InvalidInput", f"Service name {service} is not one that the layer knows a linked role of.")
    if any(r.name == name for r in store(call).roles.values()):
        text = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise AwsError("InvalidInput", text)
    return name


@answers("iam", "CreateServiceLinkedRole")
def create_service_linked_role(call: Call) -> dict[str, Any]:
    """Creates the role of a service, under AWS's own name."""
    name = service_role_once(call, call.params["AWSServiceName"])
    made = call.ask_moto()["Role"]
    role = store(call).roles[made["RoleId"]]
    role.name = name
    call.created(role.arn)
    return {"Role": {**made, "RoleName": name, "Arn": role.arn}}
