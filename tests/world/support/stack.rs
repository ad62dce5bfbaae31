//! A stack under test: its own namespace, AWS account and identity in a shared world.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use fargatestack::api;
use fargatestack::api::status::{ConditionStatus, RecordedPhase};
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::PATIENCE;
use super::audit::Audit;
use super::cloud::Cloud;
use super::controller::Controller;
use super::emulator::{Account, REGION};

/// One stack and what is around it.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The controller that looks after it.
    pub controller: &'static Controller,
    /// The AWS account that its identity leads to.
    pub account: Account,
    /// Its namespace and the name of its identity.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The stacks of its namespace, as the administrator.
    pub api: Api<api::Stack>,
}

impl Stack {
    /// A namespace called `namespace`, an account and an identity; the stack itself is not declared yet.
    pub async fn prepare(controller: &'static Controller, namespace: &str) -> Self {
        controller.world().namespace(namespace);
        let stack = Self::foreseen(controller, namespace).await;
        stack.identity(namespace, json!({}));
        stack
    }

    /// An account, and a stack that somebody else declares, with all that it needs.
    pub async fn foreseen(controller: &'static Controller, namespace: &str) -> Self {
        let world = controller.world();
        let api = Api::namespaced(world.client().await, namespace);
        Self { controller, account: Account::new(world), namespace: namespace.into(), name: "orders".into(), api }
    }

    /// Makes an identity of this `name` that leads to the stack's account; `more` is laid over its spec.
    pub fn identity(&self, name: &str, more: Value) {
        let mut spec = json!({
            "accountId": self.account.id(),
            "roleArn": format!("arn:aws:iam::{}:role/fargatestack", self.account.id()),
            "allowedNamespaces": {"names": [self.namespace]},
            "allowedRegions": [REGION],
        });
        lay_over(&mut spec, more);
        let identity = json!({
            "apiVersion": "fargatestack.dev/v1alpha1",
            "kind": "AwsIdentity",
            "metadata": {"name": name},
            "spec": spec,
        });
        let world = self.controller.world();
        world.kubectl(&["apply", "--server-side", "-f", "-"], &identity.to_string()).expect_success();
    }

    /// The same with the stack declared as `spec` says (see [`spec`]) and built.
    pub async fn built(controller: &'static Controller, namespace: &str, spec: Value) -> Self {
        let stack = Self::prepare(controller, namespace).await;
        stack.declare(spec).await;
        stack.settled().await;
        stack
    }

    /// The same with its image pushed and everything ready.
    pub async fn working(controller: &'static Controller, namespace: &str, spec: Value) -> Self {
        let stack = Self::prepare(controller, namespace).await;
        stack.declare(spec).await;
        stack.settled().await;
        stack.push("1.4.2");
        stack.look().await;
        stack.ready().await;
        stack
    }

