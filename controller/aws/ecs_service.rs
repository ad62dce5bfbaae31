//! ECS service on Fargate: how many tasks run where, and how they are replaced.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html>

use std::collections::BTreeSet;

use aws_sdk_ecs::Client as EcsClient;
use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace, Unresolved};

use super::call::{Call, ECS_TAGS, call};
use super::cloud::Ecs;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource, resolved};
use super::sources::{Question, View};
use super::task_definition::REGISTERED;
use super::{EcsCluster, Listener, SecurityGroup, Subnet, TargetGroup, TaskDefinition};

mod health;
mod questions;
mod rollout;
mod settings;
mod shown;

pub use questions::{EcsServices, ServiceTargets, StoppedTasks, owned};
pub use rollout::{EndedRollout, ServiceRollouts};
pub use settings::{Capacity, Deployment};
pub use shown::{attribute, running_image};

/// How many tasks are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desired {
    /// So many, always.
    Fixed(i32),
    /// Somebody else decides; this many to begin with.
    Scaled {
        /// At creation.
        initial: i32,
    },
}

/// A rollout that failed and was remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRollout {
    /// ARN of the service deployment.
    pub deployment: String,
    /// ARN of the task definition that it was to roll out.
    pub task_definition: String,
    /// The declaration has not changed since: it is not tried again.
    pub stands: bool,
}

/// The service of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcsService {
    /// Which one: `main`.
    pub name: &'static str,
    /// Its name in AWS. Fixed at creation.
    pub service_name: String,
    /// Its cluster. Fixed at creation.
    pub cluster: Ref<EcsCluster>,
    /// What its tasks run.
    pub task_definition: Ref<TaskDefinition>,
    /// Somebody else rolls out task definitions, too: one that was registered after ours stays.
    pub yields: bool,
    /// The last failed rollout, if it is remembered.
    pub failed: Option<FailedRollout>,
    /// Subnets of its tasks.
    pub subnets: Vec<Ref<Subnet>>,
    /// Group around its tasks.
    pub security_group: Ref<SecurityGroup>,
    /// Where its tasks are registered.
    pub target_group: Ref<TargetGroup>,
    /// ECS refuses a target group without a load balancer.
    pub listener: Ref<Listener>,
    /// TCP port on which the container serves.
    pub container_port: u16,
    /// How many tasks.
    pub desired: Desired,
    /// What tasks run on.
    pub capacity: Vec<Capacity>,
    /// How tasks are replaced.
    pub deployment: Deployment,
    /// Seconds after a task's start in which failing health checks do not count.
    pub grace_seconds: i32,
    /// Whether `aws ecs execute-command` works in new tasks.
    pub execute_command: bool,
    /// What tasks need to start: roles, log group, endpoints, rules, routes. Tasks that are started before fail, and count.
    pub ways: Vec<Need>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcsServiceSeen {
    /// Its name.
    pub service_name: String,
    /// ARN of its cluster.
    pub cluster: String,
    /// ARN of the task definition that it runs, or is about to.
    pub task_definition: String,
    /// When that was registered, milliseconds since the epoch, if it is known.
    pub registered: Option<i64>,
    /// The last rollout, if it failed.
    pub failed: Option<EndedRollout>,
    /// Subnets of its tasks.
    pub subnets: BTreeSet<String>,
    /// Groups around its tasks.
    pub security_groups: BTreeSet<String>,
    /// Whether its tasks have public addresses.
    pub public_ip: bool,
    /// Where its tasks are registered: `TARGET GROUP CONTAINER:PORT`.
    pub targets: BTreeSet<String>,
    /// How many tasks are wanted.
    pub desired: i32,
    /// What tasks run on, by name of the provider.
    pub capacity: Vec<Capacity>,
    /// How tasks are replaced.
    pub deployment: Deployment,
    /// Seconds after a task's start in which failing health checks do not count.
    pub grace_seconds: i32,
    /// Whether `aws ecs execute-command` works in new tasks.
    pub execute_command: bool,
    /// Whether tasks bear the tags of ECS.
    pub managed_tags: bool,
    /// Whose tags tasks bear: `SERVICE`, `TASK_DEFINITION`, `NONE`.
    pub propagate_tags: String,
}

