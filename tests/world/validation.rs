//! The definitions in a real API server: it accepts every sample and refuses every invalid manifest, for the reason that the
//! manifest names in its first line.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use fargatestack::api::status::{
    Approval, Condition, ConditionStatus, FailedRolloutStatus, ImageStatus, IntentRecord, LingeringRecord, Outputs,
    PlanRecord, PlannedStep, RecordedPhase, ResourceRecord, ServiceStatus, SubnetIds,
};
use fargatestack::api::{self, Stack, Status};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, ValidationDirective};
use serde_json::json;

use crate::support::{Outcome, World, eventually, manifests, root};

const NAMESPACE: &str = "shop";

/// A world that knows our kinds and has no controller.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::start();
        world.install_crds();
        world.namespace(NAMESPACE);
        world
    })
}

fn apply(world: &World, manifest: &str) -> Outcome {
    world.kubectl(&["apply", "-f", "-"], manifest)
}

#[test]
fn every_sample_is_accepted() {
    let world = world();
    for (file, manifest) in manifests("manifests/samples") {
        let outcome = world.kubectl(&["apply", "--dry-run=server", "-f", "-"], &manifest);
        assert!(outcome.success, "{file}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("Warning"), "{file}: {}", outcome.stderr);
    }
}

#[test]
fn every_invalid_manifest_is_refused_as_it_says() {
    let world = world();
    let complaints: Vec<_> =
        manifests("manifests/invalid").iter().filter_map(|(file, text)| complaint(world, file, text)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What is wrong with the refusal of the manifest `text`: two documents are an object and its update.
fn complaint(world: &World, file: &str, text: &str) -> Option<String> {
    let Some((message, body)) = text.strip_prefix("# refused: ").and_then(|rest| rest.split_once('\n')) else {
        return Some(format!("{file}: the first line must be `# refused: MESSAGE`"));
    };
    let (before, refused) = body.split_once("---\n").map_or((None, body), |(before, after)| (Some(before), after));
    if let Some(outcome) = before.map(|before| apply(world, before)).filter(|outcome| !outcome.success) {
        return Some(format!("{file}: its first document is refused: {}", outcome.stderr));
    }
    let outcome = apply(world, refused);
    if outcome.success {
        Some(format!("{file}: is accepted"))
    } else if outcome.stderr.contains(message) {
        None
    } else {
        Some(format!("{file}: is refused, but not because of `{message}`: {}", outcome.stderr))
    }
}

#[test]
fn a_secret_in_the_clear_is_not_repeated() {
    let world = world();
    let manifest = &manifests("manifests/invalid")["secret-in-the-clear.yaml"];
    assert!(manifest.contains("hunter2"));
    let outcome = apply(world, manifest);
    assert!(!outcome.success && !outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
}

#[test]
fn kubectl_scales_a_stack() {
    let world = world();
    apply(world, &named("scaled")).expect_success();
    let scale = |count: &str| world.kubectl(&["scale", "fgs", "scaled", "-n", NAMESPACE, "--replicas", count], "");
    scale("5").expect_success();
    let count = ["get", "fgs", "scaled", "-n", NAMESPACE, "-o", "jsonpath={.spec.service.desiredCount}"];
    assert_eq!(world.kubectl(&count, "").expect_success(), "5");
    let patch = r#"{"spec":{"service":{"autoscaling":{"min":1,"max":9}}}}"#;
    world.kubectl(&["patch", "fgs", "scaled", "-n", NAMESPACE, "--type=merge", "-p", patch], "").expect_success();
    let refused = scale("6");
    assert!(refused.stderr.contains("desiredCount may not change while autoscaling is set"), "{}", refused.stderr);
}

#[test]
fn kubectl_explains_a_field() {
    let explain = ["explain", "fgs.spec.network.nat.mode"];
    // The server publishes the schema some time after it serves the kind.
    let text = eventually("the schema is published", || {
        let outcome = world().kubectl(&explain, "");
        outcome.success.then_some(outcome.stdout)
    });
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("ENUM: Zonal Regional Single None") && text.contains("Default: Zonal."), "{text}");
}

/// The minimal sample under another name.
fn named(name: &str) -> String {
    let sample = std::fs::read_to_string(root().join("manifests/samples/minimal.yaml")).unwrap();
    sample.replace("name: orders\n", &format!("name: {name}\n"))
}

#[tokio::test]
async fn a_status_survives_the_server_whole() {
    let world = world();
    apply(world, &named("remembered")).expect_success();
    let stacks: Api<Stack> = Api::namespaced(world.client().await, NAMESPACE);
    let status = every_field_set();
    let object = json!({"apiVersion": "fargatestack.dev/v1alpha1", "kind": "FargateStack", "status": status});
    let parameters =
        PatchParams { field_validation: Some(ValidationDirective::Strict), ..PatchParams::apply("test").force() };
    stacks.patch_status("remembered", &parameters, &Patch::Apply(&object)).await.unwrap();
    let stack = stacks.get("remembered").await.unwrap();
    assert_eq!(stack.status, status);

    // What the same manager leaves out is removed: one patch is the whole status.
    let rest = Status { conditions: status.conditions[..1].to_vec(), ..Status::default() };
    let object = json!({"apiVersion": "fargatestack.dev/v1alpha1", "kind": "FargateStack", "status": rest});
    stacks.patch_status("remembered", &parameters, &Patch::Apply(&object)).await.unwrap();
    assert_eq!(stacks.get("remembered").await.unwrap().status, rest);
}

fn every_field_set() -> Status {
    let time = "2026-11-24T01:02:03.123456Z".parse().unwrap();
    let text = |text: &str| Some(text.to_owned());
    let condition = |name: &str| Condition {
        type_: name.into(),
        status: ConditionStatus::False,
        reason: "Waiting".into(),
        message: "vpc/main: creating".into(),
        observed_generation: Some(3),
        last_transition_time: time,
    };
    Status {
        observed_generation: Some(3),
        conditions: vec![condition("Ready"), condition("NetworkReady")],
        account_id: text("111122223333"),
        region: text("eu-west-1"),
        identity: text("prod"),
        replicas: Some(2),
        service: Some(ServiceStatus {
            tasks: text("2/2"),
            image: Some(ImageStatus { name: "registry/orders:1".into(), digest: "sha256:00".into() }),
            failed_rollout: Some(FailedRolloutStatus {
                deployment: "d".into(),
                task_definition: "t".into(),
                generation: 3,
            }),
        }),
        outputs: Some(Outputs {
            api_endpoint: text("https://a.example"),
            domain_target: text("d.example"),
            repository_uri: text("r"),
            user_pool_id: text("p"),
            user_pool_url: text("https://p.auth.eu-west-1.amazoncognito.com"),
            issuer: text("i"),
            client_ids: BTreeMap::from([("web".into(), "c".into())]),
            vpc_id: text("vpc-0"),
            subnet_ids: Some(SubnetIds { public: vec!["a".into()], app: vec!["b".into()], ecs: vec!["c".into()] }),
            nat_addresses: vec!["192.0.2.1".into()],
            nlb_arn: text("n"),
            cluster_arn: text("c"),
            service_arn: text("s"),
        }),
        applied_generation: Some(3),
        zones: vec!["euw1-az1".into()],
        resources: vec![ResourceRecord {
            key: "vpc/main".into(),
            id: text("vpc-0"),
            id_since: Some(time),
            phase: RecordedPhase::Ready,
            message: text("m"),
            applied_hash: text("1-abc"),
            attempt: 1,
            since: time,
            missing_since: Some(time),
        }],
        lingering: vec![LingeringRecord { key: "vpc/main".into(), id: "vpc-1".into(), missing_since: Some(time) }],
        memory_lost_since: Some(time),
        intents: vec![IntentRecord {
            key: "internet-gateway/main".into(),
            attempt: 2,
            time,
            empty_looks: 1,
            first_empty_look: Some(time),
            last_empty_look: Some(time),
        }],
        tag_keys: vec!["team".into()],
        plan: Some(PlanRecord {
            hash: "h".into(),
            steps: vec![PlannedStep {
                action: "Update".into(),
                key: "vpc/main".into(),
                fields: vec!["dnsHostnames".into()],
                reason: "drift".into(),
            }],
            more: 4,
        }),
        approval: Some(Approval { hash: "h".into(), generation: 3, steps: vec!["s".into()] }),
        last_observed_time: Some(time),
        last_handled_reconcile_at: text("now"),
    }
}

/// The definition of an older version, to which every mode of NAT was one.
pub fn definition_without_modes() -> String {
    const MODE: &str =
        "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/network/properties/nat/properties/mode";
    let mut definition = serde_json::to_value(api::crds().remove(0).1).unwrap();
    let mode = definition.pointer_mut(MODE).and_then(|mode| mode.as_object_mut()).unwrap();
    assert!(mode.remove("enum").is_some());
    definition.to_string()
}

/// Stacks that were stored under an older definition come in the same list as the others; after an upgrade that refuses
/// them, the controller can still write their status and finalizers, and they can be deleted.
#[tokio::test]
async fn an_unreadable_stack_blinds_nobody_and_can_go() {
    let world = World::start();
    world.install(&definition_without_modes());
    world.namespace(NAMESPACE);
    let odd = |name: &str| named(name) + "  network: { nat: { mode: Quantum } }\n";
    apply(&world, &named("readable")).expect_success();
    apply(&world, &odd("odd")).expect_success();
    let stacks: Api<Stack> = Api::namespaced(world.client().await, NAMESPACE);
    let listed = stacks.list(&ListParams::default()).await.unwrap();
    let by_name: BTreeMap<_, _> = listed.iter().map(|stack| (stack.name(), stack.spec.as_ref())).collect();
    assert!(by_name["readable"].is_ok());
    assert_eq!(by_name["odd"].unwrap_err().path, "spec.network.nat.mode");

    world.install_crds();
    eventually("the new definition is in force", || {
        let outcome = world.kubectl(&["apply", "--dry-run=server", "-f", "-"], &odd("another"));
        outcome.stderr.contains("Unsupported value").then_some(())
    });
    let finalizer = json!({"metadata": {"finalizers": ["fargatestack.dev/test"]}});
    stacks.patch("odd", &PatchParams::default(), &Patch::Merge(&finalizer)).await.unwrap();
    let status = json!({"status": {"region": "eu-west-1"}});
    let stack = stacks.patch_status("odd", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
    assert_eq!(stack.status.region.as_deref(), Some("eu-west-1"));
    stacks.delete("odd", &DeleteParams::default()).await.unwrap();
    let released = json!({"metadata": {"finalizers": null}});
    stacks.patch("odd", &PatchParams::default(), &Patch::Merge(&released)).await.unwrap();
    assert!(stacks.get_opt("odd").await.unwrap().is_none());
}
