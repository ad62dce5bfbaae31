//! Fields of the network, the load balancer, the registry, and of the stack as a whole.

use serde_json::{Value, json};

use super::super::{built, ending, manifest};
use super::{Row, Then, changed, refused, set, together};
use crate::controller;
use crate::support::emulator::REGION;
use crate::support::stack::{Stack, holds};

pub(super) async fn lead() -> Vec<String> {
    let stack = Stack::prepare(controller(), "fields-network").await;
    let mut spec = manifest::full(&stack).await;
    let identity = bounded_identity(&stack).await;
    let before = stack.account.dump();
    built(&stack, spec.clone()).await;
    let group = group_in_vpc(&stack).await;
    let mut lines = changed(&stack, &mut spec, of_stack(&identity)).await;
    lines.extend(changed(&stack, &mut spec, of_network(&group)).await);
    lines.extend(changed(&stack, &mut spec, zones()).await);
    lines.extend(changed(&stack, &mut spec, of_balancer_and_registry()).await);
    let ec2 = stack.account.ec2();
    ec2.delete_security_group().group_id(group).send().await.unwrap();
    ending::leaves_nothing(&stack, &before).await;
    lines
}

/// A security group of the user's in the stack's VPC.
async fn group_in_vpc(stack: &Stack) -> String {
    let vpc = stack.cloud().id("vpc/main").to_owned();
    let made = stack.account.ec2().create_security_group().vpc_id(vpc).group_name("cache").description("cache");
    made.send().await.unwrap().group_id.unwrap()
}

/// Another identity in the same account, whose roles are bounded.
async fn bounded_identity(stack: &Stack) -> String {
    let name = format!("{}-bounded", stack.namespace);
    let boundary = manifest::policy(stack, "boundary", "*").await;
    stack.identity(&name, json!({"permissionsBoundaryArn": boundary}));
    name
}

fn rests_suspended(stack: &fargatestack::api::Stack) -> bool {
    stack.status.observed_generation == stack.metadata.generation && holds(stack, "Suspended")
}

fn of_stack(identity: &str) -> Vec<Row> {
    let quiet =
        |field, at, [to, back]: [&'static str; 2]| [set(field, to, at, json!(to)), set(field, back, at, json!(back))];
    let mut rows = vec![
        refused("region", "/region", json!("eu-central-1"), "region is immutable"),
        Row {
            field: "suspend",
            how: "suspended",
            changes: vec![("/suspend", json!(true))],
            then: Then::Rests(rests_suspended),
        },
        set("suspend", "resumed", "/suspend", json!(false)),
    ];
    rows.extend(quiet("mode", "/mode", ["Approve", "Apply"]));
    rows.extend(quiet("driftPolicy", "/driftPolicy", ["Report", "Repair"]));
    rows.extend(quiet("deletionPolicy", "/deletionPolicy", ["Retain", "Delete"]));
    rows.extend([
        set("deletionProtection", "on", "/deletionProtection", json!(true)),
        set("deletionProtection", "off", "/deletionProtection", json!(false)),
        set("retain", "nothing", "/retain", json!([])),
        set("tags", "another value", "/tags/team", json!("billing")),
        set("tags", "one less", "/tags/cost-center", Value::Null),
        set("identityRef.name", "one with a boundary", "/identityRef/name", json!(identity)),
    ]);
    rows
}

fn of_network(group: &str) -> Vec<Row> {
    let kept = "cannot change, be set or unset later: only entries at its end may come and go";
    vec![
        refused("network.vpcCidr", "/network/vpcCidr", json!("10.21.0.0/16"), "vpcCidr is immutable"),
        refused("network.ecsCidr", "/network/ecsCidr", json!("100.65.0.0/16"), "ecsCidr is immutable"),
        refused("network.publicSubnets", "/network/publicSubnets/0", json!("10.20.30.0/24"), kept),
        refused("network.appSubnets", "/network/appSubnets/0", json!("10.20.3.0/24"), kept),
        refused("network.ecsSubnets", "/network/ecsSubnets/0", json!("100.64.32.0/20"), kept),
        set("network.nat.mode", "Zonal to Single", "/network/nat/mode", json!("Single")),
        set("network.nat.mode", "Single to Regional", "/network/nat/mode", json!("Regional")),
        set("network.nat.mode", "Regional to None", "/network/nat/mode", json!("None")),
        set("network.nat.mode", "None to Zonal", "/network/nat/mode", json!("Zonal")),
        set("network.endpoints.services", "one less", "/network/endpoints/services/3", Value::Null),
        set("network.endpoints.services", "one more", "/network/endpoints/services/3", json!("sts")),
        set("network.endpoints.policies", "FullAccess", "/network/endpoints/policies", json!("FullAccess")),
        set("network.flowLogs.retentionDays", "30", "/network/flowLogs/retentionDays", json!(30)),
        set("network.flowLogs.retentionDays", "none", "/network/flowLogs", Value::Null),
        set("service.egress[].cidr", "another block", "/service/egress/0/cidr", json!("10.20.3.0/24")),
        set("service.egress[].port", "another port", "/service/egress/0/port", json!(5433)),
        set("service.egress[].protocol", "udp", "/service/egress/0/protocol", json!("udp")),
        set(
            "service.egress[].securityGroupId",
            "one more",
            "/service/egress/3",
            json!({"securityGroupId": group, "port": 6379}),
        ),
        set("service.egress[].prefixListId", "one less", "/service/egress/2", Value::Null),
        set("service.egress[].securityGroupId", "one less", "/service/egress/2", Value::Null),
    ]
}

/// A third zone comes with a subnet in each tier, and goes again.
fn zones() -> Vec<Row> {
    let field = "network.availabilityZones.names";
    let zone = |name: Value, public: Value, app: Value, ecs: Value| {
        [
            ("/network/availabilityZones/names/2", name),
            ("/network/publicSubnets/2", public),
            ("/network/appSubnets/2", app),
            ("/network/ecsSubnets/2", ecs),
        ]
    };
    let third = zone(json!("eu-west-1c"), json!("10.20.30.0/24"), json!("10.20.3.0/24"), json!("100.64.32.0/20"));
    vec![
        together(field, "a third zone", third),
        together(field, "two zones again", zone(Value::Null, Value::Null, Value::Null, Value::Null)),
    ]
}

fn of_balancer_and_registry() -> Vec<Row> {
    vec![
        set("loadBalancer.crossZone", "off", "/loadBalancer/crossZone", json!(false)),
        set("loadBalancer.port", "81", "/loadBalancer/port", json!(81)),
        set("loadBalancer.securityGroup", "Dedicated", "/loadBalancer/securityGroup", json!("Dedicated")),
        refused("registry.name", "/registry/name", json!("shop/other"), "registry.name is immutable"),
        refused(
            "registry.encryption.kmsKeyArn",
            "/registry/encryption/kmsKeyArn",
            json!(format!("arn:aws:kms:{REGION}:111122223333:key/2")),
            "registry.encryption is immutable",
        ),
        set("registry.tagImmutability", "off", "/registry/tagImmutability", json!(false)),
        set("registry.scanOnPush", "off", "/registry/scanOnPush", json!(false)),
        set("registry.keepImages", "10", "/registry/keepImages", json!(10)),
    ]
}
