//! What is drawn, and how it is written. Whole pictures are in `tests/golden`.

use serde_json::{Value, json};

use super::super::testing::{brought, facts, spec};
use super::*;
use crate::api::Spec;

fn picture(spec: &Spec) -> Picture {
    let stamp = std::sync::Arc::new(crate::aws::wire::stamp());
    compose(spec, &super::super::graph(spec, &facts(), &stamp).unwrap())
}

/// Ids and labels of everything, with where it stands.
fn shapes(parts: &[Part], within: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in parts {
        let (shape, inner) = match part {
            Part::Outside(shape) | Part::Single(shape) => (shape, &[][..]),
            Part::Group(shape, inner) => (shape, inner.as_slice()),
        };
        found.push((format!("{within}{}", shape.id), shape.label.join(" ")));
        found.extend(shapes(inner, &format!("{within}{} > ", shape.id)));
    }
    found
}

fn label(picture: &Picture, id: &str) -> Option<String> {
    let all = shapes(&picture.parts, "");
    all.into_iter().find(|(place, _)| place.rsplit(" > ").next() == Some(id)).map(|(_, label)| label)
}

fn arrows(picture: &Picture) -> Vec<String> {
    let told = |arrow: &Arrow| format!("{} -> {} {}", arrow.from, arrow.to, arrow.label.as_deref().unwrap_or_default());
    picture.arrows.iter().map(|arrow| told(arrow).trim_end().to_owned()).collect()
}

fn has(picture: &Picture, arrow: &str) -> bool {
    arrows(picture).iter().any(|drawn| drawn == arrow)
}

/// Every arrow leads from one thing that is drawn to another, and nothing is drawn twice.
fn sound(picture: &Picture) {
    let mut ids: Vec<String> = shapes(&picture.parts, "")
        .into_iter()
        .filter_map(|(place, _)| place.rsplit(" > ").next().map(str::to_owned))
        .collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for Arrow { from, to, .. } in &picture.arrows {
        assert!(ids.contains(from) && ids.contains(to), "{from} -> {to}");
    }
}

#[test]
fn every_form_of_the_network_is_sound() {
    let changes = [
        json!({}),
        json!({"network": {"nat": {"mode": "Single"}}}),
        json!({"network": {"nat": {"mode": "Regional"}}}),
        json!({"network": {"nat": {"mode": "None"}}}),
        json!({"api": {"routes": [{"key": "$default", "auth": "None"}]}}),
    ];
    for changes in changes {
        sound(&picture(&spec(changes)));
    }
    for changes in [
        json!({}),
        json!({"existing": {"endpointSecurityGroupId": null, "ecsSubnetIds": null, "ecsRouteTableIds": null}}),
    ] {
        sound(&picture(&brought(changes)));
    }
}

#[test]
fn every_thing_stands_where_it_is_declared() {
    let picture = picture(&spec(json!({})));
    let places: Vec<String> = shapes(&picture.parts, "").into_iter().map(|(place, _)| place).collect();
    for place in [
        "user",
        "aws > api/main",
        "aws > user-pool/main",
        "aws > repository/main",
        "aws > vpc/main > vpc-link/main",
        "aws > vpc/main > internet-gateway/main",
        "aws > vpc/main > vpc-endpoints > vpc-endpoint",
        "aws > vpc/main > vpc-endpoints > vpc-endpoint/s3",
        "aws > vpc/main > zone/a > subnet/public-a > nat-gateway/a",
        "aws > vpc/main > zone/b > subnet/app-b",
        "aws > vpc/main > zone/b > subnet/ecs-b > load-balancer/ecs-b",
        "aws > vpc/main > zone/b > subnet/ecs-b > ecs-service/ecs-b",
    ] {
        assert!(places.iter().any(|drawn| drawn == place), "{place}: {places:?}");
    }
}

#[test]
fn what_is_not_declared_is_not_drawn() {
    let without = |changes: Value| {
        shapes(&picture(&spec(changes)).parts, "").into_iter().map(|(place, _)| place).collect::<String>()
    };
    assert!(without(json!({})).contains("nat-gateway"));
    assert!(!without(json!({"network": {"nat": {"mode": "None"}}})).contains("nat-gateway"));
    let external = json!({"auth": {"external": {"issuer": "https://login.example", "audience": ["a"]}}});
    assert!(!without(external.clone()).contains("user-pool"));
    let issued = picture(&spec(external));
    assert!(has(&issued, "api/main -> issuer Authorize"), "{:?}", arrows(&issued));
    let open = picture(&spec(json!({"api": {"routes": [{"key": "$default", "auth": "None"}]}})));
    assert!(has(&open, "user -> api/main"), "{:?}", arrows(&open));
    assert!(!arrows(&open).iter().any(|arrow| arrow.ends_with("Authorize")));
}

