//! The questions themselves.

use aws_sdk_ec2::types::{VpcAttributeName, VpcCidrBlockAssociation, VpcCidrBlockStateCode};

use super::{
    Address, DnsAttributes, Ec2, Fault, Filter, Id, InternetGateway, NatGateway, PAGE, ROUTE_TABLE_PAGE, RouteTable,
    SecurityGroup, SecurityGroupRule, Subnet, Vpc, VpcEndpoint, Width, owner,
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
        paged!($(#[$doc])* $name, $call, $operation, $item, PAGE, $filters: $wanted => $filter);
    };
    ($(#[$doc:meta])* $name:ident, $call:ident, $operation:literal, $item:ty, $page:expr, $filters:ident: $wanted:ty => $filter:expr) => {
        $(#[$doc])*
        pub(super) async fn $name(ec2: &Ec2, $filters: $wanted) -> Result<Vec<$item>, Fault> {
            let call = ec2.reads().$call().set_filters($filter);
            ec2.read($operation, call.into_paginator().page_size($page).items().send().collect::<Result<Vec<_>, _>>()).await
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
    route_tables, describe_route_tables, "DescribeRouteTables", RouteTable, ROUTE_TABLE_PAGE,
    width: &Width => Some(vec![marked(width)])
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
    /// The same, by mark: in a VPC that the user brings.
    marked_security_groups, describe_security_groups, "DescribeSecurityGroups", SecurityGroup,
    width: &Width => Some(vec![marked(width)])
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
by_id!(security_group, describe_security_groups, group_ids, "DescribeSecurityGroups", security_groups, SecurityGroup);
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
    let association = id.as_str().starts_with("vpc-cidr-assoc-");
    let call = if association {
        let filter = Filter::builder().name("cidr-block-association.association-id").values(id.as_str());
        ec2.reads().describe_vpcs().filters(filter.build())
    } else {
        ec2.reads().describe_vpcs().vpc_ids(id.as_str())
    };
    let mut vpcs = ec2.read("DescribeVpcs", call.send()).await?.vpcs.unwrap_or_default();
    if association {
        // EC2 may show an association for a while after it has ended.
        vpcs.retain(|vpc| vpc.cidr_block_association_set().iter().any(|it| stands(it, id)));
    }
    Ok(vpcs)
}

fn stands(association: &VpcCidrBlockAssociation, id: &Id) -> bool {
    let state = association.cidr_block_state().and_then(|state| state.state());
    association.association_id() == Some(id.as_str()) && state != Some(&VpcCidrBlockStateCode::Disassociated)
}

fn within(name: &str, ids: &[String]) -> Option<Vec<Filter>> {
    (!ids.is_empty()).then(|| vec![Filter::builder().name(name).set_values(Some(ids.to_vec())).build()])
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html> (its parameter is `Filter`)
pub(super) async fn nat_gateways(ec2: &Ec2, width: &Width) -> Result<Vec<NatGateway>, Fault> {
    let call = ec2.reads().describe_nat_gateways().filter(marked(width));
    ec2.read("DescribeNatGateways", call.into_paginator().page_size(PAGE).items().send().collect::<Result<Vec<_>, _>>())
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
    Ok(DnsAttributes { support: value(support.enable_dns_support), hostnames: value(hostnames.enable_dns_hostnames) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::wire::{Wire, request};

    #[tokio::test]
    async fn a_page_is_as_large_as_its_operation_allows() {
        let width = Width::Scope;
        let wire = Wire::default().answer("DescribeVpcs", "").answer("DescribeRouteTables", "");
        let ec2 = wire.ec2();
        vpcs(&ec2, &width).await.unwrap();
        route_tables(&ec2, &width).await.unwrap();
        let marked = |operation, page| {
            let filter = [("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", owner::STACK), ("MaxResults", page)];
            request(operation, &filter)
        };
        assert_eq!(wire.requests(), [marked("DescribeVpcs", "1000"), marked("DescribeRouteTables", "100")]);
    }
}
