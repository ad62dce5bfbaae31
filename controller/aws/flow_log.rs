//! Flow log of a VPC: who spoke to whom, accepted or refused, in a log group.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html>

use aws_sdk_ec2::Client as Ec2Client;
use aws_sdk_ec2::types::{
    Filter, FlowLog as Sdk, FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType, UnsuccessfulItem,
};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
    Unresolved,
};

use super::call::{Call, EC2_TAGS, ROLE_HANDED_OVER, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found, refused, unresolved};
use super::owner::{self, Owner};
use super::resource::{ARN, Mark, Resource};
use super::sources::{Listing, Question, View, answered};
use super::{LogGroup, Role, Vpc};

/// All traffic of a VPC. All of it is fixed at creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// The VPC.
    pub vpc: Ref<Vpc>,
    /// Where the lines go.
    pub group: Ref<LogGroup>,
    /// The role that writes them.
    pub role: Ref<Role>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowLogSeen {
    /// What it watches.
    pub resource: String,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic_type: String,
    /// Name of the log group.
    pub group_name: String,
    /// ARN of the role that writes.
    pub role_arn: String,
}

/// `DescribeFlowLogs`.
pub struct FlowLogs;

impl Listing for FlowLogs {
    type Client = Ec2Client;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html>
    async fn list(ec2: &Ec2) -> Result<Vec<Sdk>, Fault> {
        let marked = Filter::builder().name("tag-key").values(owner::STACK).build();
        let call = ec2.reads().describe_flow_logs().filter(marked).into_paginator().page_size(1000).items().send();
        ec2.read("DescribeFlowLogs", call.collect::<Result<Vec<_>, _>>()).await
    }

    async fn find(ec2: &Ec2, id: &Id) -> Result<Option<Sdk>, Fault> {
        let call = ec2.reads().describe_flow_logs().flow_log_ids(id.as_str());
        let answer = ec2.read("DescribeFlowLogs", call.send()).await?;
        Ok(answer.flow_logs.unwrap_or_default().into_iter().next())
    }

    fn mark(log: &Sdk) -> Option<(Id, Tags)> {
        Some((Id::from(log.flow_log_id()?), from_list(log.tags())))
    }
}

impl FlowLog {
    fn declared(&self, ids: &Ids) -> Result<FlowLogSeen, Unresolved> {
        Ok(FlowLogSeen {
            resource: ids.of(&self.vpc)?.to_string(),
            traffic_type: TrafficType::All.as_str().to_owned(),
            group_name: ids.of(&self.group)?.to_string(),
            role_arn: ids.attribute(&self.role, ARN)?.to_owned(),
        })
    }
}

impl Resource for FlowLog {
    type Seen = FlowLogSeen;
    type Client = Ec2Client;

