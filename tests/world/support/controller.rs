//! The controller's binary as a child process, under the rights of its own `ServiceAccount`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::emulator::http_text;
use super::{Ending, World, binary, eventually};

/// Runs the controller, says its pid, ends when it ends, and ends it when standard input closes: also when the test
/// process is killed.
const WATCHER: &str = r#"exec 3<&0
"$0" controller >>"$CONTROLLER_LOG" 2>&1 3<&- &
pid=$!
echo $pid
{ read -r _ <&3; kill -9 $pid; } >/dev/null 2>&1 &
wait $pid"#;

/// Makes the emulator's transitions the only thing that takes time. A settle window of 2 s is longer than the emulator ever
/// lags here; the account's rate limits are AWS's, not the emulator's. Many controllers run on this machine: any port will do.
///
/// Leader election is as in production: a single one leads at once, and so does the next if the one before was asked to end. A test
/// that kills it and starts it again sets more.
const SETTINGS: [(&str, &str); 4] = [
    ("FARGATESTACK_SETTLE_SECONDS", "2"),
    ("FARGATESTACK_RATE_LIMITS", "false"),
    ("FARGATESTACK_METRICS_ADDRESS", "127.0.0.1:0"),
    ("FARGATESTACK_HEALTH_ADDRESS", "127.0.0.1:0"),
];

/// One call after the other: what is under way is all that is.
pub const ONE_CALL: (&str, &str) = ("FARGATESTACK_CALLS_PER_STACK", "1");

/// What the killed one held is free for the next one at once, since there is no other: for tests that kill it at every turn.
pub const ONLY_ONE: (&str, &str) = ("FARGATESTACK_LEADER_ELECTION", "false");

/// What the killed one held is free after seconds; and a leader that is slow on a loaded machine is not deposed.
pub const BRIEF_LEASE: [(&str, &str); 3] = [
    ("FARGATESTACK_LEASE_DURATION_SECONDS", "6"),
    ("FARGATESTACK_LEASE_RENEW_DEADLINE_SECONDS", "5"),
    ("FARGATESTACK_LEASE_RETRY_SECONDS", "1"),
];

/// A controller in a world. It lives no longer than the process that started it.
#[derive(Debug)]
pub struct Controller {
    world: &'static World,
    environment: BTreeMap<String, String>,
    log: PathBuf,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    watcher: Child,
    stdin: ChildStdin,
    pid: u32,
}

impl Controller {
    /// In a world of its own, with `settings` (environment variables) beside those for tests; for tests that kill it or count
    /// all that it does. Both end with what comes along.
    pub fn alone(settings: &[(&str, &str)]) -> (&'static Self, Ending) {
        let (world, mut ending) = World::own();
        let controller: &'static Self = Box::leak(Box::new(Self::started(world, settings)));
        ending.controller = Some(controller);
        (controller, ending)
    }

    /// Installed into `world` and started, with `settings` beside those for tests.
    pub fn started(world: &'static World, settings: &[(&str, &str)]) -> Self {
        let controller = Self::install(world, settings);
        controller.start();
        controller
    }

    /// Installs definitions and rights into `world`; does not start it yet.
    fn install(world: &'static World, settings: &[(&str, &str)]) -> Self {
        let state = PathBuf::from(world.value("STATE_DIR"));
        let kubeconfig = state.join("data/e2e-controller.kubeconfig").to_string_lossy().into_owned();
        let log = state.join("logs/controller.log");
        world.launch(&["install"]);
        let whose = ["--namespace", "fargatestack-system", "--name", "fargatestack-controller"];
        world.launch(&[&["service-account-kubeconfig", "--out", &kubeconfig], &whose[..]].concat());
        let mut environment = world.environment();
        environment.insert("KUBECONFIG".into(), kubeconfig);
        environment.insert("CONTROLLER_LOG".into(), log.to_string_lossy().into_owned());
        // Nothing of whoever runs the tests.
        environment.insert("POD_NAME".into(), "single".into());
        environment.insert("POD_NAMESPACE".into(), "fargatestack-system".into());
        environment.insert("FARGATESTACK_LOG_FORMAT".into(), "json".into());
        environment.extend(SETTINGS.iter().chain(settings).map(|(name, value)| ((*name).into(), (*value).into())));
        Self { world, environment, log, running: Mutex::default() }
    }

