//! Asking for one resource by id.

use aws_sdk_ec2::types::{NatGatewayState, Vpc};
use engine::{Fault, Id};

use super::{Answer, Question, Sources, View, answered, ask, catalogue};
use crate::aws::cloud::Cloud;
use crate::aws::ec2::Ec2;
use crate::aws::fault::is_not_found;

impl Sources {
    /// Asks for one resource by id and adds it to `view`'s answer. `false`: AWS does not know the id, or shows it as deleted.
    ///
    /// # Errors
    /// Any fault but not-found: then nothing is known.
    pub async fn find(cloud: &Cloud, view: &mut View, question: Question, id: &Id) -> Result<bool, Fault> {
        let ec2 = &cloud.ec2;
        let found = match question {
            Question::Vpcs | Question::VpcAttributes => match ask::vpc(ec2, id).await {
                Ok(found) => Ok(add_vpcs(ec2, view, found).await),
                Err(fault) => Err(fault),
            },
            Question::Subnets => ask::subnet(ec2, id).await.map(|it| add(&mut view.subnets, it)),
            Question::InternetGateways => {
                ask::internet_gateway(ec2, id).await.map(|it| add(&mut view.internet_gateways, it))
            }
            Question::Addresses => ask::address(ec2, id).await.map(|it| add(&mut view.addresses, it)),
            Question::NatGateways => ask::nat_gateway(ec2, id).await.map(|mut found| {
                found.retain(|it| it.state() != Some(&NatGatewayState::Deleted));
                add(&mut view.nat_gateways, found)
            }),
            Question::RouteTables => ask::route_table(ec2, id).await.map(|it| add(&mut view.route_tables, it)),
            Question::SecurityGroups => ask::security_group(ec2, id).await.map(|it| add(&mut view.security_groups, it)),
            Question::SecurityGroupRules => {
                ask::security_group_rule(ec2, id).await.map(|it| add(&mut view.security_group_rules, it))
            }
            Question::VpcEndpoints => ask::vpc_endpoint(ec2, id).await.map(|mut found| {
                // EC2 answers in lower case what its model writes with a capital.
                found.retain(|it| it.state().is_none_or(|state| !state.as_str().eq_ignore_ascii_case("deleted")));
                add(&mut view.vpc_endpoints, found)
            }),
            other => catalogue::find(cloud, view, other, id).await,
        };
        match found {
            Err(fault) if is_not_found(&fault) => Ok(false),
            found => found,
        }
    }
}

/// Adds what was found, whether or not there is an answer to add it to; says whether anything was.
pub(super) fn add<T: Clone>(answer: &mut Answer<T>, found: Vec<T>) -> bool {
    let any = !found.is_empty();
    if let (true, Ok(known)) = (any, &*answer) {
        *answer = Ok(known.iter().cloned().chain(found).collect());
    }
    any
}

/// Adds VPCs with their attributes, without which they would read as switched off. What was asked for may be an association of a
/// VPC that is listed already: shown twice it would be its own twin.
async fn add_vpcs(ec2: &Ec2, view: &mut View, mut found: Vec<Vpc>) -> bool {
    let any = !found.is_empty();
    found.retain(|vpc| answered(&view.vpcs).iter().all(|known| known.vpc_id() != vpc.vpc_id()));
    for id in found.iter().filter_map(|vpc| vpc.vpc_id()).map(Id::from) {
        view.vpc_attributes.insert(id.clone(), ask::vpc_attributes(ec2, &id).await);
    }
    add(&mut view.vpcs, found);
    any
}

#[cfg(test)]
mod tests {
    use engine::Class;

    use super::*;
    use crate::aws::wire::{Wire, answer, request, view};

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
        assert_eq!(Sources::find(&wire.cloud(), &mut view, Question::Vpcs, &id).await, Ok(true));
        assert_eq!(answered(&view.vpcs).len(), 1);
        let dns = view.vpc_attributes[&id].clone().unwrap();
        assert!(dns.support && dns.hostnames);
        assert_eq!(wire.requests()[0], request("DescribeVpcs", &[("VpcId.1", "vpc-1")]));
    }

    #[tokio::test]
    async fn an_association_is_found_without_listing_its_vpc_twice() {
        let wire = Wire::default().answer("DescribeVpcs", &vpc("associated"));
        let mut view = View { vpcs: answer([Vpc::builder().vpc_id("vpc-1").build()]), ..view() };
        let found = Sources::find(&wire.cloud(), &mut view, Question::Vpcs, &Id::from(ASSOCIATION)).await;
        assert_eq!(found, Ok(true));
        assert_eq!(answered(&view.vpcs).len(), 1);
        let filter = [("Filter.1.Name", "cidr-block-association.association-id"), ("Filter.1.Value.1", ASSOCIATION)];
        assert_eq!(wire.requests(), [request("DescribeVpcs", &filter)]);
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
            assert_eq!(Sources::find(&wire.cloud(), &mut view, question, &Id::from(id)).await, Ok(false), "{shown}");
            assert!(answered(&view.vpcs).is_empty());
        }
    }

    #[tokio::test]
    async fn not_found_is_an_answer_and_any_other_fault_is_none() {
        let find = async |code| {
            let wire = Wire::default().refuse(400, code);
            Sources::find(&wire.cloud(), &mut view(), Question::Subnets, &Id::from("subnet-1")).await
        };
        assert_eq!(find("InvalidSubnetID.NotFound").await, Ok(false));
        assert_eq!(find("UnauthorizedOperation").await.unwrap_err().class, Class::Denied);
    }
}
