//! Log groups: of the tasks, of the API's access, of the VPC's traffic.

use super::network::vpc;
use super::{Draft, names};
use crate::api::Spec;
use crate::aws::{FlowLog, LogGroup, Resource, Role};

/// Adds the log groups, and the flow log that writes to one of them.
pub(super) fn draw(spec: &Spec, draft: &mut Draft) {
    let days = spec.service.log_retention_days;
    let group = |name: &'static str, retention_days| LogGroup {
        name,
        group_name: names::log_group(spec, name),
        retention_days,
    };
    draft.node(group("tasks", days));
    if spec.api.access_logs {
        draft.node(group("access", days));
    }
    if let Some(flow_logs) = spec.network.flow_logs {
        draft.node(group("flow", flow_logs.retention_days));
        draft.node(FlowLog { vpc: vpc(), group: LogGroup::reference("flow"), role: Role::reference("flow") });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{bodies, spec};
    use crate::aws::Body;

    #[test]
    fn every_source_has_its_group_and_its_retention() {
        let groups = |changes| {
            let groups = bodies(&spec(changes)).into_iter().filter_map(|body| match body {
                Body::LogGroup(group) => Some(format!("{} {}", group.group_name, group.retention_days)),
                _ => None,
            });
            groups.collect::<Vec<_>>()
        };
        let access = |days| format!("/aws/vendedlogs/fargatestack/shop/orders/access {days}");
        let tasks = |days| format!("/fargatestack/shop/orders/tasks {days}");
        assert_eq!(groups(json!({})), [access(30), tasks(30)]);
        assert_eq!(groups(json!({"service": {"logRetentionDays": 90}})), [access(90), tasks(90)]);
        assert_eq!(groups(json!({"api": {"accessLogs": false}})), [tasks(30)]);
        let flow = "/fargatestack/shop/orders/flow 7".to_owned();
        assert_eq!(groups(json!({"network": {"flowLogs": {"retentionDays": 7}}})), [access(30), flow, tasks(30)]);
    }
}
