//! Scaling policy: which load the number of tasks follows.
//!
//! <https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html>

use aws_sdk_applicationautoscaling::Client as ScalingClient;
use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ScalingPolicy as Sdk, ServiceNamespace,
    TargetTrackingScalingPolicyConfiguration,
};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::ScalableTarget;
use super::call::{Call, call};
use super::cloud::Scaling;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Listing, Question, View, answered};

/// A policy that aims at an average CPU use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalingPolicy {
    /// Which one: `cpu`. Its name in AWS, too, where it is unique within the target.
    pub name: &'static str,
    /// The bounds. Fixed at creation.
    pub target: Ref<ScalableTarget>,
    /// Average CPU use to aim at, percent.
    pub cpu_percent: i32,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingPolicySeen {
    /// Its name.
    pub policy_name: String,
    /// `TargetTrackingScaling` or another type.
    pub policy_type: String,
    /// What it follows.
    pub metric: String,
    /// What it aims at.
    pub target_value: f64,
    /// Whether it never takes tasks away.
    pub scale_in_disabled: bool,
}

/// `DescribeScalingPolicies` of all services of ECS.
pub struct ScalingPolicies;

impl Listing for ScalingPolicies {
    type Client = ScalingClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html>
    async fn list(scaling: &Scaling) -> Result<Vec<Sdk>, Fault> {
        let call = scaling.reads().describe_scaling_policies().service_namespace(ServiceNamespace::Ecs);
        let policies = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
        scaling.read("DescribeScalingPolicies", policies).await
    }

    async fn find(scaling: &Scaling, arn: &Id) -> Result<Option<Sdk>, Fault> {
        Ok(Self::list(scaling).await?.into_iter().find(|policy| policy.policy_arn() == arn.as_str()))
    }

    fn mark(_: &Sdk) -> Option<(Id, Tags)> {
        None
    }
}

const ITS_ALARMS: &str = "the caller must be able to do what the policy does with its alarms";

impl Resource for ScalingPolicy {
    type Seen = ScalingPolicySeen;
    type Client = ScalingClient;

