//! Log group of `CloudWatch` Logs.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html>

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::Client as LogsClient;
use aws_sdk_cloudwatchlogs::types::LogGroup as Sdk;
use engine::{Change, Class, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Replace, Tags};

use super::call::{Call, LOG_TAGS, call};
use super::clients::{TagMap, from_map, to_map};
use super::cloud::Logs;
use super::fault::is_not_found;
use super::owner::Owner;
use super::resource::{ARN, Mark, Resource};
use super::sources::{Detail, Listing, Look, Question, View, answered};

/// Prefixes of the names of all log groups that the controller makes. Access logs of API Gateway are written under
/// `/aws/vendedlogs/`, which a resource policy of the service covers as a whole.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html>
const PREFIXES: [&str; 2] = ["/fargatestack/", "/aws/vendedlogs/fargatestack/"];

/// Where the lines of one source are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Which one: `tasks`, `access`, `flow`.
    pub name: &'static str,
    /// Its name in AWS, under the prefix of the stack. Fixed at creation.
    pub group_name: String,
    /// Days for which a line is kept, one of the values that AWS allows.
    pub retention_days: i32,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroupSeen {
    /// Its name.
    pub group_name: String,
    /// Days for which a line is kept; for ever without.
    pub retention_days: Option<i32>,
}

/// `DescribeLogGroups` under the controller's prefixes.
pub struct LogGroups;

impl Listing for LogGroups {
    type Client = LogsClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
    async fn list(logs: &Logs) -> Result<Vec<Sdk>, Fault> {
        let mut groups = Vec::new();
        for prefix in PREFIXES {
            groups.extend(under(logs, prefix).await?);
        }
        Ok(groups)
    }

    async fn find(logs: &Logs, id: &Id) -> Result<Option<Sdk>, Fault> {
        let named = |group: &Sdk| group.log_group_name() == Some(id.as_str());
        Ok(under(logs, id.as_str()).await?.into_iter().find(named))
    }

    fn mark(_: &Sdk) -> Option<(Id, Tags)> {
        None
    }
}

async fn under(logs: &Logs, prefix: &str) -> Result<Vec<Sdk>, Fault> {
    let call = logs.reads().describe_log_groups().log_group_name_prefix(prefix).into_paginator().items().send();
    logs.read("DescribeLogGroups", call.collect::<Result<Vec<_>, _>>()).await
}

/// `ListTagsForResource` of the log groups under the name of the stack that looks, by their ARN.
pub struct LogGroupTags;

