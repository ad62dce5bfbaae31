//! From what AWS shows of a service to what is seen of it.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, DeploymentCircuitBreaker, DeploymentConfiguration, Service as Sdk, Task,
    TaskStopCode,
};
use aws_sdk_elasticloadbalancingv2::types::TargetHealthDescription;
use engine::{Attributes, Id, Key, Live, Phase};

use super::EcsServiceSeen;
use super::health::{Reached, failure, phase, to_start};
use super::questions::{owned, primary, target_groups};
use super::rollout::EndedRollout;
use super::settings::{Capacity, Deployment};
use crate::aws::ecs;
use crate::aws::owner::Owner;
use crate::aws::sources::View;
use crate::aws::task_definition::{image, registered};

/// Attributes of a service.
pub mod attribute {
    /// How many tasks run.
    pub const RUNNING: &str = "running";
    /// How many tasks are wanted.
    pub const DESIRED: &str = "desired";
    /// How many targets are healthy, if that was looked at.
    pub const HEALTHY: &str = "healthy";
    /// How many tasks ECS has yet to begin to start, if they are all that is lacking.
    pub const TO_START: &str = "toStart";
    /// ARN of the task definition that it runs, or is about to.
    pub const TASK_DEFINITION: &str = "taskDefinition";
    /// ARN of the last service deployment, if it failed.
    pub const FAILED_DEPLOYMENT: &str = "failedDeployment";
    /// ARN of the task definition of that.
    pub const FAILED_TASK_DEFINITION: &str = "failedTaskDefinition";
    /// Why that failed, as ECS says it.
    pub const FAILURE: &str = "failure";
    /// Why the last task ended that was not meant to, as ECS says it.
    pub const STOPPED: &str = "stopped";
}

/// The image of the first container of what the stack's service runs.
#[must_use]
pub fn running_image(view: &View, owner: &Owner) -> Option<String> {
    let definitions = &view.detailed.task_definitions;
    let running = owned(view, owner).filter_map(|(service, _)| service.task_definition());
    let mut running = running.filter_map(|arn| definitions.get(arn));
    running.next().and_then(|it| image(&it.definition)).map(str::to_owned)
}

/// Where tasks are registered, on one line.
pub(super) fn target(group: &str, container: &str, port: i32) -> String {
    format!("{group} {container}:{port}")
}

/// The service under its key and attempt. Without a view, it is as a call has just returned it: nothing is known of its tasks.
pub(super) fn live(service: &Sdk, mark: (Key, u32), view: Option<&View>) -> Option<Live<EcsServiceSeen>> {
    let reached = view.and_then(|view| targets(service, view)).map(|targets| Reached::of(&targets));
    with(service, mark, view, reached)
}

/// The service as a call that changed it has just returned it. Of its targets nothing else is known than what was seen before: none
/// of them is worse off for it, and what a new deployment brings, its own state tells.
pub(super) fn changed(service: &Sdk, before: &Live<EcsServiceSeen>) -> Option<Live<EcsServiceSeen>> {
    let healthy = before.attributes.get(attribute::HEALTHY).and_then(|count| count.parse().ok());
    let reached = healthy.map(|healthy| Reached { healthy, initial: 0 });
    with(service, (before.key.clone(), before.attempt), None, reached)
}

fn with(
    service: &Sdk,
    (key, attempt): (Key, u32),
    view: Option<&View>,
    reached: Option<Reached>,
) -> Option<Live<EcsServiceSeen>> {
    let arn = service.service_arn()?;
    let failed = view.and_then(|view| view.detailed.service_rollouts.get(arn)).and_then(Clone::clone);
    let definition = service.task_definition().unwrap_or_default();
    let known = view.and_then(|view| view.detailed.task_definitions.get(definition));
    let roles = known.iter().flat_map(|it| [it.definition.execution_role_arn(), it.definition.task_role_arn()]);
    let seen = seen(service, failed, known.and_then(|it| registered(&it.definition)));
    let on = [seen.cluster.as_str(), definition];
    let names = roles.flatten().filter_map(|arn| arn.rsplit('/').next());
    let on = on.into_iter().chain(names).chain(target_groups(service));
    let on = on.chain(seen.subnets.iter().chain(&seen.security_groups).map(String::as_str)).map(Id::from).collect();
    Some(Live {
        key,
        attempt,
        id: Id::from(arn),
        attributes: attributes(service, &seen, view, reached),
        phase: match service.status() {
            Some("ACTIVE") => phase(service, reached),
            Some("DRAINING") => Phase::Deleting,
            status => Phase::Pending(status.unwrap_or("no status").to_owned()),
        },
        seen,
        on,
        within: None,
        tags: ecs::tags(service.tags()),
        created: service.created_at().map(aws_smithy_types::DateTime::secs),
    })
}