/// What is to be done about the task definition of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rollout {
    /// Nothing: it is the declared one, or one that stays.
    Stays,
    /// Nothing: it was tried under this declaration and failed.
    GaveUp,
    /// The declared one is rolled out.
    Due,
    /// The declared one is tried once more, although the service is at it already.
    Again,
}

impl EcsService {
    /// What is to be done about the task definition.
    fn rollout(&self, seen: &EcsServiceSeen, ids: &Ids) -> Result<Rollout, Unresolved> {
        let declared = ids.of(&self.task_definition)?.as_str();
        let remembered = self.failed.as_ref().filter(|failed| failed.task_definition == declared);
        let shown = seen.failed.as_ref().filter(|failed| failed.task_definition == declared);
        let gave_up = match (remembered, shown) {
            (Some(remembered), _) if remembered.stands => true,
            // Of an earlier declaration: it counts only if it failed once more.
            (Some(remembered), Some(shown)) => remembered.deployment != shown.deployment,
            (_, shown) => shown.is_some(),
        };
        Ok(match (gave_up, seen.task_definition == declared) {
            (false, true) if shown.is_some() => Rollout::Again,
            (false, false) if !self.yields || self.is_newer(seen, ids) => Rollout::Due,
            (false, true | false) => Rollout::Stays,
            (true, _) => Rollout::GaveUp,
        })
    }

    /// Whether the declared task definition was registered after the one that the service runs.
    fn is_newer(&self, seen: &EcsServiceSeen, ids: &Ids) -> bool {
        let ours = ids.attribute(&self.task_definition, REGISTERED).ok().and_then(|time| time.parse::<i64>().ok());
        ours.zip(seen.registered).is_some_and(|(ours, theirs)| ours > theirs)
    }
}

impl Resource for EcsService {
    type Seen = EcsServiceSeen;
    type Client = EcsClient;

