//! What [`validate`] makes of manifests: defaults, derived values, and where it finds what is wrong.
//!
//! Every rule that the schema has too is tried in `tests/offline/schema.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::validate;
use crate::api::spec::{
    Auth, Client, Destination, Egress, Flow, HealthCheck, Image, NatMode, Protocol, Registry, SecretSource, Spec, Zones,
};
use crate::api::stack::Stack;

fn stack(namespace: &str, name: &str, spec: &Value) -> Stack {
    serde_json::from_value(json!({"metadata": {"namespace": namespace, "name": name}, "spec": spec})).unwrap()
}

/// The minimal manifest with these sections instead.
fn manifest(sections: &Value) -> Value {
    let mut spec = json!({"region": "eu-west-1", "service": {"image": {"tag": "1"}, "containerPort": 8080}});
    for (name, section) in sections.as_object().unwrap() {
        spec[name] = section.clone();
    }
    spec
}

#[track_caller]
fn valid(sections: &Value) -> Spec {
    validate(&stack("shop", "orders", &manifest(sections))).unwrap()
}

/// Paths of the fields that are refused.
#[track_caller]
fn refused(sections: &Value) -> Vec<String> {
    let invalid = validate(&stack("shop", "orders", &manifest(sections))).unwrap_err();
    invalid.into_iter().map(|invalid| invalid.field).collect()
}

fn texts(nets: &[ipnet::Ipv4Net]) -> Vec<String> {
    nets.iter().map(ToString::to_string).collect()
}

#[test]
fn the_minimal_manifest_is_the_architecture() {
    let spec = valid(&json!({}));
    let network = &spec.network;
    assert_eq!(
        (network.vpc_cidr.to_string(), network.ecs_cidr.to_string()),
        ("10.0.0.0/16".into(), "172.10.0.0/16".into())
    );
    assert_eq!(network.zones, Zones::Count(2));
    assert_eq!(texts(&network.public_subnets), ["10.0.10.0/24", "10.0.20.0/24"]);
    assert_eq!(texts(&network.app_subnets), ["10.0.1.0/24", "10.0.2.0/24"]);
    assert_eq!(texts(&network.ecs_subnets), ["172.10.1.0/24", "172.10.2.0/24"]);
    assert_eq!(network.nat, NatMode::Zonal);
    assert!(network.endpoints.services.iter().eq(["ecr.api", "ecr.dkr", "logs"]) && network.endpoints.s3_gateway);
    assert!(network.uses_public_address_space());
    assert_eq!((spec.service.cpu, spec.service.memory, spec.service.desired_count), (256, 512, 2));
    assert_eq!((&spec.service.image, &spec.service.health_check), (&Image::Tag("1".into()), &HealthCheck::Tcp));
    assert!(matches!(&spec.registry, Registry::Own(repository) if repository.name == "shop/orders"));
    let Auth::Cognito(cognito) = &spec.auth else { panic!("{:?}", spec.auth) };
    assert_eq!(cognito.clients, [Client::default()]);
    assert_eq!(cognito.clients[0].flows, [Flow::UserSrp]);
    assert_eq!(spec.api.routes.iter().map(|route| route.key.as_str()).collect::<Vec<_>>(), ["$default"]);
    assert_eq!(spec.load_balancer.port, 80);
}

#[test]
fn subnets_are_derived_for_every_zone_of_their_own_block() {
    let spec = valid(&json!({"network": {"vpcCidr": "10.7.0.0/16", "availabilityZones": {"count": 6}}}));
    assert_eq!(texts(&spec.network.public_subnets)[4..], ["10.7.50.0/24", "10.7.60.0/24"]);
    assert_eq!(texts(&spec.network.app_subnets)[4..], ["10.7.5.0/24", "10.7.6.0/24"]);
    assert_eq!(spec.network.ecs_subnets.len(), 6);
}

#[test]
fn a_brought_tier_has_ids_instead_of_blocks() {
    let spec = valid(&json!({"network": {
        "ecsCidr": "100.64.0.0/16",
        "existing": {"vpcId": "vpc-0", "publicSubnetIds": ["subnet-0", "subnet-1"]},
    }}));
    assert!(spec.network.public_subnets.is_empty());
    assert_eq!(spec.network.existing.public_subnet_ids, ["subnet-0", "subnet-1"]);
    assert_eq!(spec.network.app_subnets.len(), 2);
    assert!(!spec.network.uses_public_address_space());
}

/// Blocks of a brought VPC stand already, whatever the table says; overlapping subnets would not be possible even there.
#[test]
fn blocks_of_a_brought_vpc_are_facts() {
    let existing = json!({"vpcId": "vpc-0"});
    valid(&json!({"network": {"ecsCidr": "172.16.0.0/16", "existing": existing}}));
    let shared = json!({"network": {"ecsCidr": "10.0.0.0/16", "existing": existing}});
    assert_eq!(refused(&shared), ["spec.network.ecsSubnets", "spec.network.ecsSubnets"]);
}

#[test]
fn endpoints_follow_from_what_the_service_uses() {
    let services = |service: &Value| {
        let mut base = json!({"image": {"tag": "1"}, "containerPort": 8080});
        base.as_object_mut().unwrap().extend(service.as_object().unwrap().clone());
        let spec = valid(&json!({"service": base}));
        let listed = ["ecr.api", "ecr.dkr", "logs"];
        spec.network.endpoints.services.into_iter().filter(|name| !listed.contains(&name.as_str())).collect::<Vec<_>>()
    };
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf";
    let parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/a";
    assert_eq!(services(&json!({"secrets": {"A": secret}})), ["secretsmanager"]);
    assert_eq!(services(&json!({"secrets": {"A": parameter}})), ["ssm"]);
    assert_eq!(services(&json!({"enableExecuteCommand": true})), ["ssmmessages"]);
    assert_eq!(services(&json!({"environment": {"A": secret}})), [""; 0]);
}

