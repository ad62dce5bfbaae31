//! How rollouts ended: what tells a rollback from somebody's change.

use std::collections::BTreeSet;

use aws_sdk_ecs::Client as EcsClient;
use aws_sdk_ecs::types::{
    Deployment, DeploymentRolloutState, Service, ServiceDeploymentBrief, ServiceDeploymentStatus,
};
use engine::{Fault, Id, Tags};

use super::questions::{owned, primary};
use crate::aws::cloud::Ecs;
use crate::aws::ecs;
use crate::aws::fault::is_not_found;
use crate::aws::owner::Owner;
use crate::aws::resource::Resource as _;
use crate::aws::sources::{Detail, Look, View};
use crate::aws::task_definition::{TaskDefinition, registered};

/// A rollout that came to an end without success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedRollout {
    /// ARN of the service deployment.
    pub deployment: String,
    /// ARN of the task definition that it was to roll out.
    pub task_definition: String,
    /// Why, as ECS says it.
    pub reason: String,
}

/// `ListServiceDeployments` of a service that is not at our latest task definition, or not there yet, or was not when it was last
/// looked at: its last rollout, if that failed.
pub struct ServiceRollouts;

impl Detail for ServiceRollouts {
    type Client = EcsClient;
    type Item = Option<EndedRollout>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let doubtful = owned(look.view, look.owner)
            .filter(|(service, _)| look.named.rollout || doubtful(service, look.view, look.owner));
        doubtful.filter_map(|(service, _)| service.service_arn()).map(Id::from).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html>
    async fn ask(ecs: &Ecs, arn: &Id) -> Result<Option<Self::Item>, Fault> {
        let Some(cluster) = ecs::cluster_arn(arn.as_str()) else { return Ok(None) };
        let call = ecs.reads().list_service_deployments().cluster(&cluster).service(arn.as_str());
        let deployments = match ecs.read("ListServiceDeployments", call.send()).await {
            Ok(answer) => answer.service_deployments.unwrap_or_default(),
            Err(fault) if is_not_found(&fault) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let last = deployments.into_iter().max_by_key(|it| it.created_at().and_then(|time| time.to_millis().ok()));
        match last.filter(failed) {
            Some(last) => Ok(Some(ended(ecs, &last).await?)),
            None => Ok(Some(None)),
        }
    }

    fn tags(_: &Self::Item) -> Option<Tags> {
        None
    }
}

/// Whether a rollout of ours may have failed: the service is not there yet, or runs something older than our latest revision.
fn doubtful(service: &Service, view: &View, owner: &Owner) -> bool {
    let definitions = &view.detailed.task_definitions;
    let ours = definitions.iter().filter(|(_, it)| owner.mark_of(TaskDefinition::KIND, &it.tags).is_some());
    let latest = ours.filter_map(|(_, it)| registered(&it.definition)).max();
    let current = service.task_definition().and_then(|arn| definitions.get(arn));
    let current = current.and_then(|it| registered(&it.definition));
    let at_an_end = primary(service).and_then(Deployment::rollout_state) == Some(&DeploymentRolloutState::Completed);
    !at_an_end || latest > current
}

fn failed(deployment: &ServiceDeploymentBrief) -> bool {
    match deployment.status() {
        Some(
            ServiceDeploymentStatus::RollbackFailed
            | ServiceDeploymentStatus::RollbackInProgress
            | ServiceDeploymentStatus::RollbackRequested
            | ServiceDeploymentStatus::RollbackSuccessful
            | ServiceDeploymentStatus::Stopped,
        ) => true,
        Some(_) | None => false,
    }
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html>
async fn ended(ecs: &Ecs, deployment: &ServiceDeploymentBrief) -> Result<Option<EndedRollout>, Fault> {
    let (Some(arn), Some(target)) = (deployment.service_deployment_arn(), deployment.target_service_revision_arn())
    else {
        return Ok(None);
    };
    let call = ecs.reads().describe_service_revisions().service_revision_arns(target);
    let revisions = ecs.read("DescribeServiceRevisions", call.send()).await?.service_revisions.unwrap_or_default();
    let task_definition = revisions.into_iter().find_map(|revision| revision.task_definition);
    Ok(task_definition.map(|task_definition| EndedRollout {
        deployment: arn.to_owned(),
        task_definition,
        reason: deployment.status_reason().unwrap_or("ECS gives no reason").to_owned(),
    }))
}
