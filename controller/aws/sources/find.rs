//! Asking for resources by their ids.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    Address, InternetGateway, NatGateway, NatGatewayState, RouteTable, SecurityGroup, SecurityGroupRule, Subnet, Vpc,
    VpcCidrBlockAssociation, VpcCidrBlockStateCode, VpcEndpoint,
};
use engine::{Fault, Id};

use super::{Answer, Question, Sources, View, answered, ask, catalogue};
use crate::aws::cloud::Cloud;
use crate::aws::ec2::Ec2;
use crate::aws::fault::is_not_found;

/// Values that all filters of a call have at most.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>
const FILTER_VALUES: usize = 200;

impl Sources {
    /// Asks for resources by id and adds them to `view`'s answer. Returns the ids that stand: AWS does not know the others, or shows
    /// them as deleted.
    ///
    /// # Errors
    /// Any fault but not-found: then nothing is known.
    pub async fn find(cloud: &Cloud, view: &mut View, question: Question, ids: &[Id]) -> Result<BTreeSet<Id>, Fault> {
        let mut stand = BTreeSet::new();
        for ids in ids.chunks(FILTER_VALUES) {
            stand.extend(find(cloud, view, question, ids).await?);
        }
        Ok(stand)
    }
}

async fn find(cloud: &Cloud, view: &mut View, question: Question, ids: &[Id]) -> Result<BTreeSet<Id>, Fault> {
    let ec2 = &cloud.ec2;
    Ok(match question {
        Question::Vpcs | Question::VpcAttributes => vpcs(ec2, view, ids).await?,
        Question::Subnets => merge(&mut view.subnets, ask::subnets_of(ec2, ids).await?, Subnet::subnet_id),
        Question::InternetGateways => {
            let found = ask::internet_gateways_of(ec2, ids).await?;
            merge(&mut view.internet_gateways, found, InternetGateway::internet_gateway_id)
        }
        Question::Addresses => merge(&mut view.addresses, ask::addresses_of(ec2, ids).await?, Address::allocation_id),
        Question::NatGateways => {
            let mut found = ask::nat_gateways_of(ec2, ids).await?;
            found.retain(|it| it.state() != Some(&NatGatewayState::Deleted));
            merge(&mut view.nat_gateways, found, NatGateway::nat_gateway_id)
        }
        Question::RouteTables => {
            merge(&mut view.route_tables, ask::route_tables_of(ec2, ids).await?, RouteTable::route_table_id)
        }
        Question::SecurityGroups => {
            merge(&mut view.security_groups, ask::security_groups_of(ec2, ids).await?, SecurityGroup::group_id)
        }
        Question::SecurityGroupRules => {
            let found = ask::security_group_rules_of(ec2, ids).await?;
            merge(&mut view.security_group_rules, found, SecurityGroupRule::security_group_rule_id)
        }
        Question::VpcEndpoints => {
            let mut found = ask::vpc_endpoints_of(ec2, ids).await?;
            // EC2 answers in lower case what its model writes with a capital.
            found.retain(|it| it.state().is_none_or(|state| !state.as_str().eq_ignore_ascii_case("deleted")));
            merge(&mut view.vpc_endpoints, found, VpcEndpoint::vpc_endpoint_id)
        }
        other => one_by_one(cloud, view, other, ids).await?,
    })
}

