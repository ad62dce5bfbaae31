//! `fargatestack plan` beside the controller: it says what the controller would do, and does nothing itself.

use std::io::Write as _;
use std::process::{Command, Stdio};

use aws_sdk_ec2::types::AttributeBooleanValue;
use fargatestack::api::status::PlanRecord;
use serde_json::{Value, json};

use crate::controller;
use crate::support::binary;
use crate::support::emulator::Account;
use crate::support::stack::{Stack, find, settled};

/// What the command line says of `manifest` to the owner of `account`.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    plan: Value,
    stderr: String,
}

impl Said {
    /// Action, key, changed fields and reason of each step.
    fn steps(&self) -> Vec<(String, String, Vec<String>, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let fields = |step: &Value| step["fields"].as_array().unwrap().iter().map(text).collect();
        let steps = self.plan["steps"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        steps
            .iter()
            .map(|step| (text(&step["action"]), text(&step["key"]), fields(step), text(&step["reason"])))
            .collect()
    }

    fn hash(&self) -> Option<&str> {
        self.plan["hash"].as_str()
    }

    /// Everything is as declared.
    #[track_caller]
    fn expect_no_changes(&self) {
        assert_eq!((self.steps(), self.hash(), self.code), (Vec::new(), None, Some(0)), "{}", self.stderr);
    }
}

fn steps_of(record: &PlanRecord) -> Vec<(String, String, Vec<String>, String)> {
    assert_eq!(record.more, 0);
    let step = |step: &fargatestack::api::status::PlannedStep| {
        (step.action.clone(), step.key.clone(), step.fields.clone(), step.reason.clone())
    };
    record.steps.iter().map(step).collect()
}

fn run(account: &Account, arguments: &[&str], manifest: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(binary())
        .args(["plan", "-f", "-", "--detailed-exitcode"])
        .args(arguments)
        .env_clear()
        .envs(account.environment())
        .env("FARGATESTACK_SETTLE_SECONDS", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(manifest.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn plan(account: &Account, arguments: &[&str], manifest: &str) -> Said {
    let (code, stdout, stderr) = run(account, &[arguments, &["--output", "json"]].concat(), manifest);
    Said { code, plan: serde_json::from_str(&stdout).unwrap_or_default(), stderr }
}

/// `stack` as kubectl prints it.
fn printed(stack: &Stack) -> String {
    let get = ["get", "fargatestack", &stack.name, "-n", &stack.namespace, "-o", "yaml", "--show-managed-fields"];
    stack.controller.world().kubectl(&get, "").expect_success()
}

/// `stack` as its user once wrote it.
fn written(stack: &Stack) -> String {
    let mut object: Value = serde_yaml::from_str(&printed(stack)).unwrap();
    let (name, namespace) = (&stack.name, &stack.namespace);
    object["metadata"] = json!({ "name": name, "namespace": namespace });
    object.as_object_mut().unwrap().remove("status");
    serde_yaml::to_string(&object).unwrap()
}

fn without_nat(more: &Value) -> Value {
    let mut spec = json!({"network": {"nat": {"mode": "None"}}});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

#[tokio::test]
async fn a_plan_of_what_kubectl_prints_is_the_controllers() {
    // What differs stays until it is approved: the controller is not faster than the command line.
    let stack = Stack::built(controller(), "command", without_nat(&json!({"driftPolicy": "Report"}))).await;
    stack.push("1.4.2");
    stack.serving().await;
    let account = &stack.account;
    let mark = account.now();
    plan(account, &[], &printed(&stack)).expect_no_changes();
    let (_, text, _) = run(account, &[], &printed(&stack));
    assert!(text.ends_with("\nNo changes: everything is as declared.\n"), "{text}");
    let asked = account.own_calls(mark);
    assert!(asked.len() > 20, "AWS was asked: {asked:?}");

    let on = AttributeBooleanValue::builder().value(true).build();
    let subnet = stack.cloud().id("subnet/ecs-a").to_owned();
    account.ec2().modify_subnet_attribute().subnet_id(&subnet).map_public_ip_on_launch(on).send().await.unwrap();
    let said = plan(account, &[], &printed(&stack));
    let step = ("Update", "subnet/ecs-a", "differs from what is declared");
    let steps = said.steps();
    assert!(steps.len() == 1 && (steps[0].0.as_str(), steps[0].1.as_str(), steps[0].3.as_str()) == step, "{said:?}");
    assert_eq!((said.code, &said.plan["steps"][0]["id"]), (Some(2), &json!(subnet)));
    assert!(said.plan["steps"][0]["held"].is_string() && said.plan["approvable"] == true, "{said:?}");

    let seen = stack.look().await;
    let record = seen.status.plan.expect("the controller holds the same plan back");
    assert_eq!((said.steps(), said.hash()), (steps_of(&record), Some(record.hash.as_str())));
    stack.annotate("approve", &record.hash).await;
    stack.until("nothing differs any more", |it| settled(it) && find(it, "Drifted").is_none()).await;
    plan(account, &[], &printed(&stack)).expect_no_changes();
    let calls = account.own_calls(mark).into_iter().filter(|call| call.write);
    let writes: Vec<_> = calls.map(|call| call.operation).collect();
    assert_eq!(writes, ["ModifySubnetAttribute"], "the test's own");
}

#[tokio::test]
async fn a_plan_of_what_is_being_deleted_is_what_goes() {
    let stack = Stack::built(controller(), "command-gone", without_nat(&json!({"deletionProtection": true}))).await;
    stack.delete().await;
    stack.until("it is being deleted", |it| it.metadata.deletion_timestamp.is_some()).await;
    let protected = printed(&stack);
    let said = plan(&stack.account, &[], &protected);
    assert!(said.code == Some(1) && said.stderr.contains("spec.deletionProtection to false"), "{said:?}");
    // The declaration need not be valid any more.
    let released =
        protected.replace("deletionProtection: true", "deletionProtection: false").replace("mode: None", "mode: Dream");
    assert_ne!(released, protected);
    let said = plan(&stack.account, &[], &released);
    let steps = said.steps();
    assert!(steps.iter().all(|(action, ..)| action == "Delete"), "{said:?}");
    let kept = |step: &Value| step["held"] == "retain names it";
    let held: Vec<_> =
        said.plan["steps"].as_array().unwrap().iter().filter(|step| kept(step)).map(|step| &step["key"]).collect();
    assert!(held.contains(&&json!("repository/main")) && !held.contains(&&json!("vpc/main")), "{said:?}");
    assert!(steps.iter().any(|(_, key, ..)| key == "vpc/main"), "{said:?}");
}

/// Without a UID nothing in AWS is the manifest's; with one, everything is that bears it.
#[tokio::test]
async fn a_plan_of_a_manifest_is_one_from_nothing_until_it_says_whose() {
    let stack = Stack::built(controller(), "command-again", without_nat(&json!({}))).await;
    let manifest = written(&stack);
    let uid = stack.get().await.uid().to_owned();
    let mark = stack.account.now();
    let said = plan(&stack.account, &[], &manifest);
    assert!(said.steps().iter().all(|(action, ..)| action == "Create"), "{said:?}");
    assert!(said.stderr.contains(&uid) && said.stderr.contains("command-again/orders"), "{}", said.stderr);
    plan(&stack.account, &["--uid", &uid], &manifest).expect_no_changes();
    // Of another cluster, under the same name, it is another's.
    let said = plan(&stack.account, &["--uid", &uid, "--cluster", "elsewhere"], &manifest);
    assert!(said.code == Some(1) && said.stderr.contains("another incarnation"), "{said:?}");
    assert!(stack.account.own_calls(mark).iter().all(|call| !call.write));
}

#[tokio::test]
async fn a_plan_from_nothing_is_the_plan_to_create() {
    let stack = Stack::prepare(controller(), "command-new").await;
    stack.declare(json!({"mode": "Observe"})).await;
    let seen = stack.until("the plan is shown", |it| it.status.plan.is_some()).await;
    let record = seen.status.plan.unwrap();
    for arguments in [&[][..], &["--offline"]] {
        let said = plan(&stack.account, arguments, &written(&stack));
        assert_eq!((said.steps(), said.hash()), (steps_of(&record), Some(record.hash.as_str())), "{arguments:?}");
        assert_eq!(said.code, Some(2));
    }
    let said = plan(&stack.account, &[], &printed(&stack));
    assert_eq!((said.steps(), said.hash()), (steps_of(&record), Some(record.hash.as_str())));
    assert!(stack.account.own_calls(0).iter().all(|call| !call.write));
    assert_eq!(stack.account.writes(0), Vec::<String>::new());
}
