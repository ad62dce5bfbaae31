//! Questions to AWS and their answers: the unit of reading.
//!
//! A shallow question is asked once for a whole scope (identity, account, region) and answers for every stack in it; a deep one
//! is asked for one resource. [`View`] is one consistent set of answers, from which every kind reads purely.
//!
//! EC2's questions are here and in `ask`; those of the other services are [`Listing`]s and [`Detail`]s, each beside its kind, and
//! listed in `catalogue`.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_ec2::types::{
    Address, Filter, InternetGateway, NatGateway, RouteTable, SecurityGroup, SecurityGroupRule, Subnet, Vpc,
    VpcEndpoint,
};
use engine::{Fault, Id};
use tokio::sync::Mutex;

use super::cloud::Cloud;
use super::ec2::Ec2;
use super::observe::{Expected, Named};
use super::owner::{self, Owner};
use catalogue::{Asker, Caches, Deep, Listings};

mod ask;
mod catalogue;
mod find;

pub use catalogue::{Detail, Detailed, Details, Listed, Listing, Look, Question};

/// The answer to a question, shared by everyone who asked.
pub type Answer<T> = Result<Arc<[T]>, Fault>;

/// Page size of a Describe: the largest that EC2 allows.
const PAGE: i32 = 1000;

/// Page size of `DescribeRouteTables`, which EC2 limits to less than the others.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>
const ROUTE_TABLE_PAGE: i32 = 100;

/// The DNS attributes of one VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsAttributes {
    /// `enableDnsSupport`.
    pub support: bool,
    /// `enableDnsHostnames`.
    pub hostnames: bool,
}

/// One set of answers.
#[derive(Clone, Debug)]
pub struct View {
    /// Marked VPCs.
    pub vpcs: Answer<Vpc>,
    /// DNS attributes by VPC id, of the asking stack's VPCs only.
    pub vpc_attributes: BTreeMap<Id, Result<DnsAttributes, Fault>>,
    /// Marked subnets.
    pub subnets: Answer<Subnet>,
    /// Marked internet gateways.
    pub internet_gateways: Answer<InternetGateway>,
    /// Marked elastic IP addresses.
    pub addresses: Answer<Address>,
    /// Marked NAT gateways, deleted ones included as long as EC2 shows them.
    pub nat_gateways: Answer<NatGateway>,
    /// Marked route tables.
    pub route_tables: Answer<RouteTable>,
    /// All security groups: a VPC's default group carries no mark.
    pub security_groups: Answer<SecurityGroup>,
    /// All security group rules: foreign ones in our groups carry no mark.
    pub security_group_rules: Answer<SecurityGroupRule>,
    /// Marked VPC endpoints.
    pub vpc_endpoints: Answer<VpcEndpoint>,
    /// What the other services answered for the whole scope.
    pub listed: Listed,
    /// What the other services answered about what concerns the asking stack.
    pub detailed: Detailed,
    /// When the oldest of the answers was asked for.
    pub started: Instant,
}

impl View {
    /// The fault of `question`, if it was not answered. Kinds read an unanswered question as empty; [`super::observe`] marks them
    /// unknown.
    #[must_use]
    pub fn fault(&self, question: Question) -> Option<&Fault> {
        match question {
            Question::Vpcs => self.vpcs.as_ref().err(),
            Question::VpcAttributes => self.vpc_attributes.values().find_map(|answer| answer.as_ref().err()),
            Question::Subnets => self.subnets.as_ref().err(),
            Question::InternetGateways => self.internet_gateways.as_ref().err(),
            Question::Addresses => self.addresses.as_ref().err(),
            Question::NatGateways => self.nat_gateways.as_ref().err(),
            Question::RouteTables => self.route_tables.as_ref().err(),
            Question::SecurityGroups => self.security_groups.as_ref().err(),
            Question::SecurityGroupRules => self.security_group_rules.as_ref().err(),
            Question::VpcEndpoints => self.vpc_endpoints.as_ref().err(),
            other => self.other_fault(other),
        }
    }
}

/// What was answered, or nothing.
#[must_use]
pub fn answered<T>(answer: &Answer<T>) -> &[T] {
    answer.as_deref().unwrap_or_default()
}

/// How wide to look.
#[derive(Clone, Debug)]
enum Width {
    /// The whole scope.
    Scope,
    /// One stack: after its own writes, so that they do not cost a look at everybody.
    Stack(String),
}

/// The last shared answer to a question, and the flight that everyone waits for.
#[derive(Debug)]
struct Shared<T> {
    latest: Mutex<Option<(Instant, Answer<T>)>>,
    flights: AtomicU64,
    answered: Answered,
}

/// When a question was last answered: told also while a flight is under way.
#[derive(Debug, Default)]
pub(super) struct Answered(std::sync::Mutex<Option<Instant>>);

