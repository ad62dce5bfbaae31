//! What keeps the controller from acting: declarations that cannot be built, other incarnations' resources, and the user's own
//! brakes.

use aws_sdk_ec2::types::{IpPermission, IpRange, ResourceType, Tag, TagSpecification};
use fargatestack::api;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use crate::controller;
use crate::support::stack::{Stack, find, holds, settled};
use crate::support::{World, eventually};
use crate::validation::definition_without_modes;

/// A namespace whose only stack was stored under an older definition and does not parse any more.
const UNREADABLE: &str = "unreadable";

/// Stores it, before the controller of `world` starts.
pub fn store_unreadable(world: &World) {
    world.install(&definition_without_modes());
    world.namespace(UNREADABLE);
    let odd = json!({
        "apiVersion": "fargatestack.dev/v1alpha1",
        "kind": "FargateStack",
        "metadata": {"name": "odd", "namespace": UNREADABLE},
        "spec": {
            "region": "eu-west-1",
            "network": {"nat": {"mode": "Quantum"}},
            "service": {"image": {"tag": "1"}, "containerPort": 80},
        },
    });
    eventually("the older definition is in force", || {
        world.kubectl(&["apply", "-f", "-"], &odd.to_string()).success.then_some(())
    });
}

fn without_nat() -> Value {
    json!({"network": {"nat": {"mode": "None"}}})
}

#[tokio::test]
async fn an_unreadable_stack_is_told_so_and_blinds_nobody() {
    let stack = Stack::built(controller(), "beside-unreadable", without_nat()).await;
    let odd = Stack {
        namespace: UNREADABLE.into(),
        name: "odd".into(),
        api: Api::namespaced(stack.client(), UNREADABLE),
        ..stack.clone()
    };
    let message = odd.reason("Stalled", "UnreadableSpec").await;
    assert!(message.contains("spec.network.nat.mode"), "{message}");
    odd.delete().await;
    odd.gone().await;
}

#[tokio::test]
async fn what_cannot_be_built_stalls_without_a_call() {
    let stack = Stack::prepare(controller(), "invalid").await;
    let cases = [
        ("tag", json!({"tags": {"what*": "no key"}}), "spec.tags[what*]"),
        ("overlap", json!({"network": {"appSubnets": ["10.0.10.0/24", "10.0.2.0/24"]}}), "spec.network.appSubnets"),
    ];
    for (name, spec, field) in cases {
        let stack = stack.sibling(name);
        stack.declare(spec).await;
        let message = stack.reason("Stalled", "InvalidSpec").await;
        assert!(message.contains(field), "{name}: {message}");
    }
    let calls: Vec<_> = stack.account.calls(0).into_iter().map(|call| call.operation).collect();
    assert_eq!(calls, Vec::<String>::new());
}

#[tokio::test]
async fn what_the_account_does_not_offer_stalls_without_a_change() {
    let stack = Stack::prepare(controller(), "unsatisfied").await;
    let brought = |more: Value| {
        let mut network = json!({
            "existing": {"vpcId": "vpc-0123456789abcdef0"},
            "nat": {"mode": "None"},
        });
        network.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"network": network})
    };
    let cases = [
        (
            "zone",
            json!({"network": {"availabilityZones": {"names": ["eu-west-1a", "eu-west-1z"]}}}),
            "spec.network.availabilityZones",
        ),
        ("zones", json!({"network": {"availabilityZones": {"count": 6}}}), "spec.network.availabilityZones"),
        ("vpc", brought(json!({})), "spec.network.existing.vpcId"),
    ];
    for (name, spec, field) in cases {
        let stack = stack.sibling(name);
        stack.declare(spec).await;
        let found = stack.until("it is stalled", |it| holds(it, "Stalled")).await;
        let message = &find(&found, "Stalled").unwrap().message;
        assert!(message.contains(field), "{name}: {message}");
    }
    assert_eq!(stack.account.writes(0), Vec::<String>::new());
}