    /// Another stack in the same namespace and account.
    pub fn sibling(&self, name: &str) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// Its name as in the owner tag.
    pub fn qualified(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// A client as the administrator.
    pub fn client(&self) -> Client {
        self.api.clone().into_client()
    }

    /// Declares the minimal manifest with `spec` laid over it; null takes a member away.
    pub async fn declare(&self, spec: Value) {
        self.apply(&self.minimal_with(spec)).await;
    }

    /// The spec of the minimal manifest with `spec` laid over it.
    pub fn minimal_with(&self, spec: Value) -> Value {
        let mut whole = json!({
            "region": REGION,
            "identityRef": {"name": self.namespace},
            "service": {"image": {"tag": "1.4.2"}, "containerPort": 8080},
        });
        lay_over(&mut whole, spec);
        whole
    }

    /// Declares the whole `spec`.
    pub async fn apply(&self, spec: &Value) {
        let user = PatchParams::apply("user").force();
        self.api.patch(&self.name, &user, &Patch::Apply(&self.object(spec))).await.unwrap();
    }

    /// The API server's refusal of `spec`; what it would accept fails the test.
    pub async fn refusal(&self, spec: &Value) -> String {
        let user = PatchParams { dry_run: true, ..PatchParams::apply("user").force() };
        match self.api.patch(&self.name, &user, &Patch::Apply(&self.object(spec))).await {
            Ok(_) => panic!("accepted: {spec}"),
            Err(error) => error.to_string(),
        }
    }

    fn object(&self, spec: &Value) -> Value {
        json!({
            "apiVersion": "fargatestack.dev/v1alpha1",
            "kind": "FargateStack",
            "metadata": {"name": self.name},
            "spec": spec,
        })
    }

    /// Sets an annotation.
    pub async fn annotate(&self, name: &str, value: &str) {
        let annotation = json!({"metadata": {"annotations": {format!("fargatestack.dev/{name}"): value}}});
        self.api.patch(&self.name, &PatchParams::default(), &Patch::Merge(&annotation)).await.unwrap();
    }

    /// The object as it is now.
    pub async fn get(&self) -> api::Stack {
        self.api.get(&self.name).await.unwrap()
    }

    /// What it has in AWS.
    #[track_caller]
    pub fn cloud(&self) -> Cloud {
        Cloud::of(&self.account, &self.qualified())
    }

    /// Waits until `holds` is true of it; fails the test if that takes too long.
    pub async fn until(&self, what: &str, holds: impl Fn(&api::Stack) -> bool + Send) -> api::Stack {
        let condition = |stack: Option<&api::Stack>| stack.is_some_and(&holds);
        match timeout(PATIENCE, await_condition(self.api.clone(), &self.name, condition)).await {
            Ok(stack) => stack.unwrap().expect("a stack that meets the condition"),
            Err(_) => panic!("{} does not come to this: {what}\n{}", self.qualified(), self.describe().await),
        }
    }

    /// Waits until it is built as declared and nothing is under way.
    pub async fn settled(&self) -> api::Stack {
        self.until("the network is ready and nothing is under way", settled).await
    }

    /// Waits until everything works as declared and nothing is under way.
    pub async fn ready(&self) -> api::Stack {
        let ready = |stack: &api::Stack| settled(stack) && holds(stack, "Ready");
        self.until("it is ready and nothing is under way", ready).await
    }

    /// Looks at everything again and again until `holds` is true of it: for what nobody tells the controller of.
    pub async fn looking(&self, what: &str, holds: impl Fn(&api::Stack) -> bool + Send) -> api::Stack {
        let looks = async {
            loop {
                let stack = self.look().await;
                if holds(&stack) {
                    return stack;
                }
            }
        };
        match timeout(PATIENCE, looks).await {
            Ok(stack) => stack,
            Err(_) => panic!("{} is never seen so: {what}\n{}", self.qualified(), self.describe().await),
        }
    }

    /// Looks until everything works again and nothing is under way.
    pub async fn recovers(&self) -> api::Stack {
        let ready = |stack: &api::Stack| settled(stack) && holds(stack, "Ready");
        self.looking("it is ready and nothing is under way", ready).await
    }

    /// Pushes the image of that tag to its repository.
    pub fn push(&self, tag: &str) -> String {
        self.account.push(&self.qualified(), tag)
    }

    /// An access token of a user who signed in through the client `client` of its pool.
    pub fn token(&self, client: &str) -> String {
        let whose = ["--namespace", &self.namespace, "--name", &self.name, "--client", client];
        let account = ["--account", self.account.id()];
        let token = self.controller.world().launch(&[&["token"][..], &whose, &account].concat());
        token.trim().to_owned()
    }

    /// Takes the security group rule `key` away, as somebody else would.
    pub async fn revoke(&self, key: &str) {
        let (cloud, ec2) = (self.cloud(), self.account.ec2());
        let (rule, group) = (cloud.id(key), cloud.body(key)["GroupId"].as_str().unwrap());
        if cloud.body(key)["IsEgress"] == true {
            let call = ec2.revoke_security_group_egress().group_id(group).security_group_rule_ids(rule);
            call.send().await.unwrap();
        } else {
            let call = ec2.revoke_security_group_ingress().group_id(group).security_group_rule_ids(rule);
            call.send().await.unwrap();
        }
    }

    /// Waits until its service works as declared and nothing is under way.
    pub async fn serving(&self) -> api::Stack {
        let serves = |stack: &api::Stack| settled(stack) && holds(stack, "ServiceReady");
        self.until("the service is ready and nothing is under way", serves).await
    }

    /// Waits until a condition has this reason.
    pub async fn reason(&self, condition: &str, reason: &str) -> String {
        let says = |stack: &api::Stack| find(stack, condition).is_some_and(|found| found.reason == reason);
        let stack = self.until(&format!("{condition} says {reason}"), says).await;
        find(&stack, condition).map(|found| found.message.clone()).unwrap_or_default()
    }

    /// Asks for a fresh look at everything and waits until the pass that took it is over.
    pub async fn look(&self) -> api::Stack {
        static TOKEN: AtomicU64 = AtomicU64::new(1);
        let token = TOKEN.fetch_add(1, Ordering::Relaxed).to_string();
        self.annotate("reconcile-requested-at", &token).await;
        let handled = |stack: &api::Stack| stack.status.last_handled_reconcile_at.as_ref() == Some(&token);
        self.until("the requested pass is over", handled).await
    }

    /// A fresh look, and whatever follows from it, until nothing is under way.
    pub async fn repaired(&self) -> api::Stack {
        self.look().await;
        self.settled().await
    }

    /// A fresh look at everything changes nothing in AWS.
    pub async fn stays(&self) {
        let mark = self.account.now();
        self.look().await;
        assert_eq!(self.account.writes(mark), Vec::<String>::new(), "{}", self.describe().await);
    }

    /// Declares a change, waits until it is made and checks that it stays so.
    pub async fn change(&self, spec: Value) -> Cloud {
        self.declare(spec).await;
        self.settled().await;
        self.stays().await;
        self.cloud()
    }

    /// Asks Kubernetes to delete it; does not wait.
    pub async fn delete(&self) {
        self.api.delete(&self.name, &DeleteParams::default()).await.unwrap();
    }

    /// Waits until it is gone from Kubernetes.
    pub async fn gone(&self) {
        let absent = |stack: Option<&api::Stack>| stack.is_none();
        if timeout(PATIENCE, await_condition(self.api.clone(), &self.name, absent)).await.is_err() {
            panic!("{} does not go\n{}", self.qualified(), self.describe().await);
        }
    }

    /// What the controller does in Kubernetes in its namespace, from now on.
    pub fn audit(&self) -> Audit {
        Audit::from_now(self.controller.world(), &self.namespace)
    }

    /// All that helps to see why a test fails: conditions, what is not ready, the last calls, the controller's complaints.
    pub async fn describe(&self) -> String {
        let Some(stack) = self.api.get_opt(&self.name).await.unwrap() else { return "it is not there".into() };
        let mut lines: Vec<_> = stack
            .status
            .conditions
            .iter()
            .map(|it| format!("{} {:?} {}: {}", it.type_, it.status, it.reason, it.message))
            .collect();
        let unready = stack.status.resources.iter().filter(|record| record.phase != RecordedPhase::Ready);
        lines.extend(unready.map(|record| format!("{record:?}")));
        lines.push(format!("intents {:?}, plan {:?}", stack.status.intents, stack.status.plan));
        let calls = self.account.calls(0).into_iter().filter(|call| call.write || call.error.is_some());
        let mut calls: Vec<_> =
            calls.map(|call| format!("{} {}", call.operation, call.error.unwrap_or_default())).collect();
        calls.drain(..calls.len().saturating_sub(20));
        lines.append(&mut calls);
        lines.push(self.controller.log(&self.namespace));
        lines.join("\n")
    }
}

/// A condition of `stack`.
pub fn find<'a>(stack: &'a api::Stack, condition: &str) -> Option<&'a api::status::Condition> {
    stack.status.conditions.iter().find(|found| found.type_ == condition)
}

