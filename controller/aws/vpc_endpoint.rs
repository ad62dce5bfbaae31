//! VPC endpoint, interface or gateway.
//!
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html>

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{ResourceType, VpcEndpointType};
use engine::{Change, Comparison, Creation, Deletion, Fault, Ids, Kind, Live, Need, Ref, Replace, Unresolved};

use super::call::{Call, EC2_TAGS, call};
use super::clients::from_list;
use super::ec2::{Ec2, specification};
use super::fault::{incomplete, is_not_found, refused, unresolved};
use super::owner::Owner;
use super::resource::{Mark, Resource, resolved};
use super::sources::{Question, View, answered};
use super::{RouteTable, SecurityGroup, Subnet, Vpc};

mod policy;
mod shown;

use shown::{hangs_on, live, state};

/// What the endpoint is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Network interfaces with private DNS names.
    Interface {
        /// One subnet a zone.
        subnets: Vec<Ref<Subnet>>,
        /// The group around its interfaces: without one AWS takes the VPC's default group.
        security_group: Ref<SecurityGroup>,
    },
    /// Routes to a prefix list.
    Gateway {
        /// The tables that get the route.
        route_tables: Vec<Ref<RouteTable>>,
    },
}

/// A private way to an AWS service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// Which one: the service's short name with `.` as `-`, for example `ecr-api`.
    pub name: String,
    /// Full service name, for example `com.amazonaws.eu-west-1.ecr.api`. Fixed at creation.
    pub service_name: String,
    /// The VPC. Fixed at creation.
    pub vpc: Ref<Vpc>,
    /// What it is attached to; its type is fixed at creation.
    pub attachment: Attachment,
    /// Resource policy, as JSON; `None` for AWS's own, which allows everything.
    pub policy: Option<serde_json::Value>,
}

/// What AWS shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpointSeen {
    /// Its VPC.
    pub vpc: String,
    /// Full service name.
    pub service_name: String,
    /// `Interface`, `Gateway`, ...
    pub endpoint_type: String,
    /// Subnets of its interfaces.
    pub subnets: BTreeSet<String>,
    /// Groups around its interfaces.
    pub security_groups: BTreeSet<String>,
    /// Tables with a route to it.
    pub route_tables: BTreeSet<String>,
    /// Whether the service's public name leads to it.
    pub private_dns: bool,
    /// Resource policy, as AWS writes it.
    pub policy: Option<String>,
}

/// The changeable references of an endpoint, resolved; those that do not belong to its type are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Attached {
    subnets: BTreeSet<String>,
    security_groups: BTreeSet<String>,
    route_tables: BTreeSet<String>,
}

impl VpcEndpoint {
    fn attached(&self, ids: &Ids) -> Result<Attached, Unresolved> {
        Ok(match &self.attachment {
            Attachment::Interface { subnets, security_group } => Attached {
                subnets: resolved(subnets, ids)?,
                security_groups: BTreeSet::from([ids.of(security_group)?.as_str().to_owned()]),
                route_tables: BTreeSet::new(),
            },
            Attachment::Gateway { route_tables } => {
                Attached { route_tables: resolved(route_tables, ids)?, ..Attached::default() }
            }
        })
    }

    fn endpoint_type(&self) -> VpcEndpointType {
        match &self.attachment {
            Attachment::Interface { .. } => VpcEndpointType::Interface,
            Attachment::Gateway { .. } => VpcEndpointType::Gateway,
        }
    }

    /// Interface endpoints answer to the service's public name, so that nothing else has to be told of them.
    fn private_dns(&self) -> bool {
        match &self.attachment {
            Attachment::Interface { .. } => true,
            Attachment::Gateway { .. } => false,
        }
    }
}

impl Resource for VpcEndpoint {
    type Seen = VpcEndpointSeen;
    type Client = aws_sdk_ec2::Client;

    const KIND: Kind = Kind { order: 100, name: "vpc-endpoint", creation: Creation::Token, holds_data: false, keep: 0 };
    // A private DNS name serves one endpoint of a VPC at a time.
    const REPLACE: Replace = Replace::DeleteFirst;
    const SOURCES: &'static [Question] = &[Question::VpcEndpoints];
    const CALLS: &'static [Call] = &[
        call("ec2:CreateTags"),
        call("ec2:CreateVpcEndpoint").with(&[
            EC2_TAGS,
            (
                "route53:AssociateVPCWithHostedZone",
                "private DNS is a hosted zone that the caller associates with the VPC",
            ),
        ]),
        call("ec2:DeleteTags"),
        call("ec2:DeleteVpcEndpoints"),
        call("ec2:DescribeVpcEndpoints"),
        call("ec2:ModifyVpcEndpoint"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    /// The VPC must be ready: private DNS is refused before its DNS attributes are on.
    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![self.vpc.ready()];
        match &self.attachment {
            Attachment::Interface { subnets, security_group } => {
                needs.extend(subnets.iter().map(Ref::exists));
                needs.push(security_group.exists());
            }
            Attachment::Gateway { route_tables } => needs.extend(route_tables.iter().map(Ref::exists)),
        }
        needs
    }

    fn compare(&self, seen: &VpcEndpointSeen, ids: &Ids) -> Comparison {
        let VpcEndpointSeen {
            vpc,
            service_name,
            endpoint_type,
            subnets,
            security_groups,
            route_tables,
            private_dns,
            policy,
        } = seen;
        let table = Comparison::default()
            .fixed_ref("vpc", ids.of(&self.vpc), vpc)
            .fixed("serviceName", &self.service_name, service_name)
            .fixed("type", self.endpoint_type().as_str(), endpoint_type.as_str())
            .field("privateDns", &self.private_dns(), private_dns)
            .opaque("policy", &true, &policy::agrees(self.policy.as_ref(), policy.as_deref()));
        match self.attached(ids) {
            Ok(declared) => table
                .field("subnets", &declared.subnets, subnets)
                .field("securityGroups", &declared.security_groups, security_groups)
                .field("routeTables", &declared.route_tables, route_tables),
            Err(Unresolved(key)) => table.unresolved(key),
        }
    }

