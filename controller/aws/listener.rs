//! Listener of a network load balancer. What else listens on a load balancer of ours is not to be there.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html>

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::Client as ElbClient;
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, Listener as Sdk, ProtocolEnum};
use engine::{
    Change, Comparison, Creation, Deletion, Fault, Id, Ids, Key, Kind, Live, Need, Phase, Ref, Replace, Tags,
};

use super::call::{Call, ELB_TAGS, call};
use super::clients::to_list;
use super::cloud::Elb;
use super::elb;
use super::fault::{incomplete, is_not_found, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource};
use super::sources::{Detail, Look, Question, View};
use super::{LoadBalancer, TargetGroup};

/// A port on which the load balancer accepts connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Which one: `main`.
    pub name: &'static str,
    /// Its load balancer. Fixed at creation.
    pub load_balancer: Ref<LoadBalancer>,
    /// TCP port.
    pub port: u16,
    /// Where connections go.
    pub target_group: Ref<TargetGroup>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSeen {
    /// Its load balancer.
    pub load_balancer: String,
    /// Protocol.
    pub protocol: String,
    /// Port.
    pub port: i32,
    /// The target group that it forwards to, if it does that and nothing else.
    pub target_group: String,
}

/// A listener and its tags.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedListener {
    /// The listener.
    pub listener: Sdk,
    /// Its tags.
    pub tags: Tags,
}

/// `DescribeListeners` and `DescribeTags`, of a load balancer of the stack that looks, or of one listener.
pub struct Listeners;

impl Detail for Listeners {
    type Client = ElbClient;
    type Item = Vec<ListedListener>;

