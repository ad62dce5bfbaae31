use engine::{Node as _, Until};
use serde_json::{Value, json};

use crate::api::Spec;
use crate::aws::facts::{Facts, Image, Reference};
use crate::aws::{Body, Desired, EcsService, FailedRollout, TaskDefinition};
use crate::design::testing::{bodies, facts, image, keys, spec};

const RUNNING: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:bb";

fn service_of(changes: &Value) -> Spec {
    spec(json!({ "service": changes }))
}

/// The bodies of the graph that `facts` lead to.
fn built(spec: &Spec, facts: &Facts) -> Vec<Body> {
    let stamp = std::sync::Arc::new(crate::aws::wire::stamp());
    let graph = crate::design::graph(spec, facts, &stamp).unwrap();
    graph.nodes().values().map(|node| node.body.clone()).collect()
}

fn definition(bodies: &[Body]) -> Option<TaskDefinition> {
    bodies.iter().find_map(|body| match body {
        Body::TaskDefinition(it) => Some(it.clone()),
        _ => None,
    })
}

fn service(bodies: &[Body]) -> Option<EcsService> {
    bodies.iter().find_map(|body| match body {
        Body::EcsService(it) => Some(it.clone()),
        _ => None,
    })
}

fn not_found(last: bool) -> Image {
    let reference = Reference::Tag("2".into());
    Image::NotFound { repository_uri: "repository".into(), reference, last: last.then(image) }
}

#[test]
fn a_task_runs_what_is_declared() {
    let changes = json!({
        "cpu": 512, "memory": 2048, "architecture": "ARM64", "containerPort": 80, "command": ["serve", "-v"],
        "environment": {"LOG_LEVEL": "info"},
        "secrets": {
            "DB_URL": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf",
            "FLAG": "arn:aws:ssm:eu-west-1:111122223333:parameter/flag",
        },
    });
    let it = definition(&bodies(&service_of(&changes))).unwrap();
    assert_eq!((it.family.as_str(), it.image, it.any_image), ("shop_orders", image().pinned(), false));
    assert_eq!((it.cpu, it.memory, it.architecture, it.container_port), (512, 2048, "ARM64", 80));
    assert_eq!(it.command, ["serve", "-v"]);
    assert_eq!(it.environment.0["LOG_LEVEL"], "info");
    assert_eq!(it.secrets["DB_URL"], "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf");
    assert_eq!(it.secrets["FLAG"], "arn:aws:ssm:eu-west-1:111122223333:parameter/flag");
    assert_eq!((it.log_group.as_str(), it.region.as_str()), ("/fargatestack/shop/orders/tasks", "eu-west-1"));
    let spec = service_of(&json!({}));
    assert_eq!(it.execution_role_arn, crate::design::names::execution_role_arn(&spec, &facts()));
    assert_eq!(it.task_role_arn, crate::design::names::task_role_arn(&spec, &facts()));
}

#[test]
fn the_service_is_as_declared() {
    let it = service(&bodies(&service_of(&json!({})))).unwrap();
    assert_eq!((it.service_name.as_str(), it.desired, it.yields), ("shop_orders", Desired::Fixed(2), false));
    let capacity: Vec<_> = it.capacity.iter().map(|it| (it.provider.as_str(), it.base, it.weight)).collect();
    assert_eq!(capacity, [("FARGATE", 1, 1)]);
    assert_eq!((it.deployment.minimum_healthy_percent, it.deployment.maximum_percent), (100, 200));
    assert!(it.deployment.circuit_breaker && it.deployment.rollback && !it.execute_command);
    assert_eq!((it.container_port, it.grace_seconds), (8080, 60));

    let changes = json!({
        "desiredCount": 3, "enableExecuteCommand": true,
        "capacity": [{"provider": "FARGATE_SPOT", "weight": 3}, {"provider": "FARGATE", "base": 2}],
        "deployment": {"minimumHealthyPercent": 50, "maximumPercent": 150, "rollback": false,
                       "healthCheckGracePeriodSeconds": 5},
    });
    let it = service(&bodies(&service_of(&changes))).unwrap();
    let capacity: Vec<_> = it.capacity.iter().map(|it| (it.provider.as_str(), it.base, it.weight)).collect();
    assert_eq!(capacity, [("FARGATE_SPOT", 0, 3), ("FARGATE", 2, 1)]);
    assert_eq!((it.deployment.minimum_healthy_percent, it.deployment.maximum_percent), (50, 150));
    assert!(it.deployment.circuit_breaker && !it.deployment.rollback && it.execute_command);
    assert_eq!((it.desired, it.grace_seconds), (Desired::Fixed(3), 5));
}

