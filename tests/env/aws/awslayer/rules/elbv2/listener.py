"""Listeners of network load balancers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, dumps, rule
from .common import balancer_tags_allowed, described, forget_tags, hidden, new_id, put_tags, store
from .load_balancer import load_balancer_exists
from .target_group import NETWORK_PROTOCOLS, listeners_using

_COMPATIBLE = {"TCP": ("TCP", "TCP_UDP"), "TLS": ("TLS", "TCP"), "UDP": ("UDP", "TCP_UDP"), "TCP_UDP": ("TCP_UDP",)}


class Listener:
    """A listener as the layer keeps it, under the names that moto uses."""

    def __init__(self, balancer: Any, protocol: str, port: int, actions: list[dict[str, Any]]) -> None:
        self.load_balancer_arn = balancer.arn
        self.arn = f"{balancer.arn.replace(':loadbalancer/', ':listener/')}/{new_id()}"
        self.protocol = protocol
        self.port = port
        self.actions = actions
        self.attributes: dict[str, str] = {}

    def target_group_arns(self) -> list[str]:
        """The target groups that the listener forwards to."""
        return [t["TargetGroupArn"] for a in self.actions for t in a["ForwardConfig"]["TargetGroups"]]


def find(call: Call, listener_arn: str) -> Any | None:
    """A listener by ARN."""
    balancers = store(call).load_balancers.values()
    return next((b.listeners[listener_arn] for b in balancers if listener_arn in b.listeners), None)


@rule("elbv2.*")
def listener_exists(call: Call, listener_arn: str) -> Any:
    """An operation on a listener that does not exist is refused.

    Source: botocore elbv2 (ListenerNotFoundException).
    """
    found = find(call, listener_arn)
    if found is None or hidden(call, listener_arn):
        raise AwsError("ListenerNotFound", f"Listener '{listener_arn}' not found")
    return found


def view(_: Call, listener: Any) -> dict[str, Any]:
    """A listener as answers show it."""
    return {
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.load_balancer_arn,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "DefaultActions": listener.actions,
    }


@rule("elbv2.CreateListener", "elbv2.ModifyListener")
def network_listeners_forward(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A listener of a network load balancer has one action: to forward to one target group. It is shown
    both as the group's ARN and as a forward configuration.

    Source: botocore elbv2.CreateListener (DefaultActions) and elbv2.Action (TargetGroupArn,
    ForwardConfig); Network Load Balancers guide, load-balancer-listeners ("forward" only).
    """
    if len(actions) != 1 or actions[0].get("Type") != "forward":
        text = "Listeners of a load balancer of type 'network' must have one action of type 'forward'"
        raise AwsError("InvalidLoadBalancerAction", text)
    groups = (actions[0].get("ForwardConfig") or {}).get("TargetGroups") or []
    plain = actions[0].get("TargetGroupArn")
    arns = [g["TargetGroupArn"] for g in groups] or ([plain] if plain else [])
    if len(arns) != 1 or (plain and plain != arns[0]):
        raise AwsError("InvalidLoadBalancerAction", "A 'forward' action must name exactly one target group")
    config = {"TargetGroups": [{"TargetGroupArn": arns[0]}], "TargetGroupStickinessConfig": {"Enabled": False}}
    return [{"Type": "forward", "TargetGroupArn": arns[0], "ForwardConfig": config}]


@rule("elbv2.CreateListener", "elbv2.ModifyListener")
def target_group_fits_the_listener(call: Call, balancer: Any, protocol: str, actions: list[dict[str, Any]]) -> None:
    """The target group exists, is of the load balancer's VPC, has a protocol that fits, and no other load
    balancer.

    Source: botocore elbv2.CreateListener (TargetGroupNotFoundException, IncompatibleProtocolsException,
    TargetGroupAssociationLimitException); Network Load Balancers guide, load-balancer-target-groups.
    """
    group_arn = actions[0]["TargetGroupArn"]
    group = store(call).target_groups.get(group_arn)
    if group is None:
        raise AwsError("TargetGroupNotFound", f"Target group '{group_arn}' not found")
    if group.vpc_id != balancer.vpc_id:
        text = f"The target group '{group_arn}' is not in the VPC '{balancer.vpc_id}' of the load balancer"
        raise AwsError("InvalidConfigurationRequest", text)
    if group.settings["Protocol"] not in _COMPATIBLE[protocol]:
        text = (
            f"The listener protocol '{protocol}' is incompatible with the target group protocol "
            f"'{group.settings['Protocol']}'"
        )
        raise AwsError("IncompatibleProtocols", text)
    if any(x.load_balancer_arn != balancer.arn for x in listeners_using(call, group_arn)):
        text = f"The following target groups cannot be associated with more than one load balancer: {group_arn}"
        raise AwsError("TargetGroupAssociationLimit", text)


