//! What the controller does in Kubernetes, from the API server's audit log.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::World;

const CONTROLLER: &str = "system:serviceaccount:fargatestack-system:fargatestack-controller";

/// The audit log from some point on.
#[derive(Debug)]
pub struct Audit {
    log: PathBuf,
    start: usize,
    namespace: String,
}

impl Audit {
    /// What comes after now, in `namespace`.
    pub fn from_now(world: &World, namespace: &str) -> Self {
        let log = PathBuf::from(world.value("AUDIT_LOG"));
        let start = std::fs::read(&log).unwrap().len();
        Self { log, start, namespace: namespace.to_owned() }
    }

    fn events(&self) -> Vec<Value> {
        let log = std::fs::read(&self.log).unwrap();
        let text = String::from_utf8_lossy(&log[self.start..]);
        // The last line may be half written.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// How often stacks were applied on trial, as Argo CD does to compare on the server's side.
    pub fn trials(&self) -> usize {
        let stacks = format!("/namespaces/{}/fargatestacks/", self.namespace);
        let trial = |event: &&Value| {
            let asked = event["requestURI"].as_str().unwrap_or_default();
            asked.contains(&stacks) && asked.contains("dryRun=All") && asked.contains("force=true")
        };
        self.events().iter().filter(trial).count()
    }

    /// The controller's changes, by verb and resource.
    pub fn writes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for event in self.events() {
            let verb = event["verb"].as_str().unwrap_or_default();
            let object = &event["objectRef"];
            let changes = matches!(verb, "create" | "update" | "patch" | "delete" | "deletecollection");
            let ours = event["user"]["username"] == CONTROLLER && object["namespace"] == self.namespace.as_str();
            if changes && ours {
                let part = object["subresource"].as_str().map(|part| format!("/{part}")).unwrap_or_default();
                let resource = object["resource"].as_str().unwrap_or_default();
                *counts.entry(format!("{verb} {resource}{part}")).or_default() += 1;
            }
        }
        counts
    }
}
