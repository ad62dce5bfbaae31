//! What is left when a stack goes: the account as it was found. And what a user brings is never touched.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, Tag, TagSpecification};
use serde_json::{Value, json};

use crate::controller;
use crate::support::cloud::{items, same};
use crate::support::emulator::{Call, REGION};
use crate::support::stack::Stack;

fn on() -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(true).build()
}

/// Resources of others that look like the stack's: its name without its prefix, its prefix with another name, the same
/// blocks.
async fn bystanders(stack: &Stack) {
    let ec2 = stack.account.ec2();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let look_alikes = [
        vec![tag("Name", &format!("{} vpc/main", stack.qualified()))],
        vec![
            tag("fargatestack.dev/stack", &format!("{}-2", stack.qualified())),
            tag("fargatestack.dev/key", "vpc/main"),
        ],
        vec![tag("stack", &stack.qualified()), tag("key", "vpc/main")],
    ];
    for tags in look_alikes {
        let specification = TagSpecification::builder().resource_type(ResourceType::Vpc).set_tags(Some(tags)).build();
        let call = ec2.create_vpc().cidr_block("10.0.0.0/16").tag_specifications(specification);
        let vpc = call.send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
        ec2.create_subnet().vpc_id(&vpc).cidr_block("10.0.1.0/24").send().await.unwrap();
    }
    ec2.create_internet_gateway().send().await.unwrap();
    ec2.allocate_address().domain("vpc".into()).send().await.unwrap();
}

#[tokio::test]
async fn deletion_leaves_the_account_as_it_was_found() {
    let stack = Stack::prepare(controller(), "clean").await;
    bystanders(&stack).await;
    let before = stack.account.dump();
    stack.declare(json!({"retain": []})).await;
    stack.settled().await;
    assert_ne!(stack.account.dump(), before);
    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
}

#[tokio::test]
async fn slow_deletions_are_waited_for() {
    let stack = Stack::prepare(controller(), "slow").await;
    stack.account.set(&json!({"durations": {"nat.delete": 2, "endpoint.delete": 2}}));
    let before = stack.account.dump();
    stack.declare(json!({"retain": [], "network": {"nat": {"mode": "Regional"}}})).await;
    stack.settled().await;
    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
    let refused = |call: &Call| call.error.as_deref() == Some("DependencyViolation");
    let refused: Vec<_> = stack.account.calls(0).into_iter().filter(refused).map(|call| call.operation).collect();
    assert_eq!(refused, Vec::<String>::new(), "nothing is deleted while something hangs on it");
}

#[tokio::test]
async fn a_suspended_stack_can_go() {
    let stack = Stack::prepare(controller(), "suspended").await;
    let before = stack.account.dump();
    stack.declare(json!({"retain": [], "network": {"nat": {"mode": "None"}}})).await;
    stack.settled().await;
    stack.declare(json!({"retain": [], "network": {"nat": {"mode": "None"}}, "suspend": true})).await;
    stack.until("it is suspended", |it| crate::support::stack::holds(it, "Suspended")).await;
    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
}

#[tokio::test]
async fn a_stack_whose_declaration_became_invalid_can_go() {
    let stack = Stack::prepare(controller(), "invalid-now").await;
    let before = stack.account.dump();
    stack.declare(json!({"retain": [], "network": {"nat": {"mode": "None"}}})).await;
    stack.settled().await;
    stack.declare(json!({"retain": [], "network": {"nat": {"mode": "None"}}, "tags": {"what*": "no key"}})).await;
    stack.until("it is stalled", |it| crate::support::stack::holds(it, "Stalled")).await;
    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
}

#[tokio::test]
async fn a_half_built_stack_can_go() {
    let stack = Stack::prepare(controller(), "half-built").await;
    let before = stack.account.dump();
    // Everything up to the subnets is built, then nothing moves.
    let denied = json!({"operation": "CreateSubnet", "count": 0, "status": 403, "code": "UnauthorizedOperation"});
    stack.account.fault(&denied);
    stack.declare(json!({"retain": []})).await;
    stack.until("a step is refused", |_| stack.account.faults_hit() > 0).await;
    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
}

/// What others put into the stack's VPC stays, and holds nothing back but the VPC.
#[tokio::test]
async fn what_is_in_the_way_is_named_and_all_else_goes() {
    let stack = Stack::prepare(controller(), "in-the-way").await;
    let before = stack.account.dump();
    stack.declare(json!({"retain": [], "network": {"nat": {"mode": "None"}}})).await;
    stack.settled().await;
    let vpc = stack.cloud().id("vpc/main").to_owned();
    let ec2 = stack.account.ec2();
    let theirs = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.0.99.0/24").send().await.unwrap().subnet.unwrap();
    let theirs = theirs.subnet_id.unwrap();
    stack.delete().await;
    let message = stack.reason("DeletionBlocked", "DeletionBlocked").await;
    assert!(message.contains("vpc/main") && message.contains(&vpc), "{message}");
    let owner = format!("in use by subnet {theirs} (of account {})", stack.account.id());
    assert!(message.contains(&owner), "{message}");
    let left = stack.cloud();
    assert_eq!(left.keys(), ["vpc/main"]);
    let blocks = items(left.body("vpc/main"), "CidrBlockAssociationSet");
    assert_eq!(blocks.len(), 1, "the secondary block is gone: {blocks:?}");
    ec2.delete_subnet().subnet_id(theirs).send().await.unwrap();
    stack.look().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
}

