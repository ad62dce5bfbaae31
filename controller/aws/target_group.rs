//! Target group: where the load balancer finds the tasks, and how it tells a healthy one. ECS registers them.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html>

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::Client as ElbClient;
use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as Sdk, TargetGroupAttribute, TargetTypeEnum,
};
use engine::{Change, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Ref, Replace, Tags};

use super::Vpc;
use super::call::{Call, ELB_TAGS, call};
use super::clients::to_list;
use super::cloud::Elb;
use super::elb::{self, ElbAttributes};
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Detail, Listing, Look, Question, View, answered};

/// Seconds between two health checks.
const INTERVAL: i32 = 10;
/// Seconds for which an answer is waited for.
const TIMEOUT: i32 = 5;
/// Checks in a row that turn a target's health.
const THRESHOLD: i32 = 2;
/// Seconds for which connections of a target that goes are left alone. AWS's own 300 keep a service that is deleted from going.
const DEREGISTRATION_DELAY: &str = "30";

/// How a healthy target is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetCheck {
    /// It accepts a connection.
    Tcp,
    /// It answers this path with 200 to 399.
    Http(String),
}

impl TargetCheck {
    fn protocol(&self) -> ProtocolEnum {
        match self {
            Self::Tcp => ProtocolEnum::Tcp,
            Self::Http(_) => ProtocolEnum::Http,
        }
    }

    fn path(&self) -> Option<&str> {
        match self {
            Self::Tcp => None,
            Self::Http(path) => Some(path),
        }
    }

    fn matcher(&self) -> Option<Matcher> {
        self.path().map(|_| Matcher::builder().http_code("200-399").build())
    }
}

/// The targets of one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroup {
    /// Which one: `main`.
    pub name: &'static str,
    /// The VPC of the targets. Fixed at creation.
    pub vpc: Ref<Vpc>,
    /// TCP port of the targets. Fixed at creation.
    pub port: u16,
    /// How a healthy target is told.
    pub check: TargetCheck,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupSeen {
    /// `ip` or another type.
    pub target_type: String,
    /// Protocol to the targets.
    pub protocol: String,
    /// Port of the targets.
    pub port: i32,
    /// Its VPC.
    pub vpc: String,
    /// How health is told.
    pub check: CheckSeen,
    /// Seconds for which connections of a target that goes are left alone.
    pub deregistration_delay: Option<String>,
    /// Whether targets see the client's address.
    pub preserve_client_ip: Option<String>,
}

/// A health check as AWS shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSeen {
    /// Protocol.
    pub protocol: String,
    /// Port: `traffic-port` for that of the targets.
    pub port: String,
    /// Path, for HTTP.
    pub path: Option<String>,
    /// Codes of a healthy answer, for HTTP.
    pub codes: Option<String>,
    /// Seconds between two checks.
    pub interval: i32,
    /// Seconds for which an answer is waited for.
    pub timeout: i32,
    /// Checks in a row that make a target healthy, and unhealthy.
    pub thresholds: (i32, i32),
}

impl CheckSeen {
    /// The check as it is declared.
    fn of(check: &TargetCheck) -> Self {
        Self {
            protocol: check.protocol().as_str().to_owned(),
            port: "traffic-port".to_owned(),
            path: check.path().map(str::to_owned),
            codes: check.matcher().and_then(|matcher| matcher.http_code),
            interval: INTERVAL,
            timeout: TIMEOUT,
            thresholds: (THRESHOLD, THRESHOLD),
        }
    }

    fn read(it: &Sdk) -> Self {
        let protocol = it.health_check_protocol().map(ProtocolEnum::as_str).unwrap_or_default();
        // AWS may keep path and codes of an earlier HTTP check; they mean nothing to a TCP one.
        let http = protocol != ProtocolEnum::Tcp.as_str();
        Self {
            protocol: protocol.to_owned(),
            port: it.health_check_port().unwrap_or_default().to_owned(),
            path: it.health_check_path().filter(|_| http).map(str::to_owned),
            codes: it.matcher().and_then(|matcher| matcher.http_code()).filter(|_| http).map(str::to_owned),
            interval: it.health_check_interval_seconds().unwrap_or_default(),
            timeout: it.health_check_timeout_seconds().unwrap_or_default(),
            thresholds: (
                it.healthy_threshold_count().unwrap_or_default(),
                it.unhealthy_threshold_count().unwrap_or_default(),
            ),
        }
    }
}

/// `DescribeTargetGroups`.
pub struct TargetGroups;

impl Listing for TargetGroups {
    type Client = ElbClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html>
    async fn list(elb: &Elb) -> Result<Vec<Sdk>, Fault> {
        let call = elb.reads().describe_target_groups().into_paginator().items().send();
        elb.read("DescribeTargetGroups", call.collect::<Result<Vec<_>, _>>()).await
    }

