use engine::Node as _;

use super::super::testing::{bodies, facts, graph, spec};
use super::*;
use crate::aws::Body;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
const PARAMETER: &str = "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/key";

fn role(name: &str, spec: &Spec) -> Role {
    let found = bodies(spec).into_iter().find_map(|body| match body {
        Body::Role(role) if role.name == name => Some(role),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no role {name}"))
}

fn statements(role: &Role) -> Vec<Value> {
    let policy = role.policy.as_ref().map_or(&Value::Null, |policy| &policy["Statement"]);
    policy.as_array().cloned().unwrap_or_default()
}

fn said(action: &[&str], resources: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resources})
}

fn pull(repositories: &[&str]) -> Value {
    said(&["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], repositories)
}

const REPOSITORY: &str = "arn:aws:ecr:eu-west-1:111122223333:repository/shop/orders";

fn least() -> Vec<Value> {
    let streams = "arn:aws:logs:eu-west-1:111122223333:log-group:/fargatestack/shop/orders/tasks:*";
    vec![
        said(&["ecr:GetAuthorizationToken"], &["*"]),
        pull(&[REPOSITORY]),
        said(&["logs:CreateLogStream", "logs:PutLogEvents"], &[streams]),
    ]
}

#[test]
fn ecs_pulls_and_writes_the_log_and_does_nothing_else() {
    assert_eq!(statements(&role("execution", &spec(json!({})))), least());
}

#[test]
fn an_image_of_another_repository_may_be_pulled_too() {
    let uri = "999988887777.dkr.ecr.eu-west-1.amazonaws.com/base:1";
    let spec = spec(json!({"service": {"image": {"tag": null, "uri": uri}}}));
    let pull = pull(&[REPOSITORY, "arn:aws:ecr:eu-west-1:999988887777:repository/base"]);
    assert_eq!(statements(&role("execution", &spec))[1], pull);
}

#[test]
fn exactly_the_declared_secrets_are_read() {
    let read = |secrets: Value| statements(&role("execution", &spec(json!({"service": {"secrets": secrets}}))));
    let decrypt = |services: &[&str]| {
        let mut statement = said(&["kms:Decrypt"], &["*"]);
        statement["Condition"] = json!({"StringEquals": {"kms:ViaService": services}});
        statement
    };
    let (secret, parameter) =
        (said(&["secretsmanager:GetSecretValue"], &[SECRET]), said(&["ssm:GetParameters"], &[PARAMETER]));
    let (manager, ssm) = ("secretsmanager.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com");
    let cases = [
        (json!({"A": format!("{SECRET}:password::"), "B": SECRET}), vec![decrypt(&[manager]), secret.clone()]),
        (json!({"A": PARAMETER}), vec![decrypt(&[ssm]), parameter.clone()]),
        (json!({"A": SECRET, "B": PARAMETER}), vec![decrypt(&[manager, ssm]), secret, parameter]),
    ];
    for (secrets, expected) in cases {
        assert_eq!(read(secrets.clone()), [least(), expected].concat(), "{secrets}");
    }
}

#[test]
fn the_application_may_do_what_is_declared_and_nothing_else() {
    let task = role("task", &spec(json!({})));
    assert_eq!((task.policy, task.managed), (None, BTreeSet::new()));
    let own = "arn:aws:iam::111122223333:policy/orders";
    let spec = spec(json!({"service": {"taskRolePolicies": [own], "enableExecuteCommand": true}}));
    let task = role("task", &spec);
    assert_eq!(task.managed, BTreeSet::from([own.to_owned()]));
    let channels = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ];
    assert_eq!(statements(&task), [said(&channels, &["*"])]);
    assert_eq!(role("execution", &spec).managed, BTreeSet::new());
}

#[test]
fn only_services_on_behalf_of_this_account_may_assume_a_role() {
    let spec = spec(json!({"network": {"flowLogs": {"retentionDays": 14}}}));
    let cases = [
        ("execution", "ecs-tasks.amazonaws.com", "arn:aws:ecs:eu-west-1:111122223333:*"),
        ("task", "ecs-tasks.amazonaws.com", "arn:aws:ecs:eu-west-1:111122223333:*"),
        ("flow", "vpc-flow-logs.amazonaws.com", "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/*"),
    ];
    for (name, service, source) in cases {
        let expected = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": source},
            },
        }]});
        assert_eq!(role(name, &spec).trust, expected, "{name}");
    }
}

#[test]
fn the_flow_log_writes_its_group() {
    let spec = spec(json!({"network": {"flowLogs": {"retentionDays": 14}}}));
    let streams = "arn:aws:logs:eu-west-1:111122223333:log-group:/fargatestack/shop/orders/flow:*";
    let expected = [
        said(&["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], &[streams]),
        said(&["logs:DescribeLogGroups"], &["*"]),
    ];
    assert_eq!(statements(&role("flow", &spec)), expected);
}

#[test]
fn every_role_is_named_as_policies_name_it_and_has_the_boundary() {
    let facts = Facts { permissions_boundary: Some("arn:boundary".into()), ..facts() };
    let spec = spec(json!({"network": {"flowLogs": {"retentionDays": 14}}}));
    let mut draft = Draft::default();
    draw(&spec, &facts, &mut draft);
    let roles: Vec<Role> = draft
        .bodies
        .into_iter()
        .map(|body| match body {
            Body::Role(role) => role,
            other => panic!("no role: {other:?}"),
        })
        .collect();
    let arn = |role: &Role| format!("arn:aws:iam::111122223333:role{}{}", role.path, role.role_name);
    let arns: Vec<String> = roles.iter().map(arn).collect();
    assert_eq!(arns[..2], [names::execution_role_arn(&spec, &facts), names::task_role_arn(&spec, &facts)]);
    for role in roles {
        assert_eq!(role.boundary.as_deref(), Some("arn:boundary"));
        assert_eq!(role.path, "/fargatestack/shop/orders/");
    }
}

#[test]
fn brought_roles_are_known_by_name_and_arn() {
    let (pull, run) = ("arn:aws:iam::111122223333:role/a/b/pull", "arn:aws:iam::111122223333:role/run");
    let graph = graph(&spec(json!({"service": {"existing": {"executionRoleArn": pull, "taskRoleArn": run}}})));
    assert!(graph.nodes().values().all(|node| node.key().kind != Role::KIND));
    let given = |name| &graph.given()[Role::reference(name).key()];
    for (name, id, arn) in [("execution", "pull", pull), ("task", "run", run)] {
        assert_eq!((given(name).id.as_str(), given(name).attributes[ARN].as_str()), (id, arn));
    }
}
