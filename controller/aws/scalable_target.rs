//! Scalable target of Application Auto Scaling: the bounds within which the number of tasks follows the load.
//!
//! <https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-ecs.html>

use aws_sdk_applicationautoscaling::Client as ScalingClient;
use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTarget as Sdk, ServiceNamespace, SuspendedState,
};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::EcsService;
use super::call::{Call, SERVICE_ROLE, call};
use super::cloud::Scaling;
use super::ecs::resource_id;
use super::ecs_service::owned;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Listing, Question, View, answered};

/// The only name: a service has one number of tasks.
const NAME: &str = "main";

/// Bounds of the number of tasks of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalableTarget {
    /// Which one: `main`.
    pub name: &'static str,
    /// The service. Fixed at creation.
    pub service: Ref<EcsService>,
    /// Fewest tasks.
    pub min: i32,
    /// Most tasks.
    pub max: i32,
}

/// What AWS shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalableTargetSeen {
    /// Fewest tasks.
    pub min: i32,
    /// Most tasks.
    pub max: i32,
    /// Whether somebody holds back any scaling.
    pub suspended: bool,
}

/// `DescribeScalableTargets` of all services of ECS.
pub struct ScalableTargets;

impl Listing for ScalableTargets {
    type Client = ScalingClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html>
    async fn list(scaling: &Scaling) -> Result<Vec<Sdk>, Fault> {
        let call = scaling.reads().describe_scalable_targets().service_namespace(ServiceNamespace::Ecs);
        let targets = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        scaling.read("DescribeScalableTargets", targets).await
    }

    async fn find(scaling: &Scaling, id: &Id) -> Result<Option<Sdk>, Fault> {
        let call = scaling.reads().describe_scalable_targets().service_namespace(ServiceNamespace::Ecs);
        let call = call.resource_ids(id.as_str()).scalable_dimension(ScalableDimension::EcsServiceDesiredCount);
        let targets = scaling.read("DescribeScalableTargets", call.send()).await?.scalable_targets;
        Ok(targets.unwrap_or_default().into_iter().next())
    }

    fn mark(_: &Sdk) -> Option<(Id, Tags)> {
        None
    }
}

const AS_SCALING: &str = "the caller must be able to do what scaling does";

impl Resource for ScalableTarget {
    type Seen = ScalableTargetSeen;
    type Client = ScalingClient;

    const KIND: Kind =
        Kind { order: 210, name: "scalable-target", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    /// Its service says whose it is.
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::ScalableTargets, Question::EcsServices];
    const CALLS: &'static [Call] = &[
        call("application-autoscaling:DeregisterScalableTarget"),
        call("application-autoscaling:DescribeScalableTargets"),
        call("application-autoscaling:RegisterScalableTarget").with(&[
            SERVICE_ROLE,
            ("ecs:DescribeServices", AS_SCALING),
            ("ecs:UpdateService", AS_SCALING),
        ]),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.service.exists()]
    }

    fn compare(&self, seen: &ScalableTargetSeen, _: &Ids) -> Comparison {
        let ScalableTargetSeen { min, max, suspended } = seen;
        Comparison::default().field("min", &self.min, min).field("max", &self.max, max).field(
            "suspended",
            &false,
            suspended,
        )
    }

    /// Whatever scales a service of ours is ours: nobody else may decide how many tasks it has.
    fn read(view: &View, owner: &Owner) -> Vec<Live<ScalableTargetSeen>> {
        let services = owned(view, owner).filter_map(|(service, _)| service.service_arn());
        let targets = answered(&view.listed.scalable_targets);
        let of = |service| targets.iter().filter_map(move |target| read_one(target, service));
        services.flat_map(of).collect()
    }

    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html>: makes or changes it, and
    /// brings the number of tasks within its bounds at once.
    async fn create(&self, scaling: &Scaling, ids: &Ids, mark: &Mark) -> Result<Live<ScalableTargetSeen>, Fault> {
        const OPERATION: &str = "RegisterScalableTarget";
        let service = ids.of(&self.service).map_err(|cause| unresolved(OPERATION, &cause))?;
        let id = resource_id(service.as_str()).ok_or_else(|| incomplete(OPERATION, "ARN of a service"))?;
        let seen = self.register(scaling, id).await?;
        Ok(Live { on: vec![service.clone()], tags: Tags::new(), ..mark.live(id, Phase::Ready, seen) })
    }

    async fn update(
        &self,
        scaling: &Scaling,
        live: &Live<ScalableTargetSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<ScalableTargetSeen>, Fault> {
        let seen = self.register(scaling, live.id.as_str()).await?;
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html>: deletes its policies
    /// with it.
    async fn delete(scaling: &Scaling, live: &Live<ScalableTargetSeen>) -> Result<Deletion, Fault> {
        let call = scaling
            .writes()
            .deregister_scalable_target()
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(live.id.as_str())
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount);
        match scaling.write("DeregisterScalableTarget", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl ScalableTarget {
    async fn register(&self, scaling: &Scaling, id: &str) -> Result<ScalableTargetSeen, Fault> {
        let nothing_suspended = SuspendedState::builder()
            .dynamic_scaling_in_suspended(false)
            .dynamic_scaling_out_suspended(false)
            .scheduled_scaling_suspended(false)
            .build();
        let call = scaling
            .writes()
            .register_scalable_target()
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(id)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .min_capacity(self.min)
            .max_capacity(self.max)
            .suspended_state(nothing_suspended);
        scaling.write("RegisterScalableTarget", call.send()).await?;
        Ok(ScalableTargetSeen { min: self.min, max: self.max, suspended: false })
    }
}

fn read_one(target: &Sdk, service: &str) -> Option<Live<ScalableTargetSeen>> {
    let id = resource_id(service).filter(|id| *id == target.resource_id())?;
    let held = |state: &SuspendedState| {
        let parts = [
            state.dynamic_scaling_in_suspended(),
            state.dynamic_scaling_out_suspended(),
            state.scheduled_scaling_suspended(),
        ];
        parts.contains(&Some(true))
    };
    Some(Live {
        key: Key::new(ScalableTarget::KIND, NAME),
        attempt: 0,
        id: Id::from(id),
        attributes: engine::Attributes::new(),
        phase: Phase::Ready,
        seen: ScalableTargetSeen {
            min: target.min_capacity(),
            max: target.max_capacity(),
            suspended: target.suspended_state().is_some_and(held),
        },
        on: vec![Id::from(service)],
        within: None,
        tags: Tags::new(),
        created: Some(target.creation_time().secs()),
    })
}

#[cfg(test)]
mod tests;