/// UIDs of `kube-system` and of the stack's namespace, as in the owner's mark.
async fn home(stack: &Stack) -> [String; 2] {
    let namespaces: Api<Namespace> = Api::all(stack.client());
    let uid = async |name: &str| namespaces.get(name).await.unwrap().uid().unwrap();
    [uid("kube-system").await, uid(&stack.namespace).await]
}

const EARLIER: &str = "11111111-2222-3333-4444-555555555555";

/// The mark of the incarnation [`EARLIER`] of `stack` on its resource `key`.
async fn mark(stack: &Stack, key: &str, kind: ResourceType) -> TagSpecification {
    let [cluster, namespace] = home(stack).await;
    let stack = stack.qualified();
    let mark = [
        ("cluster", cluster.as_str()),
        ("namespace-uid", &namespace),
        ("stack", &stack),
        ("uid", EARLIER),
        ("key", key),
        ("attempt", "0"),
    ];
    let tags = mark.map(|(key, value)| Tag::builder().key(format!("fargatestack.dev/{key}")).value(value).build());
    TagSpecification::builder().resource_type(kind).set_tags(Some(tags.into())).build()
}

/// A VPC that the incarnation [`EARLIER`] left.
async fn left_vpc(stack: &Stack) -> String {
    let tags = mark(stack, "vpc/main", ResourceType::Vpc).await;
    let call = stack.account.ec2().create_vpc().cidr_block("10.0.0.0/16").tag_specifications(tags);
    call.send().await.unwrap().vpc.unwrap().vpc_id.unwrap()
}

#[tokio::test]
async fn another_incarnations_resources_stall_until_they_are_adopted() {
    let stack = Stack::prepare(controller(), "reborn").await;
    let vpc = left_vpc(&stack).await;
    stack.declare(without_nat()).await;
    let message = stack.reason("Stalled", "ForeignIncarnation").await;
    assert!(message.contains(EARLIER) && message.contains(&vpc), "{message}");
    stack.look().await;
    assert_eq!(stack.account.writes(0), Vec::<String>::new());

    stack.annotate("adopt-from", EARLIER).await;
    stack.settled().await;
    assert_eq!(stack.cloud().id("vpc/main"), vpc);
    stack.stays().await;
}

/// What is adopted differs in a field that cannot be changed, and nobody remembers why: it stays in use until its replacement is
/// approved.
#[tokio::test]
async fn what_only_a_replacement_puts_right_waits_for_approval() {
    let stack = Stack::prepare(controller(), "inherited").await;
    let vpc = left_vpc(&stack).await;
    let ec2 = stack.account.ec2();
    let tags = mark(&stack, "security-group/task", ResourceType::SecurityGroup).await;
    let call = ec2.create_security_group().vpc_id(&vpc).group_name("of-old").description("of old");
    let group = call.tag_specifications(tags).send().await.unwrap().group_id.unwrap();
    stack.declare(without_nat()).await;
    stack.annotate("adopt-from", EARLIER).await;
    stack.settled().await;
    let message = stack.reason("Drifted", "DriftReported").await;
    assert!(message.contains("security-group/task: groupName"), "{message}");
    assert_eq!(stack.cloud().id("security-group/task"), group);
    let seen = stack.get().await;
    let plan = seen.status.plan.unwrap();
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.action.as_str(), step.key.as_str())).collect();
    assert!(steps.contains(&("Replace", "security-group/task")), "{steps:?}");
    assert!(message.contains(&plan.hash), "{message}");
    stack.stays().await;

    stack.annotate("approve", &plan.hash).await;
    stack.until("nothing differs any more", |it| settled(it) && find(it, "Drifted").is_none()).await;
    let replaced = stack.cloud();
    assert_ne!(replaced.id("security-group/task"), group);
    assert_eq!(stack.get().await.status.plan, None);
    stack.stays().await;
    let left = ec2.describe_security_groups().send().await.unwrap();
    assert!(!left.security_groups().iter().any(|it| it.group_id() == Some(&group)), "the old one is gone");
}