/// The other services answer for one id at a time.
async fn one_by_one(cloud: &Cloud, view: &mut View, question: Question, ids: &[Id]) -> Result<BTreeSet<Id>, Fault> {
    let mut stand = BTreeSet::new();
    for id in ids {
        match catalogue::find(cloud, view, question, id).await {
            Ok(true) => {
                stand.insert(id.clone());
            }
            Ok(false) => {}
            Err(fault) if is_not_found(&fault) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(stand)
}

/// Adds what was found, whether or not there is an answer to add it to; says whether anything was.
pub(super) fn add<T: Clone>(answer: &mut Answer<T>, found: Vec<T>) -> bool {
    let any = !found.is_empty();
    if let (true, Ok(known)) = (any, &*answer) {
        *answer = Ok(known.iter().cloned().chain(found).collect());
    }
    any
}

/// Adds what was found and is not listed: shown twice it would be its own twin. Returns the ids of all that was found.
fn merge<T: Clone>(answer: &mut Answer<T>, mut found: Vec<T>, id: impl Fn(&T) -> Option<&str>) -> BTreeSet<Id> {
    let stand = found.iter().filter_map(|it| id(it).map(Id::from)).collect();
    found.retain(|it| answered(answer).iter().all(|known| id(known) != id(it)));
    add(answer, found);
    stand
}

/// VPCs by their own ids, or by those of CIDR associations; with their attributes, without which they would read as switched off.
async fn vpcs(ec2: &Ec2, view: &mut View, ids: &[Id]) -> Result<BTreeSet<Id>, Fault> {
    let (associations, own): (Vec<Id>, Vec<Id>) =
        ids.iter().cloned().partition(|id| id.as_str().starts_with("vpc-cidr-assoc-"));
    let (mut found, mut stand) = (Vec::new(), BTreeSet::new());
    if !own.is_empty() {
        found.extend(ask::vpcs_of(ec2, &own).await?);
        stand.extend(found.iter().filter_map(|vpc| vpc.vpc_id().map(Id::from)));
    }
    if !associations.is_empty() {
        let mut holders = ask::vpcs_of_associations(ec2, &associations).await?;
        // EC2 may show an association for a while after it has ended.
        let standing = |vpc: &Vpc| -> Vec<Id> {
            associations
                .iter()
                .filter(|id| vpc.cidr_block_association_set().iter().any(|it| stands(it, id)))
                .cloned()
                .collect()
        };
        holders.retain(|vpc| !standing(vpc).is_empty());
        stand.extend(holders.iter().flat_map(standing));
        holders.retain(|vpc| found.iter().all(|other: &Vpc| other.vpc_id() != vpc.vpc_id()));
        found.extend(holders);
    }
    let listed = |vpc: &Vpc| answered(&view.vpcs).iter().any(|known| known.vpc_id() == vpc.vpc_id());
    for id in found.iter().filter(|vpc| !listed(vpc)).filter_map(|vpc| vpc.vpc_id()).map(Id::from) {
        view.vpc_attributes.insert(id.clone(), ask::vpc_attributes(ec2, &id).await);
    }
    merge(&mut view.vpcs, found, Vpc::vpc_id);
    Ok(stand)
}

fn stands(association: &VpcCidrBlockAssociation, id: &Id) -> bool {
    let state = association.cidr_block_state().and_then(|state| state.state());
    association.association_id() == Some(id.as_str()) && state != Some(&VpcCidrBlockStateCode::Disassociated)
}

#[cfg(test)]
mod tests {
    use engine::Class;

    use super::*;
    use crate::aws::wire::{Request, Wire, answer, request, view};

    const ASSOCIATION: &str = "vpc-cidr-assoc-1";

    fn attribute(name: &str) -> String {
        format!("<vpcId>vpc-1</vpcId><{name}><value>true</value></{name}>")
    }

    fn vpc(state: &str) -> String {
        format!(
            "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlockAssociationSet><item><associationId>{ASSOCIATION}</associationId>\
             <cidrBlockState><state>{state}</state></cidrBlockState></item></cidrBlockAssociationSet></item></vpcSet>"
        )
    }

    #[tokio::test]
    async fn a_vpc_is_added_with_its_attributes() {
        let wire = Wire::default()
            .answer("DescribeVpcs", &vpc("associated"))
            .answer("DescribeVpcAttribute", &attribute("enableDnsSupport"))
            .answer("DescribeVpcAttribute", &attribute("enableDnsHostnames"));
        let (mut view, id) = (view(), Id::from("vpc-1"));
        let found = find(&wire.cloud(), &mut view, Question::Vpcs, std::slice::from_ref(&id)).await;
        assert_eq!(found, Ok(BTreeSet::from([id.clone()])));
        assert_eq!(answered(&view.vpcs).len(), 1);
        let dns = view.vpc_attributes[&id].clone().unwrap();
        assert!(dns.support && dns.hostnames);
        assert_eq!(wire.requests()[0], asked("DescribeVpcs", "vpc-id", &["vpc-1"]));
    }

    #[tokio::test]
    async fn an_association_is_found_without_listing_its_vpc_twice() {
        let wire = Wire::default().answer("DescribeVpcs", &vpc("associated"));
        let mut view = View { vpcs: answer([Vpc::builder().vpc_id("vpc-1").build()]), ..view() };
        let id = Id::from(ASSOCIATION);
        let found = find(&wire.cloud(), &mut view, Question::Vpcs, std::slice::from_ref(&id)).await;
        assert_eq!(found, Ok(BTreeSet::from([id])));
        assert_eq!(answered(&view.vpcs).len(), 1);
        let name = "cidr-block-association.association-id";
        assert_eq!(wire.requests(), [asked("DescribeVpcs", name, &[ASSOCIATION])]);
    }

    #[tokio::test]
    async fn what_has_ended_is_not_there() {
        let cases = [
            (Question::Vpcs, ASSOCIATION, "DescribeVpcs", vpc("disassociated")),
            (Question::Vpcs, ASSOCIATION, "DescribeVpcs", "<vpcSet/>".to_owned()),
            (
                Question::NatGateways,
                "nat-1",
                "DescribeNatGateways",
                "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><state>deleted</state></item></natGatewaySet>".to_owned(),
            ),
            (
                Question::VpcEndpoints,
                "vpce-1",
                "DescribeVpcEndpoints",
                "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><state>deleted</state></item></vpcEndpointSet>".to_owned(),
            ),
        ];
        for (question, id, operation, shown) in cases {
            let wire = Wire::default().answer(operation, &shown);
            let mut view = view();
            let found = find(&wire.cloud(), &mut view, question, &[Id::from(id)]).await;
            assert_eq!(found, Ok(BTreeSet::new()), "{shown}");
            assert!(answered(&view.vpcs).is_empty());
        }
    }

    /// Each kind is asked for in one call, and what is listed already is not shown twice.
    #[tokio::test]
    async fn many_ids_are_one_question() {
        let cases = [
            (Question::Subnets, "DescribeSubnets", "subnet-id", "subnetSet", "subnetId", "1000"),
            (
                Question::InternetGateways,
                "DescribeInternetGateways",
                "internet-gateway-id",
                "internetGatewaySet",
                "internetGatewayId",
                "1000",
            ),
            (Question::NatGateways, "DescribeNatGateways", "nat-gateway-id", "natGatewaySet", "natGatewayId", "1000"),
            (Question::RouteTables, "DescribeRouteTables", "route-table-id", "routeTableSet", "routeTableId", "100"),
            (Question::SecurityGroups, "DescribeSecurityGroups", "group-id", "securityGroupInfo", "groupId", "1000"),
            (
                Question::SecurityGroupRules,
                "DescribeSecurityGroupRules",
                "security-group-rule-id",
                "securityGroupRuleSet",
                "securityGroupRuleId",
                "1000",
            ),
            (
                Question::VpcEndpoints,
                "DescribeVpcEndpoints",
                "vpc-endpoint-id",
                "vpcEndpointSet",
                "vpcEndpointId",
                "1000",
            ),
        ];
        for (question, operation, filter, set, member, page) in cases {
            let item = |id: &str| format!("<item><{member}>{id}</{member}></item>");
            let shown = format!("<{set}>{}{}</{set}>", item("one"), item("two"));
            let wire = Wire::default().answer(operation, &shown).answer(operation, &shown);
            let (mut view, ids) = (view(), ["one", "two", "three"].map(Id::from));
            for _ in 0..2 {
                let found = find(&wire.cloud(), &mut view, question, &ids).await;
                assert_eq!(found, Ok(BTreeSet::from(["one", "two"].map(Id::from))), "{operation}");
            }
            let one = paged(operation, filter, &["one", "two", "three"], page);
            assert_eq!(wire.requests(), [one.clone(), one]);
            let listed = [
                answered(&view.subnets).len(),
                answered(&view.internet_gateways).len(),
                answered(&view.nat_gateways).len(),
                answered(&view.route_tables).len(),
                answered(&view.security_groups).len(),
                answered(&view.security_group_rules).len(),
                answered(&view.vpc_endpoints).len(),
            ];
            assert_eq!(listed.iter().sum::<usize>(), 2, "{operation}");
        }
    }

    #[tokio::test]
    async fn addresses_have_no_pages() {
        let shown = "<addressesSet><item><allocationId>eipalloc-1</allocationId></item></addressesSet>";
        let wire = Wire::default().answer("DescribeAddresses", shown);
        let ids = ["eipalloc-1", "eipalloc-2"].map(Id::from);
        let found = find(&wire.cloud(), &mut view(), Question::Addresses, &ids).await;
        assert_eq!(found, Ok(BTreeSet::from([Id::from("eipalloc-1")])));
        let filter = [
            ("Filter.1.Name", "allocation-id"),
            ("Filter.1.Value.1", "eipalloc-1"),
            ("Filter.1.Value.2", "eipalloc-2"),
        ];
        assert_eq!(wire.requests(), [request("DescribeAddresses", &filter)]);
    }

    #[tokio::test]
    async fn a_refusal_is_no_answer() {
        let wire = Wire::default().refuse(400, "UnauthorizedOperation");
        let refused = find(&wire.cloud(), &mut view(), Question::Subnets, &[Id::from("subnet-1")]).await;
        assert_eq!(refused.unwrap_err().class, Class::Denied);
    }

    fn asked(operation: &str, filter: &str, ids: &[&str]) -> Request {
        paged(operation, filter, ids, "1000")
    }

    fn paged(operation: &str, filter: &str, ids: &[&str], page: &str) -> Request {
        let names: Vec<String> = (1..=ids.len()).map(|n| format!("Filter.1.Value.{n}")).collect();
        let mut parameters = vec![("Filter.1.Name", filter), ("MaxResults", page)];
        parameters.extend(names.iter().map(String::as_str).zip(ids.iter().copied()));
        request(operation, &parameters)
    }
}
