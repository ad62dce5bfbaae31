//! Argo CD: it delivers the chart and a stack from Git in waves, tells how the stack is, repairs what was edited, and prunes.

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::support::argocd::{ArgoCd, health, is_synced, out_of_sync};
use crate::support::chart::{NAMESPACE, Release, current};
use crate::support::controller::Controller;
use crate::support::stack::{Stack, find, holds, lay_over};
use crate::support::{Ending, World, root};

/// The Application of the example.
const APPLICATION: &str = "fargatestack";
/// The account of the examples.
const SAMPLE: &str = "111122223333";
/// Where the stack is declared.
const ORDERS: &str = "shop/orders.yaml";
/// How often everything is compared anew.
const REFRESHES: usize = 20;
/// Parts of lists that leave something to its default.
const PARTIAL: &str = r#"{
    "service": {"egress": [{"cidr": "10.0.1.0/24", "port": 5432}], "capacity": [{"provider": "FARGATE"}]},
    "auth": {"userPool": {}, "clients": [{"name": "web"}]},
    "api": {"routes": [{"key": "$default"}]}
}"#;

/// What Argo CD delivers: `manifests/argocd`, as it stands there but for the account, the repository and the chart's values.
struct Delivery {
    argocd: ArgoCd,
    stack: Stack,
    application: Value,
    orders: Value,
    /// Runs the Pods.
    _release: Release,
    /// Last: what is above ends before.
    _ending: Ending,
}

/// The objects of a file of the example, for `account`.
fn documents(file: &str, account: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("manifests/argocd").join(file)).unwrap().replace(SAMPLE, account);
    serde_yaml::Deserializer::from_str(&text).map(|document| Value::deserialize(document).unwrap()).collect()
}

impl Delivery {
    async fn begun() -> Self {
        let (world, ending) = World::own();
        let release = Release::prepare(world).await;
        let argocd = ArgoCd::started(world);
        let stack = Stack::foreseen(Controller::elsewhere(world), "shop").await;
        let account = stack.account.id();
        argocd.copy(&current(), "charts/fargatestack");
        argocd.commit("shop/identity.yaml", &documents("shop/identity.yaml", account));
        let mut application = documents("application.yaml", account).remove(0);
        for source in application["spec"]["sources"].as_array_mut().unwrap() {
            source["repoURL"] = json!(argocd.repository());
        }
        application["spec"]["sources"][0]["helm"]["valuesObject"] = release.values().clone();
        // What fails for good is not to be tried for minutes.
        lay_over(&mut application["spec"]["syncPolicy"]["retry"], json!({"limit": 1, "backoff": {"duration": "1s"}}));
        let orders = documents(ORDERS, account).remove(0);
        let delivery = Self { argocd, stack, application, orders, _release: release, _ending: ending };
        delivery.commit(json!({}));
        delivery.argocd.declare(&delivery.application);
        delivery
    }

    /// Commits the stack of the example with `change` laid over its spec.
    fn commit(&self, change: Value) {
        let mut orders = self.orders.clone();
        lay_over(&mut orders["spec"], serde_json::from_str(PARTIAL).unwrap());
        lay_over(&mut orders["spec"], change);
        self.argocd.commit(ORDERS, &[orders]);
    }

    /// The same, and waits until it is synced and the stack has this health; gives why.
    fn becomes(&self, change: Value, status: &str) -> String {
        self.commit(change);
        let application = self.argocd.synced(APPLICATION);
        assert_eq!(application["status"]["operationState"]["phase"], "Succeeded", "{application}");
        self.until_health(status)
    }

    /// Waits until the stack, and with it the Application, has this health; gives why.
    fn until_health(&self, status: &str) -> String {
        let has =
            |found: &Value| found["status"]["health"]["status"] == status && health(found, "FargateStack").0 == status;
        health(&self.argocd.until(APPLICATION, &format!("is {status}"), has), "FargateStack").1
    }

    /// A value of an object in the cluster.
    fn value(&self, path: &str, object: &[&str]) -> String {
        let output = format!("--output=jsonpath={path}");
        let ask = [&["get"], object, &[&output]].concat();
        self.stack.controller.world().kubectl(&ask, "").expect_success()
    }
}

#[tokio::test]
async fn argo_cd_tells_how_a_stack_is_and_keeps_it_as_it_is_in_git() {
    let delivery = Delivery::begun().await;
    waves(&delivery);
    until_it_is_ready(&delivery).await;
    // Last as Argo CD does by itself, and as the rest is synced: a field that Git has no more is not missed by the other.
    for strategy in [Some("ServerSideDiff=true"), None] {
        stays_in_sync(&delivery, strategy).await;
    }
    reverts_an_edit(&delivery).await;
    tells_that_it_rests(&delivery);
    tells_what_stalls_it(&delivery).await;
}

