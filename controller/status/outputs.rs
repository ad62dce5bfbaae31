//! What users need to know of what was built, or of what they brought.

mod identity;
mod ingress;
mod service;

use engine::{Key, Live, Outcome};

use super::pass::Pass;
use crate::api::spec::{ExistingNetwork, Registry, Spec};
use crate::api::status::{Outputs, SubnetIds};
use crate::aws::URI;
use crate::aws::facts::{Facts, repository_uri};

/// The attribute in which addresses and NAT gateways carry their public address.
const PUBLIC_IP: &str = "publicIp";

/// The outputs after a pass; without an outcome, what they were before. What cannot be read just now keeps its last value.
pub(super) fn of<S>(pass: &Pass<'_, S>) -> Option<Outputs> {
    let before = pass.previous.outputs.as_ref();
    let Some(outcome) = pass.outcome else { return before.cloned() };
    let build = Build { pass, outcome };
    let existing = pass.spec.map(|spec: &Spec| &spec.network.existing);
    let subnets = build.subnets(existing);
    let mut outputs = Outputs {
        vpc_id: existing.and_then(|it| it.vpc_id.clone()).or_else(|| build.ids("vpc", "").into_iter().next()),
        subnet_ids: Some(subnets).filter(|ids| *ids != SubnetIds::default()),
        nat_addresses: build.nat_addresses(),
        repository_uri: build.repository_uri(),
        ..before.cloned().unwrap_or_default()
    };
    identity::fill(&build, before, &mut outputs);
    ingress::fill(&build, before, &mut outputs);
    service::fill(&build, before, &mut outputs);
    if build.unread("elastic-ip") || build.unread("nat-gateway") {
        outputs.nat_addresses = before.map(|it| it.nat_addresses.clone()).unwrap_or_default();
    }
    if build.unread("vpc") {
        outputs.vpc_id = before.and_then(|it| it.vpc_id.clone());
    }
    if build.unread("subnet") {
        outputs.subnet_ids = before.and_then(|it| it.subnet_ids.clone());
    }
    if build.unread("repository") {
        outputs.repository_uri = before.and_then(|it| it.repository_uri.clone());
    }
    Some(outputs).filter(|outputs| *outputs != Outputs::default())
}

struct Build<'a, S> {
    pass: &'a Pass<'a, S>,
    outcome: &'a Outcome<S>,
}

impl<'a, S> Build<'a, S> {
    /// The declared resources of a kind that stand, by name.
    fn lives(&self, kind: &str, prefix: &str) -> impl Iterator<Item = &'a Live<S>> {
        let belongs = move |key: &Key| key.kind.name == kind && key.name.starts_with(prefix);
        self.outcome.states.iter().filter(move |(key, _)| belongs(key)).filter_map(|(_, state)| state.live())
    }

    fn ids(&self, kind: &str, prefix: &str) -> Vec<String> {
        self.lives(kind, prefix).map(|live| live.id.to_string()).collect()
    }

    /// An attribute of the first of a kind that stands.
    fn attribute(&self, kind: &str, name: &str) -> Option<String> {
        self.lives(kind, "").find_map(|live| live.attributes.get(name).cloned())
    }

    fn unread(&self, kind: &str) -> bool {
        self.pass.unknown.is_some_and(|unknown| unknown.keys().any(|unread| unread.name == kind))
    }

    fn subnets(&self, existing: Option<&ExistingNetwork>) -> SubnetIds {
        let tier = |prefix: &str, brought: Option<&Vec<String>>| match brought {
            Some(ids) if !ids.is_empty() => ids.clone(),
            _ => self.ids("subnet", prefix),
        };
        SubnetIds {
            public: tier("public-", existing.map(|it| &it.public_subnet_ids)),
            app: tier("app-", existing.map(|it| &it.app_subnet_ids)),
            ecs: tier("ecs-", existing.map(|it| &it.ecs_subnet_ids)),
        }
    }

    /// Where images are pushed: to the repository that stands, or to that of the user.
    fn repository_uri(&self) -> Option<String> {
        let built = self.lives("repository", "").find_map(|live| live.attributes.get(URI).cloned());
        built.or_else(|| match (&self.pass.spec?.registry, self.pass.facts?) {
            (Registry::Brought(name), Facts { partition, account, region, .. }) => {
                Some(repository_uri(partition, account, region, name))
            }
            (Registry::Own(_), _) => None,
        })
    }

    /// Those of the addresses that we hold, and of the gateways for which AWS holds them.
    fn nat_addresses(&self) -> Vec<String> {
        let mut addresses: Vec<String> = Vec::new();
        for live in self.lives("elastic-ip", "").chain(self.lives("nat-gateway", "")) {
            for address in live.attributes.get(PUBLIC_IP).into_iter().flat_map(|all| all.split(',')) {
                if !addresses.iter().any(|known| known == address) {
                    addresses.push(address.to_owned());
                }
            }
        }
        addresses
    }
}
