"""Task definitions: registered, listed, deregistered, deleted; never changed."""

from __future__ import annotations

import copy
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import definition_rules as rules
from .common import ecs_tags_well_formed, page, seen, shown_tags
from .deployment import last_completed
from .store import Definition, arn, store

_CONTENT = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "runtimePlatform",
    "ephemeralStorage",
    "enableFaultInjection",
)
# What AWS adds to a container that does not name it.
_CONTAINER_DEFAULTS: dict[str, Any] = {
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}


def view(definition: Definition) -> dict[str, Any]:
    """A task definition as answers show it."""
    shown = {
        "taskDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": definition.status,
        "registeredAt": definition.registered,
        **copy.deepcopy(definition.content),
    }
    if definition.deregistered is not None:
        shown["deregisteredAt"] = definition.deregistered
    return shown


@answers("ecs", "RegisterTaskDefinition")
def register_task_definition(call: Call) -> dict[str, Any]:
    """Registers the next revision of a family, also when nothing is new in it."""
    params = call.params
    tags = ecs_tags_well_formed(call, params.get("tags"))
    containers = params["containerDefinitions"]
    rules.containers_fit_together(containers)
    rules.roles_are_roles(params)
    size: dict[str, str] = {}
    if "FARGATE" in (params.get("requiresCompatibilities") or []):
        rules.fargate_needs_awsvpc(params)
        cpu, memory = rules.size_is_in_the_table(params)
        size = {"cpu": cpu, "memory": memory}
        rules.fargate_needs_an_execution_role(params)
        rules.log_options_are_complete(containers)
    rules.ports_are_those_of_the_task(containers)
    rules.environment_has_no_secret_of_the_same_name(containers)
    kept = store(call)
    family = params["family"]
    revision = kept.last_revision.get(family, 0) + 1
    kept.last_revision[family] = revision
    made = Definition(
        family,
        revision,
        arn(call, f"task-definition/{family}:{revision}"),
        content_is_normalised(call, {**params, **size}),
        call.world.date(call.account),
    )
    kept.families.setdefault(family, {})[revision] = made
    kept.tags[made.arn] = tags
    call.created(made.arn)
    return {"taskDefinition": view(made), "tags": shown_tags(tags)}


@rule("ecs.RegisterTaskDefinition")
def content_is_normalised(call: Call, params: dict[str, Any]) -> dict[str, Any]:
    """A definition comes back with AWS's defaults spelt out: a container's cpu 0, empty lists, the host port
    of a port mapping, the launch types that it fits.

    Source: aws-facts 12 ("DescribeTaskDefinition returns normalised defaults (cpu 0, mountPoints [], ...)").
    """
    content = {name: copy.deepcopy(params[name]) for name in _CONTENT if params.get(name) is not None}
    fargate = "FARGATE" in content.get("requiresCompatibilities", [])
    content.setdefault("networkMode", "bridge")
    content["containerDefinitions"] = [_container(c, content["networkMode"]) for c in params["containerDefinitions"]]
    content["volumes"] = copy.deepcopy(params.get("volumes") or [])
    content["placementConstraints"] = copy.deepcopy(params.get("placementConstraints") or [])
    content["compatibilities"] = ["EC2", "FARGATE"] if fargate or content["networkMode"] == "awsvpc" else ["EC2"]
    content["registeredBy"] = call.principal.arn
    return content


def _container(given: dict[str, Any], network: str) -> dict[str, Any]:
    container = {**copy.deepcopy(_CONTAINER_DEFAULTS), **copy.deepcopy(given)}
    for mapping in container["portMappings"]:
        mapping.setdefault("protocol", "tcp")
        mapping.setdefault("hostPort", mapping["containerPort"] if network == "awsvpc" else 0)
    logs = container.get("logConfiguration")
    if logs is not None:
        logs.setdefault("secretOptions", [])
    return container


def find(call: Call, name: str) -> Definition | None:
    """A definition by ARN, by family:revision, or the latest ACTIVE revision of a family."""
    family, _, revision = name.rpartition("/")[2].partition(":")
    revisions = store(call).families.get(family, {})
    if revision:
        return revisions.get(int(revision)) if revision.isdigit() else None
    active = [r for r, d in revisions.items() if d.status == "ACTIVE"]
    return revisions[max(active)] if active else None


@rule("ecs.*")
def definition_exists(call: Call, name: str) -> Definition:
    """A definition is named by ARN, by family:revision, or by its family alone, which means the latest
    ACTIVE revision.

    Source: botocore ecs.DescribeTaskDefinition (taskDefinition); AWS answers ClientException "Unable to
    describe task definition.".
    """
    found = find(call, name)
    if found is None or not seen(call, found.arn, by_id=True):
        raise AwsError("ClientException", "Unable to describe task definition.")
    return found