#[tokio::test]
async fn argo_cd_prunes_a_stack_that_is_not_protected() {
    let delivery = Delivery::begun().await;
    waves(&delivery);
    until_it_is_ready(&delivery).await;
    does_not_prune_what_is_protected(&delivery).await;
    prunes(&delivery).await;
    brings_its_settings(&delivery);
}

/// Each wave began when the one before was healthy: the controller, the identity, the stack.
fn waves(delivery: &Delivery) {
    let application = delivery.argocd.synced(APPLICATION);
    assert_eq!(application["status"]["operationState"]["phase"], "Succeeded", "{application}");
    let available = r#"{.status.conditions[?(@.type=="Available")].lastTransitionTime}"#;
    let created = "{.metadata.creationTimestamp}";
    let times = [
        delivery.value(available, &["deployment", "fargatestack", "--namespace", NAMESPACE]),
        delivery.value(created, &["awsidentity", "shop"]),
        delivery.value(created, &["fargatestack", "orders", "--namespace", "shop"]),
    ];
    assert!(times.iter().all(|time| !time.is_empty()) && times.is_sorted(), "{times:?}");
}

/// Progressing while it is built and waits for its image, Healthy from when `Ready` is True.
async fn until_it_is_ready(delivery: &Delivery) {
    let stack = &delivery.stack;
    let message = stack.reason("Reconciling", "ImageNotFound").await;
    // A new message alone is no news to Argo CD.
    let waiting = delivery.argocd.refresh(APPLICATION);
    assert_eq!(health(&waiting, "FargateStack"), ("Progressing".into(), format!("ImageNotFound: {message}")));
    assert_eq!(waiting["status"]["health"]["status"], "Progressing");
    assert!(is_synced(&waiting));

    stack.push("1.4.2");
    stack.look().await;
    let why = delivery.until_health("Healthy");
    let ready = stack.get().await;
    assert!(holds(&ready, "Ready"), "{:?}", ready.status.conditions);
    assert_eq!(why, "Ready: everything is as declared and usable");
    let since = &delivery.argocd.get(APPLICATION)["status"]["health"]["lastTransitionTime"];
    let ready = find(&ready, "Ready").unwrap().last_transition_time.to_string();
    assert!(since.as_str().unwrap() >= ready.as_str(), "Healthy {since} before Ready {ready}");
}

/// A Ready stack differs in nothing from what is declared, however often Argo CD looks, and nothing is done about it.
async fn stays_in_sync(delivery: &Delivery, strategy: Option<&str>) {
    let Delivery { argocd, stack, .. } = delivery;
    argocd.annotate(APPLICATION, "argocd.argoproj.io/compare-options", strategy);
    stack.look().await;
    let (before, operation) = (stack.get().await, argocd.get(APPLICATION)["status"]["operationState"].clone());
    let (mark, audit) = (stack.account.now(), stack.audit());
    for number in 1..=REFRESHES {
        let application = argocd.refresh(APPLICATION);
        assert_eq!(out_of_sync(&application), Vec::<String>::new(), "refresh {number}, {strategy:?}");
        assert!(is_synced(&application), "refresh {number}, {strategy:?}: {}", application["status"]["sync"]);
        assert_eq!(health(&application, "FargateStack").0, "Healthy");
        assert_eq!(application["status"]["conditions"], Value::Null);
    }
    // Which way it was compared.
    let trials = audit.trials();
    assert!(if strategy.is_some() { trials >= REFRESHES } else { trials == 0 }, "{trials} trials, {strategy:?}");
    assert_eq!(argocd.get(APPLICATION)["status"]["operationState"], operation, "nothing was synced");
    assert_eq!(stack.get().await.metadata.generation, before.metadata.generation);
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
}

/// What somebody edits by hand is as in Git again.
async fn reverts_an_edit(delivery: &Delivery) {
    let stack = &delivery.stack;
    let generation = stack.get().await.metadata.generation.unwrap();
    let edit = json!({"spec": {"tags": {"team": "somebody-else"}}}).to_string();
    let patch = ["patch", "fargatestack", "orders", "--namespace", "shop", "--type=merge", "--patch", &edit];
    stack.controller.world().kubectl(&patch, "").expect_success();
    stack.until("the edit is reverted", |it| it.metadata.generation >= Some(generation + 2)).await;
    assert_eq!(
        delivery.value("{.spec.tags}", &["fargatestack", "orders", "--namespace", "shop"]),
        r#"{"team":"shop"}"#
    );
    delivery.until_health("Healthy");
}

