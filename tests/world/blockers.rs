//! What keeps a stack from going: it is named with its owner and the fix, all else goes, and nothing of others is touched.

use std::collections::BTreeSet;

use aws_sdk_ecr::types::ImageIdentifier;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, Compatibility, ContainerDefinition, LaunchType, NetworkConfiguration, NetworkMode,
};
use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;
use fargatestack::api;
use serde_json::json;

use crate::controller;
use crate::support::stack::{Stack, find, remembered};

/// Kinds of what status remembers.
fn kinds(stack: &api::Stack) -> BTreeSet<String> {
    remembered(stack).keys().filter_map(|key| key.split('/').next()).map(str::to_owned).collect()
}

/// Waits until the message that says why the deletion does not go on names all of `parts`.
async fn blocked(stack: &Stack, parts: &[&str]) -> api::Stack {
    let named = |it: &api::Stack| {
        find(it, "DeletionBlocked").is_some_and(|it| parts.iter().all(|part| it.message.contains(part)))
    };
    stack.until(&format!("the deletion is blocked by {parts:?}"), named).await
}

async fn protect(stack: &Stack, balancer: &str, group: &str, protected: bool) {
    let attribute = LoadBalancerAttribute::builder().key("deletion_protection.enabled").value(protected.to_string());
    let call = stack.account.elb().modify_load_balancer_attributes().load_balancer_arn(balancer);
    call.attributes(attribute.build()).send().await.unwrap();
    let call = stack.account.logs().put_log_group_deletion_protection().log_group_identifier(group);
    call.deletion_protection_enabled(protected).send().await.unwrap();
}

/// What somebody wants to stay: protected by a user, or full of data.
#[tokio::test]
async fn what_is_protected_or_full_is_named_until_it_is_free() {
    let spec = json!({"retain": [], "network": {"nat": {"mode": "None"}}});
    let stack = Stack::working(controller(), "blocked-by-users", spec).await;
    let ids = remembered(&stack.get().await);
    let (balancer, group) = (&ids["load-balancer/main"], &ids["log-group/tasks"]);
    protect(&stack, balancer, group, true).await;
    stack.delete().await;
    let parts = [
        "load-balancer/main",
        "set its attribute deletion_protection.enabled to false",
        "log-group/tasks",
        "switch its deletion protection off, or keep it by spec.retain: [LogGroups]",
        "repository/main",
        "holds 1 image: delete them, or keep it by spec.retain: [Repository]",
    ];
    blocked(&stack, &parts).await;
    let left = stack.looking("nothing moves any more", |it| find(it, "Stalled").is_some()).await;
    assert_eq!(find(&left, "Stalled").unwrap().reason, "DeletionBlocked");
    let held = ["load-balancer", "log-group", "repository", "security-group", "subnet", "vpc", "vpc-cidr"];
    assert_eq!(kinds(&left), held.map(str::to_owned).into());

    // One of the fixes that the message names, and one after the other.
    protect(&stack, balancer, group, false).await;
    let freed = |it: &api::Stack| kinds(it) == BTreeSet::from(["repository".to_owned()]);
    stack.looking("the repository alone is left", freed).await;
    let image = ImageIdentifier::builder().image_tag("1.4.2").build();
    let name = stack.qualified();
    stack.account.ecr().batch_delete_image().repository_name(name).image_ids(image).send().await.unwrap();
    stack.look().await;
    stack.gone().await;
    assert!(stack.cloud().is_empty(), "{:?}", stack.cloud().keys());
}

/// A service of somebody else in the stack's cluster, without tasks.
async fn foreign_service(stack: &Stack, cluster: &str, subnet: &str) -> String {
    let ecs = stack.account.ecs();
    let container = ContainerDefinition::builder().name("theirs").image("public.ecr.aws/theirs:1").build();
    let registered = ecs
        .register_task_definition()
        .family("theirs")
        .network_mode(NetworkMode::Awsvpc)
        .requires_compatibilities(Compatibility::Fargate)
        .cpu("256")
        .memory("512")
        .container_definitions(container)
        .send()
        .await
        .unwrap();
    let network = AwsVpcConfiguration::builder().subnets(subnet).build().unwrap();
    let network = NetworkConfiguration::builder().awsvpc_configuration(network).build();
    let definition = registered.task_definition.unwrap().task_definition_arn.unwrap();
    let call = ecs.create_service().cluster(cluster).service_name("carts").task_definition(definition);
    let made = call.launch_type(LaunchType::Fargate).desired_count(0).network_configuration(network);
    let made = made.send().await.unwrap();
    made.service.unwrap().service_arn.unwrap()
}

/// What others put into what is the stack's.
#[tokio::test]
async fn what_others_run_in_it_is_named_with_its_owner() {
    let spec = json!({"retain": [], "network": {"nat": {"mode": "None"}}});
    let stack = Stack::built(controller(), "blocked-by-others", spec).await;
    let ids = remembered(&stack.get().await);
    let (subnet, cluster) = (&ids["subnet/app-a"], &ids["ecs-cluster/main"]);
    let (ec2, ecs) = (stack.account.ec2(), stack.account.ecs());
    let interface = ec2.create_network_interface().subnet_id(subnet).description("their database");
    let interface = interface.send().await.unwrap().network_interface.unwrap().network_interface_id.unwrap();
    let service = foreign_service(&stack, cluster, subnet).await;
    stack.delete().await;
    let account = stack.account.id();
    let parts = [
        "subnet/app-a",
        &format!("in use by network interface {interface} (\"their database\", of account {account})"),
        "ecs-cluster/main",
        &format!("it holds service carts (made by arn:aws:iam::{account}:root)"),
        "its owner has to remove it",
    ];
    let left = blocked(&stack, &parts).await;
    let keys: Vec<String> = remembered(&left).into_keys().collect();
    assert_eq!(keys, ["ecs-cluster/main", "subnet/app-a", "vpc/main"]);

    let theirs = ecs.describe_services().cluster(cluster).services(&service).send().await.unwrap();
    assert_eq!(theirs.services()[0].status(), Some("ACTIVE"));
    ec2.describe_network_interfaces().network_interface_ids(&interface).send().await.unwrap();
    ec2.delete_network_interface().network_interface_id(interface).send().await.unwrap();
    ecs.delete_service().cluster(cluster).service(service).force(true).send().await.unwrap();
    stack.look().await;
    stack.gone().await;
    assert!(stack.cloud().is_empty(), "{:?}", stack.cloud().keys());
}