/// Tasks that are started before would fail, and the first deployment would stall.
#[test]
fn tasks_wait_for_every_way_that_they_need() {
    let spec = service_of(&json!({"egress": [{"cidr": "10.0.1.0/24", "port": 5432}]}));
    let needs = service(&bodies(&spec)).map(|it| crate::aws::Resource::needs(&it)).unwrap();
    let needed = |until| {
        let keys = needs.iter().filter(move |need| need.until == until);
        keys.map(|need| need.key.to_string()).collect::<Vec<_>>()
    };
    let ready = needed(Until::Ready);
    for key in
        ["vpc-endpoint/ecr-api", "vpc-endpoint/ecr-dkr", "vpc-endpoint/logs", "vpc-endpoint/s3", "role/execution"]
    {
        assert!(ready.iter().any(|it| it == key), "{key}: {ready:?}");
    }
    let exists = needed(Until::Exists);
    for key in [
        "security-group-rule/task-to-endpoints",
        "security-group-rule/endpoints-from-task",
        "security-group-rule/task-to-s3",
        "security-group-rule/task-from-vpc-link",
        "security-group-rule/vpc-link-to-task",
        "security-group-rule/task-to-10.0.1.0-24-tcp-5432",
        "route-table/ecs",
        "log-group/tasks",
        "listener/main",
        "target-group/main",
    ] {
        assert!(exists.iter().any(|it| it == key), "{key}: {exists:?}");
    }
}

#[test]
fn without_an_image_all_but_the_service_is_built() {
    let spec = service_of(&json!({"autoscaling": {"min": 1, "max": 3}}));
    let bodies = built(&spec, &Facts { image: not_found(false), ..facts() });
    let kinds = ["task-definition", "ecs-service", "scalable-target", "scaling-policy"];
    let stamp = std::sync::Arc::new(crate::aws::wire::stamp());
    let keys: Vec<String> =
        bodies.into_iter().map(|body| crate::aws::Node { body, stamp: stamp.clone() }.key().to_string()).collect();
    assert!(keys.iter().any(|key| key == "ecs-cluster/main") && keys.iter().any(|key| key == "listener/main"));
    assert!(!keys.iter().any(|key| kinds.iter().any(|kind| key.starts_with(kind))), "{keys:?}");
}

/// An image that was deleted, or a status that was lost, takes no service down.
#[test]
fn what_runs_goes_on_without_its_image() {
    let spec = service_of(&json!({}));
    let run = |image, running: Option<&str>| {
        let facts = Facts { image, running_image: running.map(str::to_owned), ..facts() };
        definition(&built(&spec, &facts)).map(|it| it.image)
    };
    assert_eq!(run(not_found(true), None), Some(image().pinned()));
    assert_eq!(run(not_found(false), Some(RUNNING)), Some(RUNNING.to_owned()));
    assert_eq!(run(Image::Resolved(image()), Some(RUNNING)), Some(image().pinned()), "the declared one is rolled out");
}

#[test]
fn a_pipelines_image_is_kept() {
    let spec = service_of(&json!({"imageOwner": "External"}));
    let run = |running: Option<&str>| {
        let built = built(&spec, &Facts { running_image: running.map(str::to_owned), ..facts() });
        (definition(&built).unwrap(), service(&built).unwrap())
    };
    let (first, service) = run(None);
    assert_eq!((first.image, first.any_image, service.yields), (image().pinned(), true, true));
    assert_eq!(run(Some(RUNNING)).0.image, RUNNING);
}

#[test]
fn the_number_of_tasks_follows_the_load_where_that_is_declared() {
    let spec = service_of(&json!({"autoscaling": {"min": 3, "max": 9, "cpuPercent": 70}}));
    let bodies = bodies(&spec);
    assert_eq!(service(&bodies).unwrap().desired, Desired::Scaled { initial: 3 });
    let bounds = bodies.iter().find_map(|body| match body {
        Body::ScalableTarget(it) => Some((it.min, it.max)),
        _ => None,
    });
    let aim = bodies.iter().find_map(|body| match body {
        Body::ScalingPolicy(it) => Some((it.name, it.cpu_percent)),
        _ => None,
    });
    assert_eq!((bounds, aim), (Some((3, 9)), Some(("cpu", 70))));
}

#[test]
fn a_brought_cluster_is_given() {
    let arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/theirs";
    let spec = service_of(&json!({"existing": {"clusterArn": arn}}));
    assert!(!keys(&spec).contains(&"ecs-cluster/main".to_owned()));
    let graph = crate::design::testing::graph(&spec);
    let given = graph.given().iter().find(|(key, _)| key.to_string() == "ecs-cluster/main");
    assert_eq!(given.map(|(_, known)| known.id.as_str()), Some(arn));
}

#[test]
fn a_failed_rollout_is_handed_to_the_service() {
    let failed = FailedRollout { deployment: "d1".into(), task_definition: "t1".into(), stands: true };
    let facts = Facts { failed_rollout: Some(failed.clone()), ..facts() };
    assert_eq!(service(&built(&service_of(&json!({})), &facts)).unwrap().failed, Some(failed));
}
