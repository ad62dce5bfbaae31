//! The graph as a whole. Keys are written to AWS: a change to a list here loses resources that stand.

use engine::{Action, Id, Memory, Observed, plan};
use serde_json::json;

use super::testing::{bodies, brought, facts, graph, image, keys, spec};
use super::{Remembered, wanted};
use crate::aws::facts::{Reference, WantedExisting, WantedRepository, WantedZones};
use crate::aws::{Body, Placement, Target};

const DEFAULT: &[&str] = &[
    "vpc/main",
    "vpc-cidr/ecs",
    "internet-gateway/main",
    "subnet/app-a",
    "subnet/app-b",
    "subnet/ecs-a",
    "subnet/ecs-b",
    "subnet/public-a",
    "subnet/public-b",
    "elastic-ip/a",
    "elastic-ip/b",
    "nat-gateway/a",
    "nat-gateway/b",
    "route-table/app-a",
    "route-table/app-b",
    "route-table/ecs",
    "route-table/public",
    "security-group/endpoints",
    "security-group/task",
    "security-group/vpc-link",
    "security-group-rule/endpoints-from-task",
    "security-group-rule/task-from-vpc-link",
    "security-group-rule/task-to-endpoints",
    "security-group-rule/task-to-s3",
    "security-group-rule/vpc-link-from-self",
    "security-group-rule/vpc-link-to-self",
    "security-group-rule/vpc-link-to-task",
    "vpc-endpoint/ecr-api",
    "vpc-endpoint/ecr-dkr",
    "vpc-endpoint/logs",
    "vpc-endpoint/s3",
    "log-group/access",
    "log-group/tasks",
    "repository/main",
    "role/execution",
    "role/task",
    "ecs-cluster/main",
    "task-definition/main",
    "load-balancer/main",
    "target-group/main",
    "listener/main",
    "ecs-service/main",
    "user-pool/main",
    "user-pool-client/default",
    "vpc-link/main",
    "api/main",
    "integration/main",
    "authorizer/jwt",
    "route/$default",
    "stage/default",
];

#[test]
fn golden_keys_of_the_default() {
    assert_eq!(keys(&spec(json!({}))), DEFAULT);
}

/// What a change to the default adds to its keys and takes from them.
#[test]
fn golden_keys_of_the_variants() {
    let nat = |mode| json!({"network": {"nat": {"mode": mode}}});
    let cases = [
        (nat("Single"), vec![], vec!["elastic-ip/b", "nat-gateway/b"]),
        (nat("None"), vec![], vec!["elastic-ip/a", "elastic-ip/b", "nat-gateway/a", "nat-gateway/b"]),
        (
            nat("Regional"),
            vec!["nat-gateway/regional"],
            vec!["elastic-ip/a", "elastic-ip/b", "nat-gateway/a", "nat-gateway/b"],
        ),
        (
            json!({"loadBalancer": {"securityGroup": "Dedicated"}}),
            vec![
                "security-group/load-balancer",
                "security-group-rule/load-balancer-from-vpc-link",
                "security-group-rule/load-balancer-to-task",
                "security-group-rule/task-from-load-balancer",
                "security-group-rule/vpc-link-to-load-balancer",
            ],
            vec![
                "security-group-rule/task-from-vpc-link",
                "security-group-rule/vpc-link-from-self",
                "security-group-rule/vpc-link-to-self",
                "security-group-rule/vpc-link-to-task",
            ],
        ),
        (
            json!({"service": {"enableExecuteCommand": true, "egress": [
                {"cidr": "10.0.1.0/24", "port": 5432},
                {"cidr": "0.0.0.0/0", "port": 53, "protocol": "udp"},
                {"securityGroupId": "sg-0a", "port": 6379},
                {"prefixListId": "pl-0a", "port": 443},
            ]}}),
            vec![
                "security-group-rule/task-to-0.0.0.0-0-udp-53",
                "security-group-rule/task-to-10.0.1.0-24-tcp-5432",
                "security-group-rule/task-to-pl-0a-tcp-443",
                "security-group-rule/task-to-sg-0a-tcp-6379",
                "vpc-endpoint/ssmmessages",
            ],
            vec![],
        ),
        (
            json!({"network": {"flowLogs": {"retentionDays": 14}}}),
            vec!["log-group/flow", "role/flow", "flow-log/main"],
            vec![],
        ),
        (json!({"api": {"accessLogs": false}}), vec![], vec!["log-group/access"]),
        (json!({"registry": {"existing": {"repositoryName": "theirs"}}}), vec![], vec!["repository/main"]),
        (
            json!({"service": {"existing": {
                "executionRoleArn": "arn:aws:iam::111122223333:role/pull",
                "taskRoleArn": "arn:aws:iam::111122223333:role/run",
            }}}),
            vec![],
            vec!["role/execution", "role/task"],
        ),
        (
            json!({"network": {"availabilityZones": {"count": 1}}}),
            vec![],
            DEFAULT.iter().copied().filter(|key| key.ends_with("-b") || key.ends_with("/b")).collect(),
        ),
    ];
    for (changes, added, removed) in cases {
        let keys = keys(&spec(changes.clone()));
        let now: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !DEFAULT.contains(key)).collect();
        let gone: Vec<&str> = DEFAULT.iter().copied().filter(|key| !keys.iter().any(|now| now == key)).collect();
        let sorted = |mut keys: Vec<&str>| {
            keys.sort_unstable();
            keys.join(" ")
        };
        assert_eq!((sorted(now), sorted(gone)), (sorted(added), sorted(removed)), "{changes}");
    }
}

