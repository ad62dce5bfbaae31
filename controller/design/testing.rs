//! Declarations and facts for the tests of this room.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Graph, Node as _};
use serde_json::{Value, json};

use crate::api::{Spec, Stack, validate};
use crate::aws::facts::{BroughtSubnet, BroughtVpc, Existing, Facts, Image, ResolvedImage, Zone};
use crate::aws::{Body, Node};

/// The minimal stack `shop/orders`, with `changes` merged into its spec.
pub fn spec(changes: Value) -> Spec {
    let mut object = json!({
        "metadata": {"name": "orders", "namespace": "shop", "uid": "uid-1"},
        "spec": {"region": "eu-west-1", "service": {"image": {"tag": "1"}, "containerPort": 8080}},
    });
    merge(&mut object["spec"], changes);
    let stack: Stack = serde_json::from_value(object).unwrap();
    validate(&stack).unwrap()
}

fn merge(into: &mut Value, changes: Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (name, value) in changes {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, changes) => *into = changes,
    }
}

/// A stack in a VPC that the user brings, with `changes` to `existing` merged in.
pub fn brought(changes: Value) -> Spec {
    let mut network = json!({
        "nat": {"mode": "None"},
        "existing": {
            "vpcId": "vpc-b0",
            "publicSubnetIds": ["subnet-b0", "subnet-b1"],
            "appSubnetIds": ["subnet-b2", "subnet-b3"],
            "ecsSubnetIds": ["subnet-b4", "subnet-b5"],
            "ecsRouteTableIds": ["rtb-b0", "rtb-b1"],
            "endpointSecurityGroupId": "sg-b0",
        },
    });
    merge(&mut network, changes);
    if let Some(existing) = network["existing"].as_object_mut() {
        existing.retain(|_, value| !value.is_null());
    }
    spec(json!({ "network": network }))
}

/// Facts of an account in eu-west-1, and of the VPC that [`brought`] names.
pub fn facts() -> Facts {
    let zones: Vec<Zone> = ["a", "b"].into_iter().zip(1..).map(|(letter, n)| zone(letter, n)).collect();
    let cidr = |n: usize| format!("10.0.{n}.0/24").parse().unwrap();
    let subnet = |n: usize| BroughtSubnet { zone: zones[n % 2].clone(), cidr: cidr(n) };
    Facts {
        account: "111122223333".into(),
        partition: "aws".into(),
        region: "eu-west-1".into(),
        s3_prefix_list: Some("pl-s3".into()),
        image: Image::Resolved(image()),
        running_image: None,
        failed_rollout: None,
        permissions_boundary: None,
        user_pool: None,
        existing: Existing {
            vpc: Some(BroughtVpc {
                id: "vpc-b0".into(),
                blocks: vec!["10.0.0.0/16".parse().unwrap()],
                internet_gateway: "igw-b0".into(),
            }),
            subnets: (0..6).map(|n| (format!("subnet-b{n}"), subnet(n))).collect::<BTreeMap<_, _>>(),
            warnings: Vec::new(),
        },
        zones,
        warnings: Vec::new(),
    }
}

/// The image of [`spec`], pushed.
pub fn image() -> ResolvedImage {
    let name = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders:1";
    ResolvedImage::parse(name, &format!("sha256:{}", "a".repeat(64))).unwrap()
}

fn zone(letter: &str, n: usize) -> Zone {
    Zone { id: format!("euw1-az{n}"), name: format!("eu-west-1{letter}") }
}

/// The graph of `spec`.
pub fn graph(spec: &Spec) -> Graph<Node> {
    super::graph(spec, &facts(), &Arc::new(crate::aws::wire::stamp())).unwrap()
}

/// The declared bodies, in creation order.
pub fn bodies(spec: &Spec) -> Vec<Body> {
    graph(spec).nodes().values().map(|node| node.body.clone()).collect()
}

/// The keys of the nodes, in creation order.
pub fn keys(spec: &Spec) -> Vec<String> {
    graph(spec).nodes().values().map(|node| node.key().to_string()).collect()
}