#[tokio::test]
async fn a_suspended_stack_is_left_alone() {
    let stack = Stack::built(controller(), "suspend", without_nat()).await;
    stack.declare(json!({"network": {"nat": {"mode": "None"}}, "suspend": true})).await;
    stack.until("it is suspended", |it| holds(it, "Suspended")).await;
    let mark = stack.account.now();
    stack.declare(json!({"network": {"nat": {"mode": "None"}}, "suspend": true, "tags": {"team": "shop"}})).await;
    stack.look().await;
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
    let resumed = stack.change(json!({"network": {"nat": {"mode": "None"}}, "tags": {"team": "shop"}})).await;
    assert_eq!(resumed.tag("vpc/main", "team"), Some("shop"));
}

#[tokio::test]
async fn observing_changes_nothing_and_lets_go() {
    let stack = Stack::prepare(controller(), "observe").await;
    stack.declare(json!({"mode": "Observe"})).await;
    let seen = stack.until("the plan is shown", |it| it.status.plan.is_some()).await;
    let plan = seen.status.plan.unwrap();
    assert!(
        plan.steps.iter().any(|step| (step.action.as_str(), step.key.as_str()) == ("Create", "vpc/main")),
        "{plan:?}"
    );
    stack.look().await;
    stack.delete().await;
    stack.gone().await;
    assert_eq!(stack.account.writes(0), Vec::<String>::new());
}

#[tokio::test]
async fn an_approved_plan_and_its_parts_run_and_no_other() {
    let stack = Stack::prepare(controller(), "approve").await;
    stack.declare(json!({"mode": "Approve", "network": {"nat": {"mode": "None"}}})).await;
    let seen = stack.until("the plan is shown", |it| it.status.plan.is_some()).await;
    stack.annotate("approve", "0123456789abcdef").await;
    stack.look().await;
    assert_eq!(stack.account.writes(0), Vec::<String>::new(), "another hash approves nothing");
    stack.annotate("approve", &seen.status.plan.unwrap().hash).await;
    stack.settled().await;

    let mark = stack.account.now();
    stack.declare(json!({"mode": "Approve", "network": {"nat": {"mode": "None"}}, "tags": {"team": "shop"}})).await;
    let held = |it: &api::Stack| it.status.plan.is_some() && it.status.observed_generation == it.metadata.generation;
    stack.until("the change waits", held).await;
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
}

#[tokio::test]
async fn reported_drift_is_shown_and_left() {
    let report = json!({"driftPolicy": "Report", "network": {"nat": {"mode": "None"}}});
    let stack = Stack::built(controller(), "report", report).await;
    let task = stack.cloud().id("security-group/task").to_owned();
    let wide = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let permission = IpPermission::builder().ip_protocol("-1").ip_ranges(wide).build();
    let call = stack.account.ec2().authorize_security_group_ingress().group_id(task).ip_permissions(permission);
    call.send().await.unwrap();
    let mark = stack.account.now();
    let seen = stack.look().await;
    assert!(find(&seen, "Drifted").is_some_and(|it| it.message.contains("security-group/task")), "{:?}", seen.status);
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
    let repaired = stack.change(without_nat()).await;
    assert!(!repaired.rules("security-group/task").iter().any(|rule| rule.contains("0.0.0.0/0")));
    assert!(!holds(&stack.get().await, "Drifted"));
}

#[tokio::test]
async fn a_protected_stack_stays_until_it_is_released() {
    let protected = json!({"deletionProtection": true, "network": {"nat": {"mode": "None"}}});
    let stack = Stack::built(controller(), "protected", protected).await;
    let mark = stack.account.now();
    stack.delete().await;
    let message = stack.reason("DeletionBlocked", "DeletionProtected").await;
    assert!(message.contains("deletionProtection"), "{message}");
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
    assert!(!settled(&stack.get().await));
    stack.declare(without_nat()).await;
    stack.gone().await;
    assert!(stack.cloud().is_empty());
}