/// The targets of all its groups; `None` if one of them was not answered for.
fn targets<'a>(service: &Sdk, view: &'a View) -> Option<Vec<&'a TargetHealthDescription>> {
    let groups = target_groups(service).map(|group| view.detailed.service_targets.get(group));
    Some(groups.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

fn seen(service: &Sdk, failed: Option<EndedRollout>, registered: Option<i64>) -> EcsServiceSeen {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let network = service.network_configuration().and_then(|it| it.awsvpc_configuration());
    let set = |ids: Option<&[String]>| ids.unwrap_or_default().iter().cloned().collect::<BTreeSet<_>>();
    let targets = service.load_balancers().iter().map(|entry| {
        let group = entry.target_group_arn().unwrap_or_default();
        target(group, entry.container_name().unwrap_or_default(), entry.container_port().unwrap_or_default())
    });
    let mut capacity: Vec<Capacity> = service
        .capacity_provider_strategy()
        .iter()
        .map(|item| Capacity {
            provider: item.capacity_provider().to_owned(),
            base: item.base(),
            weight: item.weight(),
        })
        .collect();
    capacity.sort();
    EcsServiceSeen {
        service_name: text(service.service_name()),
        cluster: text(service.cluster_arn()),
        task_definition: text(service.task_definition()),
        registered,
        failed,
        subnets: set(network.map(AwsVpcConfiguration::subnets)),
        security_groups: set(network.map(AwsVpcConfiguration::security_groups)),
        public_ip: network.and_then(|it| it.assign_public_ip()) == Some(&AssignPublicIp::Enabled),
        targets: targets.collect(),
        desired: service.desired_count(),
        capacity,
        deployment: deployment(service.deployment_configuration()),
        grace_seconds: service.health_check_grace_period_seconds().unwrap_or_default(),
        execute_command: service.enable_execute_command(),
        managed_tags: service.enable_ecs_managed_tags(),
        propagate_tags: service.propagate_tags().map_or("NONE", |it| it.as_str()).to_owned(),
    }
}

fn deployment(configuration: Option<&DeploymentConfiguration>) -> Deployment {
    let breaker = configuration.and_then(DeploymentConfiguration::deployment_circuit_breaker);
    Deployment {
        // AWS's own defaults for what is left out.
        minimum_healthy_percent: configuration
            .and_then(DeploymentConfiguration::minimum_healthy_percent)
            .unwrap_or(100),
        maximum_percent: configuration.and_then(DeploymentConfiguration::maximum_percent).unwrap_or(200),
        circuit_breaker: breaker.is_some_and(DeploymentCircuitBreaker::enable),
        rollback: breaker.is_some_and(DeploymentCircuitBreaker::rollback),
    }
}

fn attributes(service: &Sdk, seen: &EcsServiceSeen, view: Option<&View>, reached: Option<Reached>) -> Attributes {
    let mut attributes = Attributes::from([
        (attribute::RUNNING.into(), service.running_count().to_string()),
        (attribute::DESIRED.into(), seen.desired.to_string()),
        (attribute::TASK_DEFINITION.into(), seen.task_definition.clone()),
    ]);
    let healthy = reached.map(|reached| reached.healthy);
    attributes.extend(healthy.map(|count| (attribute::HEALTHY.into(), count.to_string())));
    let to_start = reached.and_then(|reached| to_start(service, reached));
    attributes.extend(to_start.map(|count| (attribute::TO_START.into(), count.to_string())));
    if let Some(EndedRollout { deployment, task_definition, reason }) = &seen.failed {
        attributes.insert(attribute::FAILED_DEPLOYMENT.into(), deployment.clone());
        attributes.insert(attribute::FAILED_TASK_DEFINITION.into(), task_definition.clone());
        attributes.insert(attribute::FAILURE.into(), reason.clone());
    }
    if let Some(reason) = primary(service).and_then(failure) {
        attributes.entry(attribute::FAILURE.into()).or_insert_with(|| reason.to_owned());
    }
    let stopped = service.service_arn().and_then(|arn| view?.detailed.stopped_tasks.get(arn));
    if let Some(reason) = stopped.and_then(|tasks| last_failure(tasks)) {
        attributes.insert(attribute::STOPPED.into(), reason);
    }
    attributes
}

/// Why the last task ended that ended without anybody's wish.
fn last_failure(tasks: &[Task]) -> Option<String> {
    let unwished = |task: &&Task| match task.stop_code() {
        Some(TaskStopCode::UserInitiated | TaskStopCode::SpotInterruption | TaskStopCode::TerminationNotice) => false,
        // The scheduler ends tasks that fail health checks, and those that are too many.
        Some(TaskStopCode::ServiceSchedulerInitiated) => {
            task.stopped_reason().is_some_and(|reason| !reason.starts_with("Scaling activity"))
        }
        Some(_) | None => true,
    };
    let time = |task: &&Task| task.stopping_at().or(task.stopped_at()).and_then(|time| time.to_millis().ok());
    tasks.iter().filter(unwished).max_by_key(time).map(said)
}

/// What ECS says of the end of a task.
fn said(task: &Task) -> String {
    let mut text = task.stopped_reason().unwrap_or("no reason").to_owned();
    for container in task.containers() {
        if let Some(code) = container.exit_code() {
            text = format!("{text}; exit code {code}");
        }
        if let Some(reason) = container.reason() {
            text = format!("{text}; {reason}");
        }
    }
    text
}