@rule("elbv2.CreateListener", "elbv2.ModifyListener")
def listener_protocol_and_port(params: dict[str, Any]) -> tuple[str, int]:
    """A listener has a port, and a protocol of network load balancers.

    Source: botocore elbv2.CreateListener (Protocol, Port); messages as moto has them (ValidationError).
    """
    protocol, port = params.get("Protocol"), params.get("Port")
    if port is None:
        raise AwsError("ValidationError", "A listener port must be specified")
    if protocol is None:
        raise AwsError("ValidationError", "A listener protocol must be specified")
    if protocol not in NETWORK_PROTOCOLS:
        text = f"Listener protocol '{protocol}' must be one of '{', '.join(NETWORK_PROTOCOLS)}'"
        raise AwsError("ValidationError", text)
    return str(protocol), int(port)


@rule("elbv2.CreateListener", "elbv2.ModifyListener")
def one_listener_per_port(balancer: Any, port: int, mine: Any = None) -> Any | None:
    """A load balancer has one listener per port: the same again is the same, another is refused.

    Source: aws-facts 6.2; botocore elbv2.CreateListener ("This operation is idempotent ...",
    DuplicateListenerException).
    """
    found = next((x for x in balancer.listeners.values() if x.port == port and x is not mine), None)
    if found is not None and mine is not None:
        raise _duplicate(balancer)
    return found


def _duplicate(balancer: Any) -> AwsError:
    text = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
    return AwsError("DuplicateListener", text)


@rule("elbv2.CreateListener")
def listener_quota(call: Call, balancer: Any) -> None:
    """A bounded number of listeners per load balancer.

    Source: aws-facts 2.3 (50 by default); botocore elbv2 (TooManyListenersException).
    """
    if len(balancer.listeners) >= call.quota("listenersPerLoadBalancer"):
        raise AwsError("TooManyListeners", "You've reached the limit on the number of listeners per load balancer")


@answers("elbv2", "CreateListener")
def create_listener(call: Call) -> dict[str, Any]:
    """Creates a listener, also on a load balancer that is still provisioning."""
    params = call.params
    balancer = load_balancer_exists(call, params["LoadBalancerArn"])
    protocol, port = listener_protocol_and_port(params)
    actions = network_listeners_forward(params["DefaultActions"])
    tags = balancer_tags_allowed(call, params.get("Tags"), {})
    existing = one_listener_per_port(balancer, port)
    if existing is not None:
        if (existing.protocol, existing.actions) != (protocol, actions):
            raise _duplicate(balancer)
        return {"Listeners": [view(call, existing)]}
    target_group_fits_the_listener(call, balancer, protocol, actions)
    listener_quota(call, balancer)
    listener = Listener(balancer, protocol, port, actions)
    balancer.listeners[listener.arn] = listener
    put_tags(call, listener.arn, tags)
    call.created(listener.arn)
    return {"Listeners": [view(call, listener)]}


@answers("elbv2", "DescribeListeners")
def describe_listeners(call: Call) -> dict[str, Any]:
    """Lists the listeners of a load balancer, or those with given ARNs."""
    of, arns = call.params.get("LoadBalancerArn"), call.params.get("ListenerArns") or []
    if bool(of) == bool(arns):
        text = "You must specify either listener ARNs or a load balancer ARN"
        raise AwsError("ValidationError", text)
    if of:
        found = list(load_balancer_exists(call, of).listeners.values())
        return described(call, found, view, "Listeners", "ListenerArn", named=False)
    listed = [find(call, a) for a in dict.fromkeys(arns)]
    if any(x is None or hidden(call, x.arn) for x in listed):
        raise AwsError("ListenerNotFound", "One or more listeners not found")
    return {"Listeners": [view(call, x) for x in listed]}


@answers("elbv2", "ModifyListener")
def modify_listener(call: Call) -> dict[str, Any]:
    """Changes port, protocol and target group."""
    listener = listener_exists(call, call.params["ListenerArn"])
    balancer = store(call).load_balancers[listener.load_balancer_arn]
    merged = {"Protocol": listener.protocol, "Port": listener.port, **call.params}
    protocol, port = listener_protocol_and_port(merged)
    one_listener_per_port(balancer, port, listener)
    given = call.params.get("DefaultActions")
    actions = network_listeners_forward(given) if given else listener.actions
    target_group_fits_the_listener(call, balancer, protocol, actions)
    listener.protocol, listener.port, listener.actions = protocol, port, actions
    return {"Listeners": [view(call, listener)]}


@answers("elbv2", "DeleteListener")
def delete_listener(call: Call) -> dict[str, Any]:
    """Deletes a listener."""
    listener = listener_exists(call, call.params["ListenerArn"])
    store(call).load_balancers[listener.load_balancer_arn].listeners.pop(listener.arn)
    forget_tags(call, listener.arn)
    return {}


@dumps("elbv2")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Listeners with their attributes."""
    found = [x for b in store(call).load_balancers.values() for x in b.listeners.values()]
    return {"listeners": [{**view(call, x), "Attributes": dict(x.attributes)} for x in found]}
