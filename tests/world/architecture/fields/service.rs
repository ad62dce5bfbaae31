//! Fields of the service.

use serde_json::{Value, json};

use super::super::{built, ending, manifest};
use super::{Row, changed, set};
use crate::controller;
use crate::support::stack::Stack;

pub(super) async fn lead() -> Vec<String> {
    let stack = Stack::prepare(controller(), "fields-service").await;
    let mut spec = manifest::full(&stack).await;
    let elsewhere = manifest::image_elsewhere(&stack, "shop/elsewhere").await;
    let of_task = of_task(&stack).await;
    let before = stack.account.dump();
    built(&stack, spec.clone()).await;
    let mut lines = changed(&stack, &mut spec, images(&stack, &elsewhere)).await;
    lines.extend(changed(&stack, &mut spec, of_task).await);
    lines.extend(changed(&stack, &mut spec, of_service()).await);
    ending::leaves_what_is_kept(&stack, &before).await;
    lines
}

/// One repository after the other: what is pushed is another image each time.
fn images(stack: &Stack, elsewhere: &str) -> Vec<Row> {
    stack.account.push("shop/orders", "1.4.3");
    let digest = stack.account.push("shop/orders", "1.4.4");
    vec![
        set("service.image.tag", "another tag", "/service/image", json!({"tag": "1.4.3"})),
        set("service.image.digest", "another digest", "/service/image", json!({"digest": digest})),
        set("service.image.uri", "another repository", "/service/image", json!({"uri": elsewhere})),
        set("service.imageOwner", "External", "/service/imageOwner", json!("External")),
        set("service.imageOwner", "Spec", "/service/imageOwner", json!("Spec")),
    ]
}

async fn of_task(stack: &Stack) -> Vec<Row> {
    let secret = stack.account.secret("shop/orders/other");
    let policy = manifest::policy(stack, "shop-orders-other", "s3:ListBucket").await;
    vec![
        set("service.containerPort", "9090", "/service/containerPort", json!(9090)),
        set("service.memory", "4096", "/service/memory", json!(4096)),
        set("service.cpu", "1024", "/service/cpu", json!(1024)),
        set("service.architecture", "X86_64", "/service/architecture", json!("X86_64")),
        set("service.environment", "another value", "/service/environment/LOG_LEVEL", json!("debug")),
        set("service.secrets", "another secret", "/service/secrets/DB_URL", json!(secret)),
        set("service.command", "another command", "/service/command", json!(["/bin/orders"])),
        set("service.taskRolePolicies", "another policy", "/service/taskRolePolicies/0", json!(policy)),
        set("service.enableExecuteCommand", "off", "/service/enableExecuteCommand", json!(false)),
        set("service.logRetentionDays", "60", "/service/logRetentionDays", json!(60)),
    ]
}

fn of_service() -> Vec<Row> {
    vec![
        set("service.healthCheck.path", "/ready", "/service/healthCheck/path", json!("/ready")),
        set("service.healthCheck.path", "none", "/service/healthCheck", Value::Null),
        set("service.capacity[].weight", "4", "/service/capacity/1/weight", json!(4)),
        set("service.capacity[].base", "2", "/service/capacity/0/base", json!(2)),
        set("service.capacity[].provider", "without FARGATE_SPOT", "/service/capacity/1", Value::Null),
        set("service.deployment.minimumHealthyPercent", "50", "/service/deployment/minimumHealthyPercent", json!(50)),
        set("service.deployment.maximumPercent", "150", "/service/deployment/maximumPercent", json!(150)),
        set(
            "service.deployment.healthCheckGracePeriodSeconds",
            "30",
            "/service/deployment/healthCheckGracePeriodSeconds",
            json!(30),
        ),
        set("service.deployment.rollback", "off", "/service/deployment/rollback", json!(false)),
        set("service.autoscaling.max", "8", "/service/autoscaling/max", json!(8)),
        set("service.autoscaling.min", "1", "/service/autoscaling/min", json!(1)),
        set("service.autoscaling.cpuPercent", "70", "/service/autoscaling/cpuPercent", json!(70)),
        set("service.autoscaling.max", "none", "/service/autoscaling", Value::Null),
        set("service.desiredCount", "3", "/service/desiredCount", json!(3)),
    ]
}
