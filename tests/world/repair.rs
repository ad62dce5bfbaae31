//! What others change behind the controller's back is put right, and what was lost is made again: nothing healthy is replaced.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, IpPermission, IpRange, Tag};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::controller;
use crate::support::cloud::{Cloud, items, same, tag};
use crate::support::emulator::REGION;
use crate::support::stack::{Stack, remembered};

fn on() -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(true).build()
}

fn off() -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(false).build()
}

/// Everything from everywhere.
fn wide_open() -> IpPermission {
    IpPermission::builder().ip_protocol("-1").ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build()
}

/// The dump without what may differ between two equal networks: ids of rules and associations that were made anew.
fn without_ids_of_parts(mut dump: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                for volatile in ["RouteTableAssociationId", "SecurityGroupRuleId", "SecurityGroupRuleArn"] {
                    object.remove(volatile);
                }
                object.values_mut().for_each(strip);
            }
            Value::Array(list) => {
                list.iter_mut().for_each(strip);
                list.sort_by_key(Value::to_string);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    strip(&mut dump);
    dump
}

async fn dns_attributes(ec2: &Client, vpc: &str) -> [bool; 2] {
    use aws_sdk_ec2::types::VpcAttributeName::{EnableDnsHostnames, EnableDnsSupport};
    let ask = |name| ec2.describe_vpc_attribute().vpc_id(vpc).attribute(name).send();
    let support = ask(EnableDnsSupport).await.unwrap();
    let hostnames = ask(EnableDnsHostnames).await.unwrap();
    [support.enable_dns_support().unwrap(), hostnames.enable_dns_hostnames().unwrap()].map(|it| it.value().unwrap())
}

/// Everything that can be changed on a resource without replacing it.
async fn change_everything(ec2: &Client, cloud: &Cloud) {
    let vpc = cloud.id("vpc/main");
    ec2.modify_vpc_attribute().vpc_id(vpc).enable_dns_hostnames(off()).send().await.unwrap();
    ec2.modify_vpc_attribute().vpc_id(vpc).enable_dns_support(off()).send().await.unwrap();
    for group in [cloud.default_group(), cloud.id("security-group/task")] {
        let call = ec2.authorize_security_group_ingress().group_id(group).ip_permissions(wide_open());
        call.send().await.unwrap();
    }
    let subnet = cloud.id("subnet/ecs-a");
    ec2.modify_subnet_attribute().subnet_id(subnet).map_public_ip_on_launch(on()).send().await.unwrap();
    for (table, destination) in [("ecs", "0.0.0.0/0"), ("public", "192.0.2.0/24")] {
        let call = ec2.create_route().route_table_id(cloud.id(&format!("route-table/{table}")));
        let call = call.destination_cidr_block(destination).gateway_id(cloud.id("internet-gateway/main"));
        call.send().await.unwrap();
    }
    let call = ec2.replace_route().route_table_id(cloud.id("route-table/app-a")).destination_cidr_block("0.0.0.0/0");
    call.nat_gateway_id(cloud.id("nat-gateway/b")).send().await.unwrap();
    let call = ec2.delete_route().route_table_id(cloud.id("route-table/app-b"));
    call.destination_cidr_block("0.0.0.0/0").send().await.unwrap();
    let association = association(cloud, "route-table/ecs", "subnet/ecs-b");
    let call = ec2.replace_route_table_association().association_id(association);
    call.route_table_id(cloud.id("route-table/public")).send().await.unwrap();
    let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(cloud.id("vpc-endpoint/logs"));
    call.reset_policy(true).remove_subnet_ids(subnet).send().await.unwrap();
    let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(cloud.id("vpc-endpoint/s3"));
    call.remove_route_table_ids(cloud.id("route-table/ecs")).send().await.unwrap();
}

fn association<'a>(cloud: &'a Cloud, table: &str, subnet: &str) -> &'a str {
    let associations = items(cloud.body(table), "Associations").iter();
    let found = associations.into_iter().find(|association| association["SubnetId"] == cloud.id(subnet));
    found.and_then(|association| association["RouteTableAssociationId"].as_str()).expect("an association")
}

