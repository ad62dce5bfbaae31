//! A stack in a network, a repository, a cluster, roles and a user pool that its user built: it comes to work, and nothing of
//! them is changed.

use aws_sdk_ec2::Client as Ec2;
use aws_sdk_ec2::types::{IpPermission, IpRange, VpcEndpointType};
use serde_json::{Value, json};

use super::fields::{Row, changed, refused, set};
use super::{manifest, ready};
use crate::controller;
use crate::deletion::bring;
use crate::support::cloud::same;
use crate::support::emulator::REGION;
use crate::support::stack::Stack;

/// Lets the stack come to work, changes what can be changed of it, and lets it go.
pub(super) async fn lead() -> Vec<String> {
    let stack = Stack::prepare(controller(), "fields-brought").await;
    let mut spec = bring_all(&stack).await;
    let before = stack.account.dump();
    observed(&stack, &spec).await;
    stack.apply(&spec).await;
    ready(&stack).await;
    let lines = changed(&stack, &mut spec, rows()).await;
    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
    lines
}

/// What is only looked at is planned through all layers, and left alone.
async fn observed(stack: &Stack, spec: &Value) {
    let mut observing = spec.clone();
    observing["mode"] = json!("Observe");
    stack.apply(&observing).await;
    let status = stack.until("the plan is shown", |it| it.status.plan.is_some()).await.status;
    let planned: Vec<_> = status.plan.unwrap().steps.into_iter().map(|step| step.key).collect();
    for key in ["vpc-endpoint/s3", "load-balancer/main", "ecs-service/main", "user-pool-client/web", "api/main"] {
        assert!(planned.iter().any(|planned| planned == key), "{key} is not among {planned:?}");
    }
    stack.look().await;
    assert_eq!(stack.account.writes(0), Vec::<String>::new());
}

/// The sample, with all that it names.
async fn bring_all(stack: &Stack) -> Value {
    let mut spec = manifest::sample("bring-your-own.yaml", stack);
    let account = &stack.account;
    let ec2 = account.ec2();
    let network = bring(&ec2).await.spec["network"].take();
    bring_endpoints(&ec2, &network["existing"]).await;
    spec["network"] = network;
    spec["retain"] = json!([]);
    account.ecr().create_repository().repository_name("shop/orders").send().await.unwrap();
    account.push("shop/orders", "1.4.2");
    account.ecs().create_cluster().cluster_name("shop").capacity_providers("FARGATE").send().await.unwrap();
    bring_role(stack, "shop-orders-execution", Some(execution(stack))).await;
    bring_role(stack, "shop-orders-task", None).await;
    let pool = account.cognito().create_user_pool().pool_name("shop").send().await.unwrap().user_pool.unwrap();
    spec["auth"]["userPool"]["existing"]["id"] = json!(pool.id);
    spec
}

/// The endpoints that isolated tasks need, and who is let in to them.
async fn bring_endpoints(ec2: &Ec2, existing: &Value) {
    let group = existing["endpointSecurityGroupId"].as_str().unwrap();
    let tasks = IpRange::builder().cidr_ip("100.64.0.0/16").build();
    let https = IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443).ip_ranges(tasks).build();
    ec2.authorize_security_group_ingress().group_id(group).ip_permissions(https).send().await.unwrap();
    let subnets = existing["ecsSubnetIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
    let subnets: Vec<_> = subnets.collect();
    for service in ["ecr.api", "ecr.dkr", "logs"] {
        let call = ec2.create_vpc_endpoint().vpc_id(existing["vpcId"].as_str().unwrap());
        let call = call.service_name(format!("com.amazonaws.{REGION}.{service}"));
        let call = call.vpc_endpoint_type(VpcEndpointType::Interface).private_dns_enabled(true);
        call.set_subnet_ids(Some(subnets.clone())).security_group_ids(group).send().await.unwrap();
    }
}

async fn bring_role(stack: &Stack, name: &str, policy: Option<Value>) {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    });
    let iam = stack.account.iam();
    let made = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await;
    made.unwrap();
    if let Some(policy) = policy {
        let call = iam.put_role_policy().role_name(name).policy_name("tasks").policy_document(policy.to_string());
        call.send().await.unwrap();
    }
}

/// What an execution role needs for this image and this log.
fn execution(stack: &Stack) -> Value {
    let of = |service: &str, resource: &str| format!("arn:aws:{service}:{REGION}:{}:{resource}", stack.account.id());
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Resource": of("ecr", "repository/shop/orders"),
            },
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": of("logs", "log-group:/fargatestack/*"),
            },
        ],
    })
}

fn rows() -> Vec<Row> {
    let network = "network.existing is immutable";
    let service = "service.existing is immutable";
    let role = json!("arn:aws:iam::111122223333:role/other");
    vec![
        refused("network.existing.vpcId", "/network/existing/vpcId", json!("vpc-0123456789abcdef0"), network),
        refused(
            "network.existing.publicSubnetIds",
            "/network/existing/publicSubnetIds/0",
            json!("subnet-0123456789abcdef0"),
            network,
        ),
        refused(
            "network.existing.appSubnetIds",
            "/network/existing/appSubnetIds/0",
            json!("subnet-0123456789abcdef0"),
            network,
        ),
        refused(
            "network.existing.ecsSubnetIds",
            "/network/existing/ecsSubnetIds/0",
            json!("subnet-0123456789abcdef0"),
            network,
        ),
        refused(
            "network.existing.ecsRouteTableIds",
            "/network/existing/ecsRouteTableIds/0",
            json!("rtb-0123456789abcdef0"),
            network,
        ),
        refused(
            "network.existing.endpointSecurityGroupId",
            "/network/existing/endpointSecurityGroupId",
            json!("sg-0123456789abcdef0"),
            network,
        ),
        refused(
            "registry.existing.repositoryName",
            "/registry/existing/repositoryName",
            json!("shop/other"),
            "registry.existing is immutable",
        ),
        refused(
            "service.existing.clusterArn",
            "/service/existing/clusterArn",
            json!("arn:aws:ecs:eu-west-1:111122223333:cluster/other"),
            service,
        ),
        refused("service.existing.executionRoleArn", "/service/existing/executionRoleArn", role.clone(), service),
        refused("service.existing.taskRoleArn", "/service/existing/taskRoleArn", role, service),
        set("network.endpoints.s3Gateway", "brought, too", "/network/endpoints/s3Gateway", json!(false)),
        set("network.endpoints.s3Gateway", "built again", "/network/endpoints/s3Gateway", json!(true)),
    ]
}
