//! The two tables of AWS that the definition and the controller both hold, each pair of values, against a third reading.
//!
//! The oracles are written the other way round: they list what AWS allows, in addresses and numbers of their own.

use fargatestack::api::{self, Stack};
use kube::core::cel::{Validator, compile_schema};
use serde_json::{Value, json};

/// A spec, judged by the API server's rules and by the controller: they must agree, and the verdict is theirs.
struct Judge {
    schema: kube::core::cel::CompiledSchema,
}

impl Judge {
    fn new() -> Self {
        let (_, definition) = api::crds().remove(0);
        let schema = definition.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
        Self { schema: compile_schema(&serde_json::to_value(schema).unwrap()) }
    }

    fn accepts(&self, spec: &Value) -> bool {
        let object = json!({"metadata": {"name": "orders", "namespace": "shop"}, "spec": spec});
        let stack: Stack = serde_json::from_value(object).unwrap();
        let controller = api::validate(&stack).map(|_| ());
        // Defaults filled in, as the API server would have before its rules run.
        let object = json!({"spec": stack.spec.unwrap()});
        let server = Validator::new().validate_compiled(&self.schema, &object, None);
        assert_eq!(server.is_ok(), controller.is_ok(), "{spec}: {server:?} {controller:?}");
        server.is_ok()
    }
}

/// First address and length of each block that is tried: one or more of every range that the table names, and neighbours.
const BLOCKS: [&str; 24] = [
    "9.255.0.0/16",
    "10.0.0.0/16",
    "10.0.64.0/18",
    "10.0.128.0/18",
    "10.1.0.0/16",
    "10.2.0.0/16",
    "10.255.0.0/16",
    "11.0.0.0/16",
    "100.63.0.0/16",
    "100.64.0.0/16",
    "100.127.0.0/16",
    "172.10.0.0/16",
    "172.15.0.0/16",
    "172.16.0.0/16",
    "172.30.0.0/16",
    "172.31.0.0/17",
    "172.31.128.0/17",
    "172.32.0.0/16",
    "192.167.0.0/16",
    "192.168.0.0/17",
    "192.168.128.0/17",
    "198.18.0.0/16",
    "198.19.0.0/17",
    "203.0.0.0/16",
];

/// First and last address.
fn span(block: &str) -> (u32, u32) {
    let (address, length) = block.split_once('/').unwrap();
    let first: u32 = address.split('.').fold(0, |sum, octet| sum * 256 + octet.parse::<u32>().unwrap());
    (first, first + (u32::MAX >> length.parse::<u32>().unwrap()))
}

fn within(block: &str, range: &str) -> bool {
    let (first, last) = span(block);
    let (from, to) = span(range);
    from <= first && last <= to
}

/// What "can be added" says on <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>, row by row.
fn may_be_added(primary: &str, added: &str) -> bool {
    let (a, b) = (span(primary), span(added));
    if a.0 <= b.1 && b.0 <= a.1 {
        return false;
    }
    let private = |block| ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].iter().any(|range| within(block, range));
    let special = |block| private(block) || within(block, "198.19.0.0/16");
    if !special(added) {
        return true;
    }
    if within(primary, "10.0.0.0/8") {
        within(added, "10.0.0.0/8") && !(within(primary, "10.0.0.0/15") && within(added, "10.0.0.0/16"))
    } else if within(primary, "172.16.0.0/12") {
        within(added, "172.16.0.0/12") && !within(added, "172.31.0.0/16")
    } else {
        within(primary, "192.168.0.0/16") && within(added, "192.168.0.0/16")
    }
}

/// Three /24 of the block for each of its tiers.
fn subnets(block: &str, tier: u32) -> Vec<String> {
    let (first, _) = span(block);
    (0..2).map(|zone| std::net::Ipv4Addr::from(first + (tier * 2 + zone) * 256).to_string() + "/24").collect()
}

#[test]
fn association_table() {
    let judge = Judge::new();
    let mut accepted = 0;
    for primary in BLOCKS {
        for added in BLOCKS {
            let spec = json!({
                "region": "eu-west-1",
                "network": {
                    "vpcCidr": primary, "publicSubnets": subnets(primary, 0), "appSubnets": subnets(primary, 1),
                    "ecsCidr": added, "ecsSubnets": subnets(added, 2),
                },
                "service": {"image": {"tag": "1"}, "containerPort": 80},
            });
            assert_eq!(judge.accepts(&spec), may_be_added(primary, added), "{added} beside {primary}");
            accepted += usize::from(may_be_added(primary, added));
        }
    }
    assert!((100..BLOCKS.len() * BLOCKS.len() - 100).contains(&accepted), "{accepted} pairs were accepted");
}

/// Sizes in GiB that <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html> lists.
fn gigabytes(cpu: i32) -> Vec<i32> {
    match cpu {
        256 => vec![1, 2],
        512 => (1..=4).collect(),
        1024 => (2..=8).collect(),
        2048 => (4..=16).collect(),
        4096 => (8..=30).collect(),
        8192 => (16..=60).step_by(4).collect(),
        16384 => (32..=120).step_by(8).collect(),
        other => panic!("{other} is no size of Fargate"),
    }
}

#[test]
fn sizes_of_tasks() {
    let judge = Judge::new();
    for cpu in [256, 512, 1024, 2048, 4096, 8192, 16384] {
        let least = if cpu == 256 { 512 } else { gigabytes(cpu)[0] * 1024 };
        for memory in (512..=16384).step_by(512).chain((16384..=126_976).step_by(2048)) {
            let spec = json!({
                "region": "eu-west-1",
                "service": {"image": {"tag": "1"}, "containerPort": 80, "cpu": cpu, "memory": memory},
            });
            let listed = memory % 1024 == 0 && gigabytes(cpu).contains(&(memory / 1024));
            let expected = listed || (cpu, memory) == (256, 512);
            assert_eq!(judge.accepts(&spec), expected, "cpu {cpu}, memory {memory}");
        }
        assert_eq!(api::limits::least_memory(cpu), Some(least));
    }
}
