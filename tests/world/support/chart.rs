//! The Helm chart in a world: its release, and what runs the Pods that the API server admits.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::emulator::{Account, REGION};
use super::{Outcome, World, binary, root};

/// The namespace of the release.
pub const NAMESPACE: &str = "fargatestack-system";
/// Its name.
pub const RELEASE: &str = "fargatestack";
/// The image that the values name; the runner of Pods knows its program.
const IMAGE: &str = "registry.example.com/fargatestack";
/// Who issues the tokens of a world's `ServiceAccounts`.
const ISSUER: &str = "kubernetes.default.svc";

/// A release of the chart in a world, whose controllers act as a role of an account of their own, by IRSA.
#[derive(Debug)]
pub struct Release {
    world: &'static World,
    values: Value,
    /// Ends with its standard input.
    _runner: Child,
}

impl Release {
    /// In `world`, not installed yet: its namespace, which enforces the profile `restricted`, the runner of its Pods, and its role.
    pub async fn prepare(world: &'static World) -> Self {
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        });
        world.kubectl(&["apply", "--server-side", "-f", "-"], &namespace.to_string()).expect_success();
        let role = role(&Account::new(world)).await;
        let values = json!({
            "image": {"repository": IMAGE},
            "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": role}},
            "aws": {"region": REGION},
            "settings": {"settleSeconds": 2, "rateLimits": false},
            "extraEnv": [{"name": "AWS_ENDPOINT_URL", "value": world.value("AWS_ENDPOINT_URL")}],
        });
        let program = format!("{IMAGE}={}", binary().display());
        let runner = Command::new("python3")
            .arg(root().join("tests/env/world"))
            .args([
                "run-pods",
                "--namespace",
                NAMESPACE,
                "--program",
                &program,
                "--state-dir",
                world.value("STATE_DIR"),
            ])
            .stdin(Stdio::piped())
            .spawn()
            .expect("python3 starts the runner of Pods");
        Self { world, values, _runner: runner }
    }

    /// Its values.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// Sets a value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.values[name] = value;
    }

    /// Installs the chart, or upgrades to it; returns when its Pods are ready.
    pub fn upgrade(&self, chart: &Path) -> String {
        let chart = chart.to_string_lossy();
        let wait = ["--wait", "--timeout=3m", "--values=-"];
        let arguments = [&["upgrade", "--install", RELEASE, &chart], &wait[..]].concat();
        self.helm(&arguments, &self.values.to_string()).expect_success()
    }

    /// Runs helm in the namespace of the release, with nothing of the user's own configuration.
    pub fn helm(&self, arguments: &[&str], input: &str) -> Outcome {
        let state = PathBuf::from(self.world.value("STATE_DIR"));
        let own = state.join("data/helm.yaml").to_string_lossy().into_owned();
        let whose = ["--namespace", NAMESPACE, "--repository-config", &own, "--registry-config", &own];
        self.world.tool("helm", &[arguments, &whose[..]].concat(), input)
    }

    /// The names of its Pods that are ready.
    pub fn ready(&self) -> Vec<String> {
        let path =
            r#"jsonpath={range .items[?(@.status.containerStatuses[0].ready==true)]}{.metadata.name}{"\n"}{end}"#;
        let selector = format!("app.kubernetes.io/instance={RELEASE}");
        let ask = ["get", "pods", "--namespace", NAMESPACE, "--selector", &selector, "--output", path];
        self.world.kubectl(&ask, "").expect_success().lines().map(Into::into).collect()
    }

    /// The Pod that leads.
    pub fn leader(&self) -> String {
        let ask = ["get", "lease", "fargatestack-controller", "--namespace", NAMESPACE, "--output=json"];
        let lease: Value = serde_json::from_str(&self.world.kubectl(&ask, "").expect_success()).unwrap();
        let holder = lease["spec"]["holderIdentity"].as_str().unwrap_or_default();
        holder.split('_').next().unwrap_or_default().to_owned()
    }

    /// Removes the release; returns when its Pods are gone.
    pub fn uninstall(&self) {
        self.helm(&["uninstall", RELEASE, "--wait"], "").expect_success();
        let selector = format!("app.kubernetes.io/instance={RELEASE}");
        let wait = ["wait", "pods", "--namespace", NAMESPACE, "--selector", &selector, "--for=delete", "--timeout=2m"];
        self.world.kubectl(&wait, "").expect_success();
    }
}

/// The chart of the checkout.
pub fn current() -> PathBuf {
    root().join("charts/fargatestack")
}

/// An older version of it, packaged in `folder`: with definitions that lack what `newer` names.
pub fn older(release: &Release, folder: &Path, newer: &str) -> PathBuf {
    let copy = folder.join("fargatestack");
    let copied = Command::new("cp").args(["-r", "--"]).args([&current(), &copy]).status().unwrap();
    assert!(copied.success());
    edit(&copy.join("Chart.yaml"), "\nversion: 0.1.0\n", "\nversion: 0.0.1\n");
    edit(&copy.join("templates/crds/fargatestacks.yaml"), newer, "");
    let (from, to) = (copy.to_string_lossy(), folder.to_string_lossy());
    release.helm(&["package", &from, "--destination", &to], "").expect_success();
    folder.join("fargatestack-0.0.1.tgz")
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{}: {from:?}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// A role of `account` that trusts the release's `ServiceAccount`, as an installation on EKS has one.
async fn role(account: &Account) -> String {
    let iam = account.iam();
    let audience = "sts.amazonaws.com";
    let provider = iam.create_open_id_connect_provider().url(format!("https://{ISSUER}")).client_id_list(audience);
    let provider = provider.send().await.unwrap().open_id_connect_provider_arn.unwrap();
    let subject = format!("system:serviceaccount:{NAMESPACE}:{RELEASE}");
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {format!("{ISSUER}:sub"): subject, format!("{ISSUER}:aud"): audience}},
        }],
    });
    let role = iam.create_role().role_name("controller").assume_role_policy_document(trust.to_string());
    role.send().await.unwrap().role.unwrap().arn
}