impl Answered {
    fn note(&self, asked: Instant) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (*last).max(Some(asked));
    }

    fn last(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { latest: Mutex::default(), flights: AtomicU64::new(0), answered: Answered::default() }
    }
}

impl<T> Shared<T> {
    /// The answer, asked for at `not_before` or later; asked now if there is none. Callers that wait for a flight share the next
    /// one at the latest, a failed one too: the failure of a moment ago is not asked for again by everyone who waited for it.
    #[expect(clippy::disallowed_methods, reason = "the true start of a flight is known only here")]
    async fn get(&self, not_before: Instant, ask: impl Future<Output = Result<Vec<T>, Fault>>) -> (Instant, Answer<T>) {
        let flights = self.flights.load(Ordering::Acquire);
        let mut latest = self.latest.lock().await;
        if let Some((started, answer)) = &*latest {
            let shared = self.flights.load(Ordering::Acquire) != flights;
            if answer.is_ok() && *started >= not_before || answer.is_err() && shared {
                return (*started, answer.clone());
            }
        }
        // Read here and not handed in: it is the true start of the flight that makes it good for everyone who came before.
        let started = Instant::now();
        let answer = ask.await.map(Arc::from);
        self.flights.fetch_add(1, Ordering::Release);
        if answer.is_ok() {
            self.answered.note(started);
        }
        *latest = Some((started, answer.clone()));
        (started, answer)
    }

    async fn started(&self) -> Option<Instant> {
        self.latest.lock().await.as_ref().map(|(started, _)| *started)
    }
}

/// The shallow sources of one scope, shared by its stacks.
#[derive(Debug, Default)]
pub struct Sources {
    vpcs: Shared<Vpc>,
    subnets: Shared<Subnet>,
    internet_gateways: Shared<InternetGateway>,
    addresses: Shared<Address>,
    nat_gateways: Shared<NatGateway>,
    route_tables: Shared<RouteTable>,
    security_groups: Shared<SecurityGroup>,
    security_group_rules: Shared<SecurityGroupRule>,
    vpc_endpoints: Shared<VpcEndpoint>,
    vpc_attributes: Mutex<BTreeMap<Id, (Instant, DnsAttributes)>>,
    listings: Listings,
    details: Caches,
}

impl Sources {
    /// The whole scope's answers, none older than `not_before`.
    pub async fn shared(&self, cloud: &Cloud, not_before: Instant) -> View {
        let (ec2, width) = (&cloud.ec2, Width::Scope);
        let (vpcs, subnets, gateways, addresses, nats, tables, groups, rules, endpoints, (listed_at, listed)) = tokio::join!(
            self.vpcs.get(not_before, ask::vpcs(ec2, &width)),
            self.subnets.get(not_before, ask::subnets(ec2, &width)),
            self.internet_gateways.get(not_before, ask::internet_gateways(ec2, &width)),
            self.addresses.get(not_before, ask::addresses(ec2, &width)),
            self.nat_gateways.get(not_before, ask::nat_gateways(ec2, &width)),
            self.route_tables.get(not_before, ask::route_tables(ec2, &width)),
            self.security_groups.get(not_before, ask::security_groups(ec2, &[])),
            self.security_group_rules.get(not_before, ask::security_group_rules(ec2, &[])),
            self.vpc_endpoints.get(not_before, ask::vpc_endpoints(ec2, &width)),
            self.listings.get(cloud, not_before),
        );
        let ec2_at = [vpcs.0, subnets.0, gateways.0, addresses.0, nats.0, tables.0, groups.0, rules.0, endpoints.0];
        View {
            vpcs: vpcs.1,
            vpc_attributes: BTreeMap::new(),
            subnets: subnets.1,
            internet_gateways: gateways.1,
            addresses: addresses.1,
            nat_gateways: nats.1,
            route_tables: tables.1,
            security_groups: groups.1,
            security_group_rules: rules.1,
            vpc_endpoints: endpoints.1,
            listed,
            detailed: Detailed::default(),
            started: ec2_at.into_iter().fold(listed_at, Instant::min),
        }
    }

