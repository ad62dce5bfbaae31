//! Task definition: what a task runs. Immutable; each change is a new revision of the family.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definitions.html>

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_ecs::Client as EcsClient;
use aws_sdk_ecs::types::{Tag, TaskDefinitionStatus};
use engine::{Attributes, Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace};

use super::call::{Call, ECS_TAGS, ROLE_HANDED_OVER, call};
use super::clients::{SdkTag as _, to_list};
use super::cloud::Ecs;
use super::fault::{incomplete, is_not_found, refused};
use super::owner::{DEFINITION, Owner};
use super::resource::{Mark, Resource};
use super::sources::{Question, View};

mod declared;
mod questions;

pub use declared::CONTAINER;
pub use questions::{DescribedTaskDefinition, TaskDefinitionArns, TaskDefinitions};

/// Attribute: when it was registered, milliseconds since the epoch.
pub const REGISTERED: &str = "registered";

/// Environment variables: their values are nobody's to print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(pub BTreeMap<String, String>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What one task runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDefinition {
    /// Which one: `main`.
    pub name: &'static str,
    /// Its family.
    pub family: String,
    /// The image with its digest.
    pub image: String,
    /// Somebody else decides which image runs: another image alone makes no new revision.
    pub any_image: bool,
    /// CPU units.
    pub cpu: i32,
    /// MiB.
    pub memory: i32,
    /// `X86_64` or `ARM64`.
    pub architecture: &'static str,
    /// TCP port on which the container serves.
    pub container_port: u16,
    /// Command; the image's own if empty.
    pub command: Vec<String>,
    /// Environment variables.
    pub environment: Variables,
    /// By environment variable, the ARN of the secret or parameter whose value it gets.
    pub secrets: BTreeMap<String, String>,
    /// ARN of the role with which ECS pulls the image, reads secrets and writes the log.
    pub execution_role_arn: String,
    /// ARN of the application's own role.
    pub task_role_arn: String,
    /// The log group.
    pub log_group: String,
    /// The region of the log group.
    pub region: String,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDefinitionSeen {
    /// Hash of what was declared, as its own tag tells: what AWS makes of a definition cannot be compared with it.
    pub definition: String,
    /// The image.
    pub image: String,
    /// ARNs of its roles.
    pub roles: [String; 2],
}

impl Resource for TaskDefinition {
    type Seen = TaskDefinitionSeen;
    type Client = EcsClient;