fn tells_that_it_rests(delivery: &Delivery) {
    let why = delivery.becomes(json!({"suspend": true}), "Suspended");
    assert!(why.starts_with("Suspended: spec.suspend is set"), "{why}");
    delivery.becomes(json!({}), "Healthy");
}

async fn tells_what_stalls_it(delivery: &Delivery) {
    let why = delivery.becomes(json!({"identityRef": {"name": "nobody"}}), "Degraded");
    let stack = delivery.stack.get().await;
    let stalled = find(&stack, "Stalled").unwrap();
    assert_eq!(why, format!("IdentityNotFound: {}", stalled.message));
    delivery.becomes(json!({}), "Healthy");
}

/// A stack with `deletionProtection` stays although Git has it no more, and Argo CD says why.
async fn does_not_prune_what_is_protected(delivery: &Delivery) {
    let Delivery { argocd, stack, .. } = delivery;
    delivery.becomes(json!({"deletionProtection": true}), "Healthy");
    let (before, mark) = (stack.get().await, stack.account.now());
    argocd.commit(ORDERS, &[]);
    let head = argocd.head();
    argocd.refresh(APPLICATION);
    let application = argocd.until(APPLICATION, "the prune failed", |application| {
        let operation = &application["status"]["operationState"];
        operation["phase"] == "Failed" && operation["syncResult"]["revisions"][0] == head.as_str()
    });
    let results = application["status"]["operationState"]["syncResult"]["resources"].to_string();
    assert!(results.contains("FargateStack shop/orders is protected"), "{results}");
    assert_eq!(out_of_sync(&application), ["\"FargateStack\"/\"orders\": \"OutOfSync\""]);

    delivery.becomes(json!({"deletionProtection": false}), "Healthy");
    let after = stack.get().await;
    assert_eq!(after.metadata.uid, before.metadata.uid);
    assert!(after.metadata.deletion_timestamp.is_none());
    assert_eq!(stack.account.writes(mark), Vec::<String>::new());
}

/// What Git has no more is deleted, and not taken as done until the controller lets it go.
async fn prunes(delivery: &Delivery) {
    let Delivery { argocd, stack, .. } = delivery;
    let denied = json!({"operation": "DeleteVpc", "count": 0, "status": 403, "code": "UnauthorizedOperation"});
    stack.account.fault(&denied);
    argocd.commit(ORDERS, &[]);
    argocd.refresh(APPLICATION);
    stack.until("its VPC cannot be deleted", |_| stack.account.faults_hit() > 0).await;
    let application = argocd.refresh(APPLICATION);
    let (status, message) = health(&application, "FargateStack");
    assert_eq!((status.as_str(), is_synced(&application)), ("Progressing", false));
    assert!(message.contains("Pending deletion") && message.contains("fargatestack.dev/cleanup"), "{message}");

    stack.account.heal();
    stack.look().await;
    stack.gone().await;
    let head = argocd.head();
    argocd.until(APPLICATION, "is in sync without the stack", |application| {
        let without = health(application, "FargateStack").0.is_empty();
        without && is_synced(application) && application["status"]["sync"]["revisions"][0] == head.as_str()
    });
}

/// The chart's value brings the same settings, beside what else is in Argo CD's own `ConfigMap`.
fn brings_its_settings(delivery: &Delivery) {
    let settings = documents("argocd-cm.yaml", SAMPLE).remove(0)["data"].as_object().unwrap().clone();
    let gone: serde_json::Map<String, Value> = settings.keys().map(|key| (key.clone(), Value::Null)).collect();
    let patch = json!({"data": gone}).to_string();
    let object = ["configmap", "argocd-cm", "--namespace", "argocd"];
    let without = [&["patch"], &object[..], &["--type=merge", "--patch", &patch]].concat();
    delivery.stack.controller.world().kubectl(&without, "").expect_success();

    let mut application = delivery.application.clone();
    application["spec"]["sources"][0]["helm"]["valuesObject"]["argocd"] = json!({"enabled": true});
    delivery.argocd.declare(&application);
    delivery.argocd.until(APPLICATION, "has the settings", |application| {
        let mut resources = application["status"]["resources"].as_array().into_iter().flatten();
        let settings = resources.find(|resource| resource["name"] == "argocd-cm");
        is_synced(application) && settings.is_some_and(|settings| settings["status"] == "Synced")
    });
    let data: Value = serde_json::from_str(&delivery.value("{.data}", &object)).unwrap();
    assert!(settings.iter().all(|(key, text)| data[key] == *text), "{data}");
    assert!(data["resource.exclusions"].is_string(), "Argo CD's own: {data}");
}
