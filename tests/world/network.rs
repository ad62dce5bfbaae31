//! From `kubectl apply` to the network in AWS, and every change of it in place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::controller;
use crate::support::cloud::{Cloud, items};
use crate::support::stack::Stack;

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

/// Logical ids of one kind.
fn of_kind(cloud: &Cloud, kind: &str) -> Vec<String> {
    let prefix = format!("{kind}/");
    cloud.keys().into_iter().filter_map(|key| key.strip_prefix(&prefix)).map(Into::into).collect()
}

/// The id of the S3 prefix list, as the routes of the isolated table name it.
fn s3_list(cloud: &Cloud) -> String {
    let routes = cloud.routes("route-table/ecs");
    routes.into_keys().find(|destination| destination.starts_with("pl-")).expect("a route to S3")
}

#[tokio::test]
async fn the_minimal_manifest_builds_the_network_of_the_architecture() {
    let stack = Stack::prepare(controller(), "minimal").await;
    stack.declare(json!({})).await;
    let status = stack.settled().await.status;

    let cloud = stack.cloud();
    assert_eq!(remembered_network(&stack.get().await), cloud_and_associations(&cloud, &status));
    let vpc = cloud.body("vpc/main");
    let blocks: BTreeSet<_> =
        items(vpc, "CidrBlockAssociationSet").iter().map(|block| text(block, "CidrBlock")).collect();
    assert_eq!(blocks, BTreeSet::from(["10.0.0.0/16", "172.10.0.0/16"]));
    assert!(cloud.default_group_rules().is_empty(), "{:?}", cloud.default_group_rules());
    subnets_are_as_the_architecture_says(&cloud);
    routes_are_as_the_architecture_says(&cloud);
    endpoints_are_restricted(&cloud, stack.account.id());
    let outputs = status.outputs.unwrap();
    assert_eq!(outputs.vpc_id.as_deref(), Some(cloud.id("vpc/main")));
    let addresses: Vec<_> =
        ["elastic-ip/a", "elastic-ip/b"].map(|key| text(cloud.body(key), "PublicIp").to_owned()).into();
    assert_eq!(outputs.nat_addresses, addresses);
    assert_eq!(status.account_id.as_deref(), Some(stack.account.id()));
    stack.stays().await;
}

/// What the status remembers of the network.
fn remembered_network(stack: &fargatestack::api::Stack) -> BTreeMap<String, String> {
    let of_ec2 = |key: &str| {
        let kind = key.split('/').next();
        let calls = fargatestack::aws::CALLS.iter().find(|(name, _)| Some(*name) == kind);
        calls.is_some_and(|(_, calls)| calls.iter().any(|call| call.operation.starts_with("ec2:")))
    };
    crate::support::stack::remembered(stack).into_iter().filter(|(key, _)| of_ec2(key)).collect()
}

/// What the status must remember of it: all that is tagged, and the association of the secondary block, which carries no tag.
fn cloud_and_associations(cloud: &Cloud, status: &fargatestack::api::Status) -> BTreeMap<String, String> {
    let mut ids = cloud.ids();
    let secondary = status.resources.iter().find(|record| record.key == "vpc-cidr/ecs");
    ids.insert("vpc-cidr/ecs".into(), secondary.and_then(|record| record.id.clone()).unwrap());
    ids
}

fn subnets_are_as_the_architecture_says(cloud: &Cloud) {
    let blocks = [
        ("public", ["10.0.10.0/24", "10.0.20.0/24"]),
        ("app", ["10.0.1.0/24", "10.0.2.0/24"]),
        ("ecs", ["172.10.1.0/24", "172.10.2.0/24"]),
    ];
    let zones = ["a", "b"].map(|slot| text(cloud.body(&format!("subnet/ecs-{slot}")), "AvailabilityZoneId").to_owned());
    assert_ne!(zones[0], zones[1]);
    for (tier, blocks) in blocks {
        for ((slot, block), zone) in ["a", "b"].into_iter().zip(blocks).zip(&zones) {
            let subnet = cloud.body(&format!("subnet/{tier}-{slot}"));
            assert_eq!((text(subnet, "CidrBlock"), text(subnet, "AvailabilityZoneId")), (block, zone.as_str()));
            assert_eq!(subnet["MapPublicIpOnLaunch"], false, "{tier}");
        }
    }
    assert_eq!(of_kind(cloud, "subnet").len(), 6);
}