/// Whether a condition of `stack` is True.
pub fn holds(stack: &api::Stack, condition: &str) -> bool {
    find(stack, condition).is_some_and(|found| found.status == ConditionStatus::True)
}

/// The network is built as now declared, and nothing is under way but for a missing image.
pub fn settled(stack: &api::Stack) -> bool {
    let current = stack.status.observed_generation == stack.metadata.generation;
    let ready = holds(stack, "NetworkReady") && holds(stack, "EndpointsReady");
    // An image that nobody has pushed yet is waited for without anything going on.
    let reconciling = find(stack, "Reconciling").is_some_and(|found| found.reason != "ImageNotFound");
    current && ready && !reconciling && !holds(stack, "Stalled")
}

/// Since when a condition of `stack` has the status that it has.
pub fn since(stack: &api::Stack, condition: &str) -> String {
    find(stack, condition).unwrap().last_transition_time.to_string()
}

/// Ids of the resources in the status, by logical id.
pub fn remembered(stack: &api::Stack) -> BTreeMap<String, String> {
    let records = stack.status.resources.iter();
    records.filter_map(|record| Some((record.key.clone(), record.id.clone()?))).collect()
}

/// Lays the members of `over` over `object`, deeply; null takes a member away.
pub fn lay_over(object: &mut Value, over: Value) {
    match (object, over) {
        (Value::Object(object), Value::Object(over)) => {
            for (name, value) in over {
                if value.is_null() {
                    object.remove(&name);
                } else {
                    lay_over(object.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (object, over) => *object = over,
    }
}
