//! The questions themselves.

use aws_sdk_ec2::types::VpcAttributeName;

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

paged!(
    /// Those of these ids.
    subnets_of, describe_subnets, "DescribeSubnets", Subnet, ids: &[Id] => Some(these("subnet-id", ids))
);
paged!(
    /// Those of these ids.
    internet_gateways_of, describe_internet_gateways, "DescribeInternetGateways", InternetGateway,
    ids: &[Id] => Some(these("internet-gateway-id", ids))
);
paged!(
    /// Those of these ids.
    route_tables_of, describe_route_tables, "DescribeRouteTables", RouteTable, ROUTE_TABLE_PAGE,
    ids: &[Id] => Some(these("route-table-id", ids))
);
paged!(
    /// Those of these ids.
    vpc_endpoints_of, describe_vpc_endpoints, "DescribeVpcEndpoints", VpcEndpoint, ids: &[Id] => Some(these("vpc-endpoint-id", ids))
);
paged!(
    /// Those of these ids.
    security_groups_of, describe_security_groups, "DescribeSecurityGroups", SecurityGroup,
    ids: &[Id] => Some(these("group-id", ids))
);
paged!(
    /// Those of these ids.
    security_group_rules_of, describe_security_group_rules, "DescribeSecurityGroupRules", SecurityGroupRule,
    ids: &[Id] => Some(these("security-group-rule-id", ids))
);
paged!(
    /// Those of these ids.
    vpcs_of, describe_vpcs, "DescribeVpcs", Vpc, ids: &[Id] => Some(these("vpc-id", ids))
);
paged!(
    /// Those with one of these associations, also if it has ended.
    vpcs_of_associations, describe_vpcs, "DescribeVpcs", Vpc,
    ids: &[Id] => Some(these("cidr-block-association.association-id", ids))
);

/// Those of these ids.
pub(super) async fn nat_gateways_of(ec2: &Ec2, ids: &[Id]) -> Result<Vec<NatGateway>, Fault> {
    let call = ec2.reads().describe_nat_gateways().set_filter(Some(these("nat-gateway-id", ids)));
    ec2.read("DescribeNatGateways", call.into_paginator().page_size(PAGE).items().send().collect::<Result<Vec<_>, _>>())
        .await
}

/// Those of these ids.
pub(super) async fn addresses_of(ec2: &Ec2, ids: &[Id]) -> Result<Vec<Address>, Fault> {
    let call = ec2.reads().describe_addresses().set_filters(Some(these("allocation-id", ids)));
    Ok(ec2.read("DescribeAddresses", call.send()).await?.addresses.unwrap_or_default())
}

/// Ids as a filter, and not as the parameter for ids: one that is not there would fail the call for all.
fn these(name: &str, ids: &[Id]) -> Vec<Filter> {
    let values = ids.iter().map(ToString::to_string).collect();
    vec![Filter::builder().name(name).set_values(Some(values)).build()]
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
