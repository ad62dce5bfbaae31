//! What is asked about task definitions.

use std::collections::BTreeSet;

use aws_sdk_ecs::Client as EcsClient;
use aws_sdk_ecs::types::{SortOrder, TaskDefinition as Sdk, TaskDefinitionField, TaskDefinitionStatus};
use engine::{Fault, Id, Tags};

use super::TaskDefinition;
use crate::aws::cloud::Ecs;
use crate::aws::ecs;
use crate::aws::ecs_service::owned;
use crate::aws::resource::Resource as _;
use crate::aws::sources::{Detail, Look};

/// How many of a family's latest revisions are looked at; older ones of ours are remembered by their id.
const LATEST: i32 = 20;

/// Whether the fault says that there is no such task definition: this service has no code of its own for that.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html#API_DescribeTaskDefinition_Errors>
pub(super) fn knows_nothing(fault: &Fault) -> bool {
    fault.code == "ClientException"
}

/// `ListTaskDefinitions`: the latest active revisions of the stack's family.
pub struct TaskDefinitionArns;

impl Detail for TaskDefinitionArns {
    type Client = EcsClient;
    type Item = Vec<String>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        BTreeSet::from([Id::from(ecs::name_of(&look.owner.stack))])
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html>
    async fn ask(ecs: &Ecs, family: &Id) -> Result<Option<Vec<String>>, Fault> {
        let call = ecs.reads().list_task_definitions().family_prefix(family.as_str());
        let call = call.status(TaskDefinitionStatus::Active).sort(SortOrder::Desc).max_results(LATEST);
        Ok(Some(ecs.read("ListTaskDefinitions", call.send()).await?.task_definition_arns.unwrap_or_default()))
    }

    fn tags(_: &Vec<String>) -> Option<Tags> {
        None
    }
}

/// A task definition with its tags.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedTaskDefinition {
    /// As AWS shows it, its own defaults filled in.
    pub definition: Sdk,
    /// Its tags.
    pub tags: Tags,
}

/// `DescribeTaskDefinition` of what the family lists, memory expects, or the service runs.
pub struct TaskDefinitions;

impl Detail for TaskDefinitions {
    type Client = EcsClient;
    type Item = DescribedTaskDefinition;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let listed = look.view.detailed.task_definition_arns.iter().flat_map(|(_, arns)| arns.iter().cloned());
        let running = owned(look.view, look.owner).filter_map(|(service, _)| service.task_definition());
        let ids = listed.chain(running.map(str::to_owned)).map(Id::from);
        ids.chain(look.expected(TaskDefinition::KIND)).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
    async fn ask(ecs: &Ecs, arn: &Id) -> Result<Option<DescribedTaskDefinition>, Fault> {
        let call = ecs.reads().describe_task_definition().task_definition(arn.as_str());
        let answer = match ecs.read("DescribeTaskDefinition", call.include(TaskDefinitionField::Tags).send()).await {
            Ok(answer) => answer,
            Err(fault) if knows_nothing(&fault) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let tags = ecs::tags(answer.tags());
        // What is being deleted stays until the last task that runs it has ended, but is of no use to anybody.
        let stands = |definition: &Sdk| definition.status() != Some(&TaskDefinitionStatus::DeleteInProgress);
        Ok(answer.task_definition.filter(stands).map(|definition| DescribedTaskDefinition { definition, tags }))
    }

    fn tags(described: &DescribedTaskDefinition) -> Option<Tags> {
        Some(described.tags.clone())
    }
}
