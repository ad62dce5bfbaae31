//! What is asked about the service: itself, the health of its targets, and its tasks that ended.

use std::collections::BTreeSet;

use aws_sdk_ecs::Client as EcsClient;
use aws_sdk_ecs::types::{Deployment, DeploymentRolloutState, DesiredStatus, Service as Sdk, ServiceField, Task};
use aws_sdk_elasticloadbalancingv2::Client as ElbClient;
use aws_sdk_elasticloadbalancingv2::types::TargetHealthDescription;
use engine::{Fault, Id, Key, Tags};

use super::EcsService;
use crate::aws::cloud::{Ecs, Elb};
use crate::aws::ecs;
use crate::aws::ecs_cluster::EcsCluster;
use crate::aws::fault::is_not_found;
use crate::aws::owner::Owner;
use crate::aws::resource::Resource as _;
use crate::aws::sources::{Detail, Look, View, answered};

/// How many tasks one call describes.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>
const PAGE: usize = 100;

/// `DescribeServices`, by ARN: of the stack's name in its cluster, built or brought, and of what memory expects.
pub struct EcsServices;

impl Detail for EcsServices {
    type Client = EcsClient;
    type Item = Sdk;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let name = ecs::name_of(&look.owner.stack);
        let ours = answered(&look.view.listed.ecs_clusters)
            .iter()
            .filter(|cluster| look.owner.mark_of(EcsCluster::KIND, cluster.tags()).is_some());
        let built = ours.filter_map(|cluster| cluster.cluster_arn());
        let clusters = built.chain(look.named.brought.iter().map(String::as_str));
        let services = clusters.filter_map(|cluster| ecs::service_arn(cluster, &name)).map(Id::from);
        services.chain(look.expected(EcsService::KIND)).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html>: a deleted service is shown as INACTIVE
    /// for a while, and is gone.
    async fn ask(ecs: &Ecs, arn: &Id) -> Result<Option<Sdk>, Fault> {
        let Some(cluster) = ecs::cluster_arn(arn.as_str()) else { return Ok(None) };
        let call = ecs.reads().describe_services().cluster(cluster).services(arn.as_str()).include(ServiceField::Tags);
        match ecs.read("DescribeServices", call.send()).await {
            Ok(answer) => {
                let services = answer.services.unwrap_or_default().into_iter();
                Ok(services.into_iter().find(|service| service.status() != Some("INACTIVE")))
            }
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(service: &Sdk) -> Option<Tags> {
        Some(ecs::tags(service.tags()))
    }
}

/// The services of the stack, with key and attempt.
pub fn owned<'a>(view: &'a View, owner: &'a Owner) -> impl Iterator<Item = (&'a Sdk, (Key, u32))> {
    let services = view.detailed.ecs_services.iter();
    services.filter_map(|(_, service)| Some((service, owner.mark_of(EcsService::KIND, service.tags())?)))
}

/// The deployment that a service is at.
pub(super) fn primary(service: &Sdk) -> Option<&Deployment> {
    service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"))
}

/// Whether the deployment that a service is at is complete.
fn rolled_out(service: &Sdk) -> bool {
    primary(service).and_then(Deployment::rollout_state) == Some(&DeploymentRolloutState::Completed)
}

/// ARNs of the target groups of the service.
pub(super) fn target_groups(service: &Sdk) -> impl Iterator<Item = &str> {
    service.load_balancers().iter().filter_map(|entry| entry.target_group_arn())
}

/// `DescribeTargetHealth` of the target groups of the service.
pub struct ServiceTargets;

impl Detail for ServiceTargets {
    type Client = ElbClient;
    type Item = Vec<TargetHealthDescription>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        owned(look.view, look.owner).flat_map(|(service, _)| target_groups(service)).map(Id::from).collect()
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html>
    async fn ask(elb: &Elb, group: &Id) -> Result<Option<Self::Item>, Fault> {
        let call = elb.reads().describe_target_health().target_group_arn(group.as_str());
        match elb.read("DescribeTargetHealth", call.send()).await {
            Ok(answer) => Ok(Some(answer.target_health_descriptions.unwrap_or_default())),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(_: &Self::Item) -> Option<Tags> {
        None
    }
}

/// `ListTasks` and `DescribeTasks` of tasks that ended, asked only of a service that fails to start them, or that is rolled out and
/// runs less than it should, or whose last rollout failed.
pub struct StoppedTasks;

impl Detail for StoppedTasks {
    type Client = EcsClient;
    type Item = Vec<Task>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let fails = |service: &Sdk| {
            let failed = primary(service).is_some_and(|deployment| deployment.failed_tasks() > 0);
            let missing = service.running_count() + service.pending_count() < service.desired_count();
            let short = rolled_out(service) && service.running_count() < service.desired_count();
            let gave_up = service.service_arn().and_then(|arn| look.view.detailed.service_rollouts.get(arn));
            gave_up.is_some_and(Option::is_some) || short || !rolled_out(service) && (failed || missing)
        };
        let failing = owned(look.view, look.owner).filter(|(service, _)| fails(service));
        failing.filter_map(|(service, _)| service.service_arn()).map(Id::from).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html>: shows stopped tasks for about an hour.
    async fn ask(ecs: &Ecs, arn: &Id) -> Result<Option<Vec<Task>>, Fault> {
        let Some(cluster) = ecs::cluster_arn(arn.as_str()) else { return Ok(None) };
        let name = arn.as_str().rsplit('/').next().unwrap_or_default();
        let call = ecs.reads().list_tasks().cluster(&cluster).service_name(name).desired_status(DesiredStatus::Stopped);
        let mut tasks = ecs.read("ListTasks", call.send()).await?.task_arns.unwrap_or_default();
        tasks.truncate(PAGE);
        if tasks.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let call = ecs.reads().describe_tasks().cluster(&cluster).set_tasks(Some(tasks));
        Ok(Some(ecs.read("DescribeTasks", call.send()).await?.tasks.unwrap_or_default()))
    }

    fn tags(_: &Vec<Task>) -> Option<Tags> {
        None
    }
}
