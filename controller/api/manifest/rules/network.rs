//! Rules of `spec.network`.

use kube::core::Rule;

use super::rule;

/// Which size of block is meant, for the message.
#[derive(Clone, Copy, Debug)]
pub(in crate::api::manifest) enum CidrRange {
    /// A block of the VPC.
    Vpc,
    /// A block of a subnet.
    Subnet,
}

/// How many zones the network has, with the default of an absent choice.
const ZONES: &str = "!has(self.availabilityZones) ? 2 \
                     : has(self.availabilityZones.names) ? size(self.availabilityZones.names) \
                     : has(self.availabilityZones.count) ? self.availabilityZones.count : 2";

/// `x` is an IPv4 block in canonical form that AWS takes: it would store 10.0.5.0/16 as 10.0.0.0/16, a difference for
/// ever.
fn is_block(x: &str) -> String {
    format!(
        "isCIDR({x}) && cidr({x}).ip().family() == 4 && cidr({x}) == cidr({x}).masked() \
         && cidr({x}).prefixLength() >= 16 && cidr({x}).prefixLength() <= 28"
    )
}

fn block_message(range: CidrRange) -> &'static str {
    match range {
        CidrRange::Vpc => {
            "must be an IPv4 block from /16 to /28 in canonical form (its first address), like 10.0.0.0/16"
        }
        CidrRange::Subnet => {
            "every entry must be an IPv4 block from /16 to /28 in canonical form (its first address), like 10.0.1.0/24"
        }
    }
}

/// The value is a block.
pub(in crate::api::manifest) fn block(range: CidrRange) -> Rule {
    rule(is_block("self"), block_message(range))
}

/// Every value of the list is a block.
pub(in crate::api::manifest) fn blocks(range: CidrRange) -> Rule {
    rule(format!("self.all(x, {})", is_block("x")), block_message(range))
}

/// The value is no range in which AWS refuses a VPC.
pub(in crate::api::manifest) fn usable() -> Rule {
    rule(
        "!isCIDR(self) || !['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4']\
         .exists(r, cidr(r).containsCIDR(self))",
        "lies in a range that AWS reserves (0/8, 127/8, 169.254/16, 224/4, 240/4): choose another block",
    )
}

/// Every list of subnets has one entry per zone.
pub(in crate::api::manifest) fn zone_lists() -> Rule {
    let of = |path: &str, list: &str| format!("(!has({path}.{list}) || size({path}.{list}) == n)");
    let listed = ["publicSubnets", "appSubnets", "ecsSubnets"].map(|list| of("self", list)).join(" && ");
    let brought =
        ["publicSubnetIds", "appSubnetIds", "ecsSubnetIds"].map(|list| of("self.existing", list)).join(" && ");
    rule(
        format!("[{ZONES}].all(n, {listed} && (!has(self.existing) || ({brought})))"),
        "each list of subnets needs one entry per availability zone (two unless availabilityZones says otherwise)",
    )
}

/// Blocks are derived from a /16 only.
pub(in crate::api::manifest) fn explicit_subnets(block: &str, list: &str, ids: &str) -> Rule {
    rule(
        format!(
            "!isCIDR(self.{block}) || cidr(self.{block}).prefixLength() <= 16 \
             || cidr(self.{block}).prefixLength() > 28 || has(self.{list}) \
             || (has(self.existing) && has(self.existing.{ids}))"
        ),
        format!("{list} must be listed, because they are derived only when {block} is a /16"),
    )
}

/// Listed subnets lie in their block.
pub(in crate::api::manifest) fn inside(block: &str, list: &str) -> Rule {
    rule(
        format!(
            "!has(self.{list}) || !isCIDR(self.{block}) || \
             self.{list}.all(x, !isCIDR(x) || cidr(self.{block}).containsCIDR(cidr(x)))"
        ),
        format!("{list} must lie inside {block}"),
    )
}

/// A tier is listed or brought, not both.
pub(in crate::api::manifest) fn brought_or_listed(list: &str, ids: &str) -> Rule {
    rule(
        format!("!has(self.{list}) || !has(self.existing) || !has(self.existing.{ids})"),
        format!("{list} are built and existing.{ids} are brought: set only one of them"),
    )
}

/// No two listed subnets overlap.
pub(in crate::api::manifest) fn subnets_apart() -> Rule {
    let all = ["publicSubnets", "appSubnets", "ecsSubnets"]
        .map(|list| format!("(has(self.{list}) ? self.{list} : [])"))
        .join(" + ");
    rule(
        format!(
            "[({all}).filter(x, isCIDR(x)).map(x, cidr(x))].all(l, \
             l.all(x, l.exists_one(y, x.containsCIDR(y) || y.containsCIDR(x))))"
        ),
        "publicSubnets, appSubnets and ecsSubnets overlap: each address may belong to one subnet",
    )
}

