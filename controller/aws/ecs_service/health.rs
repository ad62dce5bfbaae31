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

/// What is known of the targets of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reached {
    /// Targets that pass their health checks.
    pub(super) healthy: i32,
    /// Targets that are not judged yet.
    pub(super) initial: i32,
}

impl Reached {
    pub(super) fn of(targets: &[&TargetHealthDescription]) -> Self {
        Self {
            healthy: count(targets, &TargetHealthStateEnum::Healthy),
            initial: count(targets, &TargetHealthStateEnum::Initial),
        }
    }
}

/// How many targets are in this state.
fn count(targets: &[&TargetHealthDescription], state: &TargetHealthStateEnum) -> i32 {
    let is = |target: &&&TargetHealthDescription| target.target_health().and_then(|it| it.state()) == Some(state);
    i32::try_from(targets.iter().filter(is).count()).unwrap_or(i32::MAX)
}

/// The tasks of a service, counted.
struct Tasks {
    /// Must work.
    least: i32,
    /// Run and are reached.
    healthy: i32,
    /// Are being started, or not judged yet.
    starting: i32,
    /// The scheduler has not begun to start them.
    missing: i32,
}

impl Tasks {
    fn of(service: &Service, reached: Reached) -> Self {
        let desired = service.desired_count();
        Self {
            least: least(desired, minimum_healthy_percent(service)),
            healthy: reached.healthy.min(service.running_count()),
            starting: service.pending_count() + reached.initial,
            missing: (desired - service.running_count() - service.pending_count()).max(0),
        }
    }

    fn enough(&self) -> bool {
        self.healthy >= self.least || self.healthy > 0 && self.healthy + self.starting >= self.least
    }
}

/// The phase of a service that stands.
///
/// Ready means that its deployment is complete and that enough of its tasks are healthy targets. Tasks that are being started
/// count as long as one works: neither a scale-out nor the loss of a Spot task is an outage. What is not known about the targets
/// (`None`: just made) is not known to work.
pub(super) fn phase(service: &Service, reached: Option<Reached>) -> Phase {
    let Some(primary) = primary(service) else { return Phase::Pending("no deployment yet".to_owned()) };
    let what = revision(primary.task_definition().unwrap_or_default());
    match primary.rollout_state() {
        Some(DeploymentRolloutState::Completed) => {}
        Some(DeploymentRolloutState::Failed) => return Phase::Broken(format!("the rollout of {what} failed")),
        _ => return Phase::Pending(format!("{what} is being rolled out")),
    }
    let Some(reached) = reached else { return Phase::Pending("its targets were not looked at yet".to_owned()) };
    let tasks = Tasks::of(service, reached);
    if tasks.enough() {
        return Phase::Ready;
    }
    Phase::Broken(format!("less than {} of {} tasks are healthy targets", tasks.least, service.desired_count()))
}

/// How many tasks the scheduler has yet to begin to start, if they are all that a service lacks of which some tasks work: so for
/// some seconds after each change of their number and after the loss of a Spot task, and for as long as tasks cannot be started.
pub(super) fn to_start(service: &Service, reached: Reached) -> Option<i32> {
    let tasks = Tasks::of(service, reached);
    let would_do = tasks.healthy > 0 && tasks.healthy + tasks.starting + tasks.missing >= tasks.least;
    (!tasks.enough() && would_do).then_some(tasks.missing)
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
