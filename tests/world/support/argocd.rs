//! Argo CD in a world, and the Git repository that it syncs from.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{World, eventually, root};

/// The namespace of Argo CD.
const NAMESPACE: &str = "argocd";
/// What it is asked to look again by.
const REFRESH: &str = "argocd.argoproj.io/refresh";

/// Argo CD, as the launcher runs it, with a clone of the repository to commit to.
#[derive(Debug)]
pub struct ArgoCd {
    world: &'static World,
    clone: PathBuf,
    bare: PathBuf,
    /// Ends with its standard input.
    _launcher: Child,
}

impl ArgoCd {
    /// Installed into `world` and started, with an empty repository.
    pub fn started(world: &'static World) -> Self {
        let mut launcher = Command::new("python3")
            .arg(root().join("tests/env/world"))
            .args(["argocd", "--state-dir", world.value("STATE_DIR")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts Argo CD");
        let mut line = String::new();
        BufReader::new(launcher.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "Argo CD did not start: its launcher says why above");
        let data = PathBuf::from(world.value("STATE_DIR")).join("data");
        let argocd =
            Self { world, clone: data.join("git/clone"), bare: data.join("git/platform.git"), _launcher: launcher };
        std::fs::create_dir_all(&argocd.clone).unwrap();
        argocd.git(&["init", "--quiet", "--bare", "--initial-branch=main", &argocd.bare.to_string_lossy()]);
        argocd.git(&["init", "--quiet", "--initial-branch=main"]);
        argocd
    }

    /// Where Argo CD finds the repository.
    pub fn repository(&self) -> String {
        format!("file://{}", self.bare.display())
    }

    /// Copies `folder` to `path` of the next commit.
    pub fn copy(&self, folder: &Path, path: &str) {
        let target = self.clone.join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let copied = Command::new("cp").args(["-r", "--"]).args([folder, &target]).status().unwrap();
        assert!(copied.success());
    }

    /// Commits the objects as the content of `path`, or takes it away if there are none, and pushes.
    pub fn commit(&self, path: &str, objects: &[Value]) {
        let file = self.clone.join(path);
        if objects.is_empty() {
            std::fs::remove_file(file).unwrap();
        } else {
            let documents: Vec<String> = objects.iter().map(|object| serde_yaml::to_string(object).unwrap()).collect();
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, documents.join("---\n")).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", path]);
        self.git(&["push", "--quiet", &self.repository(), "main"]);
    }

    /// The commit that Argo CD is to sync.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
            .args(arguments)
            .current_dir(&self.clone)
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Declares an Application.
    pub fn declare(&self, application: &Value) {
        self.world.kubectl(&["apply", "--server-side", "-f", "-"], &application.to_string()).expect_success();
    }

    /// The Application as it is now.
    pub fn get(&self, name: &str) -> Value {
        let ask = ["get", "application", name, "--namespace", NAMESPACE, "--output=json"];
        serde_json::from_str(&self.world.kubectl(&ask, "").expect_success()).unwrap()
    }

    /// Sets an annotation of the Application; none takes it away.
    pub fn annotate(&self, name: &str, annotation: &str, value: Option<&str>) {
        let patch = json!({"metadata": {"annotations": {annotation: value}}}).to_string();
        let patched = ["patch", "application", name, "--namespace", NAMESPACE, "--type=merge", "--patch", &patch];
        self.world.kubectl(&patched, "").expect_success();
    }

    /// Has Argo CD compare everything anew, without what it remembers, and gives the Application after that.
    pub fn refresh(&self, name: &str) -> Value {
        self.annotate(name, REFRESH, Some("hard"));
        eventually("the refresh is over", || {
            let application = self.get(name);
            application["metadata"]["annotations"][REFRESH].is_null().then_some(application)
        })
    }

    /// Waits until `holds` is true of the Application; fails the test if that takes too long.
    #[track_caller]
    pub fn until(&self, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        eventually(&format!("Application {name}: {what}"), || Some(self.get(name)).filter(|found| holds(found)))
    }

    /// Has Argo CD look at the last commit, and waits until it was synced to its end, whatever that is.
    pub fn synced(&self, name: &str) -> Value {
        let head = self.head();
        self.annotate(name, REFRESH, Some("normal"));
        self.until(name, "the last commit is synced", |application| {
            let operation = &application["status"]["operationState"];
            let revisions = operation["syncResult"]["revisions"].as_array();
            let phase = operation["phase"].as_str().unwrap_or("Running");
            revisions.is_some_and(|all| all.iter().all(|revision| revision == &head))
                && phase != "Running"
                && is_synced(application)
        })
    }
}

/// Whether Argo CD finds everything as declared.
pub fn is_synced(application: &Value) -> bool {
    application["status"]["sync"]["status"] == "Synced"
}

/// What is not as declared, or not known to be.
pub fn out_of_sync(application: &Value) -> Vec<String> {
    let resources = application["status"]["resources"].as_array().into_iter().flatten();
    let others = resources.filter(|resource| resource["status"] != "Synced");
    others.map(|resource| format!("{}/{}: {}", resource["kind"], resource["name"], resource["status"])).collect()
}

/// The health of the one object of a kind, and why.
pub fn health(application: &Value, kind: &str) -> (String, String) {
    let mut resources = application["status"]["resources"].as_array().into_iter().flatten();
    let health = resources.find(|resource| resource["kind"] == kind).map(|resource| resource["health"].clone());
    let text = |member: &str| health.as_ref().and_then(|health| health[member].as_str()).unwrap_or_default().to_owned();
    (text("status"), text("message"))
}
