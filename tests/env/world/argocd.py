"""Argo CD in a world: application-controller, repo-server and the Redis between them; its web server when asked for.

They act as the world's administrator, as Argo CD does in its own cluster. Their ports are chosen by the kernel and read from their logs, so
that worlds do not race for one.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import process
from .argocd_build import ArgoCd
from .errors import WorldError
from .kubectl import Kubectl
from .layout import CHECKOUT
from .part import Part, start, wait
from .ports import LOOPBACK
from .state import Facts, State, remove

NAMESPACE = "argocd"
# What a user applies, see docs/gitops.md.
SETTINGS = CHECKOUT / "manifests" / "argocd" / "argocd-cm.yaml"
REDIS, REPO_SERVER, CONTROLLER = "argocd-redis", "argocd-repo-server", "argocd-application-controller"
PARTS = (REDIS, REPO_SERVER, CONTROLLER)
SECONDS = 60
# Argo CD's web server makes it at its start; it is not needed otherwise.
PROJECT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "default", "namespace": NAMESPACE},
    "spec": {
        "sourceRepos": ["*"],
        "destinations": [{"namespace": "*", "server": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    },
}


@dataclass(frozen=True)
class Home:
    """Where Argo CD's parts keep what they write, and the names that their program goes by."""

    folder: Path

    def __post_init__(self) -> None:
        """Begin with nothing."""
        remove(self.folder)
        for name in ("bin", "tmp", "tls", "ssh", "gnupg", "gpg", "plugins"):
            (self.folder / name).mkdir(parents=True)

    def link(self, built: ArgoCd) -> None:
        """Put the program under its names, and the script that the repo-server runs."""
        for name in (REPO_SERVER, CONTROLLER):
            (self.folder / "bin" / name).symlink_to(built.program)
        script = self.folder / "bin" / "git-verify-wrapper.sh"
        script.write_bytes((built.files / "hack" / script.name).read_bytes())
        script.chmod(0o755)

    def environment(self, facts: Facts) -> dict[str, str]:
        """Return the environment of the parts: nothing of whoever starts them but where git is."""
        path = os.pathsep.join([str(self.folder / "bin"), facts.binaries, os.environ.get("PATH", os.defpath)])
        return {
            "PATH": path,
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "KUBECONFIG": facts.kubeconfig,
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_TLS_DATA_PATH": str(self.folder / "tls"),
            "ARGOCD_SSH_DATA_PATH": str(self.folder / "ssh"),
            "ARGOCD_GNUPGHOME": str(self.folder / "gnupg"),
            "ARGOCD_GPG_DATA_PATH": str(self.folder / "gpg"),
            "ARGOCD_PLUGINSOCKFILEPATH": str(self.folder / "plugins"),
            "ARGOCD_ASK_PASS_SOCK": str(self.folder / "ask-pass.sock"),
        }


def only(state: State) -> None:
    """Fail when the world has one already: to end a second one would be to end the first."""
    running = [part for part in PARTS if state.runs(part)]
    if running:
        raise WorldError(f"{', '.join(running)}: runs already in {state.folder}")


def begin(state: State, facts: Facts, built: ArgoCd) -> None:
    """Install Argo CD into the world and start it; return when it works. Its parts die with the calling thread."""
    install(Kubectl.administrator(facts), built.files)
    home = Home(folder(state))
    home.link(built)
    env = home.environment(facts)
    redis = _started(state, REDIS, [str(built.redis), f"{LOOPBACK}:0"], env, r"^listening on (\S+)$")
    options = [f"--redis={redis}", "--logformat=text", "--metrics-port=0"]
    serving = [f"--address={LOOPBACK}", "--port=0", f"--metrics-address={LOOPBACK}", "--disable-tls", "--client-ca-path="]
    repo_server = _started(state, REPO_SERVER, [REPO_SERVER, *options, *serving], env, r"is listening on ([\d.]+:\d+)")
    syncing = [f"--namespace={NAMESPACE}", f"--repo-server={repo_server}", "--repo-server-plaintext", "--persist-resource-health"]
    _started(state, CONTROLLER, [CONTROLLER, *options, *syncing], env, r"(Application Controller)")


def end(state: State) -> None:
    """End its parts, and leave nothing of theirs but logs."""
    process.stop([state.pid_file(part) for part in PARTS], grace=0)
    remove(folder(state))


def folder(state: State) -> Path:
    """Return the folder that its parts write to."""
    return state.data / "argocd"


def install(kubectl: Kubectl, files: Path) -> None:
    """Apply Argo CD's definitions and settings, then, as a user does, what `manifests/argocd` adds to them."""
    apply = ("apply", "--server-side", "--force-conflicts")
    definitions = f"--filename={files / 'manifests' / 'crds'}"
    kubectl.run(*apply, definitions)
    for readiness in ("jsonpath={.status.conditions}", "condition=Established"):
        kubectl.run("wait", "--for", readiness, f"--timeout={SECONDS}s", definitions)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    kubectl.run(*apply, "--filename=-", stdin=json.dumps(namespace))
    kubectl.run(*apply, f"--namespace={NAMESPACE}", f"--filename={files / 'manifests' / 'base' / 'config'}")
    for each in (_secret(), PROJECT):
        kubectl.run(*apply, "--field-manager=installation", "--filename=-", stdin=json.dumps(each))
    kubectl.run("apply", "--server-side", "--field-manager=fargatestack", f"--namespace={NAMESPACE}", f"--filename={SETTINGS}")


def _secret() -> dict[str, Any]:
    metadata = {"name": "argocd-secret", "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"server.secretkey": secrets.token_hex(16)}}


def _started(state: State, name: str, command: list[str], env: dict[str, str], announces: str) -> str:
    """Start a part, and return what its log announces when it serves."""
    state.log(name).unlink(missing_ok=True)
    program = [str(folder(state) / "bin" / command[0]), *command[1:]] if os.sep not in command[0] else command
    part = Part(name, program, _says(state.log(name), announces), seconds=SECONDS, env=env)
    start(part, state, tied=True)
    wait(part, state)
    return _found(state.log(name), announces) or ""


def _found(log: Path, pattern: str) -> str | None:
    found = re.search(pattern, log.read_text(errors="replace"), re.MULTILINE)
    return found[1] if found else None


def _says(log: Path, pattern: str) -> Callable[[], str | None]:
    return lambda: None if _found(log, pattern) else f"its log does not say {pattern}"
