//! Network load balancer, internal. Made with a security group, for it can never get its first one later.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html>

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::Client as ElbClient;
use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer as Sdk, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum,
};
use engine::{
    Change, Class, Comparison, Creation, Deletion, Fault, Id, Ids, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::call::{Call, ELB_TAGS, SERVICE_ROLE, call};
use super::clients::to_list;
use super::cloud::Elb;
use super::elb::{self, ElbAttributes};
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource, resolved};
use super::sources::{Detail, Listing, Look, Question, View, answered};
use super::{SecurityGroup, Subnet, Vpc};

/// Each zone's address reaches the targets of all zones.
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
/// AWS refuses to delete it.
const DELETION_PROTECTION: &str = "deletion_protection.enabled";

/// What spreads connections over the tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Which one: `main`.
    pub name: &'static str,
    /// The VPC. Fixed at creation.
    pub vpc: Ref<Vpc>,
    /// One subnet a zone.
    pub subnets: Vec<Ref<Subnet>>,
    /// The group around its interfaces; health checks leave through it too.
    pub security_group: Ref<SecurityGroup>,
    /// Each zone's address reaches the targets of all zones.
    pub cross_zone: bool,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerSeen {
    /// `network` or another type.
    pub load_balancer_type: String,
    /// `internal` or `internet-facing`.
    pub scheme: String,
    /// Its VPC.
    pub vpc: String,
    /// Its subnets.
    pub subnets: BTreeSet<String>,
    /// Its security groups.
    pub security_groups: BTreeSet<String>,
    /// Whether zones are crossed; `None` if AWS does not say.
    pub cross_zone: Option<bool>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
}

/// `DescribeLoadBalancers`.
pub struct LoadBalancers;

impl Listing for LoadBalancers {
    type Client = ElbClient;
    type Item = Sdk;

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html>
    async fn list(elb: &Elb) -> Result<Vec<Sdk>, Fault> {
        let call = elb.reads().describe_load_balancers().into_paginator().items().send();
        elb.read("DescribeLoadBalancers", call.collect::<Result<Vec<_>, _>>()).await
    }

    async fn find(elb: &Elb, id: &Id) -> Result<Option<Sdk>, Fault> {
        let call = elb.reads().describe_load_balancers().load_balancer_arns(id.as_str());
        let answer = elb.read("DescribeLoadBalancers", call.send()).await?;
        Ok(answer.load_balancers.unwrap_or_default().into_iter().next())
    }

    fn mark(_: &Sdk) -> Option<(Id, Tags)> {
        None
    }
}

/// Tags and attributes of one load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerDetail {
    /// Its tags.
    pub tags: Tags,
    /// Its attributes.
    pub attributes: ElbAttributes,
}

/// `DescribeTags` and `DescribeLoadBalancerAttributes` of the load balancers under the name of the stack that looks.
pub struct LoadBalancerDetails;