fn routes_are_as_the_architecture_says(cloud: &Cloud) {
    let default = |target: &str| BTreeMap::from([("0.0.0.0/0".to_owned(), target.to_owned())]);
    assert_eq!(cloud.routes("route-table/public"), default(cloud.id("internet-gateway/main")));
    for slot in ["a", "b"] {
        let gateway = cloud.body(&format!("nat-gateway/{slot}"));
        assert_eq!(text(gateway, "SubnetId"), cloud.id(&format!("subnet/public-{slot}")), "each in its zone");
        let table = format!("route-table/app-{slot}");
        assert_eq!(cloud.routes(&table), default(cloud.id(&format!("nat-gateway/{slot}"))));
        assert_eq!(cloud.subnets_of(&table), [cloud.id(&format!("subnet/app-{slot}"))]);
    }
    // The isolated tables: S3 and nothing else.
    let endpoint = cloud.id("vpc-endpoint/s3").to_owned();
    assert_eq!(cloud.routes("route-table/ecs").into_values().collect::<Vec<_>>(), [endpoint]);
    for (table, tier) in [("route-table/ecs", "ecs"), ("route-table/public", "public")] {
        let mut subnets = ["a", "b"].map(|slot| cloud.id(&format!("subnet/{tier}-{slot}")).to_owned());
        subnets.sort();
        assert_eq!(cloud.subnets_of(table), subnets);
    }
}

