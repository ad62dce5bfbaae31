"""What Fargate's agent calls on behalf of a task: whether it gets to the service, and is allowed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import policies, reach
from ...call import Call
from .store import Task


def no_way(call: Call, task: Task, service: str, action: str, resource: str) -> str | None:
    """Why a call from inside the task's network does not get to a service, None if it does."""
    timed_out = no_packets(call, task, service)
    if timed_out is not None:
        url = f"https://{_host(call, service)}/"
        advice = "Please check your task network configuration."
        return f'RequestError: send request failed caused by: Post "{url}": {timed_out}. {advice}'
    return endpoint_policy(call, task, service, action, resource)


def no_packets(call: Call, task: Task, service: str) -> str | None:
    """How a client says that no connection comes about: the name is not found, or nobody answers."""
    gates = reach.to_service(call, peer(call, task), service)
    if not gates[0].ok:
        return f"dial tcp: lookup {_host(call, service)}: no such host"
    if reach.passes(gates):
        return None
    name = f"com.amazonaws.{call.region}.{service}"
    endpoint = reach.endpoint_of(call, call.ec2.enis[task.interface].subnet.vpc_id, service)
    address = "52.94.0.1"
    if endpoint is not None and endpoint.service_name == name and endpoint.interfaces:
        own = endpoint.interfaces.get(task.subnet) or next(iter(endpoint.interfaces.values()))
        address = call.ec2.enis[own].private_ip_address
    return f"dial tcp {address}:443: i/o timeout"


def _host(call: Call, service: str) -> str:
    hosts = {"ecr.api": "api.ecr", "ecr.dkr": f"{call.account}.dkr.ecr"}
    return f"{hosts.get(service, service)}.{call.region}.amazonaws.com"


def endpoint_policy(call: Call, task: Task, service: str, action: str, resource: str) -> str | None:
    """How a service says that the policy of the endpoint on the way does not allow the action."""
    owner = "aws" if service == "s3" else call.account
    context = {
        "aws:PrincipalAccount": call.account,
        "aws:PrincipalArn": str(task.definition.content.get("executionRoleArn", "")),
        "aws:ResourceAccount": owner,
    }
    for endpoint in _endpoints(call, task, service):
        document = policies.parsed(endpoint.policy_document)
        if not policies.evaluate([document], None, action, resource, context).allowed:
            return _denied(call, task, action, resource, f"because no VPC endpoint policy allows the {action} action")
    return None


def _denied(call: Call, task: Task, action: str, resource: str, why: str) -> str:
    who = f"User: {_who(call, task)} is not authorized to perform: {action} on resource: {resource}"
    return f"AccessDeniedException: {who} {why}"


def _endpoints(call: Call, task: Task, service: str) -> Iterator[Any]:
    subnet = call.ec2.enis[task.interface].subnet
    private = reach.endpoint_of(call, subnet.vpc_id, service)
    if private is not None:
        yield private
        return
    table = reach.table_of(call, subnet)
    name = f"com.amazonaws.{call.region}.{service}"
    for endpoint in call.ec2.vpc_end_points.values():
        gateway = endpoint.vpc_endpoint_type == "Gateway" and endpoint.service_name == name
        if gateway and table is not None and table.id in endpoint.route_table_ids:
            yield endpoint


def not_allowed(call: Call, task: Task, action: str, resource: str) -> str | None:
    """How a service says that the execution role may not do something, None if it may."""
    role = task.definition.content.get("executionRoleArn", "")
    decision = policies.role_may(role, action, resource)
    if decision.allowed:
        return None
    if decision.kind == "explicitDeny":
        return _denied(call, task, action, resource, "with an explicit deny in an identity-based policy")
    why = f"because no identity-based policy allows the {action} action"
    return _denied(call, task, action, resource, why)


def _who(call: Call, task: Task) -> str:
    name = str(task.definition.content.get("executionRoleArn", "")).rpartition("/")[2]
    return f"arn:aws:sts::{call.account}:assumed-role/{name}/{task.id}"


def peer(call: Call, task: Task) -> reach.Peer:
    """The task as an end of a flow."""
    return reach.of_interface(call.ec2.enis[task.interface], f"task {task.id}")
