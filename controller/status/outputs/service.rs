//! Where the service runs.

use super::Build;
use crate::api::status::Outputs;

/// Sets what `outputs` say of cluster and service.
pub(super) fn fill<S>(build: &Build<'_, S>, before: Option<&Outputs>, outputs: &mut Outputs) {
    let brought = build.pass.spec.and_then(|spec| spec.service.existing.cluster_arn.clone());
    let first = |kind| build.ids(kind, "").into_iter().next();
    outputs.cluster_arn = brought.or_else(|| first("ecs-cluster"));
    outputs.service_arn = first("ecs-service");
    let Some(before) = before else { return };
    if build.unread("ecs-cluster") {
        outputs.cluster_arn.clone_from(&before.cluster_arn);
    }
    if build.unread("ecs-service") {
        outputs.service_arn.clone_from(&before.service_arn);
    }
}