    const KIND: Kind = Kind { order: 200, name: "ecs-service", creation: Creation::Token, holds_data: false, keep: 0 };
    // A name serves one service at a time.
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] =
        &[Question::EcsServices, Question::TaskDefinitions, Question::ServiceTargets, Question::ServiceRollouts];
    const CALLS: &'static [Call] = &[
        call("ecs:CreateService").with(&[ECS_TAGS]),
        call("ecs:DeleteService"),
        call("ecs:DescribeServiceRevisions"),
        call("ecs:DescribeServices"),
        call("ecs:DescribeTasks"),
        call("ecs:ListServiceDeployments"),
        call("ecs:ListTasks"),
        call("ecs:TagResource"),
        call("ecs:UntagResource"),
        call("ecs:UpdateService"),
        call("elasticloadbalancing:DescribeTargetHealth"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![
            self.cluster.ready(),
            self.task_definition.ready(),
            self.security_group.exists(),
            self.target_group.exists(),
            self.listener.exists(),
        ];
        needs.extend(self.subnets.iter().map(Ref::exists));
        needs.extend(self.ways.iter().cloned());
        needs
    }

    fn compare(&self, seen: &EcsServiceSeen, ids: &Ids) -> Comparison {
        let EcsServiceSeen {
            service_name,
            cluster,
            task_definition,
            registered: _,
            failed: _,
            subnets,
            security_groups,
            public_ip,
            targets,
            desired,
            capacity,
            deployment,
            grace_seconds,
            execute_command,
            managed_tags,
            propagate_tags,
        } = seen;
        let table = Comparison::default()
            .fixed("serviceName", &self.service_name, service_name)
            .fixed_ref("cluster", ids.of(&self.cluster), cluster)
            .field("deployment", &self.deployment, deployment)
            .field("healthCheckGracePeriodSeconds", &self.grace_seconds, grace_seconds)
            .field("enableExecuteCommand", &self.execute_command, execute_command)
            .field("enableManagedTags", &true, managed_tags)
            .field("propagateTags", settings::PROPAGATE.as_str(), propagate_tags.as_str());
        let table = match self.desired {
            Desired::Fixed(count) => table.field("desiredCount", &count, desired),
            Desired::Scaled { .. } => table,
        };
        let rollout = self.rollout(seen, ids);
        // What a rollback took back would be rolled out, fail and be taken back for ever.
        if rollout == Ok(Rollout::GaveUp) {
            return table;
        }
        let table = table
            .field_refs("subnets", self.subnets.iter().map(|subnet| ids.of(subnet)), subnets)
            .field_refs("securityGroups", [ids.of(&self.security_group)], security_groups)
            .field("publicIp", &false, public_ip)
            .field("capacity", &self.capacity_by_name(), capacity);
        let table = match self.targets(ids) {
            Ok(declared) => table.field("targets", &declared, targets),
            Err(Unresolved(key)) => table.unresolved(key),
        };
        match (rollout, ids.of(&self.task_definition)) {
            (Ok(Rollout::Stays | Rollout::GaveUp), _) => table,
            (Ok(Rollout::Due), declared) => table.field_ref("taskDefinition", declared, task_definition),
            (Ok(Rollout::Again), _) => table.field("rollout", "tried again", "failed"),
            (Err(Unresolved(key)), _) => table.unresolved(key),
        }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<EcsServiceSeen>> {
        owned(view, owner).filter_map(|(service, mark)| shown::live(service, mark, Some(view))).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
    async fn create(&self, ecs: &Ecs, ids: &Ids, mark: &Mark) -> Result<Live<EcsServiceSeen>, Fault> {
        const OPERATION: &str = "CreateService";
        let call = self.creation(ecs, ids, mark).map_err(|cause| unresolved(OPERATION, &cause))?;
        let service = ecs.write(OPERATION, call.send()).await?.service;
        let service = service.ok_or_else(|| incomplete(OPERATION, "service"))?;
        let live = shown::live(&service, (mark.key.clone(), mark.attempt), None);
        let live = live.ok_or_else(|| incomplete(OPERATION, "serviceArn"))?;
        Ok(Live { tags: mark.tags.clone(), ..live })
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>: only what differs is sent, in one call.
    async fn update(
        &self,
        ecs: &Ecs,
        live: &Live<EcsServiceSeen>,
        changes: &[Change],
        ids: &Ids,
    ) -> Result<Live<EcsServiceSeen>, Fault> {
        const OPERATION: &str = "UpdateService";
        let call = self.change(ecs, live, changes, ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let service = ecs.write(OPERATION, call.send()).await?.service;
        let service = service.ok_or_else(|| incomplete(OPERATION, "service"))?;
        let changed = shown::changed(&service, live);
        let changed = changed.ok_or_else(|| incomplete(OPERATION, "serviceArn"))?;
        Ok(Live { tags: live.tags.clone(), ..changed })
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html>: by force, so that it need not be scaled
    /// to zero first. It drains until its last task has ended.
    async fn delete(ecs: &Ecs, live: &Live<EcsServiceSeen>) -> Result<Deletion, Fault> {
        let call = ecs.writes().delete_service().cluster(&live.seen.cluster).service(live.id.as_str()).force(true);
        match ecs.write("DeleteService", call.send()).await {
            Ok(_) => Ok(Deletion::Going),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

impl EcsService {
    /// Where tasks are registered, as [`EcsServiceSeen::targets`] says it.
    fn targets(&self, ids: &Ids) -> Result<BTreeSet<String>, Unresolved> {
        let groups = resolved(std::slice::from_ref(&self.target_group), ids)?;
        Ok(groups.iter().map(|group| shown::target(group, super::CONTAINER, i32::from(self.container_port))).collect())
    }

    fn capacity_by_name(&self) -> Vec<Capacity> {
        let mut capacity = self.capacity.clone();
        capacity.sort();
        capacity
    }
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
