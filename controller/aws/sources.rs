//! Questions to AWS and their answers: the unit of reading.
//!
//! A shallow question is asked once for a whole scope (identity, account, region) and answers for every stack in it; a deep one
//! is asked for one resource. [`View`] is one consistent set of answers, from which every kind reads purely.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_ec2::types::{
    Address, Filter, InternetGateway, NatGateway, RouteTable, SecurityGroup, SecurityGroupRule, Subnet, Vpc,
    VpcEndpoint,
};
use engine::{Fault, Id};
use tokio::sync::Mutex;

use super::ec2::Ec2;
use super::fault::is_not_found;
use super::owner;

/// The answer to a question, shared by everyone who asked.
pub type Answer<T> = Result<Arc<[T]>, Fault>;

/// Page size of every Describe: the largest that EC2 allows for all of them.
const PAGE: i32 = 1000;

/// What can be asked of EC2. Everything shallow but [`Question::VpcAttributes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// `DescribeVpcs`.
    Vpcs,
    /// `DescribeVpcAttribute`, deep: EC2 offers the DNS attributes of one VPC at a time.
    VpcAttributes,
    /// `DescribeSubnets`.
    Subnets,
    /// `DescribeInternetGateways`.
    InternetGateways,
    /// `DescribeAddresses`.
    Addresses,
    /// `DescribeNatGateways`.
    NatGateways,
    /// `DescribeRouteTables`: tables, routes and associations.
    RouteTables,
    /// `DescribeSecurityGroups`.
    SecurityGroups,
    /// `DescribeSecurityGroupRules`.
    SecurityGroupRules,
    /// `DescribeVpcEndpoints`.
    VpcEndpoints,
}

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
        }
    }
}

/// What was answered, or nothing.
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
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { latest: Mutex::default(), flights: AtomicU64::new(0) }
    }
}

impl<T> Shared<T> {
    /// The answer, asked for at `not_before` or later; asked now if there is none. Callers that wait for a flight share the next
    /// one at the latest, a failed one too: the failure of a moment ago is not asked for again by everyone who waited for it.
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
}

