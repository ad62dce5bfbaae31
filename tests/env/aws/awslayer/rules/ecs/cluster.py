"""Clusters."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .common import cluster_exists, ecs_tags_well_formed, last_part, page, seen, shown_tags
from .store import Cluster, arn, store

_FARGATE = ("FARGATE", "FARGATE_SPOT")


def view(call: Call, cluster: Cluster, include: list[str]) -> dict[str, Any]:
    """A cluster as answers show it."""
    kept = store(call)
    tasks = [t for t in kept.tasks.values() if t.cluster is cluster]
    services = [s for s in kept.services.values() if s.cluster is cluster and s.status != "INACTIVE"]
    shown: dict[str, Any] = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": sum(t.runs for t in tasks),
        "pendingTasksCount": sum(t.status in ("PROVISIONING", "PENDING") for t in tasks),
        "activeServicesCount": len(services),
        "statistics": [],
        "tags": shown_tags(kept.tags.get(cluster.arn, {})) if "TAGS" in include else [],
        "settings": cluster.settings if "SETTINGS" in include else [],
        "capacityProviders": cluster.providers,
        "defaultCapacityProviderStrategy": cluster.strategy,
    }
    if cluster.configuration is not None and "CONFIGURATIONS" in include:
        shown["configuration"] = cluster.configuration
    return shown


_EVERYTHING = ["TAGS", "SETTINGS", "CONFIGURATIONS"]


@rule("ecs.CreateCluster")
def cluster_of_the_name_again(call: Call, name: str) -> Cluster | None:
    """CreateCluster with the name of an ACTIVE cluster answers with that cluster and changes nothing.

    Source: aws-facts 6.2 ("by name (returns the existing cluster)").
    """
    cluster = store(call).clusters.get(name)
    return cluster if cluster is not None and cluster.status == "ACTIVE" else None


@rule("ecs.CreateCluster", "ecs.PutClusterCapacityProviders")
def capacity_providers_exist(providers: list[str], strategy: list[dict[str, Any]]) -> None:
    """Without groups of instances there are the providers FARGATE and FARGATE_SPOT; a strategy names
    providers of the cluster only.

    Source: botocore ecs.CreateCluster (capacityProviders), ecs.PutClusterCapacityProviders.
    """
    unknown = next((p for p in providers if p not in _FARGATE), None)
    if unknown is not None:
        text = f"The specified capacity provider '{unknown}' is not in an ACTIVE state or does not exist."
        raise AwsError("InvalidParameterException", text)
    if any(item["capacityProvider"] not in providers for item in strategy):
        text = "The specified capacity provider strategy cannot contain a capacity provider that is not associated "
        raise AwsError("InvalidParameterException", text + "with the cluster.")


@rule("ecs.CreateCluster")
def cluster_quota(call: Call) -> None:
    """A bounded number of clusters per Region.

    Source: ECS Developer Guide, service-quotas (Clusters per account: 10,000).
    """
    if sum(c.status == "ACTIVE" for c in store(call).clusters.values()) >= call.quota("clusters"):
        raise AwsError("LimitExceededException", "The number of clusters has exceeded the limit.")


@answers("ecs", "CreateCluster")
def create_cluster(call: Call) -> dict[str, Any]:
    """Creates a cluster, or answers with the one that has the name."""
    params = call.params
    name = params.get("clusterName") or "default"
    tags = ecs_tags_well_formed(call, params.get("tags"))
    existing = cluster_of_the_name_again(call, name)
    if existing is not None:
        return {"cluster": view(call, existing, _EVERYTHING)}
    cluster_quota(call)
    providers = list(params.get("capacityProviders") or [])
    strategy = list(params.get("defaultCapacityProviderStrategy") or [])
    capacity_providers_exist(providers, strategy)
    made = Cluster(
        name,
        arn(call, f"cluster/{name}"),
        list(params.get("settings") or [{"name": "containerInsights", "value": "disabled"}]),
        params.get("configuration"),
        providers,
        _normalised(strategy),
    )
    store(call).clusters[name] = made
    store(call).tags[made.arn] = tags
    call.created(made.arn)
    return {"cluster": view(call, made, _EVERYTHING)}


@answers("ecs", "DescribeClusters")
def describe_clusters(call: Call) -> dict[str, Any]:
    """Shows clusters, deleted ones too: they linger as INACTIVE."""
    include = call.params.get("include") or []
    shown, failures = [], []
    for wanted in call.params.get("clusters") or ["default"]:
        cluster = store(call).clusters.get(last_part(wanted))
        if cluster is None or not seen(call, cluster.arn, by_id=True):
            failures.append({"arn": arn(call, f"cluster/{last_part(wanted)}"), "reason": "MISSING"})
        else:
            shown.append(view(call, cluster, include))
    return {"clusters": shown, "failures": failures}


@answers("ecs", "ListClusters")
def list_clusters(call: Call) -> dict[str, Any]:
    """Lists the clusters that are not deleted."""
    arns = [c.arn for c in store(call).clusters.values() if c.status == "ACTIVE"]
    shown, more = page(call, [a for a in arns if seen(call, a)])
    return {"clusterArns": shown, **more}


@answers("ecs", "UpdateCluster")
def update_cluster(call: Call) -> dict[str, Any]:
    """Changes settings and configuration."""
    cluster = cluster_exists(call, call.params["cluster"])
    _set(cluster, call.params.get("settings") or [])
    cluster.configuration = call.params.get("configuration", cluster.configuration)
    return {"cluster": view(call, cluster, _EVERYTHING)}


@answers("ecs", "UpdateClusterSettings")
def update_cluster_settings(call: Call) -> dict[str, Any]:
    """Changes settings."""
    cluster = cluster_exists(call, call.params["cluster"])
    _set(cluster, call.params["settings"])
    return {"cluster": view(call, cluster, _EVERYTHING)}


@answers("ecs", "PutClusterCapacityProviders")
def put_cluster_capacity_providers(call: Call) -> dict[str, Any]:
    """Replaces the providers and the default strategy."""
    cluster = cluster_exists(call, call.params["cluster"])
    providers = list(call.params["capacityProviders"])
    strategy = list(call.params["defaultCapacityProviderStrategy"])
    capacity_providers_exist(providers, strategy)
    removed_providers_are_unused(call, cluster, providers)
    cluster.providers, cluster.strategy = providers, _normalised(strategy)
    return {"cluster": view(call, cluster, _EVERYTHING)}


@rule("ecs.PutClusterCapacityProviders")
def removed_providers_are_unused(call: Call, cluster: Cluster, providers: list[str]) -> None:
    """A provider that a service uses cannot be taken from the cluster.

    Source: botocore ecs.PutClusterCapacityProviders (ResourceInUseException).
    """
    for service in store(call).services.values():
        if service.cluster is cluster and service.status == "ACTIVE":
            used = {item["capacityProvider"] for d in service.deployments for item in d.revision.strategy}
            if used - set(providers):
                text = "The specified capacity provider is in use and cannot be removed."
                raise AwsError("ResourceInUseException", text)


@rule("ecs.DeleteCluster")
def used_cluster_stays(call: Call, cluster: Cluster) -> None:
    """A cluster with services that are not INACTIVE, or with tasks that are not stopped, cannot be deleted.

    Source: aws-facts 7; botocore ecs.ClusterContainsServicesException, ecs.ClusterContainsTasksException.
    """
    kept = store(call)
    if any(s.cluster is cluster and s.status != "INACTIVE" for s in kept.services.values()):
        text = "The Cluster cannot be deleted while Services are active."
        raise AwsError("ClusterContainsServicesException", text)
    if any(t.cluster is cluster and t.status != "STOPPED" for t in kept.tasks.values()):
        raise AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")


@answers("ecs", "DeleteCluster")
def delete_cluster(call: Call) -> dict[str, Any]:
    """Deletes a cluster; it stays to be described as INACTIVE."""
    cluster = cluster_exists(call, call.params["cluster"])
    used_cluster_stays(call, cluster)
    cluster.status = "INACTIVE"
    store(call).tags.pop(cluster.arn, None)
    return {"cluster": view(call, cluster, _EVERYTHING)}


def _set(cluster: Cluster, settings: list[dict[str, str]]) -> None:
    given = {s["name"]: s for s in settings}
    kept = [s for s in cluster.settings if s["name"] not in given]
    cluster.settings = [*kept, *given.values()]


def _normalised(strategy: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"weight": 0, "base": 0, **item} for item in strategy]
