"""Whether tasks are healthy: by their targets, after registration and again after every change."""

from __future__ import annotations

from ...call import Call
from ...registry import reacts, rule
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
    """Puts a new verdict on all tasks behind load balancers on the agenda."""
    kept = store(call)
    if call.memory.tasks and not kept.recheck_due:
        kept.recheck_due = True
        call.world.after("target.recheck", call.memory, lambda: _judge_all(call))


def _judge_all(call: Call) -> None:
    kept = store(call)
    kept.recheck_due = False
    for task in list(kept.tasks.values()):
        service = kept.services.get(f"{task.cluster.name}/{task.service}")
        if service is not None and task.deployment.revision.load_balancers:
            judge(call, service, task)
