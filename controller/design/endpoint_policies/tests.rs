use serde_json::json;

use super::super::testing::{facts, spec};
use super::*;
use crate::api::Spec;

const EXECUTION: &str = "arn:aws:iam::111122223333:role/pull";
const TASK: &str = "arn:aws:iam::111122223333:role/run";

/// A stack whose execution role is brought, so that the documents read well.
fn stack(changes: Value) -> Spec {
    let mut spec = spec(changes);
    spec.service.existing.execution_role_arn = Some(EXECUTION.into());
    spec
}

fn policy(service: &str, spec: &Spec) -> Value {
    of(service, spec, &facts()).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "json! makes values")]
fn document(statements: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[expect(clippy::needless_pass_by_value, reason = "json! makes values")]
fn by(role: &str, actions: Value, resources: Value) -> Value {
    json!({
        "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resources,
        "Condition": {"ArnEquals": {"aws:PrincipalArn": role}},
    })
}

fn own_calls(role: &str) -> Value {
    json!({
        "Effect": "Allow", "Principal": "*", "Action": ["*"], "Resource": ["*"],
        "Condition": {
            "ArnEquals": {"aws:PrincipalArn": role},
            "StringEquals": {"aws:ResourceAccount": "111122223333"},
        },
    })
}

#[test]
fn s3_gives_the_layers_of_images_and_nothing_else() {
    let expected = document(json!([{
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*"],
    }]));
    assert_eq!(policy("s3", &stack(json!({}))), expected);
    let china = Facts { partition: "aws-cn".into(), region: "cn-north-1".into(), ..facts() };
    let resources = &of("s3", &stack(json!({})), &china).unwrap()["Statement"][0]["Resource"];
    assert_eq!(*resources, json!(["arn:aws-cn:s3:::prod-cn-north-1-starport-layer-bucket/*"]));
}

#[test]
fn ecr_gives_the_execution_role_the_stacks_images() {
    let pull = json!(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]);
    let expected = |repositories| {
        document(json!([
            by(EXECUTION, json!(["ecr:GetAuthorizationToken"]), json!(["*"])),
            by(EXECUTION, pull.clone(), repositories),
        ]))
    };
    let own = "arn:aws:ecr:eu-west-1:111122223333:repository/shop/orders";
    for service in ["ecr.api", "ecr.dkr"] {
        assert_eq!(policy(service, &stack(json!({}))), expected(json!([own])), "{service}");
    }
    let mut elsewhere = stack(json!({}));
    elsewhere.service.image = Image::Uri("999988887777.dkr.ecr.eu-west-1.amazonaws.com/base:1".into());
    let both = json!([own, "arn:aws:ecr:eu-west-1:999988887777:repository/base"]);
    assert_eq!(policy("ecr.dkr", &elsewhere), expected(both));
}

#[test]
fn logs_takes_what_ecs_writes() {
    let streams = json!(["arn:aws:logs:eu-west-1:111122223333:log-group:/fargatestack/shop/orders/tasks:*"]);
    let expected = document(json!([by(EXECUTION, json!(["logs:CreateLogStream", "logs:PutLogEvents"]), streams)]));
    assert_eq!(policy("logs", &stack(json!({}))), expected);
}

#[test]
fn secrets_are_those_that_tasks_are_given() {
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
    let parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/key";
    let spec =
        stack(json!({"service": {"secrets": {"A": format!("{secret}:password::"), "B": secret, "C": parameter}}}));
    let read = |action, arn| document(json!([by(EXECUTION, json!([action]), json!([arn]))]));
    assert_eq!(policy("secretsmanager", &spec), read("secretsmanager:GetSecretValue", secret));
    assert_eq!(policy("ssm", &spec), read("ssm:GetParameters", parameter));
}

#[test]
fn the_application_calls_what_its_role_allows_in_its_own_account() {
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
    let mut spec = stack(json!({"service": {"secrets": {"A": secret}}}));
    spec.service.existing.task_role_arn = Some(TASK.into());
    let read = by(EXECUTION, json!(["secretsmanager:GetSecretValue"]), json!([secret]));
    assert_eq!(policy("secretsmanager", &spec), document(json!([read, own_calls(TASK)])));
    // Listed, although ECS reads nothing from it: for the application.
    assert_eq!(policy("ssm", &spec), document(json!([own_calls(TASK)])));
    assert_eq!(policy("kms", &spec), document(json!([own_calls(TASK)])));
}

#[test]
fn command_execution_opens_channels_for_the_tasks_role() {
    let mut spec = stack(json!({}));
    spec.service.existing.task_role_arn = Some(TASK.into());
    let channels = json!([
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]);
    assert_eq!(policy("ssmmessages", &spec), document(json!([by(TASK, channels, json!(["*"]))])));
}

#[test]
fn full_access_is_awss_own_policy() {
    let spec = stack(json!({"network": {"endpoints": {"policies": "FullAccess"}}}));
    for service in ["s3", "ecr.api", "logs", "kms"] {
        assert_eq!(of(service, &spec, &facts()), None, "{service}");
    }
}

/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>: 20,480 characters.
#[test]
fn fifty_secrets_fit_into_a_policy() {
    let secret = |n| format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}-{n:06}", "s".repeat(200));
    let secrets: serde_json::Map<_, _> = (0..50).map(|n| (format!("S{n}"), json!(secret(n)))).collect();
    let spec = stack(json!({"service": {"secrets": secrets}}));
    assert!(policy("secretsmanager", &spec).to_string().len() < 20_480);
}
