"""Services: created, listed, described, deleted."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import deployment, scheduler, service_rules
from .common import (
    cluster_exists,
    ecs_tags_well_formed,
    find_service,
    fingerprint,
    last_part,
    page,
    seen,
    service_exists,
)
from .service_view import view
from .store import Cluster, Service, arn, store
from .task_definition import find


@answers("ecs", "CreateService")
def create_service(call: Call) -> dict[str, Any]:
    """Creates a service; its tasks start, register and get healthy in their own time."""
    params = call.params
    cluster = cluster_exists(call, params.get("cluster"))
    tags = ecs_tags_well_formed(call, params.get("tags"))
    again = service_of_the_name_again(call, cluster)
    if again is not None:
        return {"service": view(call, again, ["TAGS"])}
    definition = find(call, params.get("taskDefinition") or "")
    if definition is None or definition.status != "ACTIVE":
        raise AwsError("ClientException", "TaskDefinition not found.")
    settings = service_rules.settings(call, cluster, definition, params)
    service_quota(call, cluster)
    made = Service(
        params["serviceName"],
        arn(call, f"service/{cluster.name}/{params['serviceName']}"),
        cluster,
        settings,
        int(params.get("desiredCount") or 0),
        call.world.date(call.account),
        call.principal.arn,
        fingerprint({**params, "cluster": cluster.name}),
    )
    made.settings["clientToken"] = params.get("clientToken")
    deployment.begin(call, made, definition)
    store(call).services[f"{cluster.name}/{made.name}"] = made
    store(call).tags[made.arn] = tags
    call.created(made.arn)
    scheduler.look_soon(call, made)
    return {"service": view(call, made, ["TAGS"])}


@rule("ecs.CreateService")
def service_of_the_name_again(call: Call, cluster: Cluster) -> Service | None:
    """A service with the same client token and parameters is the same service; a name that is taken by
    another, or by one that is still DRAINING, is refused.

    Source: aws-facts 6.2 (hashicorp/terraform-provider-aws#2283, #14489); ECS Developer Guide,
    ecs-idempotency.
    """
    token = call.params.get("clientToken")
    if token and len(token) > 36:
        raise AwsError("InvalidParameterException", "clientToken can have at most 36 characters.")
    service = find_service(call, cluster, call.params["serviceName"])
    if service is None or service.status == "INACTIVE":
        return None
    same = service.fingerprint == fingerprint({**call.params, "cluster": cluster.name})
    if service.status == "ACTIVE" and token and token == service.settings.get("clientToken") and same:
        return service
    raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")


@rule("ecs.CreateService")
def service_quota(call: Call, cluster: Cluster) -> None:
    """A bounded number of services per cluster.

    Source: ECS Developer Guide, service-quotas (Services per cluster: 5,000).
    """
    here = [s for s in store(call).services.values() if s.cluster is cluster and s.status != "INACTIVE"]
    if len(here) >= call.quota("servicesPerCluster"):
        raise AwsError("InvalidParameterException", "The maximum number of services has been reached.")


@answers("ecs", "DescribeServices")
def describe_services(call: Call) -> dict[str, Any]:
    """Shows up to 10 services of a cluster, those that are deleted too."""
    cluster = cluster_exists(call, call.params.get("cluster"))
    wanted = call.params["services"]
    services_asked_for_at_once(wanted)
    shown, failures = [], []
    for name in wanted:
        service = find_service(call, cluster, name)
        if service is None or not seen(call, service.arn, by_id=True):
            failures.append({"arn": arn(call, f"service/{cluster.name}/{last_part(name)}"), "reason": "MISSING"})
        else:
            shown.append(view(call, service, call.params.get("include") or []))
    return {"services": shown, "failures": failures}


@rule("ecs.DescribeServices")
def services_asked_for_at_once(wanted: list[str]) -> None:
    """One to ten services are described in a call.

    Source: botocore ecs.DescribeServices ("You may specify up to 10 services").
    """
    if not 1 <= len(wanted) <= 10:
        raise AwsError("InvalidParameterException", "Services cannot be empty, and can be at most 10.")


@answers("ecs", "ListServices")
def list_services(call: Call) -> dict[str, Any]:
    """Lists the services of a cluster that are not INACTIVE."""
    cluster = cluster_exists(call, call.params.get("cluster"))
    kind = call.params.get("launchType")
    found = [
        s.arn
        for s in store(call).services.values()
        if s.cluster is cluster
        and s.status != "INACTIVE"
        and kind in (None, s.settings["launchType"])
        and seen(call, s.arn)
    ]
    shown, more = page(call, found, 10)
    return {"serviceArns": shown, **more}


@rule("ecs.DeleteService")
def service_is_scaled_down(call: Call, service: Service) -> None:
    """A service is deleted with force, or when it is scaled to zero; also one that is DRAINING or INACTIVE
    cannot be deleted again.

    Source: aws-facts 7; botocore ecs.DeleteService (force), ecs.ServiceNotActiveException.
    """
    if service.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    if service.desired > 0 and not call.params.get("force"):
        text = "The service cannot be stopped while it is scaled above 0."
        raise AwsError("InvalidParameterException", text)


@answers("ecs", "DeleteService")
def delete_service(call: Call) -> dict[str, Any]:
    """Deletes a service: DRAINING until its tasks are stopped, INACTIVE then, and shown for ever."""
    cluster = cluster_exists(call, call.params.get("cluster"))
    service = service_exists(call, cluster, call.params["service"])
    service_is_scaled_down(call, service)
    service.status, service.desired = "DRAINING", 0
    scheduler.look_soon(call, service)
    return {"service": view(call, service, ["TAGS"])}