    /// EC2's answers for `stack` (`namespace/name`) alone, asked now, and the other services' shared ones, none older than
    /// `not_before`: they cannot be asked about the marks of one stack. `vpcs` are ids that it is known to use.
    pub async fn narrow(&self, cloud: &Cloud, stack: &str, vpcs: &[Id], not_before: Instant, now: Instant) -> View {
        let (ec2, width) = (&cloud.ec2, Width::Stack(stack.to_owned()));
        let (mine, subnets, internet_gateways, addresses, nat_gateways, route_tables, vpc_endpoints, listed) = tokio::join!(
            ask::vpcs(ec2, &width),
            ask::subnets(ec2, &width),
            ask::internet_gateways(ec2, &width),
            ask::addresses(ec2, &width),
            ask::nat_gateways(ec2, &width),
            ask::route_tables(ec2, &width),
            ask::vpc_endpoints(ec2, &width),
            self.listings.get(cloud, not_before),
        );
        // Groups are looked for in the VPCs of the stack, since a VPC's default group carries no mark; in a VPC that the user
        // brings, which is not listed here, by their mark: its default group is none of ours.
        let mut vpc_ids: Vec<String> = vpcs.iter().map(|id| id.as_str().to_owned()).collect();
        vpc_ids.extend(mine.iter().flatten().filter_map(|vpc| vpc.vpc_id().map(str::to_owned)));
        vpc_ids.sort();
        vpc_ids.dedup();
        let groups = if vpc_ids.is_empty() {
            ask::marked_security_groups(ec2, &width).await
        } else {
            ask::security_groups(ec2, &vpc_ids).await
        };
        let group_ids: Vec<String> =
            groups.iter().flatten().filter_map(|group| group.group_id().map(str::to_owned)).collect();
        let rules = match &groups {
            Err(fault) => Err(fault.clone()),
            Ok(_) if group_ids.is_empty() => Ok(Vec::new()),
            Ok(_) => ask::security_group_rules(ec2, &group_ids).await,
        };
        View {
            vpcs: mine.map(Arc::from),
            vpc_attributes: BTreeMap::new(),
            subnets: subnets.map(Arc::from),
            internet_gateways: internet_gateways.map(Arc::from),
            addresses: addresses.map(Arc::from),
            nat_gateways: nat_gateways.map(Arc::from),
            route_tables: route_tables.map(Arc::from),
            security_groups: groups.map(Arc::from),
            security_group_rules: rules.map(Arc::from),
            vpc_endpoints: vpc_endpoints.map(Arc::from),
            started: listed.0.min(now),
            listed: listed.1,
            detailed: Detailed::default(),
        }
    }

    /// Asks the other services about everything that concerns the stack of `owner` and is not known since `not_before`.
    pub async fn detail(
        &self,
        cloud: &Cloud,
        view: &mut View,
        (owner, expected, named): (&Owner, &[Expected], &Named),
        not_before: Instant,
        now: Instant,
    ) {
        self.details.fill(cloud, view, Asker { owner, expected, named }, Deep { not_before, now }).await;
    }

    /// When each shallow question was last answered well, by its name. Deep ones are left out: they are asked when there is a reason.
    pub(super) fn answered(&self) -> Vec<(&'static str, Option<Instant>)> {
        let ec2 = [
            ("Vpcs", &self.vpcs.answered),
            ("Subnets", &self.subnets.answered),
            ("InternetGateways", &self.internet_gateways.answered),
            ("Addresses", &self.addresses.answered),
            ("NatGateways", &self.nat_gateways.answered),
            ("RouteTables", &self.route_tables.answered),
            ("SecurityGroups", &self.security_groups.answered),
            ("SecurityGroupRules", &self.security_group_rules.answered),
            ("VpcEndpoints", &self.vpc_endpoints.answered),
        ];
        let all = ec2.into_iter().chain(self.listings.answered());
        all.map(|(question, answered)| (question, answered.last())).collect()
    }

    /// When the oldest shared answer of EC2 was asked for, if every question has one.
    pub async fn oldest_shared(&self) -> Option<Instant> {
        let started = [
            self.vpcs.started().await?,
            self.subnets.started().await?,
            self.internet_gateways.started().await?,
            self.addresses.started().await?,
            self.nat_gateways.started().await?,
            self.route_tables.started().await?,
            self.security_groups.started().await?,
            self.security_group_rules.started().await?,
            self.vpc_endpoints.started().await?,
        ];
        started.into_iter().min()
    }

    /// The DNS attributes of `vpcs`, each asked for at `not_before` or later.
    pub async fn vpc_attributes(
        &self,
        ec2: &Ec2,
        vpcs: &[Id],
        not_before: Instant,
        now: Instant,
    ) -> BTreeMap<Id, Result<DnsAttributes, Fault>> {
        let mut answers = BTreeMap::new();
        for vpc in vpcs {
            let known = self.vpc_attributes.lock().await.get(vpc).copied();
            let answer = match known {
                Some((started, attributes)) if started >= not_before => Ok(attributes),
                _ => ask::vpc_attributes(ec2, vpc).await,
            };
            if let (Ok(attributes), false) = (&answer, known.is_some_and(|(started, _)| started >= not_before)) {
                self.vpc_attributes.lock().await.insert(vpc.clone(), (now, *attributes));
            }
            answers.insert(vpc.clone(), answer);
        }
        // A VPC that nobody asked about for a day is gone.
        let forgotten = now.checked_sub(Duration::from_hours(24));
        self.vpc_attributes.lock().await.retain(|_, (started, _)| forgotten.is_none_or(|limit| *started >= limit));
        answers
    }
}

#[cfg(test)]
mod tests;