#[test]
fn the_same_declaration_makes_the_same_graph() {
    let spec = spec(json!({}));
    assert_eq!(format!("{:?}", graph(&spec)), format!("{:?}", graph(&spec)));
}

#[test]
fn a_new_stack_is_created_and_nothing_else() {
    for spec in [spec(json!({})), brought(json!({})), brought(json!({"existing": {"publicSubnetIds": null}}))] {
        let graph = graph(&spec);
        let plan = plan(&graph, &Observed::default(), &Memory::default());
        assert_eq!(plan.steps().count(), graph.nodes().len());
        for step in plan.steps() {
            assert_eq!(step.action, Action::Create, "{step}");
        }
    }
}

#[test]
fn subnets_have_their_block_and_zone() {
    let subnets: Vec<String> = bodies(&spec(json!({})))
        .into_iter()
        .filter_map(|body| match body {
            Body::Subnet(it) => Some(format!("{} {} {} {}", it.name, it.cidr, it.zone_id, it.block.is_some())),
            _ => None,
        })
        .collect();
    let expected = [
        "app-a 10.0.1.0/24 euw1-az1 false",
        "app-b 10.0.2.0/24 euw1-az2 false",
        "ecs-a 172.10.1.0/24 euw1-az1 true",
        "ecs-b 172.10.2.0/24 euw1-az2 true",
        "public-a 10.0.10.0/24 euw1-az1 false",
        "public-b 10.0.20.0/24 euw1-az2 false",
    ];
    assert_eq!(subnets, expected);
}

/// By table: destination, target and the subnets behind it.
fn routes(mode: &str) -> Vec<String> {
    let spec = spec(json!({"network": {"nat": {"mode": mode}}}));
    let tables = bodies(&spec).into_iter().filter_map(|body| match body {
        Body::RouteTable(table) => Some(table),
        _ => None,
    });
    let said = tables.map(|table| {
        let routes = table.routes.iter().map(|route| match &route.target {
            Target::InternetGateway(to) => format!("{} {:?}", route.destination, to.key()),
            Target::NatGateway(to) => format!("{} {:?}", route.destination, to.key()),
        });
        let subnets = table.subnets.iter().map(|subnet| subnet.key().name.to_string());
        format!("{}: {} <- {}", table.name, routes.collect::<String>(), subnets.collect::<Vec<_>>().join(" "))
    });
    said.collect()
}

#[test]
fn every_subnet_has_the_routes_of_its_tier() {
    let ends = |a: &str, b: &str| {
        vec![
            format!("app-a: {a} <- app-a"),
            format!("app-b: {b} <- app-b"),
            "ecs:  <- ecs-a ecs-b".to_owned(),
            "public: 0.0.0.0/0 internet-gateway/main <- public-a public-b".to_owned(),
        ]
    };
    assert_eq!(routes("Zonal"), ends("0.0.0.0/0 nat-gateway/a", "0.0.0.0/0 nat-gateway/b"));
    assert_eq!(routes("Single"), ends("0.0.0.0/0 nat-gateway/a", "0.0.0.0/0 nat-gateway/a"));
    assert_eq!(routes("Regional"), ends("0.0.0.0/0 nat-gateway/regional", "0.0.0.0/0 nat-gateway/regional"));
    assert_eq!(routes("None"), ends("", ""));
}