/// A network that someone built by hand: two subnets a tier, tables for the task subnets, a group.
pub struct Brought {
    pub spec: Value,
    tables: Vec<String>,
}

pub async fn bring(ec2: &Client) -> Brought {
    let vpc = ec2.create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    ec2.associate_vpc_cidr_block().vpc_id(&vpc).cidr_block("100.64.0.0/16").send().await.unwrap();
    ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(on()).send().await.unwrap();
    let gateway = ec2.create_internet_gateway().send().await.unwrap().internet_gateway.unwrap();
    let gateway = gateway.internet_gateway_id.unwrap();
    ec2.attach_internet_gateway().vpc_id(&vpc).internet_gateway_id(&gateway).send().await.unwrap();
    let (mut tiers, mut tables) = (Vec::new(), Vec::new());
    for blocks in
        [["10.30.10.0/24", "10.30.20.0/24"], ["10.30.1.0/24", "10.30.2.0/24"], ["100.64.1.0/24", "100.64.2.0/24"]]
    {
        let mut tier = Vec::new();
        for (block, zone) in blocks.into_iter().zip(["euw1-az1", "euw1-az2"]) {
            let call = ec2.create_subnet().vpc_id(&vpc).cidr_block(block).availability_zone_id(zone);
            tier.push(call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap());
        }
        tiers.push(tier);
    }
    for subnet in &tiers[2] {
        let table = ec2.create_route_table().vpc_id(&vpc).send().await.unwrap().route_table.unwrap();
        let table = table.route_table_id.unwrap();
        ec2.associate_route_table().route_table_id(&table).subnet_id(subnet).send().await.unwrap();
        tables.push(table);
    }
    let call = ec2.create_security_group().vpc_id(&vpc).group_name("endpoints").description("endpoints");
    let group = call.send().await.unwrap().group_id.unwrap();
    let spec = json!({"retain": [], "network": {
        "vpcCidr": "10.30.0.0/16",
        "ecsCidr": "100.64.0.0/16",
        "nat": {"mode": "None"},
        "endpoints": {"services": []},
        "existing": {
            "vpcId": vpc,
            "publicSubnetIds": tiers[0],
            "appSubnetIds": tiers[1],
            "ecsSubnetIds": tiers[2],
            "ecsRouteTableIds": tables,
            "endpointSecurityGroupId": group,
        },
    }});
    Brought { spec, tables }
}

/// Whether a security group of this name is a stack's.
fn is_ours(name: &str) -> bool {
    name.starts_with("fargatestack/")
}

/// The network in a dump, without the stack's own resources, and without what they put into brought tables: the routes to S3.
fn without_the_stack(mut dump: Value) -> Value {
    let network = dump["network"][REGION].as_object_mut().unwrap();
    for list in network.values_mut() {
        let list = list.as_array_mut().unwrap();
        list.retain(|item| crate::support::cloud::tag(item, "fargatestack.dev/stack").is_none());
        // AWS's own interfaces of a load balancer or a VPC link bear no mark, but a group of the stack.
        let guarded =
            |item: &Value| items(item, "Groups").iter().any(|group| group["GroupName"].as_str().is_some_and(is_ours));
        list.retain(|item| item["RequesterManaged"] != true || !guarded(item));
        // The rule that AWS puts into every new group bears no tag; its group is one of those just left out.
        for item in list {
            if let Some(routes) = item.get_mut("Routes").and_then(Value::as_array_mut) {
                routes.retain(|route| route["DestinationPrefixListId"].is_null());
            }
        }
    }
    json!({ "network": dump["network"] })
}

#[tokio::test]
async fn what_a_user_brings_is_not_touched() {
    let stack = Stack::prepare(controller(), "brought").await;
    let ec2 = stack.account.ec2();
    let Brought { spec, tables } = bring(&ec2).await;
    let before = stack.account.dump();
    stack.declare(spec.clone()).await;
    stack.settled().await;

    let keys = stack.cloud().keys().into_iter().map(Into::into).collect::<Vec<String>>();
    let kinds: std::collections::BTreeSet<_> = keys.iter().filter_map(|key| key.split('/').next()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["security-group", "security-group-rule", "vpc-endpoint"]);
    // One change: the routes to S3.
    same(&without_the_stack(stack.account.dump()), &without_the_stack(before.clone()));
    let mut associated: Vec<_> = items(stack.cloud().body("vpc-endpoint/s3"), "RouteTableIds")
        .iter()
        .map(|table| table.as_str().unwrap().to_owned())
        .collect();
    associated.sort();
    let mut tables = tables;
    tables.sort();
    assert_eq!(associated, tables);
    stack.stays().await;

    // The S3 endpoint may be left to the user as well, and come back.
    let gateway = |on: bool| {
        let mut spec = spec.clone();
        spec["network"]["endpoints"]["s3Gateway"] = json!(on);
        spec
    };
    let without = stack.change(gateway(false)).await;
    assert!(!without.keys().contains(&"vpc-endpoint/s3"));
    assert!(stack.change(gateway(true)).await.keys().contains(&"vpc-endpoint/s3"));

    stack.delete().await;
    stack.gone().await;
    same(&stack.account.dump(), &before);
}
