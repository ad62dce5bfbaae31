//! What of others keeps EC2 from deleting a resource, by name and owner: "has dependencies" alone tells nobody whom to ask.

use aws_sdk_ec2::types::{Filter, NetworkInterface, Tag};
use engine::Fault;

use super::ec2::Ec2;

/// The refusal of what something else hangs on.
const REFUSAL: &str = "DependencyViolation";

/// How many are named.
const NAMED: usize = 5;

/// The refusal to delete a subnet, with the network interfaces in it.
pub(super) async fn of_subnet(ec2: &Ec2, id: &str, refusal: Fault) -> Fault {
    if refusal.code != REFUSAL {
        return refusal;
    }
    named(interfaces(ec2, "subnet-id", id).await, refusal)
}

/// The refusal to delete a security group, with the network interfaces that it is around, and the groups whose rules name it.
pub(super) async fn of_security_group(ec2: &Ec2, id: &str, refusal: Fault) -> Fault {
    if refusal.code != REFUSAL {
        return refusal;
    }
    let holders = async {
        let mut holders = interfaces(ec2, "group-id", id).await?;
        for filter in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
            let groups = security_groups(ec2, filter, id).await?;
            holders.extend(groups.into_iter().filter(|group| !group.contains(id)));
        }
        Ok(holders)
    };
    named(holders.await, refusal)
}

/// The refusal to delete a VPC, with what is left in it.
pub(super) async fn of_vpc(ec2: &Ec2, id: &str, refusal: Fault) -> Fault {
    if refusal.code != REFUSAL {
        return refusal;
    }
    let holders = async {
        let mut holders = subnets(ec2, id).await?;
        holders.extend(interfaces(ec2, "vpc-id", id).await?);
        holders.extend(security_groups(ec2, "vpc-id", id).await?);
        holders.extend(route_tables(ec2, id).await?);
        holders.extend(internet_gateways(ec2, id).await?);
        holders.extend(endpoints(ec2, id).await?);
        Ok(holders)
    };
    named(holders.await, refusal)
}

/// The refusal in words that name the holders. Who must not look for them, or finds none, has AWS's own.
fn named(holders: Result<Vec<String>, Fault>, refusal: Fault) -> Fault {
    let mut holders = holders.unwrap_or_default();
    holders.dedup();
    let more = holders.len().saturating_sub(NAMED);
    holders.truncate(NAMED);
    if more > 0 {
        holders.push(format!("{more} more"));
    }
    if holders.is_empty() {
        return refusal;
    }
    Fault { message: format!("in use by {}", holders.join(", ")), ..refusal }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// `KIND ID ("NAME", of account NUMBER)`, as far as that is known.
fn told(kind: &str, id: Option<&str>, tags: &[Tag], owner: Option<&str>) -> String {
    let name = tags.iter().find(|tag| tag.key() == Some("Name")).and_then(Tag::value);
    let owner = owner.map(|owner| format!("of account {owner}"));
    about(kind, id, name.map(quoted).into_iter().chain(owner))
}

fn about(kind: &str, id: Option<&str>, known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.collect();
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    format!("{kind} {}{known}", id.unwrap_or_default())
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html>
async fn interfaces(ec2: &Ec2, by: &str, id: &str) -> Result<Vec<String>, Fault> {
    let call = ec2.reads().describe_network_interfaces().filters(filter(by, id));
    let answer = ec2.read("DescribeNetworkInterfaces", call.send()).await?;
    let mut interfaces: Vec<String> = answer.network_interfaces().iter().map(interface).collect();
    interfaces.sort();
    Ok(interfaces)
}

/// What AWS made for a service of its own says for which; its description names the very resource.
fn interface(it: &NetworkInterface) -> String {
    let description = it.description().filter(|text| !text.is_empty());
    let instance = it.attachment().and_then(|it| it.instance_id()).map(|id| format!("attached to {id}"));
    let owner = match it.requester_id().filter(|_| it.requester_managed() == Some(true)) {
        Some(requester) => Some(format!("made by {requester}")),
        None => it.owner_id().map(|owner| format!("of account {owner}")),
    };
    let known = description.map(quoted).into_iter().chain(instance).chain(owner);
    about("network interface", it.network_interface_id(), known)
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html>
async fn subnets(ec2: &Ec2, vpc: &str) -> Result<Vec<String>, Fault> {
    let call = ec2.reads().describe_subnets().filters(filter("vpc-id", vpc));
    let answer = ec2.read("DescribeSubnets", call.send()).await?;
    Ok(answer.subnets().iter().map(|it| told("subnet", it.subnet_id(), it.tags(), it.owner_id())).collect())
}

/// All but the group that every VPC has.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>
async fn security_groups(ec2: &Ec2, by: &str, id: &str) -> Result<Vec<String>, Fault> {
    let call = ec2.reads().describe_security_groups().filters(filter(by, id));
    let answer = ec2.read("DescribeSecurityGroups", call.send()).await?;
    let groups = answer.security_groups().iter().filter(|it| it.group_name() != Some("default"));
    let group = |it: &aws_sdk_ec2::types::SecurityGroup| {
        let owner = it.owner_id().map(|owner| format!("of account {owner}"));
        about("security group", it.group_id(), it.group_name().map(quoted).into_iter().chain(owner))
    };
    Ok(groups.map(group).collect())
}

/// All but the table that every VPC has.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html>
async fn route_tables(ec2: &Ec2, vpc: &str) -> Result<Vec<String>, Fault> {
    let call = ec2.reads().describe_route_tables().filters(filter("vpc-id", vpc));
    let answer = ec2.read("DescribeRouteTables", call.send()).await?;
    let own = |it: &&aws_sdk_ec2::types::RouteTable| it.associations().iter().all(|it| it.main() != Some(true));
    let tables = answer.route_tables().iter().filter(own);
    Ok(tables.map(|it| told("route table", it.route_table_id(), it.tags(), it.owner_id())).collect())
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html>
async fn internet_gateways(ec2: &Ec2, vpc: &str) -> Result<Vec<String>, Fault> {
    let call = ec2.reads().describe_internet_gateways().filters(filter("attachment.vpc-id", vpc));
    let answer = ec2.read("DescribeInternetGateways", call.send()).await?;
    let gateways = answer.internet_gateways().iter();
    Ok(gateways.map(|it| told("internet gateway", it.internet_gateway_id(), it.tags(), it.owner_id())).collect())
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html>
async fn endpoints(ec2: &Ec2, vpc: &str) -> Result<Vec<String>, Fault> {
    let call = ec2.reads().describe_vpc_endpoints().filters(filter("vpc-id", vpc));
    let answer = ec2.read("DescribeVpcEndpoints", call.send()).await?;
    let endpoints = answer.vpc_endpoints().iter();
    Ok(endpoints.map(|it| told("VPC endpoint", it.vpc_endpoint_id(), it.tags(), it.owner_id())).collect())
}

#[cfg(test)]
mod tests;
