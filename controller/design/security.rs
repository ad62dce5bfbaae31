//! Security groups and their rules: who may speak to whom.
//!
//! The VPC link reaches the load balancer on the listener's port, the load balancer the tasks on the container's port (health
//! checks take the same way), the tasks the endpoints and S3 on 443 and what `service.egress` names. Nothing else passes.
//!
//! A rule between network load balancer and task matches only if it names the group that the load balancer itself carries:
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html>.

use std::collections::BTreeSet;

use engine::Ref;

use super::network::vpc;
use super::{Draft, names};
use crate::api::Spec;
use crate::api::spec::{Destination, Egress, Protocol, SecurityGroupMode};
use crate::aws::facts::Facts;
use crate::aws::{Direction, Peer, Resource, SecurityGroup, SecurityGroupRule};

/// Port of every AWS service.
const HTTPS: u16 = 443;

/// A group of the architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    VpcLink,
    LoadBalancer,
    Task,
    Endpoints,
}

impl Group {
    /// Its key's name: persisted in tags.
    fn name(self) -> &'static str {
        match self {
            Self::VpcLink => "vpc-link",
            Self::LoadBalancer => "load-balancer",
            Self::Task => "task",
            Self::Endpoints => "endpoints",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::VpcLink => "VPC link of the HTTP API",
            Self::LoadBalancer => "Network load balancer",
            Self::Task => "Fargate tasks",
            Self::Endpoints => "Interface endpoints of AWS services",
        }
    }

    /// A rule that names the link's group matches behind the load balancer only if that carries it, too.
    fn of_load_balancer(spec: &Spec) -> Self {
        match spec.load_balancer.security_group {
            SecurityGroupMode::VpcLink => Self::VpcLink,
            SecurityGroupMode::Dedicated => Self::LoadBalancer,
        }
    }

    fn reference(self) -> Ref<SecurityGroup> {
        SecurityGroup::reference(self.name())
    }
}

/// The group around the interface endpoints.
pub(super) fn endpoints_group() -> Ref<SecurityGroup> {
    Group::Endpoints.reference()
}

/// The group around the tasks.
pub(super) fn task_group() -> Ref<SecurityGroup> {
    Group::Task.reference()
}

/// The group around the VPC link's interfaces.
pub(super) fn vpc_link_group() -> Ref<SecurityGroup> {
    Group::VpcLink.reference()
}

/// The group that the load balancer carries.
pub(super) fn load_balancer_group(spec: &Spec) -> Ref<SecurityGroup> {
    Group::of_load_balancer(spec).reference()
}

/// Adds the groups and their rules.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    let brought_endpoints = spec.network.existing.endpoint_security_group_id.clone();
    let load_balancer = Group::of_load_balancer(spec);
    let groups = [
        (Group::VpcLink, true),
        (Group::LoadBalancer, load_balancer == Group::LoadBalancer),
        (Group::Task, true),
        (Group::Endpoints, brought_endpoints.is_none()),
    ];
    for (group, _) in groups.into_iter().filter(|(_, wanted)| *wanted) {
        draft.node(SecurityGroup {
            name: group.name(),
            group_name: names::security_group(spec, group.name(), group.description()),
            description: group.description().to_owned(),
            vpc: vpc(),
        });
    }
    let mut rules = Rules { draft, sentences: BTreeSet::new() };
    rules.between(Group::VpcLink, load_balancer, spec.load_balancer.port);
    rules.between(load_balancer, Group::Task, spec.service.container_port);
    match brought_endpoints {
        Some(id) => rules.egress("task-to-endpoints".to_owned(), Protocol::Tcp, HTTPS, Peer::GroupId(id)),
        None => rules.between(Group::Task, Group::Endpoints, HTTPS),
    }
    if let Some(list) = &facts.s3_prefix_list {
        rules.egress("task-to-s3".to_owned(), Protocol::Tcp, HTTPS, Peer::PrefixList(list.clone()));
    }
    for egress in &spec.service.egress {
        rules.declared(egress);
    }
}

/// Rules in the making. EC2 refuses the same sentence twice in one group, so a declared destination that is allowed already
/// makes no second rule.
struct Rules<'a> {
    draft: &'a mut Draft,
    /// Protocol, port and peer of each egress rule of the tasks.
    sentences: BTreeSet<(Protocol, u16, String)>,
}

impl Rules<'_> {
    /// Traffic from one group to another, said on both sides: their rules are evaluated apart.
    fn between(&mut self, from: Group, to: Group, port: u16) {
        let (source, target) = (from.name(), if from == to { "self" } else { to.name() });
        let origin = if from == to { "self" } else { source };
        let rule = |name: String, group: Group, direction, peer: Group| SecurityGroupRule {
            name,
            group: group.reference(),
            direction,
            protocol: name_of(Protocol::Tcp).to_owned(),
            from_port: i32::from(port),
            to_port: i32::from(port),
            peer: Peer::Group(peer.reference()),
        };
        self.draft.node(rule(format!("{source}-to-{target}"), from, Direction::Egress, to));
        self.draft.node(rule(format!("{}-from-{origin}", to.name()), to, Direction::Ingress, from));
    }

    /// Traffic from the tasks to something that is not the stack's.
    fn egress(&mut self, name: String, protocol: Protocol, port: u16, peer: Peer) {
        let end = match &peer {
            Peer::Cidr(cidr) => cidr.to_string(),
            Peer::Group(group) => group.key().to_string(),
            Peer::GroupId(id) | Peer::PrefixList(id) => id.clone(),
        };
        if !self.sentences.insert((protocol, port, end)) {
            return;
        }
        self.draft.node(SecurityGroupRule {
            name,
            group: Group::Task.reference(),
            direction: Direction::Egress,
            protocol: name_of(protocol).to_owned(),
            from_port: i32::from(port),
            to_port: i32::from(port),
            peer,
        });
    }

    /// An entry of `service.egress`. Its name says what it allows: a changed entry is another rule, so that reordering the list
    /// changes nothing, and two rules never meet half-way in the same sentence.
    fn declared(&mut self, egress: &Egress) {
        let Egress { destination, port, protocol } = egress;
        let (end, peer) = match destination {
            Destination::Cidr(cidr) => (cidr.to_string().replace('/', "-"), Peer::Cidr(*cidr)),
            Destination::SecurityGroup(id) => (id.clone(), Peer::GroupId(id.clone())),
            Destination::PrefixList(id) => (id.clone(), Peer::PrefixList(id.clone())),
        };
        self.egress(format!("task-to-{end}-{}-{port}", name_of(*protocol)), *protocol, *port, peer);
    }
}

fn name_of(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    }
}

#[cfg(test)]
mod tests;