#[test]
fn what_is_brought_is_drawn_as_brought() {
    let picture = picture(&brought(json!({})));
    for (id, expected) in [
        ("vpc/main", "VPC vpc-b0 (brought)"),
        ("subnet/public-a", "Public subnet A subnet-b0 (brought)"),
        ("subnet/ecs-b", "Private ECS subnet B subnet-b5 (brought)"),
        ("internet-gateway/main", "Internet gateway (brought)"),
        ("vpc-endpoint", "Interface endpoints of sg-b0 (brought)"),
    ] {
        assert_eq!(label(&picture, id).as_deref(), Some(expected));
    }
    assert!(mermaid(&picture).contains("class vpc_main,"));
    assert_eq!(dot(&picture).matches("style=dashed").count(), 9);
    let elsewhere =
        json!({"service": {"image": {"tag": null, "uri": "444455556666.dkr.ecr.eu-west-1.amazonaws.com/theirs:1"}}});
    let elsewhere = super::tests::picture(&spec(elsewhere));
    assert!(has(&elsewhere, "image -> vpc-endpoints pull image"), "{:?}", arrows(&elsewhere));
    let expected = "ECR repository 444455556666.dkr.ecr.eu-west-1.amazonaws.com/theirs (brought)";
    assert_eq!(label(&elsewhere, "image").as_deref(), Some(expected));
}

#[test]
fn traffic_and_routes_are_those_that_are_declared() {
    let zonal = picture(&spec(json!({"loadBalancer": {"crossZone": false, "port": 81}})));
    for arrow in [
        "user -> api/main JWT",
        "api/main -> user-pool/main Authorize",
        "api/main -> vpc-link/main private integration",
        "vpc-link/main -> load-balancer/ecs-a TCP 81",
        "load-balancer/ecs-a -> ecs-service/ecs-a TCP 8080",
        "repository/main -> vpc-endpoints pull image",
        "vpc-endpoints -> ecs-service/ecs-b",
        "subnet/app-b -> nat-gateway/b 0.0.0.0/0",
        "subnet/public-a -> internet-gateway/main 0.0.0.0/0",
        "nat-gateway/b -> internet-gateway/main",
    ] {
        assert!(has(&zonal, arrow), "{arrow}: {:?}", arrows(&zonal));
    }
    let crossing = "load-balancer/ecs-a -> ecs-service/ecs-b TCP 8080";
    assert!(!has(&zonal, crossing));
    assert!(has(&picture(&spec(json!({}))), crossing));
    let single = picture(&spec(json!({"network": {"nat": {"mode": "Single"}}})));
    assert!(has(&single, "subnet/app-b -> nat-gateway/a 0.0.0.0/0"), "{:?}", arrows(&single));
}

/// Of names and ids that contain everything.
fn odd() -> Picture {
    let odd = "a\"b\\c<d>&#e`\nend";
    let shape = |id: &str| Part::Single(Shape::new(id, [odd.to_owned()]));
    let mut picture =
        Picture { title: odd.to_owned(), parts: vec![shape("a/b"), shape("a-b"), shape(odd)], arrows: Vec::new() };
    picture.arrow("a/b", "a-b", Some(odd.to_owned()));
    picture.arrow("a-b", odd, None);
    picture
}

#[test]
fn mermaid_is_escaped_and_its_ids_differ() {
    let label = "a#34;b\\c#60;d#62;#38;#35;e#96; end";
    let expected = [
        "graph TD".to_owned(),
        format!("    a_b[\"{label}\"]"),
        format!("    a_b_2[\"{label}\"]"),
        format!("    a_b_c_d___e__end[\"{label}\"]"),
        format!("    a_b -- \"{label}\" --> a_b_2"),
        "    a_b_2 --> a_b_c_d___e__end".to_owned(),
    ];
    assert_eq!(mermaid(&odd()).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn dot_is_escaped() {
    let odd = "\"a\\\"b\\\\c<d>&#e` end\"";
    let text = dot(&super::tests::odd());
    assert!(text.starts_with(&format!("digraph {odd} {{\n")), "{text}");
    for line in [
        format!("    \"a/b\" [label={odd}];"),
        format!("    {odd} [label={odd}];"),
        format!("    \"a/b\" -> \"a-b\" [label={odd}];"),
        format!("    \"a-b\" -> {odd};"),
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
