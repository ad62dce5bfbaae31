//! The user's hand in the network.

use aws_sdk_ec2::types::{
    AttributeBooleanValue, IpPermission, IpRange, SecurityGroupRuleRequest, SecurityGroupRuleUpdate, Tag,
};

use super::{Done, Hand, done};
use crate::support::cloud::items;

/// Changes one thing of `kind`, if it is of the network.
pub(super) async fn change(hand: &Hand, kind: &str) -> Option<Done> {
    let ec2 = hand.account.ec2();
    let id = |key: &str| hand.id(key).to_owned();
    Some(match kind {
        "vpc" => {
            let off = AttributeBooleanValue::builder().value(false).build();
            done(ec2.modify_vpc_attribute().vpc_id(id("vpc/main")).enable_dns_hostnames(off).send().await)
        }
        // An associated block.
        "vpc-cidr" => Done::Fixed,
        "internet-gateway" => retag(hand, "internet-gateway/main").await,
        "elastic-ip" => retag(hand, "elastic-ip/a").await,
        "nat-gateway" => retag(hand, "nat-gateway/a").await,
        "flow-log" => retag(hand, "flow-log/main").await,
        "subnet" => {
            let on = AttributeBooleanValue::builder().value(true).build();
            let call = ec2.modify_subnet_attribute().subnet_id(id("subnet/ecs-a")).map_public_ip_on_launch(on);
            done(call.send().await)
        }
        "route-table" => {
            let call = ec2.create_route().route_table_id(id("route-table/ecs")).destination_cidr_block("0.0.0.0/0");
            done(call.gateway_id(id("internet-gateway/main")).send().await)
        }
        "security-group" => {
            let anybody = IpRange::builder().cidr_ip("0.0.0.0/0").build();
            let open = IpPermission::builder().ip_protocol("-1").ip_ranges(anybody).build();
            let call = ec2.authorize_security_group_ingress().group_id(id("security-group/task"));
            done(call.ip_permissions(open).send().await)
        }
        "security-group-rule" => {
            let (rule, group) = rule(hand);
            let moved = SecurityGroupRuleRequest::builder().ip_protocol("tcp").from_port(444).to_port(444);
            let moved = moved.referenced_group_id(id("security-group/task")).description("theirs").build();
            let update = SecurityGroupRuleUpdate::builder().security_group_rule_id(rule).security_group_rule(moved);
            let call = ec2.modify_security_group_rules().group_id(group).security_group_rules(update.build());
            done(call.send().await)
        }
        "vpc-endpoint" => {
            done(ec2.modify_vpc_endpoint().vpc_endpoint_id(id("vpc-endpoint/logs")).reset_policy(true).send().await)
        }
        _ => return None,
    })
}

/// Deletes one of `kind`, if it is of the network.
pub(super) async fn delete(hand: &Hand, kind: &str) -> Option<Done> {
    let ec2 = hand.account.ec2();
    let id = |key: &str| hand.id(key).to_owned();
    Some(match kind {
        "vpc" => done(ec2.delete_vpc().vpc_id(id("vpc/main")).send().await),
        "vpc-cidr" => done(ec2.disassociate_vpc_cidr_block().association_id(id("vpc-cidr/ecs")).send().await),
        "internet-gateway" => {
            done(ec2.delete_internet_gateway().internet_gateway_id(id("internet-gateway/main")).send().await)
        }
        "subnet" => done(ec2.delete_subnet().subnet_id(id("subnet/ecs-a")).send().await),
        "elastic-ip" => done(ec2.release_address().allocation_id(id("elastic-ip/a")).send().await),
        "nat-gateway" => done(ec2.delete_nat_gateway().nat_gateway_id(id("nat-gateway/a")).send().await),
        "route-table" => done(ec2.delete_route_table().route_table_id(id("route-table/app-a")).send().await),
        "security-group" => done(ec2.delete_security_group().group_id(id("security-group/task")).send().await),
        "security-group-rule" => {
            let (rule, group) = rule(hand);
            let call = ec2.revoke_security_group_ingress().group_id(group).security_group_rule_ids(rule);
            done(call.send().await)
        }
        "vpc-endpoint" => done(ec2.delete_vpc_endpoints().vpc_endpoint_ids(id("vpc-endpoint/logs")).send().await),
        "flow-log" => done(ec2.delete_flow_logs().flow_log_ids(id("flow-log/main")).send().await),
        _ => return None,
    })
}

async fn retag(hand: &Hand, key: &str) -> Done {
    let theirs = Tag::builder().key("team").value("theirs").build();
    done(hand.account.ec2().create_tags().resources(hand.id(key)).tags(theirs).send().await)
}

/// The rule that lets tasks in to the endpoints, and its group.
fn rule(hand: &Hand) -> (String, String) {
    let group = hand.id("security-group/endpoints");
    let rules = hand.ids.iter().filter(|(key, _)| key.starts_with("security-group-rule/"));
    let mut of_group = rules.filter(|(key, _)| hand.cloud.body(key)["GroupId"] == group);
    let (key, id) = of_group.next().expect("a rule of the endpoints' group");
    assert!(items(hand.cloud.body(key), "Tags").len() > 1);
    (id.clone(), group.to_owned())
}
