//! The service: from its missing image to tasks that are reached, rollouts that succeed and fail, its scaling, its repair, its end.

use fargatestack::api;
use serde_json::{Value, json};

use super::controller;
use super::support::stack::{Stack, find, holds, settled};

/// A stack whose service runs.
pub async fn serving(namespace: &str, spec: Value) -> Stack {
    let stack = Stack::prepare(controller(), namespace).await;
    stack.declare(spec).await;
    stack.settled().await;
    stack.push("1.4.2");
    stack.look().await;
    stack.serving().await;
    stack
}

/// The one service of the account, as its user sees it.
async fn service(stack: &Stack) -> aws_sdk_ecs::types::Service {
    let name = stack.qualified().replace('/', "_");
    let answer = stack.account.ecs().describe_services().cluster(&name).services(&name).send().await.unwrap();
    answer.services.unwrap().remove(0)
}

fn tasks(stack: &api::Stack) -> Option<&str> {
    stack.status.service.as_ref()?.tasks.as_deref()
}

/// Revision of what the service runs, and of all that stand.
async fn revisions(stack: &Stack) -> (String, Vec<String>) {
    let revision = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
    let family = stack.qualified().replace('/', "_");
    let listed = stack.account.ecs().list_task_definitions().family_prefix(family).send().await.unwrap();
    let running = revision(service(stack).await.task_definition().unwrap());
    (running, listed.task_definition_arns().iter().map(|arn| revision(arn)).collect())
}

#[tokio::test]
async fn a_service_waits_for_its_image_and_then_serves() {
    let stack = Stack::prepare(controller(), "service").await;
    stack.declare(json!({})).await;
    stack.settled().await;
    let message = stack.reason("ServiceReady", "ImageNotFound").await;
    assert!(message.contains("docker push") && message.contains("service/orders:1.4.2"), "{message}");
    stack.stays().await;

    let digest = stack.push("1.4.2");
    stack.look().await;
    let status = stack.serving().await.status;
    assert_eq!((status.service.unwrap().tasks.as_deref(), status.replicas), (Some("2/2"), Some(2)));
    let outputs = status.outputs.unwrap();
    assert_eq!(outputs.service_arn.as_deref(), service(&stack).await.service_arn());
    assert_eq!(outputs.cluster_arn.as_deref(), service(&stack).await.cluster_arn());
    assert!(running_image(&stack).await.ends_with(&format!("/service/orders@{digest}")));
    stack.stays().await;
}

/// Kubernetes and load decide how many tasks run, never both.
#[tokio::test]
async fn the_number_of_tasks_follows_the_scale_or_the_load() {
    let stack = serving("scale", json!({})).await;
    let world = stack.controller.world();
    let scaled = ["scale", "-n", "scale", "fargatestack/orders", "--replicas=3"];
    world.kubectl(&scaled, "").expect_success();
    stack.until("three tasks run", |it| tasks(it) == Some("3/3") && settled(it)).await;
    world.kubectl(&["scale", "-n", "scale", "fargatestack/orders", "--replicas=0"], "").expect_success();
    let none = |it: &api::Stack| tasks(it) == Some("0/0") && settled(it);
    let stopped = stack.until("no task runs", none).await;
    assert_eq!(find(&stopped, "ServiceReady").unwrap().reason, "ScaledToZero");
    assert!(!holds(&stopped, "Ready"));
    stack.stays().await;

    stack.declare(json!({"service": {"autoscaling": {"min": 2, "max": 5, "cpuPercent": 50}}})).await;
    stack.until("the fewest tasks run", |it| tasks(it) == Some("2/2") && settled(it)).await;
    let mark = stack.account.now();
    let name = stack.qualified().replace('/', "_");
    stack.account.ecs().update_service().cluster(&name).service(&name).desired_count(4).send().await.unwrap();
    stack.look().await;
    stack.until("what the load asks for runs", |it| tasks(it) == Some("4/4") && settled(it)).await;
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
}

/// A change is a new revision; the last few stay.
#[tokio::test]
async fn a_change_is_rolled_out_and_the_earlier_revision_stays() {
    let stack = serving("rollout", json!({})).await;
    stack.declare(json!({"service": {"environment": {"COLOR": "green"}}})).await;
    stack.until("the second revision is named", |it| it.status.observed_generation == Some(2)).await;
    stack.serving().await;
    assert_eq!(revisions(&stack).await, ("2".to_owned(), vec!["1".to_owned(), "2".to_owned()]));
    stack.stays().await;
}

/// Whatever somebody changes of the service is put right.
#[tokio::test]
async fn a_service_is_repaired() {
    let stack = serving("mended", json!({})).await;
    let (ecs, name) = (stack.account.ecs(), stack.qualified().replace('/', "_"));
    let changed = ecs.update_service().cluster(&name).service(&name).desired_count(1).enable_execute_command(true);
    changed.health_check_grace_period_seconds(5).send().await.unwrap();
    stack.look().await;
    let mended = stack.serving().await;
    assert_eq!(tasks(&mended), Some("2/2"));
    let service = service(&stack).await;
    assert_eq!((service.enable_execute_command, service.health_check_grace_period_seconds), (false, Some(60)));

    let definition = service.task_definition.unwrap();
    ecs.deregister_task_definition().task_definition(&definition).send().await.unwrap();
    stack.look().await;
    stack.until("another revision runs", |it| holds(it, "ServiceReady") && settled(it)).await;
    assert_ne!(self::service(&stack).await.task_definition, Some(definition));
    stack.look().await;
    stack.serving().await;
    stack.stays().await;
}

