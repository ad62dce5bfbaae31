"""The life of a task: interface, start, registration, health, end."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...registry import rule
from ...tasks import RunningTask
from ..ec2 import interface, subnet
from ..elbv2 import target as targets
from ..elbv2.common import store as balancers
from . import image, start_checks
from .deployment import event
from .store import Definition, Deployment, Service, Task, arn, hexadecimal, store

PLATFORM = "1.4.0"


def start(call: Call, service: Service, deployment: Deployment) -> Task:
    """Begins the life of a task: PROVISIONING."""
    identity = hexadecimal(32)
    task = Task(
        arn(call, f"task/{service.cluster.name}/{identity}"),
        identity,
        service.cluster,
        service.name,
        deployment,
        definition_of(call, deployment),
        call.world.date(call.account),
        provider=_provider(call, deployment),
    )
    kept = store(call)
    kept.tasks[task.arn] = task
    kept.tags[task.arn] = _tags(call, service, task)
    obstacle = task_gets_an_interface(call, task)
    if obstacle is not None:
        fail(call, service, task, "TaskFailedToStart", obstacle)
    else:
        call.world.after("task.provision", call.memory, lambda: _pending(call, service, task))
    return task


def definition_of(call: Call, deployment: Deployment) -> Definition:
    """The task definition of a deployment."""
    family, _, revision = deployment.revision.definition.rpartition("/")[2].partition(":")
    return store(call).families[family][int(revision)]


def _provider(call: Call, deployment: Deployment) -> str | None:
    """The capacity provider of the next task: bases first, then by weight."""
    strategy = deployment.revision.strategy
    if not strategy:
        return None
    here = [t.provider for t in store(call).tasks.values() if t.deployment is deployment and t.active]
    for item in strategy:
        if here.count(item["capacityProvider"]) < item["base"]:
            return str(item["capacityProvider"])
    weighted = [i for i in strategy if i["weight"]]
    best = min(weighted, key=lambda i: (here.count(i["capacityProvider"]) - i["base"]) / i["weight"])
    return str(best["capacityProvider"])


def _tags(call: Call, service: Service, task: Task) -> dict[str, str]:
    sources = {"SERVICE": service.arn, "TASK_DEFINITION": task.definition.arn}
    source = sources.get(service.settings["propagateTags"])
    tags = dict(store(call).tags.get(source, {})) if source else {}
    if service.settings["enableECSManagedTags"]:
        tags |= {"aws:ecs:clusterName": service.cluster.name, "aws:ecs:serviceName": service.name}
    return tags


@rule("ecs.CreateService", "ecs.UpdateService")
def task_gets_an_interface(call: Call, task: Task) -> str | None:
    """A task has an interface of its own in one of its subnets, spread over them; the interface holds its
    subnet and groups, and cannot be detached by hand. None, or why there is no interface.

    Source: ECS Developer Guide, fargate-task-networking; aws-facts 7 (DescribeNetworkInterfaces).
    """
    vpc = task.deployment.revision.network["awsvpcConfiguration"]
    there = dict(subnet.things(call))
    here = [t.subnet for t in store(call).tasks.values() if t.status != "STOPPED" and t.deployment is task.deployment]
    chosen = min((s for s in vpc["subnets"] if s in there), key=here.count, default=None)
    free = subnet.free_address(call, there[chosen]) if chosen else None
    if chosen is None or free is None:
        code = "InsufficientFreeAddressesInSubnet" if chosen else "InvalidSubnetID.NotFound"
        text = (
            "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in "
        )
        return f"{text}subnet '{chosen or vpc['subnets'][0]}': {code}"
    identity = hexadecimal(32)
    task.attachment = f"{identity[:8]}-{identity[8:12]}-{identity[12:16]}-{identity[16:20]}-{identity[20:]}"
    made = interface.make(
        call,
        there[chosen],
        free,
        kind="interface",
        description=arn(call, f"attachment/{task.attachment}"),
        group_ids=_groups(call, task, there[chosen].vpc_id),
        managed=True,
    )
    task.subnet, task.zone = chosen, there[chosen].availability_zone
    task.interface, task.address, task.mac = made.id, free, made.mac_address
    return None


def _groups(call: Call, task: Task, vpc_id: str) -> list[str]:
    named = task.deployment.revision.network["awsvpcConfiguration"]["securityGroups"]
    return named or [g.id for g in call.ec2.groups[vpc_id].values() if g.is_default]


def _pending(call: Call, service: Service, task: Task) -> None:
    if task.status == "PROVISIONING":
        task.status = "PENDING"
        call.world.after("task.start", call.memory, lambda: _decided(call, service, task))


def _decided(call: Call, service: Service, task: Task) -> None:
    if task.status != "PENDING":
        return
    here = Call.of_nobody(call.world, call.moto, call.account, call.region)
    obstacle = start_checks.obstacle(here, task)
    if obstacle is not None:
        task.container_reasons = obstacle.containers
        fail(here, service, task, "TaskFailedToStart", obstacle.reason)
        return
    task.status, task.started = "RUNNING", call.world.date(call.account)
    start_checks.logs_begin(here, task)
    application = call.world.applications.of(call.account, service.name, image.main(task.definition)["image"])
    if application.does == "crashes":
        exits(here, service, task, application.exit_code)
        return
    _runs(here, service, task)


def _runs(call: Call, service: Service, task: Task) -> None:
    from . import health, scheduler

    one = running(call, task)
    call.memory.tasks[task.arn] = one
    task_is_registered(call, service, task, one)
    if not one.registered:
        task.healthy = task.judged = True
        task.deployment.failed, task.deployment.counting = 0, False
    else:
        health.judge_after_registration(call, service, task)
    scheduler.look_soon(call, service)


def running(call: Call, task: Task) -> RunningTask:
    """The task as the network sees it."""
    containers = task.definition.content["containerDefinitions"]
    made = call.ec2.enis[task.interface]
    return RunningTask(
        arn=task.arn,
        account=call.account,
        region=call.region,
        cluster=task.cluster.name,
        service=task.service,
        definition=task.definition.arn,
        image=str(image.main(task.definition)["image"]),
        vpc=made.subnet.vpc_id,
        subnet=task.subnet,
        interface=task.interface,
        address=task.address,
        groups=[g.id for g in made._group_set],
        ports=[int(m["containerPort"]) for c in containers for m in c["portMappings"]],
        since=call.now,
    )


@rule("ecs.CreateService", "ecs.UpdateService")
def task_is_registered(call: Call, service: Service, task: Task, one: RunningTask) -> None:
    """A task that runs is registered with its address and container port in the service's target groups.

    Source: aws-facts 12 ("ECS registers ip:containerPort"); botocore ecs.LoadBalancer.
    """
    for item in task.deployment.revision.load_balancers:
        group = balancers(call).target_groups.get(item["targetGroupArn"])
        if group is None:
            text = f"(service {service.name}) failed to register targets in (target-group {item['targetGroupArn']})"
            event(call, service, text)
            continue
        group.register([{"Id": task.address, "Port": item["containerPort"]}])
        one.registered[group.arn, item["containerPort"]] = call.now
        event(call, service, f"(service {service.name}) registered 1 targets in (target-group {group.arn})")


def _deregister(call: Call, task: Task) -> None:
    for item in task.deployment.revision.load_balancers:
        group = balancers(call).target_groups.get(item["targetGroupArn"])
        if group is not None:
            gone = [{"Id": task.address, "Port": item["containerPort"]}]
            group.deregister(gone, targets.drain_seconds(call, group))


def fail(call: Call, service: Service, task: Task, code: str, reason: str) -> None:
    """A task ends by itself: it could not start, crashed, failed its checks or was taken back."""
    from . import scheduler

    counts = code in ("TaskFailedToStart", "EssentialContainerExited") or "health checks" in reason
    stop(call, service, task, code, reason)
    scheduler.ended(call, service, task.deployment, failed=counts)


def exits(call: Call, service: Service, task: Task, exit_code: int) -> None:
    """The application's process ends."""
    name = str(image.main(task.definition)["name"])
    task.exit_codes = {name: exit_code}
    fail(call, service, task, "EssentialContainerExited", "Essential container in task exited")


def stop(call: Call, service: Service, task: Task, code: str, reason: str) -> None:
    """Begins the end of a task: it is deregistered, and STOPPED when its time is over."""
    if not task.active:
        return
    never_ran = task.started is None
    task.desired, task.healthy = "STOPPED", False
    task.code, task.reason, task.stopping = code, reason, call.world.date(call.account)
    task.status = "DEPROVISIONING" if never_ran else "DEACTIVATING"
    call.memory.tasks.pop(task.arn, None)
    _deregister(call, task)
    call.world.after("task.stop", call.memory, lambda: _stopped(call, service, task))


def _stopped(call: Call, service: Service, task: Task) -> None:
    from . import scheduler

    task.status, task.stopped = "STOPPED", call.world.date(call.account)
    interface.remove(call, task.interface)
    call.world.after("task.visible", call.memory, lambda: _forget(call, task))
    scheduler.look_soon(call, service)


def _forget(call: Call, task: Task) -> None:
    store(call).tasks.pop(task.arn, None)
    store(call).tags.pop(task.arn, None)


def containers(task: Task) -> list[dict[str, Any]]:
    """The task's containers as its definition has them."""
    return list(task.definition.content["containerDefinitions"])