impl Sources {
    /// The whole scope's answers, none older than `not_before`.
    pub async fn shared(&self, ec2: &Ec2, not_before: Instant) -> View {
        let width = Width::Scope;
        let (vpcs, subnets, gateways, addresses, nats, tables, groups, rules, endpoints) = tokio::join!(
            self.vpcs.get(not_before, ask::vpcs(ec2, &width)),
            self.subnets.get(not_before, ask::subnets(ec2, &width)),
            self.internet_gateways.get(not_before, ask::internet_gateways(ec2, &width)),
            self.addresses.get(not_before, ask::addresses(ec2, &width)),
            self.nat_gateways.get(not_before, ask::nat_gateways(ec2, &width)),
            self.route_tables.get(not_before, ask::route_tables(ec2, &width)),
            self.security_groups.get(not_before, ask::security_groups(ec2, &[])),
            self.security_group_rules.get(not_before, ask::security_group_rules(ec2, &[])),
            self.vpc_endpoints.get(not_before, ask::vpc_endpoints(ec2, &width)),
        );
        let started = [vpcs.0, subnets.0, gateways.0, addresses.0, nats.0, tables.0, groups.0, rules.0, endpoints.0];
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
            started: started.into_iter().min().unwrap_or(not_before),
        }
    }

    /// The answers for `stack` (`namespace/name`) alone, asked now. `vpcs` are ids that it is known to use.
    pub async fn narrow(ec2: &Ec2, stack: &str, vpcs: &[Id], now: Instant) -> View {
        let width = Width::Stack(stack.to_owned());
        let (mine, subnets, internet_gateways, addresses, nat_gateways, route_tables, vpc_endpoints) = tokio::join!(
            ask::vpcs(ec2, &width),
            ask::subnets(ec2, &width),
            ask::internet_gateways(ec2, &width),
            ask::addresses(ec2, &width),
            ask::nat_gateways(ec2, &width),
            ask::route_tables(ec2, &width),
            ask::vpc_endpoints(ec2, &width),
        );
        // Groups are looked for in the VPCs of the stack, since a VPC's default group carries no mark.
        let mut vpc_ids: Vec<String> = vpcs.iter().map(|id| id.as_str().to_owned()).collect();
        vpc_ids.extend(mine.iter().flatten().filter_map(|vpc| vpc.vpc_id().map(str::to_owned)));
        vpc_ids.sort();
        vpc_ids.dedup();
        let groups = if vpc_ids.is_empty() { Ok(Vec::new()) } else { ask::security_groups(ec2, &vpc_ids).await };
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
            started: now,
        }
    }

    /// When the oldest shared answer was asked for, if every question has one.
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

    /// Asks for one resource by id and adds it to `view`'s answer. `false`: AWS does not know the id.
    ///
    /// # Errors
    /// Any fault but not-found: then nothing is known.
    pub async fn find(ec2: &Ec2, view: &mut View, question: Question, id: &Id) -> Result<bool, Fault> {
        fn add<T: Clone>(answer: &mut Answer<T>, found: Vec<T>) -> bool {
            let any = !found.is_empty();
            if let (true, Ok(known)) = (any, &*answer) {
                *answer = Ok(known.iter().cloned().chain(found).collect());
            }
            any
        }
        let found = match question {
            Question::Vpcs | Question::VpcAttributes => ask::vpc(ec2, id).await.map(|it| add(&mut view.vpcs, it)),
            Question::Subnets => ask::subnet(ec2, id).await.map(|it| add(&mut view.subnets, it)),
            Question::InternetGateways => {
                ask::internet_gateway(ec2, id).await.map(|it| add(&mut view.internet_gateways, it))
            }
            Question::Addresses => ask::address(ec2, id).await.map(|it| add(&mut view.addresses, it)),
            Question::NatGateways => ask::nat_gateway(ec2, id).await.map(|it| add(&mut view.nat_gateways, it)),
            Question::RouteTables => ask::route_table(ec2, id).await.map(|it| add(&mut view.route_tables, it)),
            Question::SecurityGroups => ask::security_group(ec2, id).await.map(|it| add(&mut view.security_groups, it)),
            Question::SecurityGroupRules => {
                ask::security_group_rule(ec2, id).await.map(|it| add(&mut view.security_group_rules, it))
            }
            Question::VpcEndpoints => ask::vpc_endpoint(ec2, id).await.map(|it| add(&mut view.vpc_endpoints, it)),
        };
        match found {
            Err(fault) if is_not_found(&fault) => Ok(false),
            found => found,
        }
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
        let forgotten = now.checked_sub(Duration::from_secs(24 * 3600));
        self.vpc_attributes.lock().await.retain(|_, (started, _)| forgotten.is_none_or(|limit| *started >= limit));
        answers
    }
}

/// The questions themselves.
mod ask {
    use aws_sdk_ec2::types::VpcAttributeName;

    use super::{
        Address, DnsAttributes, Ec2, Fault, Filter, Id, InternetGateway, NatGateway, PAGE, RouteTable, SecurityGroup,
        SecurityGroupRule, Subnet, Vpc, VpcEndpoint, Width, owner,
    };

    fn marked(width: &Width) -> Filter {
        match width {
            Width::Scope => Filter::builder().name("tag-key").values(owner::STACK).build(),
            Width::Stack(stack) => Filter::builder().name(format!("tag:{}", owner::STACK)).values(stack).build(),
        }
    }