    const KIND: Kind =
        Kind { order: 220, name: "scaling-policy", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    /// The service of its target says whose it is.
    const TAGGABLE: bool = false;
    const SOURCES: &'static [Question] = &[Question::ScalingPolicies, Question::ScalableTargets, Question::EcsServices];
    const CALLS: &'static [Call] = &[
        call("application-autoscaling:DeleteScalingPolicy"),
        call("application-autoscaling:DescribeScalingPolicies"),
        call("application-autoscaling:PutScalingPolicy").with(&[
            ("cloudwatch:DeleteAlarms", ITS_ALARMS),
            ("cloudwatch:DescribeAlarms", ITS_ALARMS),
            ("cloudwatch:PutMetricAlarm", ITS_ALARMS),
        ]),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.target.exists()]
    }

    fn compare(&self, seen: &ScalingPolicySeen, _: &Ids) -> Comparison {
        let ScalingPolicySeen { policy_name, policy_type, metric, target_value, scale_in_disabled } = seen;
        Comparison::default()
            .fixed("policyName", self.name, policy_name.as_str())
            .fixed("policyType", PolicyType::TargetTrackingScaling.as_str(), policy_type.as_str())
            .field("metric", MetricType::EcsServiceAverageCpuUtilization.as_str(), metric.as_str())
            .field("cpuPercent", &f64::from(self.cpu_percent), target_value)
            .field("scaleInDisabled", &false, scale_in_disabled)
    }

    /// Every policy of a target of ours, whoever made it.
    fn read(view: &View, owner: &Owner) -> Vec<Live<ScalingPolicySeen>> {
        let policies = answered(&view.listed.scaling_policies);
        let of = |target: Live<_>| {
            let read = move |policy| read_one(policy, &target.id);
            policies.iter().filter_map(read).collect::<Vec<_>>()
        };
        ScalableTarget::read(view, owner).into_iter().flat_map(of).collect()
    }

    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html>: makes or changes it.
    async fn create(&self, scaling: &Scaling, ids: &Ids, mark: &Mark) -> Result<Live<ScalingPolicySeen>, Fault> {
        let target = ids.of(&self.target).map_err(|cause| unresolved("PutScalingPolicy", &cause))?;
        let (arn, seen) = self.put(scaling, target).await?;
        let live = mark.live(arn, Phase::Ready, seen);
        Ok(Live { on: vec![target.clone()], within: Some(target.clone()), tags: Tags::new(), ..live })
    }

    async fn update(
        &self,
        scaling: &Scaling,
        live: &Live<ScalingPolicySeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<ScalingPolicySeen>, Fault> {
        let target = ids.of(&self.target).map_err(|cause| unresolved("PutScalingPolicy", &cause))?;
        let (_, seen) = self.put(scaling, target).await?;
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeleteScalingPolicy.html>
    async fn delete(scaling: &Scaling, live: &Live<ScalingPolicySeen>) -> Result<Deletion, Fault> {
        let target = live.within.as_ref().map(Id::as_str).unwrap_or_default();
        let call = scaling
            .writes()
            .delete_scaling_policy()
            .policy_name(&live.seen.policy_name)
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(target)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount);
        match scaling.write("DeleteScalingPolicy", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl ScalingPolicy {
    async fn put(&self, scaling: &Scaling, target: &Id) -> Result<(String, ScalingPolicySeen), Fault> {
        const OPERATION: &str = "PutScalingPolicy";
        let metric = MetricType::EcsServiceAverageCpuUtilization;
        let followed = PredefinedMetricSpecification::builder().predefined_metric_type(metric.clone()).build();
        let configuration = TargetTrackingScalingPolicyConfiguration::builder()
            .target_value(f64::from(self.cpu_percent))
            .set_predefined_metric_specification(followed.ok())
            .disable_scale_in(false)
            .build();
        let call = scaling
            .writes()
            .put_scaling_policy()
            .policy_name(self.name)
            .policy_type(PolicyType::TargetTrackingScaling)
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(target.as_str())
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            // A builder refuses a configuration without target only.
            .set_target_tracking_scaling_policy_configuration(configuration.ok());
        let arn = scaling.write(OPERATION, call.send()).await?.policy_arn;
        let seen = ScalingPolicySeen {
            policy_name: self.name.to_owned(),
            policy_type: PolicyType::TargetTrackingScaling.as_str().to_owned(),
            metric: metric.as_str().to_owned(),
            target_value: f64::from(self.cpu_percent),
            scale_in_disabled: false,
        };
        if arn.is_empty() { Err(incomplete(OPERATION, "policyARN")) } else { Ok((arn, seen)) }
    }
}

fn read_one(policy: &Sdk, target: &Id) -> Option<Live<ScalingPolicySeen>> {
    if policy.resource_id() != target.as_str() {
        return None;
    }
    let tracking = policy.target_tracking_scaling_policy_configuration();
    let followed = tracking.and_then(|it| it.predefined_metric_specification());
    Some(Live {
        key: Key::new(ScalingPolicy::KIND, policy.policy_name()),
        attempt: 0,
        id: Id::from(policy.policy_arn()),
        attributes: engine::Attributes::new(),
        phase: Phase::Ready,
        seen: ScalingPolicySeen {
            policy_name: policy.policy_name().to_owned(),
            policy_type: policy.policy_type().as_str().to_owned(),
            metric: followed.map_or("none", |it| it.predefined_metric_type().as_str()).to_owned(),
            target_value: tracking.map_or(0.0, TargetTrackingScalingPolicyConfiguration::target_value),
            scale_in_disabled: tracking
                .and_then(TargetTrackingScalingPolicyConfiguration::disable_scale_in)
                .unwrap_or_default(),
        },
        on: vec![target.clone()],
        within: Some(target.clone()),
        tags: Tags::new(),
        created: Some(policy.creation_time().secs()),
    })
}

#[cfg(test)]
mod tests;