#[tokio::test]
async fn what_others_changed_is_put_right_in_place() {
    let stack = Stack::built(controller(), "changed", json!({})).await;
    let (ec2, before, dump) = (stack.account.ec2(), stack.cloud(), stack.account.dump());
    change_everything(&ec2, &before).await;
    assert_ne!(
        without_ids_of_parts(stack.account.dump()),
        without_ids_of_parts(dump.clone()),
        "the test changed something"
    );
    assert_eq!(dns_attributes(&ec2, before.id("vpc/main")).await, [false, false]);

    stack.repaired().await;
    assert_eq!(dns_attributes(&ec2, before.id("vpc/main")).await, [true, true]);
    assert_eq!(stack.cloud().ids(), before.ids(), "nothing was replaced");
    same(&interfaces_left_out(stack.account.dump()), &interfaces_left_out(dump));
    stack.stays().await;
}

/// An endpoint that comes back into a subnet has a new interface there.
fn interfaces_left_out(dump: Value) -> Value {
    let mut dump = without_ids_of_parts(dump);
    let network = dump["network"][crate::support::emulator::REGION].as_object_mut().unwrap();
    network.remove("networkInterfaces");
    for endpoint in network["vpcEndpoints"].as_array_mut().unwrap() {
        let endpoint = endpoint.as_object_mut().unwrap();
        endpoint.remove("NetworkInterfaceIds");
        endpoint.remove("DnsEntries");
    }
    dump
}

#[tokio::test]
async fn tags_that_others_changed_are_put_right_and_theirs_stay() {
    let stack = Stack::built(controller(), "retagged", json!({"tags": {"team": "shop"}})).await;
    let (ec2, before) = (stack.account.ec2(), stack.cloud());
    let ids: Vec<_> = before.ids().into_values().collect();
    let set = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let call = ec2.create_tags().set_resources(Some(ids.clone()));
    call.tags(set("team", "theirs")).tags(set("cost-center", "4711")).send().await.unwrap();
    stack.repaired().await;
    for key in stack.cloud().keys() {
        assert_eq!(stack.cloud().tag(key, "team"), Some("shop"), "{key}");
        assert_eq!(stack.cloud().tag(key, "cost-center"), Some("4711"), "{key}: not ours to remove");
    }
    let call = ec2.delete_tags().set_resources(Some(ids));
    call.tags(Tag::builder().key("team").build()).send().await.unwrap();
    stack.repaired().await;
    let after = stack.cloud();
    for key in after.keys() {
        assert_eq!(after.tag(key, "team"), Some("shop"), "{key}");
    }
    assert_eq!(after.ids(), before.ids());
    stack.stays().await;
}

#[tokio::test]
async fn what_others_deleted_is_made_again() {
    let stack = Stack::built(controller(), "deleted", json!({})).await;
    let (ec2, before) = (stack.account.ec2(), stack.cloud());
    // From the leaves on: AWS refuses what others still hang on.
    let endpoints = ["vpc-endpoint/s3", "vpc-endpoint/logs"].map(|key| before.id(key).to_owned());
    ec2.delete_vpc_endpoints().set_vpc_endpoint_ids(Some(endpoints.into())).send().await.unwrap();
    let rule = rule_of(&before, "security-group/endpoints");
    let call = ec2.revoke_security_group_ingress().group_id(before.id("security-group/endpoints"));
    call.security_group_rule_ids(rule).send().await.unwrap();
    ec2.delete_nat_gateway().nat_gateway_id(before.id("nat-gateway/b")).send().await.unwrap();
    ec2.release_address().allocation_id(before.id("elastic-ip/b")).send().await.unwrap();
    let table = before.id("route-table/app-b");
    let association = association(&before, "route-table/app-b", "subnet/app-b");
    ec2.disassociate_route_table().association_id(association).send().await.unwrap();
    ec2.delete_route_table().route_table_id(table).send().await.unwrap();
    ec2.delete_subnet().subnet_id(before.id("subnet/app-b")).send().await.unwrap();

    stack.repaired().await;
    let after = stack.cloud();
    assert_eq!(after.keys(), before.keys());
    let replaced: Vec<_> = after
        .ids()
        .into_iter()
        .filter(|(key, id)| id != before.id(key))
        .map(|(key, _)| key)
        .filter(|key| !key.starts_with("security-group-rule/"))
        .collect();
    let deleted =
        ["elastic-ip/b", "nat-gateway/b", "route-table/app-b", "subnet/app-b", "vpc-endpoint/logs", "vpc-endpoint/s3"];
    assert_eq!(replaced, deleted, "what was deleted, and nothing else");
    assert_eq!(after.routes("route-table/app-b")["0.0.0.0/0"], after.id("nat-gateway/b"));
    assert_eq!(after.rules("security-group/endpoints"), before.rules("security-group/endpoints"));
    stack.stays().await;
}

