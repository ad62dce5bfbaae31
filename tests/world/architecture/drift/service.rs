//! The user's hand in the service and what it runs with.

use aws_sdk_applicationautoscaling::error::SdkError;
use aws_sdk_applicationautoscaling::operation::put_scaling_policy::{PutScalingPolicyError, PutScalingPolicyOutput};
use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ServiceNamespace,
    TargetTrackingScalingPolicyConfiguration,
};
use aws_sdk_ecr::types::ImageScanningConfiguration;
use aws_sdk_ecs::types::{CapacityProviderStrategyItem, Tag};
use serde_json::json;

use super::{Done, Hand, done};

const DIMENSION: ScalableDimension = ScalableDimension::EcsServiceDesiredCount;

/// Changes one thing of `kind`, if it is of the service.
pub(super) async fn change(hand: &Hand, kind: &str) -> Option<Done> {
    let ecs = hand.account.ecs();
    let name = hand.ecs_name();
    Some(match kind {
        "log-group" => {
            let call = hand.account.logs().put_retention_policy().log_group_name(hand.id("log-group/tasks"));
            done(call.retention_in_days(1).send().await)
        }
        "repository" => {
            let ecr = hand.account.ecr();
            let off = ImageScanningConfiguration::builder().scan_on_push(false).build();
            let call = ecr.put_image_scanning_configuration().repository_name("shop/orders");
            call.image_scanning_configuration(off).send().await.unwrap();
            done(ecr.delete_lifecycle_policy().repository_name("shop/orders").send().await)
        }
        "role" => change_roles(hand).await,
        "ecs-cluster" => {
            let one = CapacityProviderStrategyItem::builder().capacity_provider("FARGATE").weight(1).build();
            let call = ecs.put_cluster_capacity_providers().cluster(name).capacity_providers("FARGATE");
            done(call.default_capacity_provider_strategy(one.unwrap()).send().await)
        }
        "task-definition" => {
            let theirs = Tag::builder().key("team").value("theirs").build();
            done(ecs.tag_resource().resource_arn(hand.id("task-definition/main")).tags(theirs).send().await)
        }
        "ecs-service" => {
            let call = ecs.update_service().cluster(&name).service(&name).health_check_grace_period_seconds(5);
            done(call.send().await)
        }
        "scalable-target" => {
            let call = hand.account.scaling().register_scalable_target().resource_id(format!("service/{name}/{name}"));
            let call = call.service_namespace(ServiceNamespace::Ecs).scalable_dimension(DIMENSION);
            done(call.max_capacity(20).send().await)
        }
        "scaling-policy" => {
            let own = policy_name(hand).await;
            track(hand, "theirs", MetricType::EcsServiceAverageMemoryUtilization).await.unwrap();
            done(track(hand, &own, MetricType::EcsServiceAverageCpuUtilization).await)
        }
        _ => return None,
    })
}

/// Everything that a role has: whom it trusts, what is in it, what is attached to it.
async fn change_roles(hand: &Hand) -> Done {
    let iam = hand.account.iam();
    let (execution, task) = (hand.id("role/execution"), hand.id("role/task"));
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    });
    let call = iam.update_assume_role_policy().role_name(execution).policy_document(trust.to_string());
    call.send().await.unwrap();
    let own = iam.list_role_policies().role_name(execution).send().await.unwrap();
    let own = own.policy_names()[0].clone();
    iam.delete_role_policy().role_name(execution).policy_name(own).send().await.unwrap();
    let everything = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    });
    let call = iam.put_role_policy().role_name(task).policy_name("theirs").policy_document(everything.to_string());
    call.send().await.unwrap();
    let attached = iam.list_attached_role_policies().role_name(task).send().await.unwrap();
    let attached = attached.attached_policies()[0].policy_arn().unwrap().to_owned();
    iam.detach_role_policy().role_name(task).policy_arn(attached).send().await.unwrap();
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    done(iam.attach_role_policy().role_name(task).policy_arn(admin).send().await)
}

/// Puts a scaling policy of this name.
async fn track(
    hand: &Hand,
    policy: &str,
    metric: MetricType,
) -> Result<PutScalingPolicyOutput, SdkError<PutScalingPolicyError>> {
    let name = hand.ecs_name();
    let metric = PredefinedMetricSpecification::builder().predefined_metric_type(metric).build().unwrap();
    let tracking = TargetTrackingScalingPolicyConfiguration::builder().target_value(99.0);
    let tracking = tracking.predefined_metric_specification(metric).build().unwrap();
    let call = hand.account.scaling().put_scaling_policy().policy_name(policy);
    let call = call.service_namespace(ServiceNamespace::Ecs).scalable_dimension(DIMENSION);
    let call = call.resource_id(format!("service/{name}/{name}")).policy_type(PolicyType::TargetTrackingScaling);
    call.target_tracking_scaling_policy_configuration(tracking).send().await
}

async fn policy_name(hand: &Hand) -> String {
    let call = hand.account.scaling().describe_scaling_policies().service_namespace(ServiceNamespace::Ecs);
    call.send().await.unwrap().scaling_policies()[0].policy_name().to_owned()
}

/// Deletes one of `kind`, if it is of the service.
pub(super) async fn delete(hand: &Hand, kind: &str) -> Option<Done> {
    let ecs = hand.account.ecs();
    let name = hand.ecs_name();
    Some(match kind {
        "log-group" => {
            done(hand.account.logs().delete_log_group().log_group_name(hand.id("log-group/tasks")).send().await)
        }
        "repository" => {
            let ecr = hand.account.ecr();
            done(ecr.delete_repository().repository_name("shop/orders").force(true).send().await)
        }
        "role" => delete_role(hand, hand.id("role/flow")).await,
        "ecs-cluster" => done(ecs.delete_cluster().cluster(name).send().await),
        "task-definition" => {
            let call = ecs.deregister_task_definition().task_definition(hand.id("task-definition/main"));
            done(call.send().await)
        }
        "ecs-service" => done(ecs.delete_service().cluster(&name).service(&name).force(true).send().await),
        "scalable-target" => {
            let call = hand.account.scaling().deregister_scalable_target().service_namespace(ServiceNamespace::Ecs);
            let call = call.resource_id(format!("service/{name}/{name}")).scalable_dimension(DIMENSION);
            done(call.send().await)
        }
        "scaling-policy" => {
            let call = hand.account.scaling().delete_scaling_policy().policy_name(policy_name(hand).await);
            let call = call.service_namespace(ServiceNamespace::Ecs).scalable_dimension(DIMENSION);
            done(call.resource_id(format!("service/{name}/{name}")).send().await)
        }
        _ => return None,
    })
}

async fn delete_role(hand: &Hand, role: &str) -> Done {
    let iam = hand.account.iam();
    let policies = iam.list_role_policies().role_name(role).send().await.unwrap();
    for policy in policies.policy_names() {
        iam.delete_role_policy().role_name(role).policy_name(policy).send().await.unwrap();
    }
    done(iam.delete_role().role_name(role).send().await)
}
