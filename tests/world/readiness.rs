//! Ready tells the truth about tasks: what it promises is broken from outside, is told, and is told to be back.

use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use fargatestack::api;
use serde_json::json;

use crate::controller;
use crate::support::stack::{Stack, find, holds, remembered, since};

/// What a break is called: the section, its reason, what its message names, and the reason of the whole.
pub type Told = (&'static str, &'static str, &'static str, &'static str);

/// Looks until it is told so.
pub async fn breaks(stack: &Stack, what: &str, (section, reason, part, whole): Told) {
    let broken = |it: &api::Stack| {
        let said = find(it, section).is_some_and(|it| it.reason == reason && it.message.contains(part));
        said && !holds(it, section) && !holds(it, "Ready") && find(it, "Ready").is_some_and(|it| it.reason == whole)
    };
    stack.looking(&format!("{what}: {section} says {reason} of {part}, Ready {whole}"), broken).await;
}

/// What can be wrong with tasks.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// They answer health checks so.
    Application(&'static str),
    /// Somebody took one target away.
    Deregistered,
    /// All of them ended, and others do not start.
    Ended,
}

impl Trouble {
    async fn make(self, stack: &Stack) {
        match self {
            Self::Application(does) => stack.account.applications("*", does),
            Self::Deregistered => {
                let (group, target) = target(stack).await;
                let call = stack.account.elb().deregister_targets().target_group_arn(group).targets(target);
                call.send().await.unwrap();
            }
            Self::Ended => {
                stack.account.set(&json!({"durations": {"task.start": 600}}));
                stack.account.end_tasks("exit", 0);
                stack.account.step(90);
            }
        }
    }

    async fn mend(self, stack: &Stack) {
        match self {
            Self::Application(_) => stack.account.applications("*", "answers"),
            Self::Deregistered => {
                let name = stack.qualified().replace('/', "_");
                let ecs = stack.account.ecs();
                let call = ecs.update_service().cluster(&name).service(&name).force_new_deployment(true);
                call.send().await.unwrap();
            }
            Self::Ended => {
                stack.account.set(&json!({"durations": {"task.start": 0}}));
                stack.account.step(600);
            }
        }
    }
}

/// A target of the stack's service, with its group.
async fn target(stack: &Stack) -> (String, TargetDescription) {
    let elb = stack.account.elb();
    let group = remembered(&stack.get().await)["target-group/main"].clone();
    let health = elb.describe_target_health().target_group_arn(&group).send().await.unwrap();
    (group, health.target_health_descriptions()[0].target().unwrap().clone())
}

#[tokio::test]
async fn ready_means_that_enough_tasks_are_healthy_targets() {
    let spec = json!({"service": {"healthCheck": {"path": "/healthz"}}});
    let stack = Stack::working(controller(), "truth-tasks", spec).await;
    let few = "less than 2 of 2 tasks are healthy targets";
    let cases: [(Trouble, &'static str); 4] = [
        (Trouble::Application("errors"), few),
        (Trouble::Application("silent"), few),
        (Trouble::Deregistered, few),
        (Trouble::Ended, "the application ended by itself"),
    ];
    for (trouble, part) in cases {
        let mark = stack.account.now();
        trouble.make(&stack).await;
        breaks(&stack, &format!("{trouble:?}"), ("ServiceReady", "Broken", part, "Broken")).await;
        trouble.mend(&stack).await;
        stack.recovers().await;
        assert_eq!(stack.account.writes(mark), Vec::<String>::new(), "{trouble:?}");
    }
}

/// Half of the tasks will do where that is declared.
#[tokio::test]
async fn the_minimum_healthy_share_is_the_declared_one() {
    let spec = json!({"service": {"deployment": {"minimumHealthyPercent": 50}}});
    let stack = Stack::working(controller(), "truth-half", spec).await;
    let ready = since(&stack.get().await, "Ready");
    Trouble::Deregistered.make(&stack).await;
    for _ in 0..2 {
        assert_eq!(since(&stack.look().await, "Ready"), ready);
    }
    let elb = stack.account.elb();
    let (group, first) = target(&stack).await;
    let both = elb.describe_target_health().target_group_arn(&group).send().await.unwrap();
    let both = both.target_health_descriptions().iter().filter_map(|it| it.target().cloned()).collect::<Vec<_>>();
    assert_eq!(both, [first]);
    elb.deregister_targets().target_group_arn(group).set_targets(Some(both)).send().await.unwrap();
    let none = "less than 1 of 2 tasks are healthy targets";
    breaks(&stack, "no target", ("ServiceReady", "Broken", none, "Broken")).await;
}

/// Neither more tasks nor the loss of a Spot task is an outage, however long it takes to start others.
#[tokio::test]
async fn scaling_and_spot_do_not_flip_ready() {
    let capacity = json!([
        {"provider": "FARGATE", "base": 1, "weight": 0},
        {"provider": "FARGATE_SPOT", "base": 0, "weight": 1},
    ]);
    let stack = Stack::working(controller(), "truth-spot", json!({"service": {"capacity": capacity}})).await;
    let ready = since(&stack.get().await, "Ready");
    let tasks = |it: &api::Stack| it.status.service.as_ref().and_then(|it| it.tasks.clone());
    let stays = async |what: &str, expected: &str| {
        for _ in 0..2 {
            let seen = stack.looking(what, |it| tasks(it).as_deref() == Some(expected)).await;
            assert_eq!(since(&seen, "Ready"), ready, "{what}: {:?}", seen.status.conditions);
        }
    };
    // The scheduler takes its time, and so does the start of a task.
    stack.account.set(&json!({"durations": {"service.look": 300, "task.start": 300}}));
    stack.account.end_tasks("spot", 0);
    stays("a task is gone", "1/2").await;
    stack.account.step(300);
    stays("another one is being started", "1/2").await;
    stack.account.step(300);
    stays("it runs", "2/2").await;

    stack
        .controller
        .world()
        .kubectl(&["scale", "-n", "truth-spot", "fargatestack/orders", "--replicas=4"], "")
        .expect_success();
    stays("more are wanted", "2/4").await;
    stack.account.step(300);
    stays("they are being started", "2/4").await;
    stack.account.step(300);
    stays("they run", "4/4").await;

    // Fewer are no outage either; and none at all is no service.
    stack
        .controller
        .world()
        .kubectl(&["scale", "-n", "truth-spot", "fargatestack/orders", "--replicas=2"], "")
        .expect_success();
    stays("fewer are wanted", "4/2").await;
    stack.account.step(300);
    stays("fewer run", "2/2").await;
    stack
        .controller
        .world()
        .kubectl(&["scale", "-n", "truth-spot", "fargatestack/orders", "--replicas=0"], "")
        .expect_success();
    stack.reason("Ready", "ScaledToZero").await;
}