    // EC2 refuses a second one to the same log group; a token would return one that somebody deleted since.
    const KIND: Kind =
        Kind { order: 140, name: "flow-log", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::FlowLogs];
    const CALLS: &'static [Call] = &[
        call("ec2:CreateFlowLogs").with(&[EC2_TAGS, ROLE_HANDED_OVER]),
        call("ec2:CreateTags"),
        call("ec2:DeleteFlowLogs"),
        call("ec2:DeleteTags"),
        call("ec2:DescribeFlowLogs"),
    ];

    fn name(&self) -> &'static str {
        "main"
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.vpc.exists(), self.group.exists(), self.role.ready()]
    }

    fn compare(&self, seen: &FlowLogSeen, ids: &Ids) -> Comparison {
        let FlowLogSeen { resource, traffic_type, group_name, role_arn } = seen;
        match self.declared(ids) {
            Ok(declared) => Comparison::default()
                .fixed("resource", &declared.resource, resource)
                .fixed("trafficType", &declared.traffic_type, traffic_type)
                .fixed("logGroup", &declared.group_name, group_name)
                .fixed("role", &declared.role_arn, role_arn),
            Err(Unresolved(key)) => Comparison::default().unresolved(key),
        }
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<FlowLogSeen>> {
        let read_one = |log: &Sdk| live(log, owner.mark_of(Self::KIND, log.tags())?, from_list(log.tags()));
        answered(&view.listed.flow_logs).iter().filter_map(read_one).collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>: answers with success and names what it
    /// did not make.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<FlowLogSeen>, Fault> {
        const OPERATION: &str = "CreateFlowLogs";
        let seen = self.declared(ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = ec2
            .writes()
            .create_flow_logs()
            .resource_ids(&seen.resource)
            .resource_type(FlowLogsResourceType::Vpc)
            .traffic_type(TrafficType::All)
            .log_destination_type(LogDestinationType::CloudWatchLogs)
            .log_group_name(&seen.group_name)
            .deliver_logs_permission_arn(&seen.role_arn)
            .tag_specifications(specification(ResourceType::VpcFlowLog, &mark.tags));
        let answer = ec2.write(OPERATION, call.send()).await;
        let made = answer.and_then(|answer| done(OPERATION, answer.unsuccessful()).map(|()| answer));
        match made {
            Ok(answer) => {
                let id = answer.flow_log_ids().first().ok_or_else(|| incomplete(OPERATION, "flowLogId"))?;
                Ok(Live { on: on(&seen), ..mark.live(id.as_str(), Phase::Ready, seen) })
            }
            Err(fault) if fault.code == "FlowLogAlreadyExists" => standing(ec2, &seen, mark, fault).await,
            Err(fault) => Err(fault),
        }
    }

    /// Nothing of a flow log can be changed but its tags, and `compare` reports no such change.
    async fn update(
        &self,
        _: &Ec2,
        live: &Live<FlowLogSeen>,
        _: &[Change],
        _: &Ids,
    ) -> Result<Live<FlowLogSeen>, Fault> {
        Ok(live.clone())
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteFlowLogs.html>: answers with success and names what it
    /// did not delete.
    async fn delete(ec2: &Ec2, live: &Live<FlowLogSeen>) -> Result<Deletion, Fault> {
        const OPERATION: &str = "DeleteFlowLogs";
        let call = ec2.writes().delete_flow_logs().flow_log_ids(live.id.as_str());
        let answer = ec2.write(OPERATION, call.send()).await;
        match answer.and_then(|answer| done(OPERATION, answer.unsuccessful())) {
            Ok(()) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

/// What stands in the way of another flow log to the same group: what an earlier, lost call of the same create made.
async fn standing(ec2: &Ec2, declared: &FlowLogSeen, mark: &Mark, refusal: Fault) -> Result<Live<FlowLogSeen>, Fault> {
    let of_resource = Filter::builder().name("resource-id").values(&declared.resource).build();
    let call = ec2.reads().describe_flow_logs().filter(of_resource).into_paginator().items().send();
    let logs = ec2.read("DescribeFlowLogs", call.collect::<Result<Vec<_>, _>>()).await?;
    let to_group = |log: &&Sdk| log.log_group_name() == Some(declared.group_name.as_str());
    let Some(log) = logs.iter().find(to_group) else { return Err(refusal) };
    let tags = from_list(log.tags());
    let live = live(log, (mark.key.clone(), mark.attempt), tags.clone()).filter(|_| mark.is_on(&tags));
    live.ok_or_else(|| mark.held(refusal, &format!("a flow log to {}", declared.group_name), &tags))
}

/// The refusal that is named inside a successful answer, if there is one.
fn done(operation: &'static str, unsuccessful: &[UnsuccessfulItem]) -> Result<(), Fault> {
    match unsuccessful.iter().find_map(UnsuccessfulItem::error) {
        Some(error) => Err(refused(operation, error.code().unwrap_or("Unknown"), error.message().unwrap_or_default())),
        None => Ok(()),
    }
}

/// The VPC, the log group and the role, whose name is the last part of its ARN.
fn on(seen: &FlowLogSeen) -> Vec<Id> {
    let role = seen.role_arn.rsplit('/').next().unwrap_or_default();
    [&seen.resource, &seen.group_name, role].map(Id::from).to_vec()
}

fn live(log: &Sdk, (key, attempt): (Key, u32), tags: Tags) -> Option<Live<FlowLogSeen>> {
    let seen = FlowLogSeen {
        resource: log.resource_id().unwrap_or_default().to_owned(),
        traffic_type: log.traffic_type().map_or("", TrafficType::as_str).to_owned(),
        group_name: log.log_group_name().unwrap_or_default().to_owned(),
        role_arn: log.deliver_logs_permission_arn().unwrap_or_default().to_owned(),
    };
    let phase = match log.deliver_logs_status() {
        Some("FAILED") => Phase::Broken(format!(
            "lines are not delivered: {}",
            log.deliver_logs_error_message().unwrap_or("AWS does not say why")
        )),
        Some(_) | None => Phase::Ready,
    };
    Some(Live {
        key,
        attempt,
        id: Id::from(log.flow_log_id()?),
        attributes: engine::Attributes::new(),
        phase,
        on: on(&seen),
        seen,
        within: None,
        tags,
        created: log.creation_time().map(aws_smithy_types::DateTime::secs),
    })
}

#[cfg(test)]
mod tests;