#[test]
fn brought_endpoints_are_not_built() {
    let spec = valid(&json!({"network": {"existing": {"vpcId": "vpc-0", "endpointSecurityGroupId": "sg-0"}}}));
    assert!(spec.network.endpoints.services.is_empty());
}

#[test]
fn secrets_and_destinations_are_typed() {
    let parameter = "arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a/b";
    let spec = valid(&json!({"service": {
        "image": {"tag": "1"}, "containerPort": 8080, "secrets": {"A": parameter},
        "egress": [{"cidr": "10.0.1.0/24", "port": 5432}, {"prefixListId": "pl-0", "port": 53, "protocol": "udp"}],
    }}));
    assert_eq!(spec.service.secrets["A"], SecretSource::Parameter(parameter.into()));
    let block = Destination::Cidr("10.0.1.0/24".parse().unwrap());
    let list = Destination::PrefixList("pl-0".into());
    let egress = [
        Egress { destination: block, port: 5432, protocol: Protocol::Tcp },
        Egress { destination: list, port: 53, protocol: Protocol::Udp },
    ];
    assert_eq!(spec.service.egress, egress);
}

#[test]
fn every_finding_is_told_with_its_path() {
    let sections = json!({
        "tags": {"Aws:x": "a", "emoji": "\u{1f600}"},
        "network": {"appSubnets": ["10.0.1.0/24", "10.0.2.1/24"], "flowLogs": {"retentionDays": 2}},
        "service": {
            "image": {"tag": "1"}, "containerPort": 0, "memory": 513, "secrets": {"A": "hunter2"},
            "egress": [{"cidr": "10.0.1.0/24", "port": 1}, {"cidr": "10.0.1.0/24", "port": 1}],
        },
        "api": {"routes": [{"key": "GET /", "scopes": ["orders/read"]}]},
    });
    let invalid = validate(&stack("shop", "orders", &manifest(&sections))).unwrap_err();
    let fields: Vec<_> = invalid.iter().map(|invalid| invalid.field.as_str()).collect();
    let expected = [
        "spec.tags[Aws:x]",
        "spec.tags[emoji]",
        "spec.service.containerPort",
        "spec.service.memory",
        "spec.service.secrets[A]",
        "spec.service.egress[1]",
        "spec.network.appSubnets[1]",
        "spec.network.flowLogs.retentionDays",
        "spec.api.routes[GET /]",
    ];
    assert_eq!(fields, expected);
    assert!(!format!("{invalid:?}").contains("hunter2"));
}

#[test]
fn derived_subnets_may_clash_with_listed_ones() {
    let sections = json!({"network": {"publicSubnets": ["10.0.1.0/24", "10.0.20.0/24"]}});
    assert_eq!(refused(&sections), ["spec.network.appSubnets"]);
}

/// The API server does not know the namespace: names made of it are checked here.
#[test]
fn names_made_of_the_namespace_fit_aws() {
    let long = "n".repeat(200);
    let fields = |namespace: &str, name: &str| {
        let invalid = validate(&stack(namespace, name, &manifest(&json!({})))).err().unwrap_or_default();
        invalid.into_iter().map(|invalid| invalid.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(&"s".repeat(55), &long), [""; 0]);
    assert_eq!(fields(&"s".repeat(56), &long), ["metadata.name", "spec.registry.name"]);
    assert_eq!(fields("shop", "orders--blue"), ["spec.registry.name"]);
    let named = manifest(&json!({"registry": {"name": "shop/orders-blue"}}));
    assert!(validate(&stack("shop", "orders--blue", &named)).is_ok());
}

#[test]
fn a_spec_that_does_not_parse_is_one_finding() {
    let invalid = validate(&stack("shop", "orders", &json!({"region": "eu-west-1"}))).unwrap_err();
    assert_eq!(invalid.len(), 1);
    assert_eq!(invalid[0].to_string(), "spec: missing field `service`");
}

#[test]
fn routes_and_domains_are_such_as_aws_takes() {
    let routes = |keys: &[&str]| {
        let routes: Vec<_> = keys.iter().map(|key| json!({ "key": key })).collect();
        json!({"api": {"routes": routes}})
    };
    valid(&routes(&["$default", "GET /", "GET /orders/{id}", "POST /orders/{id}", "GET /orders/{id}/items/{rest+}"]));
    for key in ["GET /{all+}/more", "GET /orders-{id}", "GET /{}", "GET /{a}{b}"] {
        assert_eq!(refused(&routes(&[key])), [format!("spec.api.routes[{key}]")], "{key}");
    }
    let same = refused(&routes(&["GET /orders/{id}", "GET /orders/{number}"]));
    assert_eq!(same, ["spec.api.routes[GET /orders/{number}]"]);

    let cors = |origin: &str| json!({"api": {"cors": {"allowOrigins": [origin]}}});
    valid(&cors("*"));
    valid(&cors("https://app.example.com:8443"));
    for origin in ["app.example.com", "https://", "https://app.example.com/"] {
        assert_eq!(refused(&cors(origin)), ["spec.api.cors.allowOrigins"], "{origin}");
    }

    let domain = |region: &str| {
        let certificate = format!("arn:aws:acm:{region}:123456789012:certificate/1");
        json!({"api": {"domain": {"name": "api.example.com", "certificateArn": certificate}}})
    };
    valid(&domain("eu-west-1"));
    assert_eq!(refused(&domain("us-east-1")), ["spec.api.domain.certificateArn"]);
}
