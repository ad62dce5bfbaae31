"""Deployments: what a stage serves is a picture of its API, taken by hand or at every change."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from ...call import Call
from ...registry import answers, rule
from ...tokens import identifier
from .common import api_exists, bad_request, given, listed, one_of, stage_of
from .store import Api, Item, Snapshot, store

_FAILED = "Deployment attempt failed"
_NO_ROUTE = "At least one route is required before deploying the Api."


def take(api: Api, description: str | None, *, automatic: bool) -> Item:
    """Takes the picture and returns the deployment."""
    item: Item = {
        "DeploymentId": identifier(6),
        "DeploymentStatus": "DEPLOYED",
        "AutoDeployed": automatic,
        "CreatedDate": datetime.now(UTC),
        **({"Description": description} if description else {}),
    }
    api.deployments[item["DeploymentId"]] = item
    api.snapshots[item["DeploymentId"]] = Snapshot(*copy.deepcopy((api.routes, api.integrations, api.authorizers)))
    return item


@rule("apigatewayv2.CreateStage", "apigatewayv2.UpdateStage", "apigatewayv2.CreateRoute", "apigatewayv2.UpdateRoute")
def stage_deploys_by_itself(call: Call, api: Api, stage: Item) -> None:
    """A stage with AutoDeploy is deployed at every change of its API; when that fails, only
    LastDeploymentStatusMessage says so.

    Source: aws-facts 3; botocore apigatewayv2.Stage (AutoDeploy, LastDeploymentStatusMessage).
    """
    failures = store(call).failures

    def deployed() -> None:
        failure = next((f for f in failures if f[0] == "deployment"), None)
        stage["LastUpdatedDate"] = datetime.now(UTC)
        if failure is not None or not api.routes:
            text = failure[1] if failure else _NO_ROUTE
            stage["LastDeploymentStatusMessage"] = f"{_FAILED}: {text}"
            if failure is not None:
                failures.remove(failure)
            return
        item = take(api, "Automatic deployment triggered by changes to the Api configuration", automatic=True)
        stage["DeploymentId"] = item["DeploymentId"]
        text = f"Successfully deployed stage with deployment ID '{item['DeploymentId']}'"
        stage["LastDeploymentStatusMessage"] = text

    call.world.after("stage.deploy", call.memory, deployed)


def failed(stage: Item) -> bool:
    """Whether the last automatic deployment of a stage failed."""
    return str(stage.get("LastDeploymentStatusMessage", "")).startswith(_FAILED)


def automatic(call: Call, api: Api) -> None:
    """Deploys the stages of an API that has changed, those that deploy by themselves."""
    for stage in api.stages.values():
        if stage.get("AutoDeploy"):
            stage_deploys_by_itself(call, api, stage)
    call.world.settle(call.account)


@rule("apigatewayv2.CreateDeployment")
def deployment_needs_a_route(api: Api) -> None:
    """An API without routes cannot be deployed.

    Source: message as seen with AWS::ApiGatewayV2::Deployment (BadRequestException).
    """
    if not api.routes:
        raise bad_request(_NO_ROUTE)


@rule("apigatewayv2.CreateStage", "apigatewayv2.UpdateStage", "apigatewayv2.CreateDeployment")
def automatic_stage_takes_no_deployment(stage: Item) -> None:
    """A stage with AutoDeploy cannot be given a deployment.

    Source: aws-facts 3; botocore apigatewayv2.CreateStage, DeploymentId; text assumed.
    """
    if stage.get("AutoDeploy"):
        raise bad_request("Deployment ID cannot be set on stage because AutoDeploy is enabled")


@answers("apigatewayv2", "CreateDeployment")
def create_deployment(call: Call) -> dict[str, Any]:
    """Deploys an API as it is now, to a stage if one is named."""
    api = api_exists(call)
    deployment_needs_a_route(api)
    name = call.params.get("StageName")
    stage = stage_of(call, api, name) if name else None
    if stage is not None:
        automatic_stage_takes_no_deployment(stage)
    item = take(api, call.params.get("Description"), automatic=False)
    if stage is not None:
        stage["DeploymentId"] = item["DeploymentId"]
    call.created(item["DeploymentId"])
    return item


@answers("apigatewayv2", "GetDeployment")
def get_deployment(call: Call) -> dict[str, Any]:
    """Shows a deployment."""
    return one_of(call, api_exists(call).deployments, "Deployment", call.params["DeploymentId"])


@answers("apigatewayv2", "GetDeployments")
def get_deployments(call: Call) -> dict[str, Any]:
    """Lists the deployments of an API."""
    return listed(call, api_exists(call).deployments.values(), "DeploymentId")


@answers("apigatewayv2", "UpdateDeployment")
def update_deployment(call: Call) -> dict[str, Any]:
    """Changes the description."""
    item = one_of(call, api_exists(call).deployments, "Deployment", call.params["DeploymentId"])
    item.update(given(call, "ApiId", "DeploymentId"))
    return item


@rule("apigatewayv2.DeleteDeployment")
def staged_deployment_stays(api: Api, deployment_id: str) -> None:
    """A deployment that a stage serves cannot be deleted.

    Source: message as of REST APIs (BadRequestException); the code is assumed.
    """
    if any(s.get("DeploymentId") == deployment_id for s in api.stages.values()):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")


@answers("apigatewayv2", "DeleteDeployment")
def delete_deployment(call: Call) -> dict[str, Any]:
    """Deletes a deployment."""
    api = api_exists(call)
    item = one_of(call, api.deployments, "Deployment", call.params["DeploymentId"])
    staged_deployment_stays(api, item["DeploymentId"])
    api.deployments.pop(item["DeploymentId"])
    api.snapshots.pop(item["DeploymentId"])
    return {}
