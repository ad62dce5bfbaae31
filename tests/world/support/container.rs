//! The image, and containers of it: run by podman and runc with what the Pod of the chart asks for.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use serde_json::{Map, Value};

use super::{World, eventually};

/// Where a kubelet puts the credentials of a Pod's `ServiceAccount`.
const CREDENTIALS: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// No container outlives this, however the test ends.
const SECONDS: u32 = 900;

/// The image, in a storage of images that goes with its world.
#[derive(Debug)]
pub struct Image {
    storage: PathBuf,
    /// Its name, with the tag.
    pub name: String,
}

/// A container that runs.
#[derive(Debug)]
pub struct Running {
    process: Child,
    log: PathBuf,
}

impl Image {
    /// Built for `world`, as the Makefile builds it.
    pub fn built(world: &World) -> Self {
        let binary =
            std::env::var("FARGATESTACK_BINARY").expect("the binary of the image: `make test-image` says which");
        // A short name: podman has no room for a long one.
        let storage = PathBuf::from(world.value("STATE_DIR")).join("images");
        let place = storage.to_string_lossy().into_owned();
        let name = world.launch(&["image", "--binary", &binary, "--storage", &place]).trim().to_owned();
        Self { storage, name }
    }

    fn podman(&self) -> Command {
        let mut command = Command::new("podman");
        let place = |name: &str| self.storage.join(name).into_os_string();
        command.arg("--root").arg(place("root")).arg("--runroot").arg(place("run")).args(["--runtime", "runc"]);
        command
    }

    fn said(&self, arguments: &[&str]) -> Vec<u8> {
        let Output { status, stdout, stderr } = self.podman().args(arguments).output().expect("podman starts");
        assert!(status.success(), "podman {arguments:?}: {}", String::from_utf8_lossy(&stderr));
        stdout
    }

    /// Its configuration.
    pub fn config(&self) -> Value {
        let described: Value = serde_json::from_slice(&self.said(&["image", "inspect", &self.name])).unwrap();
        described[0]["Config"].clone()
    }

    /// The files in it, in order.
    pub fn files(&self) -> Vec<String> {
        let archive = self.storage.join("files.tar").to_string_lossy().into_owned();
        self.said(&["create", "--name", "files", &self.name]);
        self.said(&["export", "--output", &archive, "files"]);
        self.said(&["rm", "files"]);
        let listed = Command::new("tar").args(["--list", "--file", &archive]).output().unwrap();
        let names = String::from_utf8(listed.stdout).unwrap();
        let mut files: Vec<_> = names.lines().filter(|name| !name.ends_with('/')).map(str::to_owned).collect();
        files.sort();
        files
    }

    /// Starts the first container of a Pod, with `more` options.
    pub fn start(&self, pod: &Value, credentials: &Path, more: &[String]) -> Running {
        let log = self.storage.join("controller.log");
        let output = File::create(&log).unwrap();
        let mut command = self.run(pod, credentials, more);
        command.args(["--name=controller", &self.name]).args(arguments(pod));
        let process = command.stdout(output.try_clone().unwrap()).stderr(output).spawn().expect("podman starts");
        Running { process, log }
    }

    /// Runs the first container of a Pod, with `more` options, to its end: what it said, and whether it ended well.
    pub fn ended(&self, pod: &Value, credentials: &Path, more: &[String]) -> (String, bool) {
        let mut command = self.run(pod, credentials, more);
        let output = command.arg(&self.name).args(arguments(pod)).output().expect("podman starts");
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.success())
    }

    /// On the host's loopback, with limits that a machine without systemd allows.
    fn run(&self, pod: &Value, credentials: &Path, more: &[String]) -> Command {
        let mut command = self.podman();
        command.args(["run", "--rm", "--network=host", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"]);
        command.arg(format!("--timeout={SECONDS}")).args(isolation(pod)).args(environment(pod)).args(more);
        command.arg(format!("--volume={}:{CREDENTIALS}:ro", credentials.display()));
        command
    }

    /// Sends the running container a signal, as a kubelet does.
    pub fn signal(&self, signal: &str) {
        self.said(&["kill", "--signal", signal, "controller"]);
    }
}

impl Running {
    /// Asks until there is an answer; fails with what it said when the container ends.
    pub fn eventually<T>(&mut self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        eventually(what, || {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "{what}: it ended: {}", std::fs::read_to_string(&self.log).unwrap());
            ask()
        })
    }

    /// Waits for its end; the exit code, and what it said.
    pub fn end(mut self) -> (Option<i32>, String) {
        let status = self.process.wait().unwrap();
        (status.code(), std::fs::read_to_string(self.log).unwrap())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // Also what a failed test left running.
        let _ = self.podman().args(["rm", "--all", "--force", "--time=0"]).output();
    }
}

fn container(pod: &Value) -> &Value {
    &pod["containers"][0]
}

fn arguments(pod: &Value) -> Vec<String> {
    assert_eq!(container(pod)["command"], Value::Null, "the image's own entry point");
    let arguments = container(pod)["args"].as_array().expect("arguments");
    arguments.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Variables as options. What a kubelet would look up is made up.
fn environment(pod: &Value) -> Vec<String> {
    let variables = container(pod)["env"].as_array().expect("variables");
    let value = |it: &Value| match it["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
        None => it["value"].as_str().unwrap().to_owned(),
        Some("metadata.name") => "image".into(),
        Some("metadata.namespace") => super::chart::NAMESPACE.into(),
        Some(other) => panic!("{other}: not known here"),
    };
    variables.iter().map(|it| format!("--env={}={}", it["name"].as_str().unwrap(), value(it))).collect()
}

/// What a Pod asks of its node to confine its first container, as options; what is not known here is not left out silently.
fn isolation(pod: &Value) -> Vec<String> {
    let none = Map::new();
    let fields = |of: &Value| of["securityContext"].as_object().unwrap_or(&none).clone();
    let mut asked = fields(pod);
    asked.extend(fields(container(pod)));
    let user = format!("--user={}:{}", asked["runAsUser"], asked["runAsGroup"]);
    let mut options = vec![user, format!("--memory={}", bytes(&container(pod)["resources"]["limits"]["memory"]))];
    for (name, value) in &asked {
        match (name.as_str(), value) {
            // The user is set above; the profile is podman's default.
            ("runAsUser" | "runAsGroup", Value::Number(_)) | ("runAsNonRoot", Value::Bool(true)) => {}
            ("seccompProfile", profile) if profile["type"] == "RuntimeDefault" => {}
            ("fsGroup", Value::Number(group)) => options.push(format!("--group-add={group}")),
            ("readOnlyRootFilesystem", Value::Bool(true)) => {
                options.extend(["--read-only".into(), "--read-only-tmpfs=false".into()]);
            }
            ("allowPrivilegeEscalation", Value::Bool(false)) => options.push("--security-opt=no-new-privileges".into()),
            ("capabilities", Value::Object(lists)) if lists.keys().eq(["drop"]) => {
                let dropped = lists["drop"].as_array().expect("a list");
                options.extend(dropped.iter().map(|it| format!("--cap-drop={}", it.as_str().unwrap())));
            }
            unknown => panic!("{unknown:?}: it is not known here how podman is told so"),
        }
    }
    options
}

/// A quantity of memory, as podman reads it.
fn bytes(quantity: &Value) -> String {
    let mebibytes = quantity.as_str().and_then(|it| it.strip_suffix("Mi")).expect("a limit in Mi");
    format!("{mebibytes}m")
}
