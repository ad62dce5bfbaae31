"""Tasks: listed, described, stopped."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import image, life, scheduler
from .common import cluster_exists, last_part, page, seen, shown_tags
from .store import Task, arn, store


def view(call: Call, task: Task, include: list[str]) -> dict[str, Any]:
    """A task as answers show it."""
    content = task.definition.content
    shown: dict[str, Any] = {
        "taskArn": task.arn,
        "clusterArn": task.cluster.arn,
        "taskDefinitionArn": task.definition.arn,
        "group": f"service:{task.service}",
        "startedBy": task.deployment.id,
        "lastStatus": task.status,
        "desiredStatus": task.desired,
        "launchType": "FARGATE",
        "platformVersion": life.PLATFORM,
        "platformFamily": "Linux",
        "connectivity": "CONNECTED",
        "healthStatus": "UNKNOWN",
        "attachments": [_attachment(call, task)] if task.attachment else [],
        "containers": [_container(task, c) for c in life.containers(task)],
        "attributes": [],
        "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
        "enableExecuteCommand": False,
        "ephemeralStorage": {"sizeInGiB": int((content.get("ephemeralStorage") or {}).get("sizeInGiB", 20))},
        "version": 1 + (task.started is not None) + 2 * (task.stopped is not None),
        "tags": shown_tags(store(call).tags.get(task.arn, {})) if "TAGS" in include else [],
    }
    named = {
        "cpu": content.get("cpu"),
        "memory": content.get("memory"),
        "availabilityZone": task.zone or None,
        "capacityProviderName": task.provider,
        "createdAt": task.created,
        "startedAt": task.started,
        "stoppingAt": task.stopping,
        "stoppedAt": task.stopped,
        "stopCode": task.code,
        "stoppedReason": task.reason,
    }
    return {**shown, **{name: value for name, value in named.items() if value is not None}}


def _attachment(call: Call, task: Task) -> dict[str, Any]:
    details = {
        "subnetId": task.subnet,
        "networkInterfaceId": task.interface,
        "macAddress": task.mac,
        "privateDnsName": f"ip-{task.address.replace('.', '-')}.{call.region}.compute.internal",
        "privateIPv4Address": task.address,
    }
    status = "DELETED" if task.status == "STOPPED" else "PRECREATED" if task.status == "PROVISIONING" else "ATTACHED"
    return {
        "id": task.attachment,
        "type": "ElasticNetworkInterface",
        "status": status,
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


def _container(task: Task, container: dict[str, Any]) -> dict[str, Any]:
    name = container["name"]
    status = {"DEACTIVATING": "RUNNING", "DEPROVISIONING": "STOPPED", "PROVISIONING": "PENDING"}
    shown: dict[str, Any] = {
        "containerArn": task.arn.replace(":task/", ":container/") + f"/{task.attachment}",
        "taskArn": task.arn,
        "name": name,
        "image": container["image"],
        "lastStatus": status.get(task.status, task.status),
        "networkBindings": [],
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(container["cpu"]),
    }
    if task.attachment:
        shown["networkInterfaces"] = [{"attachmentId": task.attachment, "privateIpv4Address": task.address}]
    wanted = image.reference(container["image"])
    digest = task.deployment.revision.digests.get(name) or (wanted.digest if wanted else None)
    if digest and task.started is not None:
        shown["imageDigest"] = digest
    if name in task.container_reasons:
        shown["reason"] = task.container_reasons[name]
    if name in task.exit_codes:
        shown["exitCode"] = task.exit_codes[name]
    return shown


@answers("ecs", "ListTasks")
def list_tasks(call: Call) -> dict[str, Any]:
    """Lists the tasks of a cluster whose desired status is RUNNING, or as asked for."""
    params = call.params
    cluster = cluster_exists(call, params.get("cluster"))
    service, family = params.get("serviceName"), params.get("family")
    kept = store(call)
    if service and f"{cluster.name}/{last_part(service)}" not in kept.services:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    found = [
        task.arn
        for task in kept.tasks.values()
        if task.cluster is cluster
        and task.desired == (params.get("desiredStatus") or "RUNNING")
        and (not service or task.service == last_part(service))
        and family in (None, task.definition.family)
        and params.get("startedBy") in (None, task.deployment.id)
        and params.get("launchType") in (None, "FARGATE")
        and seen(call, task.arn)
    ]
    shown, more = page(call, found)
    return {"taskArns": shown, **more}


@rule("ecs.DescribeTasks")
def tasks_asked_for_at_once(wanted: list[str]) -> None:
    """One to a hundred tasks are described in a call.

    Source: botocore ecs.DescribeTasks ("A list of up to 100 task IDs or full ARN entries").
    """
    if not 1 <= len(wanted) <= 100:
        raise AwsError("InvalidParameterException", "Tasks cannot be empty, and can be at most 100.")


@answers("ecs", "DescribeTasks")
def describe_tasks(call: Call) -> dict[str, Any]:
    """Shows tasks; those stopped for less than about an hour too."""
    cluster = cluster_exists(call, call.params.get("cluster"))
    wanted = call.params["tasks"]
    tasks_asked_for_at_once(wanted)
    shown, failures = [], []
    for name in wanted:
        task_arn = arn(call, f"task/{cluster.name}/{last_part(name)}")
        task = store(call).tasks.get(task_arn)
        if task is None or not seen(call, task_arn, by_id=True):
            failures.append({"arn": task_arn, "reason": "MISSING"})
        else:
            shown.append(view(call, task, call.params.get("include") or []))
    return {"tasks": shown, "failures": failures}


@rule("ecs.StopTask")
def task_exists(call: Call, task_arn: str) -> Task:
    """Only a task that exists is stopped.

    Source: botocore ecs.StopTask (InvalidParameterException "The referenced task was not found.").
    """
    task = store(call).tasks.get(task_arn)
    if task is None:
        raise AwsError("InvalidParameterException", "The referenced task was not found.")
    return task


@answers("ecs", "StopTask")
def stop_task(call: Call) -> dict[str, Any]:
    """Stops a task; its service starts another."""
    cluster = cluster_exists(call, call.params.get("cluster"))
    task = task_exists(call, arn(call, f"task/{cluster.name}/{last_part(call.params['task'])}"))
    service = store(call).services[f"{cluster.name}/{task.service}"]
    life.stop(call, service, task, "UserInitiated", call.params.get("reason") or "Task stopped by user")
    scheduler.look_soon(call, service)
    return {"task": view(call, task, ["TAGS"])}
