"""Whether tasks are healthy: by their targets, after registration and again after every change."""

from __future__ import annotations

from ...call import Call
from ...registry import reacts, rule
from ..ec2 import security_group
from ..elbv2 import target as targets
from ..elbv2.common import store as balancers
from . import life, scheduler
from .deployment import event
from .store import Service, Task, store

# Between two looks at targets that have no verdict yet: their load balancer is not active, or has no listener.
_UNDECIDED_PAUSE = 5.0


def judge_after_registration(call: Call, service: Service, task: Task) -> None:
    """Puts the first verdict on the agenda."""
    call.world.after("target.initial", call.memory, lambda: judge(call, service, task))


@rule("ecs.CreateService", "ecs.UpdateService")
def judge(call: Call, service: Service, task: Task) -> None:
    """A task behind a load balancer is healthy when its targets are. One whose target is unhealthy after
    the grace period is stopped and replaced.

    Source: aws-facts 12 (healthCheckGracePeriodSeconds); ECS Developer Guide, load-balancer-healthcheck;
    botocore ecs.CreateService (healthCheckGracePeriodSeconds).
    """
    if not (task.active and task.runs):
        return
    here = Call.of_nobody(call.world, call.moto, call.account, call.region)
    states = _states(here, task)
    was = task.healthy
    task.healthy = all(state == "healthy" for state, _, _ in states)
    if task.healthy:
        task.judged = True
        if task.deployment.counting:
            task.deployment.failed, task.deployment.counting = 0, False
    sick = next(((arn, why) for state, arn, why in states if state == "unhealthy"), None)
    if sick is not None and task.started is not None:
        age = (call.world.date(call.account) - task.started).total_seconds()
        grace = float(service.settings.get("healthCheckGracePeriodSeconds") or 0)
        if age < grace:
            call.world.at(call.now + grace - age, call.memory, lambda: judge(call, service, task))
        else:
            _replaced(here, service, task, *sick)
    elif any(state in ("initial", "unused") for state, _, _ in states):
        call.world.at(call.now + _UNDECIDED_PAUSE, call.memory, lambda: judge(call, service, task))
    if task.healthy != was:
        scheduler.look_soon(here, service)


def _replaced(call: Call, service: Service, task: Task, group_arn: str, why: str) -> None:
    text = f"(service {service.name}) (task {task.id}) is unhealthy in (target-group {group_arn}) due to (reason {why})"
    event(call, service, text)
    life.fail(
        call, service, task, "ServiceSchedulerInitiated", f"Task failed ELB health checks in (target-group {group_arn})"
    )


def _states(call: Call, task: Task) -> list[tuple[str, str, str]]:
    """State, target group and reason of each target of the task; none where the group is gone."""
    found = []
    for item in task.deployment.revision.load_balancers:
        group = balancers(call).target_groups.get(item["targetGroupArn"])
        if group is None:
            continue
        target = group.targets.get((task.address, int(item["containerPort"])))
        state, _, text = targets.health(call, group, target)
        found.append((state, str(group.arn), text or ""))
    return found


@reacts("ec2.AuthorizeSecurityGroup*", "ec2.RevokeSecurityGroup*", "ec2.ModifySecurityGroupRules")
@reacts("elbv2.ModifyTargetGroup", "elbv2.SetSecurityGroups", "elbv2.CreateListener", "elbv2.DeleteListener")
@reacts("elbv2.RegisterTargets", "elbv2.DeregisterTargets")
def look_again(call: Call) -> None:
    """Puts new verdicts on the agenda: on the tasks of the VPC that the call was about, or on all."""
    kept = store(call)
    if not call.memory.tasks:
        return
    vpc = _vpc_of(call)
    if vpc not in kept.rechecks:
        kept.rechecks.add(vpc)
        call.world.after("target.recheck", call.memory, lambda: _judge_all(call, vpc))


def _vpc_of(call: Call) -> str | None:
    """The VPC of what a call names, None if that is not known."""
    params, balancing = call.params, balancers(call)
    group = security_group.find(call, params.get("GroupId") or "")
    target_group = balancing.target_groups.get(params.get("TargetGroupArn"))
    balancer = balancing.load_balancers.get(params.get("LoadBalancerArn"))
    found = next((thing for thing in (group, target_group, balancer) if thing is not None), None)
    return None if found is None else str(found.vpc_id)


def _judge_all(call: Call, vpc: str | None) -> None:
    kept = store(call)
    kept.rechecks.discard(vpc)
    for running in list(call.memory.tasks.values()):
        task = kept.tasks.get(running.arn)
        if task is not None and vpc in (None, running.vpc) and running.registered:
            judge(call, kept.services[f"{task.cluster.name}/{task.service}"], task)
