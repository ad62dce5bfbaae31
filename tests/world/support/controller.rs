//! The controller's binary as a child process, under the rights of its own `ServiceAccount`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use super::{World, eventually};

/// Runs the controller, says its pid, ends when it ends, and ends it when standard input closes: also when the test
/// process is killed.
const WATCHER: &str = r#"exec 3<&0
"$0" controller >>"$CONTROLLER_LOG" 2>&1 3<&- &
pid=$!
echo $pid
{ read -r _ <&3; kill -9 $pid; } >/dev/null 2>&1 &
wait $pid"#;

/// Makes the emulator's transitions the only thing that takes time. A settle window of 2 s is longer than the emulator ever
/// lags here; the account's rate limits are AWS's, not the emulator's.
const SETTINGS: [(&str, &str); 2] = [("FARGATESTACK_SETTLE_SECONDS", "2"), ("FARGATESTACK_RATE_LIMITS", "false")];

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
    /// all that it does.
    pub fn alone(settings: &[(&str, &str)]) -> &'static Self {
        Box::leak(Box::new(Self::started(Box::leak(Box::new(World::start())), settings)))
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
        environment.insert("NO_COLOR".into(), "1".into());
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
            .args(["-c", WATCHER, env!("CARGO_BIN_EXE_fargatestack")])
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

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.running.lock().unwrap().as_ref().expect("the controller runs").pid
    }

    /// Kills it, without a chance to say goodbye.
    pub fn kill(&self) {
        let killed = Command::new("kill").args(["-9", &self.pid().to_string()]).status().unwrap();
        assert!(killed.success());
        self.buried("the killed controller ends");
    }

    /// Waits until it has ended by itself or by a signal.
    pub fn buried(&self, what: &str) {
        let mut running = self.running.lock().unwrap().take().expect("the controller ran");
        eventually(what, || running.watcher.try_wait().unwrap());
        drop(running.stdin);
    }

    /// Where it logs to.
    pub fn log_file(&self) -> &std::path::Path {
        &self.log
    }

    /// The last warnings and errors of its log, or those of its Pods, that contain `word`.
    pub fn log(&self, word: &str) -> String {
        let logs = std::fs::read_dir(self.log.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let own = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().contains("controller.log"));
        let log: String = logs.filter(own).map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect();
        let bad = |line: &&str| line.contains(word) && (line.contains(" WARN ") || line.contains(" ERROR "));
        let mut lines: Vec<_> = log.lines().rev().filter(bad).take(5).collect();
        lines.reverse();
        lines.join("\n")
    }
}
