//! VPC endpoints: the only way of isolated tasks to AWS.

use super::network::{ecs_route_tables, ecs_subnets, vpc};
use super::security::endpoints_group;
use super::{Draft, endpoint_policies};
use crate::api::Spec;
use crate::aws::facts::Facts;
use crate::aws::{Attachment, VpcEndpoint};

/// Adds the interface endpoints, unless they are brought, and the gateway endpoint of S3.
pub(super) fn draw(spec: &Spec, facts: &Facts, draft: &mut Draft) {
    let network = &spec.network;
    let endpoint = |service: &str, attachment| VpcEndpoint {
        name: service.replace('.', "-"),
        service_name: format!("com.amazonaws.{}.{service}", facts.region),
        vpc: vpc(),
        attachment,
        policy: endpoint_policies::of(service, spec, facts),
    };
    if network.existing.endpoint_security_group_id.is_none() {
        for service in &network.endpoints.services {
            let attachment = Attachment::Interface { subnets: ecs_subnets(network), security_group: endpoints_group() };
            draft.node(endpoint(service, attachment));
        }
    }
    if network.endpoints.s3_gateway {
        draft.node(endpoint("s3", Attachment::Gateway { route_tables: ecs_route_tables(network) }));
    }
}