fn endpoints_are_restricted(cloud: &Cloud, account: &str) {
    assert_eq!(of_kind(cloud, "vpc-endpoint"), ["ecr-api", "ecr-dkr", "logs", "s3"]);
    let mut subnets = ["subnet/ecs-a", "subnet/ecs-b"].map(|key| cloud.id(key).to_owned());
    subnets.sort();
    for name in ["ecr-api", "ecr-dkr", "logs"] {
        let endpoint = cloud.body(&format!("vpc-endpoint/{name}"));
        assert_eq!(endpoint["PrivateDnsEnabled"], true, "{name}");
        assert_eq!(endpoint["SubnetIds"], json!(subnets), "{name}");
        let groups: Vec<_> = items(endpoint, "Groups").iter().map(|group| text(group, "GroupId")).collect();
        assert_eq!(groups, [cloud.id("security-group/endpoints")]);
        assert!(text(endpoint, "PolicyDocument").contains(account), "{name}: {}", text(endpoint, "PolicyDocument"));
    }
    let policy: Value = serde_json::from_str(text(cloud.body("vpc-endpoint/s3"), "PolicyDocument")).unwrap();
    let layers = "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*";
    assert!(policy.to_string().contains(layers) && !policy.to_string().contains(r#""Resource":"*""#), "{policy}");
}

#[tokio::test]
async fn who_may_speak_to_whom_follows_the_declaration() {
    let stack = Stack::built(controller(), "rules", json!({})).await;
    let (link, task, balancer, endpoints) =
        ("security-group/vpc-link", "security-group/task", "security-group/load-balancer", "security-group/endpoints");
    let cloud = stack.cloud();
    let s3 = s3_list(&cloud);
    let out = [format!("to {s3} tcp/443"), format!("to {endpoints} tcp/443")];
    let task_rules = |lines: &[String]| {
        let mut rules = [lines, &out].concat();
        rules.sort();
        rules
    };
    // The link's group is the load balancer's, too: into the listener, and on to the tasks.
    let joint = |listener: u16, container: u16| {
        let mut lines = [
            format!("from {link} tcp/{listener}"),
            format!("to {link} tcp/{listener}"),
            format!("to {task} tcp/{container}"),
        ];
        lines.sort();
        lines
    };
    assert_eq!(cloud.rules(link), joint(80, 8080));
    assert_eq!(cloud.rules(task), task_rules(&[format!("from {link} tcp/8080")]));
    assert_eq!(cloud.rules(endpoints), [format!("from {task} tcp/443")]);

    let port = stack.change(json!({"loadBalancer": {"port": 81}, "service": {"containerPort": 9090}})).await;
    assert_eq!(port.rules(link), joint(81, 9090));
    assert_eq!(port.rules(task), task_rules(&[format!("from {link} tcp/9090")]));
    assert_eq!(port.id(task), cloud.id(task));

    let egress = |entries: Value| json!({"service": {"egress": entries}});
    let database = json!({"cidr": "10.0.1.0/24", "port": 5432});
    let one = stack.change(egress(json!([database]))).await;
    let ingress = format!("from {link} tcp/8080");
    assert_eq!(one.rules(task), task_rules(&[ingress.clone(), "to 10.0.1.0/24 tcp/5432".into()]));
    let names = json!({"cidr": "10.0.2.0/24", "port": 53, "protocol": "udp"});
    let two = stack.change(egress(json!([database, names]))).await;
    let both = [ingress.clone(), "to 10.0.1.0/24 tcp/5432".into(), "to 10.0.2.0/24 udp/53".into()];
    assert_eq!(two.rules(task), task_rules(&both));
    let moved = stack.change(egress(json!([{"cidr": "10.0.1.0/24", "port": 5433}]))).await;
    assert_eq!(moved.rules(task), task_rules(&[ingress.clone(), "to 10.0.1.0/24 tcp/5433".into()]));

    let dedicated = stack.change(json!({"loadBalancer": {"securityGroup": "Dedicated"}})).await;
    assert_eq!(dedicated.rules(link), [format!("to {balancer} tcp/80")]);
    assert_eq!(dedicated.rules(balancer), [format!("from {link} tcp/80"), format!("to {task} tcp/8080")]);
    assert_eq!(dedicated.rules(task), task_rules(&[format!("from {balancer} tcp/8080")]));

    let back = stack.change(json!({})).await;
    assert_eq!((back.rules(link), back.rules(task)), (cloud.rules(link), cloud.rules(task)));
    assert!(!back.keys().contains(&balancer));
}

#[tokio::test]
async fn nat_follows_its_mode() {
    let stack = Stack::built(controller(), "nat-modes", json!({})).await;
    let built = stack.cloud().ids();
    let mode = |mode: &str| json!({"network": {"nat": {"mode": mode}}});
    let default = "0.0.0.0/0";
    let ways_out =
        |cloud: &Cloud| ["a", "b"].map(|slot| cloud.routes(&format!("route-table/app-{slot}")).get(default).cloned());

    let single = stack.change(mode("Single")).await;
    assert_eq!((of_kind(&single, "nat-gateway"), of_kind(&single, "elastic-ip")), (vec!["a".into()], vec!["a".into()]));
    let gateway = Some(built["nat-gateway/a"].clone());
    assert_eq!(ways_out(&single), [gateway.clone(), gateway], "the one that is left, for both zones");

    let regional = stack.change(mode("Regional")).await;
    assert_eq!(of_kind(&regional, "nat-gateway"), ["regional"]);
    assert!(of_kind(&regional, "elastic-ip").is_empty());
    let gateway = Some(regional.id("nat-gateway/regional").to_owned());
    assert_eq!(ways_out(&regional), [gateway.clone(), gateway]);

    let none = stack.change(mode("None")).await;
    assert!(of_kind(&none, "nat-gateway").is_empty());
    assert_eq!(ways_out(&none), [None, None]);

    let zonal = stack.change(mode("Zonal")).await;
    let gateways = ["a", "b"].map(|slot| Some(zonal.id(&format!("nat-gateway/{slot}")).to_owned()));
    assert_eq!(ways_out(&zonal), gateways);
    let lasting = |ids: BTreeMap<String, String>| -> BTreeMap<_, _> {
        ids.into_iter().filter(|(key, _)| !key.starts_with("nat-gateway/") && !key.starts_with("elastic-ip/")).collect()
    };
    assert_eq!(lasting(zonal.ids()), lasting(built), "nothing else was replaced");
}

#[tokio::test]
async fn endpoints_follow_services_and_policies() {
    let stack = Stack::built(controller(), "endpoints", json!({"network": {"nat": {"mode": "None"}}})).await;
    let built = stack.cloud();
    let endpoints = |services: &[&str], policies: &str| json!({"network": {"nat": {"mode": "None"}, "endpoints": {"services": services, "policies": policies}}});
    let more = stack.change(endpoints(&["ecr.api", "ecr.dkr", "logs", "kms"], "Restricted")).await;
    assert_eq!(of_kind(&more, "vpc-endpoint"), ["ecr-api", "ecr-dkr", "kms", "logs", "s3"]);

    let full = stack.change(endpoints(&["ecr.api", "ecr.dkr", "logs"], "FullAccess")).await;
    assert_eq!(full.ids(), built.ids(), "kms is gone, the others are the same");
    for name in of_kind(&full, "vpc-endpoint") {
        let policy: Value =
            serde_json::from_str(text(full.body(&format!("vpc-endpoint/{name}")), "PolicyDocument")).unwrap();
        assert_eq!(policy["Statement"][0]["Action"], "*", "{name}");
    }
    let restricted = stack.change(endpoints(&["ecr.api", "ecr.dkr", "logs"], "Restricted")).await;
    endpoints_are_restricted(&restricted, stack.account.id());
    assert_eq!(restricted.ids(), built.ids());
}

#[tokio::test]
async fn tags_follow_on_every_resource() {
    let tagged = |tags: Value| json!({"network": {"nat": {"mode": "None"}}, "tags": tags});
    let stack = Stack::built(controller(), "tags", tagged(json!({"team": "shop"}))).await;
    let built = stack.cloud();
    let values = |cloud: &Cloud, name: &str| -> Vec<Option<String>> {
        let mut values: Vec<_> = cloud.keys().iter().map(|key| cloud.tag(key, name).map(Into::into)).collect();
        values.dedup();
        values
    };
    assert_eq!(values(&built, "team"), [Some("shop".to_owned())]);
    let changed = stack.change(tagged(json!({"team": "billing", "stage": "test"}))).await;
    assert_eq!(values(&changed, "team"), [Some("billing".to_owned())]);
    assert_eq!(values(&changed, "stage"), [Some("test".to_owned())]);
    let removed = stack.change(tagged(json!({"stage": "test"}))).await;
    assert_eq!(values(&removed, "team"), [None]);
    assert_eq!(removed.ids(), built.ids());
}
