//! A service as AWS shows it, for the tests of what hangs on one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_ecs::types::Service as Sdk;
use engine::Id;
use serde_json::{Value, json};

use super::EcsService;
use super::questions::EcsServices;
use crate::aws::sources::{Detail as _, Detailed, View};
use crate::aws::wire::{self, Wire, key, request, stamp};

pub const CLUSTER_ARN: &str = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop_orders";
pub const SERVICE_ARN: &str = "arn:aws:ecs:eu-west-1:123456789012:service/shop_orders/shop_orders";
pub const GROUP_ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop-orders/1";

/// ARN of a revision of the stack's task definition.
pub fn definition_arn(revision: u32) -> String {
    format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/shop_orders:{revision}")
}

/// The service of the stack `shop/orders`, rolled out and with all its tasks, with `changes` laid over it.
pub fn shown(changes: Value) -> Value {
    let tags = stamp().tags(&key::<EcsService>("main"), 0, engine::Tags::new());
    let mut service = json!({
        "serviceArn": SERVICE_ARN, "serviceName": "shop_orders", "clusterArn": CLUSTER_ARN, "status": "ACTIVE",
        "taskDefinition": definition_arn(3), "desiredCount": 2, "runningCount": 2, "pendingCount": 0,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "base": 1, "weight": 1}],
        "networkConfiguration": {"awsvpcConfiguration":
            {"subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}},
        "loadBalancers": [{"targetGroupArn": GROUP_ARN, "containerName": "app", "containerPort": 8080}],
        "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": true, "rollback": true}},
        "healthCheckGracePeriodSeconds": 60, "enableExecuteCommand": false, "enableECSManagedTags": true,
        "propagateTags": "SERVICE", "createdAt": 1_700_000_000,
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": definition_arn(3),
            "rolloutState": "COMPLETED", "desiredCount": 2, "runningCount": 2, "failedTasks": 0}],
        "tags": tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Vec<_>>(),
    });
    lay_over(&mut service, changes);
    service
}

fn lay_over(object: &mut Value, over: Value) {
    match (object, over) {
        (Value::Object(object), Value::Object(over)) => {
            for (name, value) in over {
                lay_over(object.entry(name).or_insert(Value::Null), value);
            }
        }
        (object, over) => *object = over,
    }
}

/// The service of [`shown`], as the SDK reads it.
pub async fn service(changes: Value) -> Sdk {
    let wire = Wire::default().answer_json(&json!({"services": [shown(changes)]}));
    let service = EcsServices::ask(&wire.cloud().ecs, &Id::from(SERVICE_ARN)).await.unwrap().unwrap();
    let asked = [("cluster", CLUSTER_ARN), ("services.0", SERVICE_ARN), ("include.0", "TAGS")];
    assert_eq!(wire.requests(), [request("DescribeServices", &asked)]);
    service
}

/// A view with the service of [`shown`], and nothing else.
pub async fn view_of(changes: Value) -> View {
    let ecs_services = [(SERVICE_ARN, service(changes).await)].into_iter().collect();
    View { detailed: Detailed { ecs_services, ..Detailed::default() }, ..wire::view() }
}