/// The two blocks do not overlap; those of a brought VPC stand already, and may be one and the same.
pub(in crate::api::manifest) fn blocks_apart() -> Rule {
    rule(
        "has(self.existing) || !isCIDR(self.vpcCidr) || !isCIDR(self.ecsCidr) || \
         !(cidr(self.vpcCidr).containsCIDR(self.ecsCidr) || cidr(self.ecsCidr).containsCIDR(self.vpcCidr))",
        "ecsCidr overlaps vpcCidr: choose a block of its own for the tasks, for example 100.64.0.0/16",
    )
}

/// AWS's table of blocks that may join a VPC.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
pub(in crate::api::manifest) fn association_table() -> Rule {
    rule(
        "has(self.existing) || !isCIDR(self.vpcCidr) || !isCIDR(self.ecsCidr) || \
         [cidr(self.vpcCidr)].all(v, [cidr(self.ecsCidr)].all(e, \
         ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].all(r, !cidr(r).containsCIDR(e) || cidr(r).containsCIDR(v)) \
         && !cidr('198.19.0.0/16').containsCIDR(e) \
         && !(cidr('172.16.0.0/12').containsCIDR(v) && cidr('172.31.0.0/16').containsCIDR(e)) \
         && !(cidr('10.0.0.0/15').containsCIDR(v) && cidr('10.0.0.0/16').containsCIDR(e))))",
        "AWS does not allow this ecsCidr beside this vpcCidr (it keeps private ranges apart): use a block of vpcCidr's own \
         private range, or of 100.64.0.0/10",
    )
}

/// Routes of brought application subnets are the user's.
pub(in crate::api::manifest) fn nat_of_own_tables() -> Rule {
    rule(
        "!has(self.existing) || !has(self.existing.appSubnetIds) || self.nat.mode == 'None'",
        "nat.mode must be None with existing.appSubnetIds: the routes of brought subnets are yours",
    )
}

/// Isolated tasks can pull their image and write their log.
pub(in crate::api::manifest) fn endpoints_for_pulls() -> Rule {
    rule(
        "(has(self.existing) && has(self.existing.endpointSecurityGroupId)) || \
         ['ecr.api', 'ecr.dkr', 'logs'].all(s, s in self.endpoints.services)",
        "endpoints.services must contain ecr.api, ecr.dkr and logs, without which isolated tasks cannot start \
         (unless existing.endpointSecurityGroupId brings the endpoints)",
    )
}

/// S3 is reached, through our gateway endpoint or through brought subnets.
pub(in crate::api::manifest) fn gateway_endpoint() -> Rule {
    rule(
        "self.endpoints.s3Gateway \
         ? (!has(self.existing) || !has(self.existing.ecsSubnetIds) || has(self.existing.ecsRouteTableIds)) \
         : (has(self.existing) && has(self.existing.ecsSubnetIds))",
        "image layers come from S3: set existing.ecsRouteTableIds, with which the S3 endpoint is associated; \
         endpoints.s3Gateway may be false only with existing.ecsSubnetIds",
    )
}

/// The entries of `list` never change, and the list never appears or vanishes; entries are added and removed at its
/// end.
pub(in crate::api::manifest) fn kept_by_index(list: &str) -> Rule {
    rule(
        format!(
            "has(self.{list}) == has(oldSelf.{list}) && (!has(self.{list}) || [0, 1, 2, 3, 4, 5].all(i, \
             i >= size(self.{list}) || i >= size(oldSelf.{list}) || self.{list}[i] == oldSelf.{list}[i]))"
        ),
        format!("{list} cannot change, be set or unset later: only entries at its end may come and go"),
    )
}

/// A zone keeps its place: its subnets cannot move.
pub(in crate::api::manifest) fn zone_names_kept() -> Rule {
    rule(
        "!has(self.availabilityZones) || !has(oldSelf.availabilityZones) || !has(self.availabilityZones.names) || \
         !has(oldSelf.availabilityZones.names) || [0, 1, 2, 3, 4, 5].all(i, i >= size(self.availabilityZones.names) \
         || i >= size(oldSelf.availabilityZones.names) \
         || self.availabilityZones.names[i] == oldSelf.availabilityZones.names[i])",
        "availabilityZones.names keep their order, because subnets cannot move: only names at the end may come and go",
    )
}

/// Interface endpoints are named shortly; gateway services are not among them.
pub(in crate::api::manifest) fn interface_services() -> Rule {
    rule(
        "!self.exists(x, x == 's3' || x.startsWith('com.amazonaws.'))",
        "name interface endpoints without com.amazonaws.REGION; S3 has a switch of its own, s3Gateway",
    )
}

/// Route tables of task subnets that are built are ours.
pub(in crate::api::manifest) fn tables_of_brought_subnets() -> Rule {
    rule(
        "!has(self.ecsRouteTableIds) || has(self.ecsSubnetIds)",
        "ecsRouteTableIds belong to brought subnets: set ecsSubnetIds too, or leave both out",
    )
}
