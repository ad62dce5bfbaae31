//! Checks of `spec.network.endpoints`.

use std::collections::BTreeSet;

use super::Findings;
use crate::api::manifest::network as raw;
use crate::api::spec::{Endpoints, ExistingNetwork, SecretSource, Service};

/// The checked endpoints, with those that the tasks of `service` need.
pub(super) fn check(
    declared: &raw::Endpoints,
    existing: &ExistingNetwork,
    service: Option<&Service>,
    findings: &mut Findings,
) -> Endpoints {
    let brought = existing.endpoint_security_group_id.is_some();
    let mut services: BTreeSet<String> = declared.services.iter().cloned().collect();
    if !brought && !["ecr.api", "ecr.dkr", "logs"].iter().all(|service| services.contains(*service)) {
        findings.refuse(
            "spec.network.endpoints.services",
            "needs ecr.api, ecr.dkr and logs: isolated tasks cannot start without them",
        );
    }
    if let Some(service) = services.iter().find(|service| *service == "s3" || service.starts_with("com.amazonaws.")) {
        findings.refuse(
            "spec.network.endpoints.services",
            format!(
                "{service} is no interface endpoint's short name: leave out com.amazonaws.REGION; S3 has s3Gateway"
            ),
        );
    }
    let s3_gateway = declared.s3_gateway;
    if !s3_gateway && existing.ecs_subnet_ids.is_empty() {
        findings.refuse(
            "spec.network.endpoints.s3Gateway",
            "may be false only with existing.ecsSubnetIds: image layers come from S3",
        );
    }
    if s3_gateway && !existing.ecs_subnet_ids.is_empty() && existing.ecs_route_table_ids.is_empty() {
        findings.refuse(
            "spec.network.existing.ecsRouteTableIds",
            "is needed: the S3 endpoint is associated with these route tables",
        );
    }
    if !existing.ecs_route_table_ids.is_empty() && existing.ecs_subnet_ids.is_empty() {
        findings.refuse("spec.network.existing.ecsSubnetIds", "is needed: ecsRouteTableIds belong to brought subnets");
    }
    services.extend(service.into_iter().flat_map(needed));
    if brought {
        services.clear();
    }
    Endpoints { services, s3_gateway, policies: declared.policies }
}

/// Endpoints beyond the listed ones that the tasks of `service` need. KMS is not among them: Secrets Manager, SSM and
/// ECR decrypt on their own side.
fn needed(service: &Service) -> impl Iterator<Item = String> {
    let mut names = BTreeSet::new();
    for source in service.secrets.values() {
        names.insert(match source {
            SecretSource::SecretsManager(_) => "secretsmanager",
            SecretSource::Parameter(_) => "ssm",
        });
    }
    if service.enable_execute_command {
        names.insert("ssmmessages");
    }
    names.into_iter().map(Into::into)
}
