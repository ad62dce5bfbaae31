//! Whether a service works: rolled out, and enough tasks that are reached.

use aws_sdk_ecs::types::{Deployment, DeploymentConfiguration, DeploymentRolloutState, Service};
use aws_sdk_elasticloadbalancingv2::types::{TargetHealthDescription, TargetHealthStateEnum};
use engine::Phase;

use super::questions::primary;
use crate::aws::ecs::revision;

/// How many of `desired` tasks must work. Less than one is no service.
fn least(desired: i32, minimum_healthy_percent: i32) -> i32 {
    let share = (i64::from(desired) * i64::from(minimum_healthy_percent) + 99) / 100;
    i32::try_from(share).unwrap_or(desired).clamp(desired.min(1), desired)
}

/// How many targets are in this state.
fn count(targets: &[&TargetHealthDescription], state: &TargetHealthStateEnum) -> i32 {
    let is = |target: &&&TargetHealthDescription| target.target_health().and_then(|it| it.state()) == Some(state);
    i32::try_from(targets.iter().filter(is).count()).unwrap_or(i32::MAX)
}

/// The phase of a service that stands.
///
/// Ready means that its deployment is complete and that enough of its tasks are healthy targets. Tasks that are being started
/// count as long as one works: neither a scale-out nor the loss of a Spot task is an outage. What is not asked about the targets
/// (`None`: just written) is not known to work.
pub(super) fn phase(service: &Service, targets: Option<&[&TargetHealthDescription]>) -> Phase {
    let Some(primary) = primary(service) else { return Phase::Pending("no deployment yet".to_owned()) };
    let what = revision(primary.task_definition().unwrap_or_default());
    match primary.rollout_state() {
        Some(DeploymentRolloutState::Completed) => {}
        Some(DeploymentRolloutState::Failed) => return Phase::Broken(format!("the rollout of {what} failed")),
        _ => return Phase::Pending(format!("{what} is being rolled out")),
    }
    let Some(targets) = targets else { return Phase::Pending("its targets were not looked at yet".to_owned()) };
    let desired = service.desired_count();
    let least = least(desired, minimum_healthy_percent(service));
    let healthy = count(targets, &TargetHealthStateEnum::Healthy).min(service.running_count());
    let starting = service.pending_count() + count(targets, &TargetHealthStateEnum::Initial);
    if healthy >= least || healthy > 0 && healthy + starting >= least {
        return Phase::Ready;
    }
    Phase::Broken(format!("less than {least} of {desired} tasks are healthy targets"))
}

fn minimum_healthy_percent(service: &Service) -> i32 {
    let configured = service.deployment_configuration().and_then(DeploymentConfiguration::minimum_healthy_percent);
    configured.unwrap_or(100)
}

/// Why the deployment is as it is, as ECS says it, if it failed.
pub(super) fn failure(primary: &Deployment) -> Option<&str> {
    let failed = primary.rollout_state() == Some(&DeploymentRolloutState::Failed);
    primary.rollout_state_reason().filter(|_| failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_number_of_tasks_is_rounded_up_and_at_least_one() {
        let cases = [(2, 100, 2), (3, 50, 2), (2, 50, 1), (2, 0, 1), (1, 100, 1), (0, 100, 0), (4, 200, 4)];
        for (desired, percent, expected) in cases {
            assert_eq!(least(desired, percent), expected, "{percent} % of {desired}");
        }
    }
}
