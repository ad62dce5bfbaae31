//! What a service is created with and changed by.

use aws_sdk_ecs::operation::create_service::builders::CreateServiceFluentBuilder;
use aws_sdk_ecs::operation::update_service::builders::UpdateServiceFluentBuilder;
use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration, CapacityProviderStrategyItem,
    DeploymentCircuitBreaker, DeploymentConfiguration, LoadBalancer, NetworkConfiguration, PropagateTags,
};
use engine::{Change, Ids, Live, Unresolved};

use super::{Desired, EcsService, EcsServiceSeen};
use crate::aws::CONTAINER;
use crate::aws::clients::to_list;
use crate::aws::cloud::Ecs;
use crate::aws::resource::{Mark, resolved};

/// Whose tags tasks bear.
pub(super) const PROPAGATE: PropagateTags = PropagateTags::Service;

/// Longest client token.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html>
const TOKEN: usize = 36;

/// Share of a capacity provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity {
    /// `FARGATE` or `FARGATE_SPOT`.
    pub provider: String,
    /// Tasks that run here at least.
    pub base: i32,
    /// Share of the tasks beyond the base.
    pub weight: i32,
}

/// How tasks are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Least healthy tasks, percent of the desired count.
    pub minimum_healthy_percent: i32,
    /// Most tasks, percent of the desired count.
    pub maximum_percent: i32,
    /// Whether a deployment whose tasks keep failing is ended.
    pub circuit_breaker: bool,
    /// Whether it then returns to the last one that worked.
    pub rollback: bool,
}

impl Deployment {
    fn configuration(self) -> DeploymentConfiguration {
        let breaker = DeploymentCircuitBreaker::builder().enable(self.circuit_breaker).rollback(self.rollback).build();
        DeploymentConfiguration::builder()
            .minimum_healthy_percent(self.minimum_healthy_percent)
            .maximum_percent(self.maximum_percent)
            .deployment_circuit_breaker(breaker)
            .build()
    }

    /// Tasks can only be moved between zones where there may be more of them for a while.
    ///
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html>
    fn rebalancing(self) -> AvailabilityZoneRebalancing {
        if self.maximum_percent > 100 {
            AvailabilityZoneRebalancing::Enabled
        } else {
            AvailabilityZoneRebalancing::Disabled
        }
    }
}

impl EcsService {
    /// The call that creates it.
    pub(super) fn creation(&self, ecs: &Ecs, ids: &Ids, mark: &Mark) -> Result<CreateServiceFluentBuilder, Unresolved> {
        let count = match self.desired {
            Desired::Fixed(count) => count,
            Desired::Scaled { initial } => initial,
        };
        let call = ecs
            .writes()
            .create_service()
            .client_token(mark.token.get(..TOKEN).unwrap_or(&mark.token))
            .cluster(ids.of(&self.cluster)?.as_str())
            .service_name(&self.service_name)
            .task_definition(ids.of(&self.task_definition)?.as_str())
            .desired_count(count)
            .network_configuration(self.network(ids)?)
            .set_load_balancers(Some(self.load_balancers(ids)?))
            .set_capacity_provider_strategy(Some(self.strategy()))
            .deployment_configuration(self.deployment.configuration())
            .availability_zone_rebalancing(self.deployment.rebalancing())
            .health_check_grace_period_seconds(self.grace_seconds)
            .enable_execute_command(self.execute_command)
            .enable_ecs_managed_tags(true)
            .propagate_tags(PROPAGATE);
        Ok(call.set_tags(Some(to_list(&mark.tags))))
    }

    /// The call that makes up for `changes`.
    ///
    /// A change of the capacity providers alone is refused unless a deployment is forced.
    pub(super) fn change(
        &self,
        ecs: &Ecs,
        live: &Live<EcsServiceSeen>,
        changes: &[Change],
        ids: &Ids,
    ) -> Result<UpdateServiceFluentBuilder, Unresolved> {
        let differs = |fields: &[&str]| changes.iter().any(|change| fields.contains(&change.field));
        let mut call = ecs.writes().update_service().cluster(&live.seen.cluster).service(live.id.as_str());
        if differs(&["taskDefinition"]) {
            call = call.task_definition(ids.of(&self.task_definition)?.as_str());
        }
        if let (true, Desired::Fixed(count)) = (differs(&["desiredCount"]), self.desired) {
            call = call.desired_count(count);
        }
        if differs(&["subnets", "securityGroups", "publicIp"]) {
            call = call.network_configuration(self.network(ids)?);
        }
        if differs(&["targets"]) {
            call = call.set_load_balancers(Some(self.load_balancers(ids)?));
        }
        if differs(&["capacity"]) {
            call = call.set_capacity_provider_strategy(Some(self.strategy()));
        }
        if differs(&["capacity", "rollout"]) {
            call = call.force_new_deployment(true);
        }
        if differs(&["deployment"]) {
            call = call.deployment_configuration(self.deployment.configuration());
            call = call.availability_zone_rebalancing(self.deployment.rebalancing());
        }
        if differs(&["healthCheckGracePeriodSeconds"]) {
            call = call.health_check_grace_period_seconds(self.grace_seconds);
        }
        if differs(&["enableExecuteCommand"]) {
            call = call.enable_execute_command(self.execute_command);
        }
        if differs(&["enableManagedTags"]) {
            call = call.enable_ecs_managed_tags(true);
        }
        if differs(&["propagateTags"]) {
            call = call.propagate_tags(PROPAGATE);
        }
        Ok(call)
    }

    fn network(&self, ids: &Ids) -> Result<NetworkConfiguration, Unresolved> {
        let vpc = AwsVpcConfiguration::builder()
            .set_subnets(Some(resolved(&self.subnets, ids)?.into_iter().collect()))
            .security_groups(ids.of(&self.security_group)?.as_str())
            .assign_public_ip(AssignPublicIp::Disabled)
            .build()
            // A builder refuses a configuration without subnets only.
            .ok();
        Ok(NetworkConfiguration::builder().set_awsvpc_configuration(vpc).build())
    }

    fn load_balancers(&self, ids: &Ids) -> Result<Vec<LoadBalancer>, Unresolved> {
        let group = ids.of(&self.target_group)?.as_str();
        let port = i32::from(self.container_port);
        let entry = LoadBalancer::builder().target_group_arn(group).container_name(CONTAINER).container_port(port);
        Ok(vec![entry.build()])
    }

    fn strategy(&self) -> Vec<CapacityProviderStrategyItem> {
        let item = |capacity: &Capacity| {
            let Capacity { provider, base, weight } = capacity;
            // A builder refuses an item without provider only.
            CapacityProviderStrategyItem::builder().capacity_provider(provider).base(*base).weight(*weight).build().ok()
        };
        self.capacity_by_name().iter().filter_map(item).collect()
    }
}