    async fn find(elb: &Elb, id: &Id) -> Result<Option<Sdk>, Fault> {
        let call = elb.reads().describe_target_groups().target_group_arns(id.as_str());
        let answer = elb.read("DescribeTargetGroups", call.send()).await?;
        Ok(answer.target_groups.unwrap_or_default().into_iter().next())
    }

    fn mark(_: &Sdk) -> Option<(Id, Tags)> {
        None
    }
}

/// Tags and attributes of one target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupDetail {
    /// Its tags.
    pub tags: Tags,
    /// Its attributes.
    pub attributes: ElbAttributes,
}

/// `DescribeTags` and `DescribeTargetGroupAttributes` of the target groups under the name of the stack that looks.
pub struct TargetGroupDetails;

impl Detail for TargetGroupDetails {
    type Client = ElbClient;
    type Item = TargetGroupDetail;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let prefix = elb::prefix(&look.owner.stack);
        let ours = |it: &&Sdk| it.target_group_name().is_some_and(|name| name.starts_with(&prefix));
        answered(&look.view.listed.target_groups)
            .iter()
            .filter(ours)
            .filter_map(|it| it.target_group_arn().map(Id::from))
            .collect()
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroupAttributes.html>
    async fn ask(elb: &Elb, arn: &Id) -> Result<Option<TargetGroupDetail>, Fault> {
        let answer = async {
            let tags = elb::tags(elb, &[arn.to_string()]).await?.remove(arn.as_str()).unwrap_or_default();
            let call = elb.reads().describe_target_group_attributes().target_group_arn(arn.as_str());
            let answer = elb.read("DescribeTargetGroupAttributes", call.send()).await?;
            let pair = |it: &TargetGroupAttribute| Some((it.key()?.to_owned(), it.value()?.to_owned()));
            Ok(TargetGroupDetail { tags, attributes: answer.attributes().iter().filter_map(pair).collect() })
        };
        match answer.await {
            Ok(detail) => Ok(Some(detail)),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(detail: &TargetGroupDetail) -> Option<Tags> {
        Some(detail.tags.clone())
    }
}

impl Resource for TargetGroup {
    type Seen = TargetGroupSeen;
    type Client = ElbClient;

    const KIND: Kind =
        Kind { order: 180, name: "target-group", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::TargetGroups, Question::TargetGroupDetails];
    const CALLS: &'static [Call] = &[
        call("elasticloadbalancing:AddTags"),
        call("elasticloadbalancing:CreateTargetGroup").with(&[ELB_TAGS]),
        call("elasticloadbalancing:DeleteTargetGroup"),
        call("elasticloadbalancing:DescribeTags"),
        call("elasticloadbalancing:DescribeTargetGroupAttributes"),
        call("elasticloadbalancing:DescribeTargetGroups"),
        call("elasticloadbalancing:ModifyTargetGroup"),
        call("elasticloadbalancing:ModifyTargetGroupAttributes"),
        call("elasticloadbalancing:RemoveTags"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.vpc.exists()]
    }

    fn compare(&self, seen: &TargetGroupSeen, ids: &Ids) -> Comparison {
        let TargetGroupSeen { target_type, protocol, port, vpc, check, deregistration_delay, preserve_client_ip } =
            seen;
        Comparison::default()
            .fixed("targetType", TargetTypeEnum::Ip.as_str(), target_type.as_str())
            .fixed("protocol", ProtocolEnum::Tcp.as_str(), protocol.as_str())
            .fixed("port", &i32::from(self.port), port)
            .fixed_ref("vpc", ids.of(&self.vpc), vpc)
            .field("healthCheck", &CheckSeen::of(&self.check), check)
            .field("deregistrationDelay", &Some(DEREGISTRATION_DELAY), &deregistration_delay.as_deref())
            .field("preserveClientIp", &Some("false"), &preserve_client_ip.as_deref())
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<TargetGroupSeen>> {
        let details = &view.detailed.target_group_details;
        answered(&view.listed.target_groups)
            .iter()
            .filter_map(|it| {
                let detail = details.get(it.target_group_arn()?)?;
                let (key, attempt) = owner.mark_of(Self::KIND, &detail.tags)?;
                let seen = seen(it, &detail.attributes);
                Some(Live {
                    key,
                    attempt,
                    id: Id::from(it.target_group_arn()?),
                    attributes: engine::Attributes::new(),
                    phase: Phase::Ready,
                    on: vec![Id::from(seen.vpc.as_str())],
                    seen,
                    within: None,
                    tags: detail.tags.clone(),
                    created: None,
                })
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
    ///
    /// Attributes are a call of their own; if it fails, an update makes up for it.
    async fn create(&self, elb: &Elb, ids: &Ids, mark: &Mark) -> Result<Live<TargetGroupSeen>, Fault> {
        const OPERATION: &str = "CreateTargetGroup";
        const TAKEN: &str = "DuplicateTargetGroupName";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let name = elb::name(mark, &[vpc.as_str(), &self.port.to_string()]);
        let call = elb
            .writes()
            .create_target_group()
            .name(&name)
            .target_type(TargetTypeEnum::Ip)
            .protocol(ProtocolEnum::Tcp)
            .port(i32::from(self.port))
            .vpc_id(vpc.as_str())
            .health_check_enabled(true)
            .health_check_protocol(self.check.protocol())
            .health_check_port("traffic-port")
            .set_health_check_path(self.check.path().map(str::to_owned))
            .set_matcher(self.check.matcher())
            .health_check_interval_seconds(INTERVAL)
            .health_check_timeout_seconds(TIMEOUT)
            .healthy_threshold_count(THRESHOLD)
            .unhealthy_threshold_count(THRESHOLD)
            .set_tags(Some(to_list(&mark.tags)));
        let made = match elb.write(OPERATION, call.send()).await {
            Ok(answer) => answer.target_groups.unwrap_or_default().into_iter().next(),
            Err(fault) if fault.code == TAKEN => elb::target_group(elb, &name).await?,
            Err(fault) => return Err(fault),
        };
        let made = made.ok_or_else(|| incomplete(OPERATION, "targetGroups"))?;
        let arn = made.target_group_arn().ok_or_else(|| incomplete(OPERATION, "targetGroupArn"))?;
        let phase = elb::adopted(elb, (OPERATION, TAKEN), arn, mark).await?;
        let attributes = match phase {
            Phase::Ready => configure(elb, arn).await.unwrap_or_default(),
            _ => ElbAttributes::new(),
        };
        let seen = seen(&made, &attributes);
        Ok(Live { on: vec![vpc.clone()], ..mark.live(arn, phase, seen) })
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroup.html>
    async fn update(
        &self,
        elb: &Elb,
        live: &Live<TargetGroupSeen>,
        changes: &[Change],
        _: &Ids,
    ) -> Result<Live<TargetGroupSeen>, Fault> {
        let (arn, mut seen) = (live.id.as_str(), live.seen.clone());
        if changes.iter().any(|change| change.field == "healthCheck") {
            let call = elb
                .writes()
                .modify_target_group()
                .target_group_arn(arn)
                .health_check_enabled(true)
                .health_check_protocol(self.check.protocol())
                .health_check_port("traffic-port")
                .set_health_check_path(self.check.path().map(str::to_owned))
                .set_matcher(self.check.matcher())
                .health_check_interval_seconds(INTERVAL)
                .health_check_timeout_seconds(TIMEOUT)
                .healthy_threshold_count(THRESHOLD)
                .unhealthy_threshold_count(THRESHOLD);
            elb.write("ModifyTargetGroup", call.send()).await?;
            seen.check = CheckSeen::of(&self.check);
        }
        if changes.iter().any(|change| change.field != "healthCheck") {
            let attributes = configure(elb, arn).await?;
            seen.deregistration_delay = attributes.get(DELAY).cloned();
            seen.preserve_client_ip = attributes.get(PRESERVE_CLIENT_IP).cloned();
        }
        Ok(Live { seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html>: refused while a
    /// listener forwards to it.
    async fn delete(elb: &Elb, live: &Live<TargetGroupSeen>) -> Result<Deletion, Fault> {
        let call = elb.writes().delete_target_group().target_group_arn(live.id.as_str());
        match elb.write("DeleteTargetGroup", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

const DELAY: &str = "deregistration_delay.timeout_seconds";
const PRESERVE_CLIENT_IP: &str = "preserve_client_ip.enabled";

/// Sets the attributes, and returns those that it set.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroupAttributes.html>
async fn configure(elb: &Elb, arn: &str) -> Result<ElbAttributes, Fault> {
    let declared = [(DELAY, DEREGISTRATION_DELAY), (PRESERVE_CLIENT_IP, "false")];
    let attribute = |(key, value): (&str, &str)| TargetGroupAttribute::builder().key(key).value(value).build();
    let attributes = Some(declared.into_iter().map(attribute).collect());
    let call = elb.writes().modify_target_group_attributes().target_group_arn(arn).set_attributes(attributes);
    elb.write("ModifyTargetGroupAttributes", call.send()).await?;
    Ok(declared.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

fn seen(it: &Sdk, attributes: &ElbAttributes) -> TargetGroupSeen {
    TargetGroupSeen {
        target_type: it.target_type().map(TargetTypeEnum::as_str).unwrap_or_default().to_owned(),
        protocol: it.protocol().map(ProtocolEnum::as_str).unwrap_or_default().to_owned(),
        port: it.port().unwrap_or_default(),
        vpc: it.vpc_id().unwrap_or_default().to_owned(),
        check: CheckSeen::read(it),
        deregistration_delay: attributes.get(DELAY).cloned(),
        preserve_client_ip: attributes.get(PRESERVE_CLIENT_IP).cloned(),
    }
}

#[cfg(test)]
mod tests;