impl Detail for LoadBalancerDetails {
    type Client = ElbClient;
    type Item = LoadBalancerDetail;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        let prefix = elb::prefix(&look.owner.stack);
        let ours = |it: &&Sdk| it.load_balancer_name().is_some_and(|name| name.starts_with(&prefix));
        answered(&look.view.listed.load_balancers)
            .iter()
            .filter(ours)
            .filter_map(|it| it.load_balancer_arn().map(Id::from))
            .collect()
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancerAttributes.html>
    async fn ask(elb: &Elb, arn: &Id) -> Result<Option<LoadBalancerDetail>, Fault> {
        let answer = async {
            let tags = elb::tags(elb, &[arn.to_string()]).await?.remove(arn.as_str()).unwrap_or_default();
            let call = elb.reads().describe_load_balancer_attributes().load_balancer_arn(arn.as_str());
            let answer = elb.read("DescribeLoadBalancerAttributes", call.send()).await?;
            let pair = |it: &LoadBalancerAttribute| Some((it.key()?.to_owned(), it.value()?.to_owned()));
            Ok(LoadBalancerDetail { tags, attributes: answer.attributes().iter().filter_map(pair).collect() })
        };
        match answer.await {
            Ok(detail) => Ok(Some(detail)),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn tags(detail: &LoadBalancerDetail) -> Option<Tags> {
        Some(detail.tags.clone())
    }
}

impl Resource for LoadBalancer {
    type Seen = LoadBalancerSeen;
    type Client = ElbClient;

    const KIND: Kind =
        Kind { order: 170, name: "load-balancer", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::LoadBalancers, Question::LoadBalancerDetails];
    const CALLS: &'static [Call] = &[
        call("elasticloadbalancing:AddTags"),
        call("elasticloadbalancing:CreateLoadBalancer").with(&[ELB_TAGS, SERVICE_ROLE]),
        call("elasticloadbalancing:DeleteLoadBalancer"),
        call("elasticloadbalancing:DescribeLoadBalancerAttributes"),
        call("elasticloadbalancing:DescribeLoadBalancers"),
        call("elasticloadbalancing:DescribeTags"),
        call("elasticloadbalancing:ModifyLoadBalancerAttributes"),
        call("elasticloadbalancing:RemoveTags"),
        call("elasticloadbalancing:SetSecurityGroups"),
        call("elasticloadbalancing:SetSubnets"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![self.vpc.exists(), self.security_group.exists()];
        needs.extend(self.subnets.iter().map(Ref::exists));
        needs
    }

    fn compare(&self, seen: &LoadBalancerSeen, ids: &Ids) -> Comparison {
        let LoadBalancerSeen {
            load_balancer_type,
            scheme,
            vpc,
            subnets,
            security_groups,
            cross_zone,
            deletion_protection,
        } = seen;
        Comparison::default()
            .fixed("type", LoadBalancerTypeEnum::Network.as_str(), load_balancer_type.as_str())
            .fixed("scheme", LoadBalancerSchemeEnum::Internal.as_str(), scheme.as_str())
            .fixed_ref("vpc", ids.of(&self.vpc), vpc)
            .field_refs("subnets", self.subnets.iter().map(|subnet| ids.of(subnet)), subnets)
            .field_refs("securityGroups", [ids.of(&self.security_group)], security_groups)
            .field("crossZone", &Some(self.cross_zone), cross_zone)
            .field("deletionProtection", &false, deletion_protection)
    }

    fn read(view: &View, owner: &Owner) -> Vec<Live<LoadBalancerSeen>> {
        let details = &view.detailed.load_balancer_details;
        answered(&view.listed.load_balancers)
            .iter()
            .filter_map(|it| {
                let detail = details.get(it.load_balancer_arn()?)?;
                let (key, attempt) = owner.mark_of(Self::KIND, &detail.tags)?;
                let seen = seen(it, &detail.attributes);
                Some(Live {
                    key,
                    attempt,
                    id: Id::from(it.load_balancer_arn()?),
                    attributes: engine::Attributes::new(),
                    phase: phase(it),
                    on: hangs_on(&seen),
                    seen,
                    within: None,
                    tags: detail.tags.clone(),
                    created: it.created_time().map(aws_smithy_types::DateTime::secs),
                })
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>
    ///
    /// Attributes are a call of their own; if it fails, an update makes up for it.
    async fn create(&self, elb: &Elb, ids: &Ids, mark: &Mark) -> Result<Live<LoadBalancerSeen>, Fault> {
        const OPERATION: &str = "CreateLoadBalancer";
        const TAKEN: &str = "DuplicateLoadBalancerName";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let subnets = resolved(&self.subnets, ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let group = ids.of(&self.security_group).map_err(|cause| unresolved(OPERATION, &cause))?;
        let name = elb::name(mark, &[vpc.as_str()]);
        let call = elb
            .writes()
            .create_load_balancer()
            .name(&name)
            .r#type(LoadBalancerTypeEnum::Network)
            .scheme(LoadBalancerSchemeEnum::Internal)
            .set_subnets(Some(subnets.into_iter().collect()))
            .security_groups(group.as_str())
            .set_tags(Some(to_list(&mark.tags)));
        let made = match elb.write(OPERATION, call.send()).await {
            Ok(answer) => answer.load_balancers.unwrap_or_default().into_iter().next(),
            Err(fault) if fault.code == TAKEN => elb::load_balancer(elb, &name).await?,
            Err(fault) => return Err(fault),
        };
        let made = made.ok_or_else(|| incomplete(OPERATION, "loadBalancers"))?;
        let arn = made.load_balancer_arn().ok_or_else(|| incomplete(OPERATION, "loadBalancerArn"))?;
        let known = elb::adopted(elb, (OPERATION, TAKEN), arn, mark).await?;
        let mut seen = seen(&made, &ElbAttributes::new());
        if known == Phase::Ready && configure(elb, arn, self.cross_zone).await.is_ok() {
            seen.cross_zone = Some(self.cross_zone);
        }
        let phase = if known == Phase::Ready { phase(&made) } else { known };
        Ok(Live { on: hangs_on(&seen), ..mark.live(arn, phase, seen) })
    }

    /// - <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html>
    /// - <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html>
    async fn update(
        &self,
        elb: &Elb,
        live: &Live<LoadBalancerSeen>,
        changes: &[Change],
        ids: &Ids,
    ) -> Result<Live<LoadBalancerSeen>, Fault> {
        let differs = |field| changes.iter().any(|change| change.field == field);
        let (arn, mut seen) = (live.id.as_str(), live.seen.clone());
        if differs("subnets") {
            const OPERATION: &str = "SetSubnets";
            seen.subnets = resolved(&self.subnets, ids).map_err(|cause| unresolved(OPERATION, &cause))?;
            let subnets = Some(seen.subnets.iter().cloned().collect());
            let call = elb.writes().set_subnets().load_balancer_arn(arn).set_subnets(subnets);
            elb.write(OPERATION, call.send()).await?;
        }
        if differs("securityGroups") {
            const OPERATION: &str = "SetSecurityGroups";
            let group = ids.of(&self.security_group).map_err(|cause| unresolved(OPERATION, &cause))?;
            let call = elb.writes().set_security_groups().load_balancer_arn(arn).security_groups(group.as_str());
            elb.write(OPERATION, call.send()).await?;
            seen.security_groups = BTreeSet::from([group.as_str().to_owned()]);
        }
        if differs("crossZone") || differs("deletionProtection") {
            configure(elb, arn, self.cross_zone).await?;
            seen.cross_zone = Some(self.cross_zone);
            seen.deletion_protection = false;
        }
        Ok(Live { on: hangs_on(&seen), seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html>: takes its listeners
    /// with it and succeeds if there is none; its interfaces outlive it by minutes, and hold subnets and group until then.
    async fn delete(elb: &Elb, live: &Live<LoadBalancerSeen>) -> Result<Deletion, Fault> {
        let call = elb.writes().delete_load_balancer().load_balancer_arn(live.id.as_str());
        match elb.write("DeleteLoadBalancer", call.send()).await {
            Ok(_) => Ok(Deletion::Going),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            // Somebody wants it to stay: it is asked for, not overruled.
            Err(fault) if fault.code == "OperationNotPermitted" && live.seen.deletion_protection => {
                let message =
                    format!("somebody protects it against deletion: set its attribute {DELETION_PROTECTION} to false");
                Err(Fault { class: Class::Conflict, message, ..fault })
            }
            Err(fault) => Err(fault),
        }
    }
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyLoadBalancerAttributes.html>
async fn configure(elb: &Elb, arn: &str, cross_zone: bool) -> Result<(), Fault> {
    let attribute = |key, value: bool| LoadBalancerAttribute::builder().key(key).value(value.to_string()).build();
    let call = elb
        .writes()
        .modify_load_balancer_attributes()
        .load_balancer_arn(arn)
        .attributes(attribute(CROSS_ZONE, cross_zone))
        .attributes(attribute(DELETION_PROTECTION, false));
    elb.write("ModifyLoadBalancerAttributes", call.send()).await.map(drop)
}

fn seen(it: &Sdk, attributes: &ElbAttributes) -> LoadBalancerSeen {
    let flag = |name| attributes.get(name).map(|value| value == "true");
    LoadBalancerSeen {
        load_balancer_type: it.r#type().map(LoadBalancerTypeEnum::as_str).unwrap_or_default().to_owned(),
        scheme: it.scheme().map(LoadBalancerSchemeEnum::as_str).unwrap_or_default().to_owned(),
        vpc: it.vpc_id().unwrap_or_default().to_owned(),
        subnets: it.availability_zones().iter().filter_map(|zone| zone.subnet_id().map(str::to_owned)).collect(),
        security_groups: it.security_groups().iter().cloned().collect(),
        cross_zone: flag(CROSS_ZONE),
        deletion_protection: flag(DELETION_PROTECTION).unwrap_or_default(),
    }
}

/// Its interfaces keep subnets and groups from being deleted.
fn hangs_on(seen: &LoadBalancerSeen) -> Vec<Id> {
    let ids = std::iter::once(&seen.vpc).chain(&seen.subnets).chain(&seen.security_groups);
    ids.map(|id| Id::from(id.as_str())).collect()
}

/// An impaired one routes traffic, and lacks what it needs to grow: still usable.
///
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#network-load-balancer-state>
fn phase(it: &Sdk) -> Phase {
    let Some(state) = it.state() else { return Phase::Pending("no state".to_owned()) };
    match state.code() {
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => Phase::Ready,
        Some(LoadBalancerStateEnum::Failed) => Phase::Failed(state.reason().unwrap_or("failed").to_owned()),
        Some(other) => Phase::Pending(other.as_str().to_owned()),
        None => Phase::Pending("no state".to_owned()),
    }
}

#[cfg(test)]
mod tests;