/// The zones that were chosen are in the status: while the subnets cannot be seen, everything else is looked after.
#[tokio::test]
async fn a_failed_look_at_the_subnets_moves_nothing_and_holds_up_nothing_else() {
    let stack = Stack::built(controller(), "blind", json!({"network": {"nat": {"mode": "None"}}})).await;
    let before = stack.cloud();
    let zones = ["subnet/app-a", "subnet/app-b"].map(|key| before.body(key)["AvailabilityZoneId"].clone());
    assert_eq!(json!(stack.get().await.status.zones), json!(zones));

    let denied = json!({"operation": "DescribeSubnets", "count": 0, "status": 403, "code": "UnauthorizedOperation"});
    stack.account.fault(&denied);
    let task = before.id("security-group/task");
    let call = stack.account.ec2().authorize_security_group_ingress().group_id(task).ip_permissions(wide_open());
    call.send().await.unwrap();
    let mark = stack.account.now();
    stack.look().await;
    assert_eq!(stack.cloud().rules("security-group/task"), before.rules("security-group/task"));
    assert_eq!(stack.account.writes(mark), ["RevokeSecurityGroupIngress"]);

    stack.account.heal();
    stack.repaired().await;
    assert_eq!(stack.cloud().ids(), before.ids());
    assert_eq!(json!(stack.get().await.status.zones), json!(zones));
    stack.stays().await;
}

/// The id of the only rule of a group.
fn rule_of(cloud: &Cloud, group: &str) -> String {
    let rules = cloud.keys().into_iter().filter(|key| key.starts_with("security-group-rule/"));
    let mut rules = rules.filter(|key| cloud.body(key)["GroupId"] == cloud.id(group));
    cloud.id(rules.next().expect("a rule")).to_owned()
}

#[tokio::test]
async fn a_failed_nat_gateway_is_replaced() {
    let stack = Stack::prepare(controller(), "nat-fails").await;
    stack.account.fail_next_nat_gateway();
    stack.declare(json!({"network": {"nat": {"mode": "Single"}}})).await;
    stack.settled().await;
    let creates = stack.account.calls(0).into_iter().filter(|call| call.operation == "CreateNatGateway").count();
    assert_eq!(creates, 2);
    let cloud = stack.cloud();
    assert_eq!(cloud.body("nat-gateway/a")["State"], "available");
    assert_eq!(tag(cloud.body("nat-gateway/a"), fargatestack::aws::owner::ATTEMPT), Some("1"));
    assert_eq!(cloud.routes("route-table/app-a")["0.0.0.0/0"], cloud.id("nat-gateway/a"));
    stack.stays().await;
}

#[tokio::test]
async fn a_secondary_block_that_failed_is_associated_anew() {
    let stack = Stack::prepare(controller(), "block-fails").await;
    stack.account.order("block-failures", &json!({"region": REGION, "message": "for a while"}));
    stack.declare(json!({"network": {"availabilityZones": {"count": 1}, "nat": {"mode": "None"}}})).await;
    stack.settled().await;
    let calls = stack.account.calls(0);
    let of_blocks: Vec<_> =
        calls.iter().map(|call| &*call.operation).filter(|it| it.ends_with("VpcCidrBlock")).collect();
    assert_eq!(of_blocks, ["AssociateVpcCidrBlock", "DisassociateVpcCidrBlock", "AssociateVpcCidrBlock"]);
    stack.stays().await;
}

#[tokio::test]
async fn a_lost_status_costs_no_resource() {
    let stack = Stack::built(controller(), "wiped", json!({})).await;
    let (before, records) = (stack.cloud().ids(), remembered(&stack.get().await));
    let mark = stack.account.now();
    let nothing = json!({"status": null});
    stack.api.patch_status(&stack.name, &PatchParams::default(), &Patch::Merge(&nothing)).await.unwrap();
    stack
        .until("the memory is whole again", |it| crate::support::stack::settled(it) && remembered(it) == records)
        .await;
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
    assert_eq!(stack.cloud().ids(), before);
    stack.stays().await;
}