#[test]
fn a_zonal_nat_gateway_stands_in_its_public_subnet() {
    let placed = bodies(&spec(json!({}))).into_iter().filter_map(|body| match body {
        Body::NatGateway(nat) => match nat.placement {
            Placement::Zonal { subnet, address } => {
                Some(format!("{} {:?} {:?}", nat.name, subnet.key(), address.key()))
            }
            Placement::Regional => None,
        },
        _ => None,
    });
    let expected = ["a subnet/public-a elastic-ip/a", "b subnet/public-b elastic-ip/b"];
    assert_eq!(placed.collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_brought_is_given_and_never_a_node() {
    let spec = brought(json!({}));
    let expected = [
        "security-group/task",
        "security-group/vpc-link",
        "security-group-rule/task-from-vpc-link",
        "security-group-rule/task-to-endpoints",
        "security-group-rule/task-to-s3",
        "security-group-rule/vpc-link-from-self",
        "security-group-rule/vpc-link-to-self",
        "security-group-rule/vpc-link-to-task",
        "vpc-endpoint/s3",
        "log-group/access",
        "log-group/tasks",
        "repository/main",
        "role/execution",
        "role/task",
        "ecs-cluster/main",
        "task-definition/main",
        "load-balancer/main",
        "target-group/main",
        "listener/main",
        "ecs-service/main",
        "user-pool/main",
        "user-pool-client/default",
        "vpc-link/main",
        "api/main",
        "integration/main",
        "authorizer/jwt",
        "route/$default",
        "stage/default",
    ];
    assert_eq!(keys(&spec), expected);
    let graph = graph(&spec);
    let given: Vec<String> = graph.given().iter().map(|(key, known)| format!("{key} {}", known.id)).collect();
    let expected = [
        "vpc/main vpc-b0",
        "internet-gateway/main igw-b0",
        "subnet/app-a subnet-b2",
        "subnet/app-b subnet-b3",
        "subnet/ecs-a subnet-b4",
        "subnet/ecs-b subnet-b5",
        "subnet/public-a subnet-b0",
        "subnet/public-b subnet-b1",
        "route-table/ecs-1 rtb-b0",
        "route-table/ecs-2 rtb-b1",
    ];
    assert_eq!(given, expected);
}

#[test]
fn layers_are_brought_one_by_one() {
    let only = |fields: &[&str]| {
        let all = ["publicSubnetIds", "appSubnetIds", "ecsSubnetIds", "ecsRouteTableIds", "endpointSecurityGroupId"];
        let absent = all.iter().filter(|field| !fields.contains(*field));
        let existing: serde_json::Map<_, _> =
            absent.map(|field| ((*field).to_owned(), serde_json::Value::Null)).collect();
        keys(&brought(json!({ "existing": existing })))
    };
    let without = |gone: &[&str]| -> Vec<&str> {
        let never = ["vpc/main", "vpc-cidr/ecs", "internet-gateway/main"];
        let nat = ["elastic-ip/a", "elastic-ip/b", "nat-gateway/a", "nat-gateway/b"];
        let built = DEFAULT.iter().copied().filter(|key| !never.contains(key) && !nat.contains(key));
        built.filter(|key| !gone.contains(key)).collect()
    };
    assert_eq!(only(&[]), without(&[]));
    assert_eq!(only(&["publicSubnetIds"]), without(&["subnet/public-a", "subnet/public-b", "route-table/public"]));
    assert_eq!(
        only(&["appSubnetIds"]),
        without(&["subnet/app-a", "subnet/app-b", "route-table/app-a", "route-table/app-b"])
    );
    assert_eq!(
        only(&["ecsSubnetIds", "ecsRouteTableIds"]),
        without(&["subnet/ecs-a", "subnet/ecs-b", "route-table/ecs"])
    );
}

#[test]
fn brought_public_subnets_still_carry_nat_gateways() {
    let existing = json!({"ecsSubnetIds": null, "ecsRouteTableIds": null, "appSubnetIds": null});
    let spec = brought(json!({"nat": {"mode": "Zonal"}, "existing": existing}));
    let keys = keys(&spec);
    assert!(keys.contains(&"nat-gateway/b".to_owned()) && !keys.contains(&"subnet/public-b".to_owned()));
}

#[test]
fn facts_are_wanted_for_what_is_declared() {
    let remembered = Remembered { zones: vec!["euw1-az3".to_owned()], image: Some(image()), failed_rollout: None };
    let own = wanted(&spec(json!({})), remembered, Some("arn:boundary".into()));
    assert_eq!(own.zones, WantedZones::Count(2));
    assert_eq!(own.remembered_zones, ["euw1-az3"]);
    assert!(own.s3_prefix_list);
    assert_eq!(own.existing.vpc, None);
    assert_eq!(own.permissions_boundary.as_deref(), Some("arn:boundary"));
    assert_eq!(own.image.repository, WantedRepository::Own("shop/orders".into()));
    assert_eq!((own.image.reference, own.image.last), (Reference::Tag("1".into()), Some(image())));

    let named = spec(json!({"network": {"availabilityZones": {"names": ["eu-west-1b"]}}}));
    assert_eq!(wanted(&named, Remembered::default(), None).zones, WantedZones::Names(vec!["eu-west-1b".into()]));

    let ids = |range: std::ops::Range<usize>| range.map(|n| format!("subnet-b{n}")).collect::<Vec<_>>();
    let mixed = brought(json!({"existing": {"appSubnetIds": null}}));
    let expected = WantedExisting {
        vpc: Some("vpc-b0".into()),
        blocks: vec![("spec.network.vpcCidr", "10.0.0.0/16".parse().unwrap())],
        tiers: vec![
            ("spec.network.existing.publicSubnetIds", ids(0..2)),
            ("spec.network.existing.ecsSubnetIds", ids(4..6)),
        ],
        route_tables: vec!["rtb-b0".into(), "rtb-b1".into()],
        endpoint_group: Some("sg-b0".into()),
    };
    assert_eq!(wanted(&mixed, Remembered::default(), None).existing, expected);
}

#[test]
fn an_image_is_wanted_from_where_it_is_declared() {
    let uri = "999988887777.dkr.ecr.eu-west-1.amazonaws.com/base/run";
    let digest = format!("sha256:{}", "a".repeat(64));
    let own = |name: &str| WantedRepository::Own(name.into());
    let there = WantedRepository::Uri(uri.into());
    let cases = [
        (json!({"digest": digest, "tag": null}), own("shop/orders"), Reference::Digest(digest.clone())),
        (json!({"uri": format!("{uri}:1.2"), "tag": null}), there.clone(), Reference::Tag("1.2".into())),
        (json!({"uri": format!("{uri}@{digest}"), "tag": null}), there, Reference::Digest(digest.clone())),
    ];
    for (image, repository, reference) in cases {
        let wanted = wanted(&spec(json!({"service": {"image": image}})), Remembered::default(), None).image;
        assert_eq!((wanted.repository, wanted.reference), (repository, reference));
    }
    let brought = spec(json!({"registry": {"existing": {"repositoryName": "theirs"}}}));
    assert_eq!(wanted(&brought, Remembered::default(), None).image.repository, own("theirs"));
}

#[test]
fn endpoints_stand_where_tasks_are() {
    let said = |spec| -> Vec<String> {
        let endpoints = bodies(&spec).into_iter().filter_map(|body| match body {
            Body::VpcEndpoint(it) => Some(format!("{} {:?}", it.service_name, it.attachment)),
            _ => None,
        });
        endpoints.collect()
    };
    let interface = "Interface { subnets: [subnet/ecs-a, subnet/ecs-b], security_group: security-group/endpoints }";
    let expected = [
        format!("com.amazonaws.eu-west-1.ecr.api {interface}"),
        format!("com.amazonaws.eu-west-1.ecr.dkr {interface}"),
        format!("com.amazonaws.eu-west-1.logs {interface}"),
        "com.amazonaws.eu-west-1.s3 Gateway { route_tables: [route-table/ecs] }".to_owned(),
    ];
    assert_eq!(said(spec(json!({}))), expected);
    let brought = said(brought(json!({})));
    assert_eq!(
        brought,
        ["com.amazonaws.eu-west-1.s3 Gateway { route_tables: [route-table/ecs-1, route-table/ecs-2] }"]
    );
}

#[test]
fn six_zones_have_six_letters() {
    let spec = spec(json!({"network": {"availabilityZones": {"count": 6}}}));
    let zone = facts().zones[0].clone();
    let zones = (1..=6).map(|n| crate::aws::facts::Zone { id: format!("use1-az{n}"), ..zone.clone() }).collect();
    let facts = crate::aws::facts::Facts { zones, ..facts() };
    let graph = super::graph(&spec, &facts, &std::sync::Arc::new(crate::aws::wire::stamp())).unwrap();
    let last = graph.nodes().values().filter_map(|node| match &node.body {
        Body::Subnet(subnet) if subnet.zone_id == "use1-az6" => Some(subnet.name.as_str()),
        _ => None,
    });
    assert_eq!(last.collect::<Vec<_>>(), ["app-f", "ecs-f", "public-f"]);
    assert_eq!(graph.given().values().map(|known| known.id.clone()).collect::<Vec<Id>>(), Vec::<Id>::new());
}
