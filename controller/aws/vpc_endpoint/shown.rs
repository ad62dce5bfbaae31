//! An endpoint as AWS shows it.

use aws_sdk_ec2::types::{VpcEndpoint as Sdk, VpcEndpointType};
use engine::{Attributes, Id, Key, Live, Phase, Tags};

use super::VpcEndpointSeen;

/// The endpoint under its key and attempt.
pub(super) fn live(endpoint: &Sdk, (key, attempt): (Key, u32), tags: Tags) -> Option<Live<VpcEndpointSeen>> {
    let seen = VpcEndpointSeen {
        vpc: endpoint.vpc_id().unwrap_or_default().to_owned(),
        service_name: endpoint.service_name().unwrap_or_default().to_owned(),
        endpoint_type: endpoint.vpc_endpoint_type().map(VpcEndpointType::as_str).unwrap_or_default().to_owned(),
        subnets: endpoint.subnet_ids().iter().cloned().collect(),
        security_groups: endpoint.groups().iter().filter_map(|group| group.group_id().map(str::to_owned)).collect(),
        route_tables: endpoint.route_table_ids().iter().cloned().collect(),
        private_dns: endpoint.private_dns_enabled().unwrap_or_default(),
        policy: endpoint.policy_document().map(str::to_owned),
    };
    Some(Live {
        key,
        attempt,
        id: Id::from(endpoint.vpc_endpoint_id()?),
        attributes: Attributes::new(),
        phase: phase(endpoint),
        on: hangs_on(&seen),
        seen,
        within: None,
        tags,
        created: endpoint.creation_timestamp().map(aws_smithy_types::DateTime::secs),
    })
}

/// Its interfaces keep subnets and groups from being deleted, its routes are in the tables.
pub(super) fn hangs_on(seen: &VpcEndpointSeen) -> Vec<Id> {
    let VpcEndpointSeen { vpc, subnets, security_groups, route_tables, .. } = seen;
    std::iter::once(vpc)
        .chain(subnets)
        .chain(security_groups)
        .chain(route_tables)
        .map(|id| Id::from(id.as_str()))
        .collect()
}

/// The state in lower case: AWS sends it so, its model lists it with a capital.
pub(super) fn state(endpoint: &Sdk) -> String {
    endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default()
}

/// <https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html#concepts-vpc-endpoints>
fn phase(endpoint: &Sdk) -> Phase {
    let state = state(endpoint);
    match state.as_str() {
        "available" => Phase::Ready,
        "failed" | "rejected" | "expired" => Phase::Failed(reason(endpoint).unwrap_or(state)),
        // The answer to a create whose token belongs to an endpoint of the past.
        "deleting" | "deleted" => Phase::Deleting,
        "" => Phase::Pending("no state".to_owned()),
        _ => Phase::Pending(state),
    }
}

fn reason(endpoint: &Sdk) -> Option<String> {
    let last = endpoint
        .last_error()
        .map(|error| format!("{}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or("no message")));
    last.or_else(|| endpoint.failure_reason().map(str::to_owned))
}