    fn subjects(look: &Look<'_>) -> BTreeSet<Id> {
        elb::load_balancers(look)
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html>
    async fn ask(elb: &Elb, arn: &Id) -> Result<Option<Vec<ListedListener>>, Fault> {
        let call = elb.reads().describe_listeners();
        let call = if arn.as_str().contains(":listener/") {
            call.listener_arns(arn.as_str())
        } else {
            call.load_balancer_arn(arn.as_str())
        };
        let answer = async {
            let pages = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>();
            let listeners = elb.read("DescribeListeners", pages).await?;
            let arns: Vec<String> =
                listeners.iter().filter_map(|listener| listener.listener_arn().map(str::to_owned)).collect();
            let mut tags = elb::tags(elb, &arns).await?;
            let with_tags = |listener: Sdk| {
                let tags = listener.listener_arn().and_then(|arn| tags.remove(arn)).unwrap_or_default();
                ListedListener { listener, tags }
            };
            Ok(listeners.into_iter().map(with_tags).collect())
        };
        match answer.await {
            Ok(listeners) => Ok(Some(listeners)),
            Err(fault) if is_not_found(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Those of the load balancer speak for its listeners.
    fn tags(_: &Vec<ListedListener>) -> Option<Tags> {
        None
    }
}

impl Resource for Listener {
    type Seen = ListenerSeen;
    type Client = ElbClient;

    const KIND: Kind =
        Kind { order: 190, name: "listener", creation: Creation::NaturalKey, holds_data: false, keep: 0 };
    const REPLACE: Replace = Replace::CreateFirst;
    const SOURCES: &'static [Question] = &[Question::Listeners, Question::LoadBalancers, Question::LoadBalancerDetails];
    const CALLS: &'static [Call] = &[
        call("elasticloadbalancing:AddTags"),
        call("elasticloadbalancing:CreateListener").with(&[ELB_TAGS]),
        call("elasticloadbalancing:DeleteListener"),
        call("elasticloadbalancing:DescribeListeners"),
        call("elasticloadbalancing:DescribeTags"),
        call("elasticloadbalancing:ModifyListener"),
        call("elasticloadbalancing:RemoveTags"),
    ];

    fn name(&self) -> &str {
        self.name
    }

    fn needs(&self) -> Vec<Need> {
        vec![self.load_balancer.exists(), self.target_group.exists()]
    }

    fn compare(&self, seen: &ListenerSeen, ids: &Ids) -> Comparison {
        let ListenerSeen { load_balancer, protocol, port, target_group } = seen;
        Comparison::default()
            .fixed_ref("loadBalancer", ids.of(&self.load_balancer), load_balancer)
            .field("protocol", ProtocolEnum::Tcp.as_str(), protocol.as_str())
            .field("port", &i32::from(self.port), port)
            .field_ref("targetGroup", ids.of(&self.target_group), target_group)
    }

    /// Every listener of a load balancer of ours: one without our mark bears its port as its name.
    fn read(view: &View, owner: &Owner) -> Vec<Live<ListenerSeen>> {
        view.detailed
            .listeners
            .iter()
            .flat_map(|(_, listeners)| listeners)
            .filter_map(|ListedListener { listener, tags }| {
                let seen = seen(listener);
                let named = || (Key::new(Self::KIND, format!("port-{}", seen.port)), 0);
                let (key, attempt) = owner.mark_of(Self::KIND, tags).unwrap_or_else(named);
                let id = Id::from(listener.listener_arn()?);
                Some(Live {
                    key,
                    attempt,
                    id,
                    attributes: engine::Attributes::new(),
                    phase: Phase::Ready,
                    on: hangs_on(&seen),
                    within: Some(Id::from(seen.load_balancer.as_str())),
                    seen,
                    tags: tags.clone(),
                    created: None,
                })
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html>: returns the one that
    /// listens so already; on a load balancer of ours nobody else's is in place.
    async fn create(&self, elb: &Elb, ids: &Ids, mark: &Mark) -> Result<Live<ListenerSeen>, Fault> {
        const OPERATION: &str = "CreateListener";
        let load_balancer = ids.of(&self.load_balancer).map_err(|cause| unresolved(OPERATION, &cause))?;
        let target_group = ids.of(&self.target_group).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = elb
            .writes()
            .create_listener()
            .load_balancer_arn(load_balancer.as_str())
            .protocol(ProtocolEnum::Tcp)
            .port(i32::from(self.port))
            .default_actions(forward(target_group))
            .set_tags(Some(to_list(&mark.tags)));
        let made = elb.write(OPERATION, call.send()).await?.listeners.unwrap_or_default().into_iter().next();
        let made = made.ok_or_else(|| incomplete(OPERATION, "listeners"))?;
        let arn = made.listener_arn().ok_or_else(|| incomplete(OPERATION, "listenerArn"))?;
        let seen = seen(&made);
        Ok(Live { on: hangs_on(&seen), within: Some(load_balancer.clone()), ..mark.live(arn, Phase::Ready, seen) })
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html>
    async fn update(
        &self,
        elb: &Elb,
        live: &Live<ListenerSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<ListenerSeen>, Fault> {
        const OPERATION: &str = "ModifyListener";
        let target_group = ids.of(&self.target_group).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = elb
            .writes()
            .modify_listener()
            .listener_arn(live.id.as_str())
            .protocol(ProtocolEnum::Tcp)
            .port(i32::from(self.port))
            .default_actions(forward(target_group));
        elb.write(OPERATION, call.send()).await?;
        let seen = ListenerSeen {
            protocol: ProtocolEnum::Tcp.as_str().to_owned(),
            port: i32::from(self.port),
            target_group: target_group.as_str().to_owned(),
            ..live.seen.clone()
        };
        Ok(Live { on: hangs_on(&seen), seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteListener.html>
    async fn delete(elb: &Elb, live: &Live<ListenerSeen>) -> Result<Deletion, Fault> {
        let call = elb.writes().delete_listener().listener_arn(live.id.as_str());
        match elb.write("DeleteListener", call.send()).await {
            Ok(_) => Ok(Deletion::Gone),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

fn forward(target_group: &Id) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(target_group.as_str()).build()
}

fn seen(listener: &Sdk) -> ListenerSeen {
    let target_group = match listener.default_actions() {
        [action] if action.r#type() == Some(&ActionTypeEnum::Forward) => forwards_to(action),
        _ => None,
    };
    ListenerSeen {
        load_balancer: listener.load_balancer_arn().unwrap_or_default().to_owned(),
        protocol: listener.protocol().map(ProtocolEnum::as_str).unwrap_or_default().to_owned(),
        port: listener.port().unwrap_or_default(),
        target_group: target_group.unwrap_or_default(),
    }
}

/// The one target group of a forwarding action, which AWS may show in either of two members.
fn forwards_to(action: &Action) -> Option<String> {
    let of_config = || match action.forward_config()?.target_groups() {
        [only] => only.target_group_arn(),
        _ => None,
    };
    action.target_group_arn().or_else(of_config).map(str::to_owned)
}

/// A target group is not deleted while a listener forwards to it.
fn hangs_on(seen: &ListenerSeen) -> Vec<Id> {
    [&seen.load_balancer, &seen.target_group]
        .into_iter()
        .filter(|arn| !arn.is_empty())
        .map(|arn| Id::from(arn.as_str()))
        .collect()
}

#[cfg(test)]
mod tests;