    const KIND: Kind =
        Kind { order: 160, name: "task-definition", creation: Creation::Intent, holds_data: false, keep: 5 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::TaskDefinitions, Question::TaskDefinitionArns];
    const CALLS: &'static [Call] = &[
        call("ecs:DeleteTaskDefinitions"),
        call("ecs:DeregisterTaskDefinition"),
        call("ecs:DescribeTaskDefinition"),
        call("ecs:ListTaskDefinitions"),
        call("ecs:RegisterTaskDefinition").with(&[ECS_TAGS, ROLE_HANDED_OVER]),
        call("ecs:TagResource"),
        call("ecs:UntagResource"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    /// Nothing: names and ARNs that it contains follow from the declaration, and only tasks need what they stand for.
    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &TaskDefinitionSeen, _: &Ids) -> Comparison {
        let TaskDefinitionSeen { definition, image, roles: _ } = seen;
        let table = Comparison::default().fixed("definition", &self.hash(), definition);
        if self.any_image { table } else { table.fixed("image", &self.image, image) }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<TaskDefinitionSeen>> {
        let described = view.detailed.task_definitions.iter();
        described.filter_map(|(arn, described)| read_one(arn, described, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html>
    ///
    /// The hash of the definition is a tag that no later change of tags touches: it tells what this revision was made from.
    async fn create(&self, ecs: &Ecs, _: &Ids, mark: &Mark) -> Result<Live<TaskDefinitionSeen>, Fault> {
        const OPERATION: &str = "RegisterTaskDefinition";
        let mut tags: Vec<Tag> = to_list(&mark.tags);
        tags.extend(Tag::of(DEFINITION, &self.hash()));
        let call = self.register(ecs.writes().register_task_definition()).set_tags(Some(tags));
        let made = ecs.write(OPERATION, call.send()).await?.task_definition;
        let made = made.ok_or_else(|| incomplete(OPERATION, "taskDefinition"))?;
        let arn = made.task_definition_arn().ok_or_else(|| incomplete(OPERATION, "taskDefinitionArn"))?;
        let seen = TaskDefinitionSeen {
            definition: self.hash(),
            image: self.image.clone(),
            roles: [self.execution_role_arn.clone(), self.task_role_arn.clone()],
        };
        let mut live = mark.live(arn, Phase::Ready, seen);
        live.tags.insert(DEFINITION.to_owned(), self.hash());
        live.attributes = attributes(&made);
        Ok(live)
    }

    /// Nothing of it can be changed but its tags, and `compare` reports no such change.
    async fn update(
        &self,
        _: &Ecs,
        live: &Live<TaskDefinitionSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<TaskDefinitionSeen>, Fault> {
        Ok(live.clone())
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html>,
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html>: only what is deregistered can be
    /// deleted. It stands on as INACTIVE if the second call fails, and reads as failed, until it succeeds.
    async fn delete(ecs: &Ecs, live: &Live<TaskDefinitionSeen>) -> Result<Deletion, Fault> {
        const OPERATION: &str = "DeleteTaskDefinitions";
        if live.phase == Phase::Ready {
            let call = ecs.writes().deregister_task_definition().task_definition(live.id.as_str());
            match ecs.write("DeregisterTaskDefinition", call.send()).await {
                Ok(_) => {}
                Err(fault) if questions::knows_nothing(&fault) => return Ok(Deletion::Gone),
                Err(fault) => return Err(fault),
            }
        }
        let call = ecs.writes().delete_task_definitions().task_definitions(live.id.as_str());
        let answer = ecs.write(OPERATION, call.send()).await.and_then(|answer| match answer.failures().first() {
            None => Ok(()),
            Some(failure) => {
                let said = |text: Option<&str>| text.unwrap_or("no reason").to_owned();
                Err(refused(OPERATION, &said(failure.reason()), &said(failure.detail())))
            }
        });
        match answer {
            Ok(()) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) || questions::knows_nothing(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

fn read_one(arn: &Id, described: &DescribedTaskDefinition, owner: &Owner) -> Option<Live<TaskDefinitionSeen>> {
    let DescribedTaskDefinition { definition, tags } = described;
    let (key, attempt) = owner.mark_of(TaskDefinition::KIND, tags)?;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Some(Live {
        key,
        attempt,
        id: arn.clone(),
        attributes: attributes(definition),
        phase: match definition.status() {
            Some(TaskDefinitionStatus::Active) => Phase::Ready,
            Some(TaskDefinitionStatus::Inactive) => Phase::Failed("it was deregistered".to_owned()),
            status => Phase::Pending(status.map_or("no status", TaskDefinitionStatus::as_str).to_owned()),
        },
        seen: TaskDefinitionSeen {
            definition: tags.get(DEFINITION).cloned().unwrap_or_default(),
            image: text(image(definition)),
            roles: [text(definition.execution_role_arn()), text(definition.task_role_arn())],
        },
        on: Vec::new(),
        within: None,
        tags: tags.clone(),
        created: definition.registered_at().map(aws_smithy_types::DateTime::secs),
    })
}

/// The image of the first container.
pub(super) fn image(definition: &aws_sdk_ecs::types::TaskDefinition) -> Option<&str> {
    definition.container_definitions().first().and_then(|container| container.image())
}

/// When `definition` was registered, milliseconds since the epoch.
pub(super) fn registered(definition: &aws_sdk_ecs::types::TaskDefinition) -> Option<i64> {
    definition.registered_at().and_then(|time| time.to_millis().ok())
}

fn attributes(definition: &aws_sdk_ecs::types::TaskDefinition) -> Attributes {
    registered(definition).map(|time| (REGISTERED.into(), time.to_string())).into_iter().collect()
}

#[cfg(test)]
mod tests;