    /// In `world`, where something else installs and starts it.
    pub fn elsewhere(world: &'static World) -> &'static Self {
        let log = PathBuf::from(world.value("STATE_DIR")).join("logs/controller.log");
        Box::leak(Box::new(Self { world, environment: BTreeMap::new(), log, running: Mutex::default() }))
    }

    /// The world that it is in.
    pub fn world(&self) -> &'static World {
        self.world
    }

    /// Starts it; must not run.
    pub fn start(&self) {
        let mut watcher = Command::new("sh")
            .args(["-c", WATCHER])
            .arg(binary())
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The shell would say that the controller was killed.
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts the controller");
        let mut pid = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        let pid = pid.trim().parse().expect("the watcher says the controller's pid");
        let stdin = watcher.stdin.take().unwrap();
        let earlier = self.running.lock().unwrap().replace(Running { watcher, stdin, pid });
        assert!(earlier.is_none(), "the controller runs already");
    }

    /// What `fargatestack check` says with its rights and settings, and `settings` over them; and whether it ends well.
    pub fn check(&self, settings: &[(&str, &str)]) -> (String, bool) {
        let mut command = Command::new(binary());
        let output = command.arg("check").envs(&self.environment).envs(settings.iter().copied()).output().unwrap();
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.running.lock().unwrap().as_ref().expect("the controller runs").pid
    }

    /// Another one beside it, of the pod `name`, with its settings and `settings` over them; not started yet.
    pub fn replica(&self, name: &str, settings: &[(&str, &str)]) -> Self {
        let log = self.log.with_file_name(format!("controller-{name}.log"));
        let mut environment = self.environment.clone();
        environment.insert("CONTROLLER_LOG".into(), log.to_string_lossy().into_owned());
        environment.insert("POD_NAME".into(), name.into());
        environment.extend(settings.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        Self { world: self.world, environment, log, running: Mutex::default() }
    }

    /// Kills it, without a chance to say goodbye.
    pub fn kill(&self) {
        self.signal("-KILL");
        self.buried("the killed controller ends");
    }

    /// Asks it to end, and waits until it does; says with which code.
    pub fn end(&self) -> Option<i32> {
        self.signal("-TERM");
        self.buried("the controller ends when it is asked to")
    }

    /// Kills it if it runs; waits for nothing.
    pub fn abandon(&self) {
        // Its watcher sees the end of its standard input.
        drop(self.running.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended by itself or by a signal; says with which code.
    pub fn buried(&self, what: &str) -> Option<i32> {
        let mut running = self.running.lock().unwrap().take().expect("the controller ran");
        let status = eventually(what, || running.watcher.try_wait().unwrap());
        drop(running.stdin);
        status.code()
    }

    /// What it answers to a GET of `path` at the address of `flag`.
    pub fn get(&self, flag: &str, path: &str) -> (u16, String) {
        let address = eventually("it listens", || {
            let mut lines = self.lines();
            lines.retain(|line| line["message"] == "listening" && line["flag"] == flag);
            Some(lines.pop()?["address"].as_str()?.to_owned())
        });
        http_text(&address, "GET", path, "", "")
    }

    /// The value of a metric, by its name with its labels.
    pub fn metric(&self, name: &str) -> Option<String> {
        let (status, text) = self.get("--metrics-address", "/metrics");
        assert_eq!(status, 200, "{text}");
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::to_owned)
    }

    /// The lines of its log, oldest first, of earlier runs too.
    pub fn lines(&self) -> Vec<Value> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        // The last line may be half written.
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// What it wrote to AWS, as its log says.
    pub fn told_writes(&self) -> Vec<Value> {
        let mut lines = self.lines();
        lines.retain(|line| line["message"].as_str().is_some_and(|message| message.starts_with("AWS write")));
        lines
    }

    /// Where it logs to.
    pub fn log_file(&self) -> &std::path::Path {
        &self.log
    }

    /// The last warnings and errors of its log, or those of its Pods, that contain `word`.
    pub fn log(&self, word: &str) -> String {
        let logs = std::fs::read_dir(self.log.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let pods = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pod-"));
        let own = |path: &PathBuf| *path == self.log || pods(path);
        let log: String = logs.filter(own).map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect();
        let level = |line: &str, level: &str| line.contains(&format!("\"level\":\"{level}\""));
        let bad = |line: &&str| line.contains(word) && (level(line, "WARN") || level(line, "ERROR"));
        let mut lines: Vec<_> = log.lines().rev().filter(bad).take(5).collect();
        lines.reverse();
        lines.join("\n")
    }
}