    /// A deleted endpoint is gone, also while AWS still shows it.
    fn read(view: &View, owner: &Owner) -> Vec<Live<VpcEndpointSeen>> {
        answered(&view.vpc_endpoints)
            .iter()
            .filter(|endpoint| state(endpoint) != "deleted")
            .filter_map(|endpoint| {
                live(endpoint, owner.mark_of(Self::KIND, endpoint.tags())?, from_list(endpoint.tags()))
            })
            .collect()
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html>
    ///
    /// Type and groups are always said: without, AWS makes a gateway endpoint, or takes the VPC's default group.
    async fn create(&self, ec2: &Ec2, ids: &Ids, mark: &Mark) -> Result<Live<VpcEndpointSeen>, Fault> {
        const OPERATION: &str = "CreateVpcEndpoint";
        let vpc = ids.of(&self.vpc).map_err(|cause| unresolved(OPERATION, &cause))?;
        let Attached { subnets, security_groups, route_tables } =
            self.attached(ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let call = ec2
            .writes()
            .create_vpc_endpoint()
            .client_token(&mark.token)
            .vpc_id(vpc.as_str())
            .service_name(&self.service_name)
            .vpc_endpoint_type(self.endpoint_type())
            .set_subnet_ids(some(subnets))
            .set_security_group_ids(some(security_groups))
            .set_route_table_ids(some(route_tables))
            .set_private_dns_enabled(self.private_dns().then_some(true))
            .set_policy_document(self.policy.as_ref().map(ToString::to_string))
            .tag_specifications(specification(ResourceType::VpcEndpoint, &mark.tags));
        let endpoint = ec2.write(OPERATION, call.send()).await?.vpc_endpoint;
        let endpoint = endpoint.ok_or_else(|| incomplete(OPERATION, "vpcEndpoint"))?;
        let live = live(&endpoint, (mark.key.clone(), mark.attempt), mark.tags.clone());
        live.ok_or_else(|| incomplete(OPERATION, "vpcEndpointId"))
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html>: all differences in one call, whose
    /// rate is the lowest of all. But a zone has room for one subnet: where one makes room for another, it goes in this call, and
    /// the other one comes in the next pass.
    async fn update(
        &self,
        ec2: &Ec2,
        live: &Live<VpcEndpointSeen>,
        _: &[Change],
        ids: &Ids,
    ) -> Result<Live<VpcEndpointSeen>, Fault> {
        const OPERATION: &str = "ModifyVpcEndpoint";
        let Attached { subnets, security_groups, route_tables } =
            self.attached(ids).map_err(|cause| unresolved(OPERATION, &cause))?;
        let seen = &live.seen;
        let removed = without(&seen.subnets, &subnets);
        let subnets = if removed.is_some() { subnets.intersection(&seen.subnets).cloned().collect() } else { subnets };
        let mut call = ec2
            .writes()
            .modify_vpc_endpoint()
            .vpc_endpoint_id(live.id.as_str())
            .set_add_subnet_ids(without(&subnets, &seen.subnets))
            .set_remove_subnet_ids(removed)
            .set_add_security_group_ids(without(&security_groups, &seen.security_groups))
            .set_remove_security_group_ids(without(&seen.security_groups, &security_groups))
            .set_add_route_table_ids(without(&route_tables, &seen.route_tables))
            .set_remove_route_table_ids(without(&seen.route_tables, &route_tables));
        if self.private_dns() != seen.private_dns {
            call = call.private_dns_enabled(self.private_dns());
        }
        let policy = self.policy.as_ref().map(ToString::to_string);
        if !policy::agrees(self.policy.as_ref(), seen.policy.as_deref()) {
            call = match &policy {
                Some(document) => call.policy_document(document),
                None => call.reset_policy(true),
            };
        }
        ec2.write(OPERATION, call.send()).await?;
        let private_dns = self.private_dns();
        let seen = VpcEndpointSeen { subnets, security_groups, route_tables, private_dns, policy, ..seen.clone() };
        Ok(Live { on: hangs_on(&seen), seen, ..live.clone() })
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html>: answers with success and names what
    /// it did not delete.
    async fn delete(ec2: &Ec2, live: &Live<VpcEndpointSeen>) -> Result<Deletion, Fault> {
        const OPERATION: &str = "DeleteVpcEndpoints";
        let call = ec2.writes().delete_vpc_endpoints().vpc_endpoint_ids(live.id.as_str());
        let answer = ec2.write(OPERATION, call.send()).await.and_then(|answer| {
            let error = answer.unsuccessful().iter().find_map(|item| item.error());
            error.map_or(Ok(()), |error| {
                Err(refused(OPERATION, error.code().unwrap_or("Unknown"), error.message().unwrap_or_default()))
            })
        });
        match answer {
            Ok(()) => Ok(Deletion::Going),
            Err(fault) if is_not_found(&fault) => Ok(Deletion::Gone),
            Err(fault) => Err(fault),
        }
    }
}

/// A parameter that is left out when it is empty.
fn some(ids: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    let ids: Vec<String> = ids.into_iter().collect();
    (!ids.is_empty()).then_some(ids)
}

/// `ids` without the `others`, as a parameter.
fn without(ids: &BTreeSet<String>, others: &BTreeSet<String>) -> Option<Vec<String>> {
    some(ids.difference(others).cloned())
}

#[cfg(test)]
mod tests;