    /// One paged question: the filters differ, the rest does not.
    macro_rules! paged {
        ($(#[$doc:meta])* $name:ident, $call:ident, $operation:literal, $item:ty, $filters:ident: $wanted:ty => $filter:expr) => {
            $(#[$doc])*
            pub(super) async fn $name(ec2: &Ec2, $filters: $wanted) -> Result<Vec<$item>, Fault> {
                let call = ec2.reads().$call().set_filters($filter);
                ec2.read($operation, call.into_paginator().page_size(PAGE).items().send().collect::<Result<Vec<_>, _>>()).await
            }
        };
    }

    paged!(
        /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html>
        vpcs, describe_vpcs, "DescribeVpcs", Vpc, width: &Width => Some(vec![marked(width)])
    );
    paged!(
        /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html>
        subnets, describe_subnets, "DescribeSubnets", Subnet, width: &Width => Some(vec![marked(width)])
    );
    paged!(
        /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html>
        internet_gateways, describe_internet_gateways, "DescribeInternetGateways", InternetGateway,
        width: &Width => Some(vec![marked(width)])
    );
    paged!(
        /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>
        route_tables, describe_route_tables, "DescribeRouteTables", RouteTable, width: &Width => Some(vec![marked(width)])
    );
    paged!(
        /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html>
        vpc_endpoints, describe_vpc_endpoints, "DescribeVpcEndpoints", VpcEndpoint, width: &Width => Some(vec![marked(width)])
    );
    paged!(
        /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>
        security_groups, describe_security_groups, "DescribeSecurityGroups", SecurityGroup,
        vpc_ids: &[String] => within("vpc-id", vpc_ids)
    );
    paged!(
        /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html>
        security_group_rules, describe_security_group_rules, "DescribeSecurityGroupRules", SecurityGroupRule,
        group_ids: &[String] => within("group-id", group_ids)
    );

    /// The same question about one id; its parameter has another name in every operation.
    macro_rules! by_id {
        ($name:ident, $call:ident, $ids:ident, $operation:literal, $answer:ident, $item:ty) => {
            pub(super) async fn $name(ec2: &Ec2, id: &Id) -> Result<Vec<$item>, Fault> {
                let call = ec2.reads().$call().$ids(id.as_str());
                Ok(ec2.read($operation, call.send()).await?.$answer.unwrap_or_default())
            }
        };
    }

    by_id!(subnet, describe_subnets, subnet_ids, "DescribeSubnets", subnets, Subnet);
    by_id!(
        internet_gateway,
        describe_internet_gateways,
        internet_gateway_ids,
        "DescribeInternetGateways",
        internet_gateways,
        InternetGateway
    );
    by_id!(address, describe_addresses, allocation_ids, "DescribeAddresses", addresses, Address);
    by_id!(nat_gateway, describe_nat_gateways, nat_gateway_ids, "DescribeNatGateways", nat_gateways, NatGateway);
    by_id!(route_table, describe_route_tables, route_table_ids, "DescribeRouteTables", route_tables, RouteTable);
    by_id!(
        security_group,
        describe_security_groups,
        group_ids,
        "DescribeSecurityGroups",
        security_groups,
        SecurityGroup
    );
    by_id!(
        security_group_rule,
        describe_security_group_rules,
        security_group_rule_ids,
        "DescribeSecurityGroupRules",
        security_group_rules,
        SecurityGroupRule
    );
    by_id!(vpc_endpoint, describe_vpc_endpoints, vpc_endpoint_ids, "DescribeVpcEndpoints", vpc_endpoints, VpcEndpoint);

    /// A VPC by its own id or by that of one of its CIDR associations.
    pub(super) async fn vpc(ec2: &Ec2, id: &Id) -> Result<Vec<Vpc>, Fault> {
        let call = if id.as_str().starts_with("vpc-cidr-assoc-") {
            let filter = Filter::builder().name("cidr-block-association.association-id").values(id.as_str());
            ec2.reads().describe_vpcs().filters(filter.build())
        } else {
            ec2.reads().describe_vpcs().vpc_ids(id.as_str())
        };
        Ok(ec2.read("DescribeVpcs", call.send()).await?.vpcs.unwrap_or_default())
    }

    fn within(name: &str, ids: &[String]) -> Option<Vec<Filter>> {
        (!ids.is_empty()).then(|| vec![Filter::builder().name(name).set_values(Some(ids.to_vec())).build()])
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html> (its parameter is `Filter`)
    pub(super) async fn nat_gateways(ec2: &Ec2, width: &Width) -> Result<Vec<NatGateway>, Fault> {
        let call = ec2.reads().describe_nat_gateways().filter(marked(width));
        ec2.read(
            "DescribeNatGateways",
            call.into_paginator().page_size(PAGE).items().send().collect::<Result<Vec<_>, _>>(),
        )
        .await
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html> (has no pages)
    pub(super) async fn addresses(ec2: &Ec2, width: &Width) -> Result<Vec<Address>, Fault> {
        let call = ec2.reads().describe_addresses().filters(marked(width));
        Ok(ec2.read("DescribeAddresses", call.send()).await?.addresses.unwrap_or_default())
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html> (one attribute a call)
    pub(super) async fn vpc_attributes(ec2: &Ec2, vpc: &Id) -> Result<DnsAttributes, Fault> {
        let call = |name| ec2.reads().describe_vpc_attribute().vpc_id(vpc.as_str()).attribute(name).send();
        let support = ec2.read("DescribeVpcAttribute", call(VpcAttributeName::EnableDnsSupport)).await?;
        let hostnames = ec2.read("DescribeVpcAttribute", call(VpcAttributeName::EnableDnsHostnames)).await?;
        let value = |attribute: Option<aws_sdk_ec2::types::AttributeBooleanValue>| {
            attribute.and_then(|attribute| attribute.value).unwrap_or_default()
        };
        Ok(DnsAttributes {
            support: value(support.enable_dns_support),
            hostnames: value(hostnames.enable_dns_hostnames),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use engine::{Class, Effect};

    use super::*;

    fn fault() -> Fault {
        Fault {
            class: Class::Throttled,
            effect: Effect::None,
            operation: "DescribeVpcs",
            code: "RequestLimitExceeded".into(),
            message: String::new(),
            request_id: None,
        }
    }

    /// Answers when it is let go, and counts.
    async fn ask(
        asked: &AtomicUsize,
        gate: &tokio::sync::Notify,
        answer: Result<Vec<u8>, Fault>,
    ) -> Result<Vec<u8>, Fault> {
        asked.fetch_add(1, Ordering::SeqCst);
        gate.notified().await;
        answer
    }

    #[tokio::test]
    async fn a_young_answer_is_shared_and_an_old_one_is_asked_again() {
        let (shared, asked, gate) = (Shared::default(), AtomicUsize::new(0), tokio::sync::Notify::new());
        let before = Instant::now();
        for expected in [1, 1] {
            gate.notify_one();
            let (started, answer) = shared.get(before, ask(&asked, &gate, Ok(vec![1]))).await;
            assert_eq!((answer.unwrap().as_ref(), asked.load(Ordering::SeqCst)), ([1].as_slice(), expected));
            assert!(started >= before);
        }
        let later = Instant::now();
        let (started, answer) = shared.get(later, ask(&asked, &gate, Ok(vec![2]))).await;
        assert_eq!((answer.unwrap().as_ref(), asked.load(Ordering::SeqCst)), ([2].as_slice(), 2));
        assert!(started >= later);
    }

    /// Everyone wants an answer that is younger than its own arrival: whoever arrives during a flight shares the next one.
    #[tokio::test]
    async fn a_crowd_costs_two_flights() {
        let (shared, asked, gate) = (Shared::default(), AtomicUsize::new(0), tokio::sync::Notify::new());
        let crowd = (0..100).map(|_| shared.get(Instant::now(), ask(&asked, &gate, Ok(vec![1]))));
        let crowd = futures::future::join_all(crowd);
        let release = async {
            for _ in 0..2 {
                tokio::task::yield_now().await;
                gate.notify_one();
            }
        };
        let (answers, ()) = tokio::join!(crowd, release);
        assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
        assert!(asked.load(Ordering::SeqCst) <= 2, "{asked:?}");
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_asked_again_by_who_comes_later() {
        let (shared, asked, gate) = (Shared::default(), AtomicUsize::new(0), tokio::sync::Notify::new());
        let not_before = Instant::now();
        let crowd = (0..10).map(|_| shared.get(not_before, ask(&asked, &gate, Err::<Vec<u8>, _>(fault()))));
        let crowd = futures::future::join_all(crowd);
        let (answers, ()) = tokio::join!(crowd, async { gate.notify_one() });
        assert!(answers.iter().all(|(_, answer)| answer.is_err()));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        gate.notify_one();
        let (_, answer) = shared.get(not_before, ask(&asked, &gate, Ok(vec![1]))).await;
        assert!(answer.is_ok());
    }
}
