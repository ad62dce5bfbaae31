use serde_json::json;

use super::super::testing::{brought, facts, spec};
use super::*;

/// A stack of these names.
fn named(namespace: &str, name: &str) -> Spec {
    Spec { namespace: namespace.into(), name: name.into(), ..spec(json!({})) }
}

/// Roles and groups are found by these names: a change here loses what stands.
#[test]
fn golden_names() {
    let (spec, facts) = (spec(json!({})), facts());
    assert_eq!(
        execution_role_arn(&spec, &facts),
        "arn:aws:iam::111122223333:role/fargatestack/shop/orders/shop-orders-execution-6fd2ae24"
    );
    assert_eq!(
        task_role_arn(&spec, &facts),
        "arn:aws:iam::111122223333:role/fargatestack/shop/orders/shop-orders-task-5081b7cd"
    );
    assert_eq!(repository_arn(&spec, &facts), "arn:aws:ecr:eu-west-1:111122223333:repository/shop/orders");
    assert_eq!(
        log_group_arn(&spec, &facts, "tasks"),
        "arn:aws:logs:eu-west-1:111122223333:log-group:/fargatestack/shop/orders/tasks"
    );
    assert_eq!(log_group(&spec, "flow"), "/fargatestack/shop/orders/flow");
    assert_eq!(log_group(&spec, "access"), "/aws/vendedlogs/fargatestack/shop/orders/access");
    assert_eq!(security_group(&spec, "task", "Fargate tasks"), "fargatestack/shop/orders/task-08654856");
}

#[test]
fn what_is_brought_has_its_own_name() {
    let roles = json!({"service": {"existing": {
        "executionRoleArn": "arn:aws:iam::111122223333:role/path/pull", "taskRoleArn": "arn:aws:iam::111122223333:role/run",
    }}, "registry": {"existing": {"repositoryName": "theirs"}}});
    let (spec, facts) = (spec(roles), facts());
    assert_eq!(execution_role_arn(&spec, &facts), "arn:aws:iam::111122223333:role/path/pull");
    assert_eq!(task_role_arn(&spec, &facts), "arn:aws:iam::111122223333:role/run");
    assert_eq!(repository_arn(&spec, &facts), "arn:aws:ecr:eu-west-1:111122223333:repository/theirs");
}

#[test]
fn an_image_names_its_repository() {
    let facts = Facts { partition: "aws-cn".into(), ..facts() };
    let of = |uri| repository_arn_of_image(uri, &facts);
    let expected = Some("arn:aws-cn:ecr:cn-north-1:999988887777:repository/a/b".to_owned());
    assert_eq!(of("999988887777.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:1.2"), expected);
    assert_eq!(of("999988887777.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b@sha256:00"), expected);
    assert_eq!(of("nginx"), None);
}

#[test]
fn long_names_fit_and_stay_apart() {
    let long = |last: &str| format!("{}{last}", "n".repeat(189));
    let (one, other) = (named(&"s".repeat(63), &long("1")), named(&"s".repeat(63), &long("2")));
    let role = |spec: &Spec| role(spec, "execution");
    assert_eq!(role(&one).len(), 64);
    assert!(role(&one).contains("-execution-"), "{}", role(&one));
    assert_ne!(role(&one), role(&other));
    let group = |spec: &Spec| security_group(spec, "load-balancer", "d");
    assert_eq!(group(&one).len(), 255);
    assert_ne!(group(&one), group(&other));
}

#[test]
fn stacks_of_one_account_have_different_names() {
    let (one, other) = (named("a-b", "c"), named("a", "b-c"));
    assert_ne!(role(&one, "task"), role(&other, "task"));
    assert_ne!(security_group(&one, "task", "d"), security_group(&other, "task", "d"));
    let elsewhere = Spec { region: "eu-west-2".into(), ..one.clone() };
    assert_ne!(role(&one, "task"), role(&elsewhere, "task"), "roles are global");
}

/// EC2 refuses group names that begin with `sg-`; a successor with another description needs a name of its own.
#[test]
fn group_names_are_accepted_and_replaceable() {
    let spec = named("sg-team", "orders");
    assert!(!security_group(&spec, "task", "one").starts_with("sg-"));
    assert_ne!(security_group(&spec, "task", "one"), security_group(&spec, "task", "other"));
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    assert!(security_group(&brought(json!({})), "task", "one").chars().all(allowed));
}
