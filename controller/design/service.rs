//! Cluster, task definition, service and its scaling.
//!
//! Until an image was found for the first time, there is a cluster only. From then on the service goes on with the last image that
//! is known: one that is deleted from its repository takes nothing down.

use engine::{Need, Ref};

use super::network::{ecs_route_tables, ecs_subnets};
use super::security::task_group;
use super::{Draft, names};
use crate::api::Spec;
use crate::api::spec::{Architecture, CapacityProvider, ImageOwner, SecretSource};
use crate::aws::facts::Facts;
use crate::aws::{
    Body, Capacity, Deployment, Desired, EcsCluster, EcsService, Listener, LogGroup, Resource, Role, ScalableTarget,
    ScalingPolicy, SecurityGroupRule, TargetGroup, TaskDefinition, Variables, VpcEndpoint,
};

/// Adds them. After everything else: tasks are started when all that they need stands.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    match &spec.service.existing.cluster_arn {
        Some(arn) => draft.given(cluster().key(), arn),
        None => draft.node(EcsCluster { name: "main", cluster_name: names::ecs(spec) }),
    }
    let Some(image) = image(spec, facts) else { return };
    draft.node(task_definition(spec, facts, image));
    let ways = ways(spec, draft);
    draft.node(service(spec, facts, ways));
    if let Some(scaling) = spec.service.autoscaling {
        let target = ScalableTarget::reference("main");
        let service = EcsService::reference("main");
        draft.node(ScalableTarget { name: "main", service, min: scaling.min, max: scaling.max });
        draft.node(ScalingPolicy { name: "cpu", target, cpu_percent: scaling.cpu_percent });
    }
}

fn cluster() -> Ref<EcsCluster> {
    EcsCluster::reference("main")
}

/// The image that tasks are to run, with its digest: the declared one, unless somebody else decides and has done so.
fn image(spec: &Spec, facts: &Facts) -> Option<String> {
    let declared = facts.image.to_run().map(crate::aws::facts::ResolvedImage::pinned);
    let running = facts.running_image.clone();
    match spec.service.image_owner {
        ImageOwner::Spec => declared.or(running),
        ImageOwner::External => running.or(declared),
    }
}

fn task_definition(spec: &Spec, facts: &Facts, image: String) -> TaskDefinition {
    let service = &spec.service;
    let secret = |source: &SecretSource| match source {
        SecretSource::SecretsManager(arn) | SecretSource::Parameter(arn) => arn.clone(),
    };
    TaskDefinition {
        name: "main",
        family: names::ecs(spec),
        image,
        any_image: service.image_owner == ImageOwner::External,
        cpu: service.cpu,
        memory: service.memory,
        architecture: match service.architecture {
            Architecture::X86 => "X86_64",
            Architecture::Arm => "ARM64",
        },
        container_port: service.container_port,
        command: service.command.clone(),
        environment: Variables(service.environment.0.clone()),
        secrets: service.secrets.iter().map(|(name, source)| (name.clone(), secret(source))).collect(),
        execution_role_arn: names::execution_role_arn(spec, facts),
        task_role_arn: names::task_role_arn(spec, facts),
        log_group: names::log_group(spec, "tasks"),
        region: facts.region.clone(),
    }
}

fn service(spec: &Spec, facts: &Facts, ways: Vec<Need>) -> EcsService {
    let declared = &spec.service;
    EcsService {
        name: "main",
        service_name: names::ecs(spec),
        cluster: cluster(),
        task_definition: TaskDefinition::reference("main"),
        yields: declared.image_owner == ImageOwner::External,
        failed: facts.failed_rollout.clone(),
        subnets: ecs_subnets(&spec.network),
        security_group: task_group(),
        target_group: TargetGroup::reference("main"),
        listener: Listener::reference("main"),
        container_port: declared.container_port,
        desired: match declared.autoscaling {
            Some(scaling) => Desired::Scaled { initial: scaling.min },
            None => Desired::Fixed(declared.desired_count),
        },
        capacity: declared.capacity.iter().map(|it| capacity(it.provider, it.base, it.weight)).collect(),
        deployment: Deployment {
            minimum_healthy_percent: declared.deployment.minimum_healthy_percent,
            maximum_percent: declared.deployment.maximum_percent,
            circuit_breaker: true,
            rollback: declared.deployment.rollback,
        },
        grace_seconds: declared.deployment.health_check_grace_period_seconds,
        execute_command: declared.enable_execute_command,
        ways,
    }
}

fn capacity(provider: CapacityProvider, base: i32, weight: i32) -> Capacity {
    let provider = match provider {
        CapacityProvider::Fargate => "FARGATE",
        CapacityProvider::FargateSpot => "FARGATE_SPOT",
    };
    Capacity { provider: provider.to_owned(), base, weight }
}

/// What tasks need to start and to be reached, of what is drawn so far: endpoints, rules, routes, roles, the log group.
fn ways(spec: &Spec, draft: &Draft) -> Vec<Need> {
    let tables = ecs_route_tables(&spec.network);
    let need = |body: &Body| match body {
        Body::VpcEndpoint(it) => Some(VpcEndpoint::reference(it.name.as_str()).ready()),
        Body::SecurityGroupRule(it) => Some(SecurityGroupRule::reference(it.name.as_str()).exists()),
        Body::LogGroup(it) if it.name == "tasks" => Some(LogGroup::reference(it.name).exists()),
        Body::Role(it) if it.name != "flow" => Some(Role::reference(it.name).ready()),
        _ => None,
    };
    draft.bodies.iter().filter_map(need).chain(tables.iter().map(Ref::exists)).collect()
}

#[cfg(test)]
mod tests;