/// Registers, as a pipeline would, what the service runs with another image; answers with its ARN.
pub async fn registered_with(stack: &Stack, image: &str) -> String {
    let (ecs, family) = (stack.account.ecs(), stack.qualified().replace('/', "_"));
    let ours = service(stack).await.task_definition.unwrap();
    let described = ecs.describe_task_definition().task_definition(&ours).send().await.unwrap();
    let mut definition = described.task_definition.unwrap();
    let mut container = definition.container_definitions.as_mut().unwrap().remove(0);
    container.image = Some(image.to_owned());
    let registered = ecs
        .register_task_definition()
        .family(family)
        .network_mode(definition.network_mode.unwrap())
        .set_requires_compatibilities(definition.requires_compatibilities)
        .set_cpu(definition.cpu)
        .set_memory(definition.memory)
        .set_execution_role_arn(definition.execution_role_arn)
        .set_task_role_arn(definition.task_role_arn)
        .container_definitions(container)
        .send()
        .await
        .unwrap();
    registered.task_definition.unwrap().task_definition_arn.unwrap()
}

/// The image of what the service runs, as its task definition names it.
pub async fn running_image(stack: &Stack) -> String {
    let definition = service(stack).await.task_definition.unwrap();
    let call = stack.account.ecs().describe_task_definition().task_definition(definition);
    let described = call.send().await.unwrap().task_definition.unwrap();
    described.container_definitions.unwrap().remove(0).image.unwrap()
}

/// A pipeline's task definition stays; a change of anything but the image is rolled out with the pipeline's image.
#[tokio::test]
async fn a_pipelines_image_is_never_reverted() {
    let external = |color: &str| json!({"service": {"imageOwner": "External", "environment": {"COLOR": color}}});
    let stack = serving("pipeline", external("green")).await;
    let (ecs, name) = (stack.account.ecs(), stack.qualified().replace('/', "_"));
    let digest = stack.push("pipeline");
    let ours = service(&stack).await.task_definition.unwrap();
    let image = running_image(&stack).await;
    let image = format!("{}@{digest}", image.split_once('@').unwrap().0);
    let theirs = registered_with(&stack, &image).await;
    ecs.update_service().cluster(&name).service(&name).task_definition(&theirs).send().await.unwrap();
    stack.look().await;
    stack.serving().await;
    stack.stays().await;
    assert_eq!(service(&stack).await.task_definition, Some(theirs.clone()));

    stack.declare(external("red")).await;
    let again = |it: &api::Stack| it.status.observed_generation == Some(2) && holds(it, "ServiceReady") && settled(it);
    stack.until("the change is rolled out", again).await;
    let now = service(&stack).await.task_definition.unwrap();
    assert!(now != theirs && now != ours, "{now}");
    assert_eq!(running_image(&stack).await, image);
    stack.stays().await;
}

#[tokio::test]
async fn a_service_goes_before_what_it_stands_on() {
    let stack = serving("ending", json!({"service": {"autoscaling": {"min": 1, "max": 2}}})).await;
    let (ecs, name) = (stack.account.ecs(), stack.qualified().replace('/', "_"));
    let mark = stack.account.now();
    stack.delete().await;
    stack.gone().await;
    let service = ecs.describe_services().cluster(&name).services(&name).send().await;
    let left = service.map(|answer| answer.services.unwrap_or_default()).unwrap_or_default();
    assert!(left.iter().all(|service| service.status() == Some("INACTIVE")), "{left:?}");
    let listed = ecs.list_task_definitions().family_prefix(&name).send().await.unwrap();
    assert!(listed.task_definition_arns().is_empty(), "{listed:?}");
    let refused: Vec<_> =
        stack.account.calls(mark).into_iter().filter(|call| call.write && call.error.is_some()).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

/// Tasks in another zone find no image; the service runs on where it was, and nobody tries it for ever.
#[tokio::test]
async fn a_rollout_of_other_subnets_that_fails_is_tried_once() {
    let zones = |count: u32| json!({"network": {"availabilityZones": {"count": count}, "nat": {"mode": "None"}}});
    let stack = serving("taken-back", zones(1)).await;
    let (ecr, repository) = (stack.account.ecr(), stack.qualified());
    let images = ecr.list_images().repository_name(&repository).send().await.unwrap().image_ids;
    ecr.batch_delete_image().repository_name(&repository).set_image_ids(images).send().await.unwrap();
    let mark = stack.account.now();
    stack.declare(zones(2)).await;
    let message = stack.reason("ServiceReady", "RolledBack").await;
    assert!(message.contains("runs on as before"), "{message}");
    stack.look().await;
    stack.reason("Ready", "RolledBack").await;
    let updates = |stack: &Stack| stack.account.writes(mark).into_iter().filter(|call| call == "UpdateService").count();
    assert_eq!(updates(&stack), 1);

    stack.push("1.4.2");
    let mut again = zones(2);
    again["tags"] = json!({"team": "shop"});
    stack.declare(again).await;
    stack.until("it is rolled out", |it| holds(it, "ServiceReady") && settled(it)).await;
    assert_eq!(updates(&stack), 2);
    stack.stays().await;
}