impl Detail for LogGroupTags {
    type Client = LogsClient;
    type Item = TagMap;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let prefixes = PREFIXES.map(|prefix| format!("{prefix}{}/", look.owner.stack));
        let ours = |group: &&Sdk| {
            let name = group.log_group_name().unwrap_or_default();
            prefixes.iter().any(|prefix| name.starts_with(prefix))
        };
        answered(&look.view.listed.log_groups).iter().filter(ours).filter_map(arn).map(Id::from).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html>
    async fn ask(logs: &Logs, arn: &Id) -> Result<Option<TagMap>, Fault> {
        let call = logs.reads().list_tags_for_resource().resource_arn(arn.as_str());
        match logs.read("ListTagsForResource", call.send()).await {
            Ok(answer) => Ok(Some(answer.tags.unwrap_or_default())),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(tags: &TagMap) -> Option<Tags> {
        Some(from_map(Some(tags)))
    }
}

/// The ARN that tags are reached by: without the `:*` that stands for the streams of the group.
fn arn(group: &Sdk) -> Option<String> {
    group.arn().map(|arn| arn.trim_end_matches(":*").to_owned())
}

impl Resource for LogGroup {
    type Seen = LogGroupSeen;
    type Client = LogsClient;

    const KIND: Kind =
        Kind { order: 110, name: "log-group", creation: Creation::NaturalKey, holds_data: true, keep: 0 };
    const REPLACE: Replace = Replace::Never;
    const SOURCES: &'static [Question] = &[Question::LogGroups, Question::LogGroupTags];
    const CALLS: &'static [Call] = &[
        call("logs:CreateLogGroup").with(&[LOG_TAGS]),
        call("logs:DeleteLogGroup"),
        call("logs:DescribeLogGroups"),
        call("logs:ListTagsForResource"),
        call("logs:PutRetentionPolicy"),
        call("logs:TagResource"),
        call("logs:UntagResource"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &LogGroupSeen, _: &Ids) -> Comparison {
        let LogGroupSeen { group_name, retention_days } = seen;
        Comparison::default().fixed("groupName", &self.group_name, group_name).field(
            "retentionDays",
            &Some(self.retention_days),
            retention_days,
        )
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<LogGroupSeen>> {
        answered(&view.listed.log_groups).iter().filter_map(|group| read_one(group, view, owner)).collect()
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
    ///
    /// Retention is a call of its own; if it fails, an update makes up for it.
    async fn create(&self, logs: &Logs, _: &Ids, mark: &Mark) -> Result<Live<LogGroupSeen>, Fault> {
        let call = logs.writes().create_log_group().log_group_name(&self.group_name).set_tags(Some(to_map(&mark.tags)));
        logs.write("CreateLogGroup", call.send()).await?;
        let retention_days = retain(logs, &self.group_name, self.retention_days).await.ok();
        let seen = LogGroupSeen { group_name: self.group_name.clone(), retention_days };
        Ok(mark.live(self.group_name.clone(), Phase::Ready, seen))
    }

    async fn update(
        &self,
        logs: &Logs,
        live: &Live<LogGroupSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<LogGroupSeen>, Fault> {
        let retention_days = Some(retain(logs, live.id.as_str(), self.retention_days).await?);
        Ok(Live { seen: LogGroupSeen { retention_days, ..live.seen.clone() }, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>
    async fn delete(logs: &Logs, live: &Live<LogGroupSeen>) -> Result<Deletion, Fault> {
        let call = logs.writes().delete_log_group().log_group_name(live.id.as_str());
        match logs.write("DeleteLogGroup", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(protected(logs, live.id.as_str(), fault).await),
        }
    }
}

/// The refusal to delete a group, told as what it is for if somebody protects it. The code of that refusal is not documented.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html>
async fn protected(logs: &Logs, name: &str, refusal: Fault) -> Fault {
    let refused = match refusal.class {
        Class::NotYet | Class::Conflict | Class::Invalid | Class::Bug => true,
        Class::Throttled | Class::Transient | Class::Quota | Class::Denied => false,
    };
    if !refused {
        return refusal;
    }
    match LogGroups::find(logs, &Id::from(name)).await {
        Ok(Some(group)) if group.deletion_protection_enabled() == Some(true) => {
            let message = format!(
                "somebody protects {name} against deletion: switch its deletion protection off, or keep it by spec.retain: \
                 [LogGroups]"
            );
            Fault { class: Class::Conflict, message, ..refusal }
        }
        Ok(_) | Err(_) => refusal,
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
async fn retain(logs: &Logs, group_name: &str, days: i32) -> Result<i32, Fault> {
    let call = logs.writes().put_retention_policy().log_group_name(group_name).retention_in_days(days);
    logs.write("PutRetentionPolicy", call.send()).await.map(|_| days)
}

fn read_one(group: &Sdk, view: &View, owner: &Owner) -> Option<Live<LogGroupSeen>> {
    let arn = arn(group)?;
    let (key, attempt) = owner.mark_of(LogGroup::KIND, &view.detailed.log_group_tags.get(&arn))?;
    let tags = from_map(view.detailed.log_group_tags.get(&arn));
    let group_name = group.log_group_name()?.to_owned();
    Some(Live {
        key,
        attempt,
        id: Id::from(group_name.clone()),
        attributes: [(ARN.into(), arn)].into_iter().collect(),
        phase: Phase::Ready,
        seen: LogGroupSeen { group_name, retention_days: group.retention_in_days() },
        on: Vec::new(),
        within: None,
        tags,
        created: None,
    })
}

#[cfg(test)]
mod tests;