@answers("ecs", "DescribeTaskDefinition")
def describe_task_definition(call: Call) -> dict[str, Any]:
    """Shows a definition, INACTIVE ones too."""
    found = definition_exists(call, call.params["taskDefinition"])
    shown: dict[str, Any] = {"taskDefinition": view(found)}
    if "TAGS" in (call.params.get("include") or []):
        shown["tags"] = shown_tags(store(call).tags[found.arn])
    return shown


@answers("ecs", "ListTaskDefinitions")
def list_task_definitions(call: Call) -> dict[str, Any]:
    """Lists definitions by family and status (ACTIVE if none is given), by family and revision."""
    status = call.params.get("status") or "ACTIVE"
    prefix = call.params.get("familyPrefix")
    found = [
        definition
        for family, revisions in sorted(store(call).families.items())
        if prefix in (None, family)
        for _, definition in sorted(revisions.items())
        if definition.status == status and seen(call, definition.arn)
    ]
    if call.params.get("sort") == "DESC":
        found.reverse()
    shown, more = page(call, [d.arn for d in found])
    return {"taskDefinitionArns": shown, **more}


@answers("ecs", "ListTaskDefinitionFamilies")
def list_task_definition_families(call: Call) -> dict[str, Any]:
    """Lists families by prefix, and by whether they have an ACTIVE revision."""
    status = call.params.get("status") or "ALL"
    prefix = call.params.get("familyPrefix") or ""
    found = []
    for family, revisions in sorted(store(call).families.items()):
        active = any(d.status == "ACTIVE" for d in revisions.values())
        if family.startswith(prefix) and (status == "ALL" or (status == "ACTIVE") == active):
            found.append(family)
    shown, more = page(call, found)
    return {"families": shown, **more}


@rule("ecs.DeregisterTaskDefinition")
def revision_is_named(name: str) -> None:
    """A definition is deregistered by family and revision, or by ARN; the family alone is not enough.

    Source: botocore ecs.DeregisterTaskDefinition ("You must specify a revision").
    """
    if ":" not in name.rpartition("/")[2]:
        raise AwsError("ClientException", "Revision is missing.")


@answers("ecs", "DeregisterTaskDefinition")
def deregister_task_definition(call: Call) -> dict[str, Any]:
    """Makes a definition INACTIVE; tasks and services that use it go on."""
    name = call.params["taskDefinition"]
    revision_is_named(name)
    found = find(call, name)
    if found is None or found.status != "ACTIVE":
        raise AwsError("ClientException", "The specified task definition is inactive or does not exist.")
    found.status, found.deregistered = "INACTIVE", call.world.date(call.account)
    return {"taskDefinition": view(found)}


@rule("ecs.DeleteTaskDefinitions")
def only_inactive_definitions_are_deleted(call: Call, names: list[str]) -> list[tuple[str, Definition | None, str]]:
    """Up to 10 definitions are deleted in a call, each of them INACTIVE; what cannot be deleted is named in
    the answer. One that a service or task still uses stays DELETE_IN_PROGRESS until it is not used.

    Source: aws-facts 7; botocore ecs.DeleteTaskDefinitions.
    """
    if len(names) > 10:
        raise AwsError("InvalidParameterException", "taskDefinitions can have at most 10 items.")
    verdicts: list[tuple[str, Definition | None, str]] = []
    for name in names:
        found = find(call, name)
        if found is None or found.status == "DELETE_IN_PROGRESS":
            verdicts.append((name, None, "The specified task definition does not exist."))
        elif found.status == "ACTIVE":
            text = (
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
            )
            verdicts.append((name, None, text))
        else:
            verdicts.append((name, found, ""))
    return verdicts


@answers("ecs", "DeleteTaskDefinitions")
def delete_task_definitions(call: Call) -> dict[str, Any]:
    """Deletes INACTIVE definitions."""
    shown, failures = [], []
    for name, found, why in only_inactive_definitions_are_deleted(call, call.params["taskDefinitions"]):
        if found is None:
            failures.append({"arn": name, "reason": why})
            continue
        found.status = "DELETE_IN_PROGRESS"
        shown.append(view(found))
        if not _used(call, found):
            del store(call).families[found.family][found.revision]
            store(call).tags.pop(found.arn, None)
    return {"taskDefinitions": shown, "failures": failures}


def _used(call: Call, definition: Definition) -> bool:
    kept = store(call)
    services = [s for s in kept.services.values() if s.status != "INACTIVE"]
    deployments = [d for s in services for d in [*s.deployments, last_completed(s)] if d is not None]
    tasks = [t for t in kept.tasks.values() if t.status != "STOPPED"]
    return any(d.revision.definition == definition.arn for d in deployments) or any(
        t.definition is definition for t in tasks
    )
