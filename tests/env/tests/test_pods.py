"""Pods of the API server run as child processes: with what they declare, on addresses of their own, for as long as they are there."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from world import pod_files
from world.container import repository
from world.kubectl import Kubectl
from world.pod_runner import Watch
from world.state import State

from .launching import Served, ended, launch

SECONDS = 60
# Answers with its environment and its token; ends by itself when asked to.
PROGRAM = """#!{python}
import http.server, json, os, pathlib, signal, sys
host, _, port = os.environ["LISTEN"].rpartition(":")
if sys.argv[1:] == ["fail"]:
    sys.exit(3)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        token = pathlib.Path(os.environ["TOKEN"])
        seen = {{"env": dict(os.environ), "token": token.read_text(), "args": sys.argv[1:], "pid": os.getpid()}}
        self.wfile.write(json.dumps(seen).encode())
def goodbye(*_):
    print("goodbye", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, goodbye)
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""
SECURITY = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
POD_SECURITY = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
TOKENS = "/var/run/secrets/tokens"
CONTAINER = {
    "name": "main",
    "image": "registry.example.com:5000/seen:1",
    "args": ["--name=$(POD_NAME)", "--tokens=" + TOKENS],
    "env": [
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "GREETING", "valueFrom": {"configMapKeyRef": {"name": "words", "key": "greeting"}}},
        {"name": "LISTEN", "value": "0.0.0.0:8080"},
        {"name": "TOKEN", "value": TOKENS + "/token"},
    ],
    "ports": [{"name": "http", "containerPort": 8080}],
    "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
    "livenessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
    "volumeMounts": [{"name": "tokens", "mountPath": TOKENS}],
    "securityContext": SECURITY,
}
SPEC = {
    "securityContext": POD_SECURITY,
    "containers": [CONTAINER],
    "volumes": [{"name": "tokens", "projected": {"sources": [{"serviceAccountToken": {"audience": "sts.example.com", "path": "token"}}]}}],
}
LABELS = {"app": "seen"}


def objects(namespace: str) -> str:
    """Return the objects of a namespace in which two Pods run, as a stream."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    template = {"metadata": {"labels": LABELS}, "spec": SPEC}
    each = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "words", "namespace": namespace}, "data": {"greeting": "hello"}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "seen", "namespace": namespace},
            "spec": {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template},
        },
    ]
    return "---\n".join(json.dumps(one) + "\n" for one in each)


def test_paths_and_addresses_of_a_container_are_moved() -> None:
    mounts = {"/etc/a": Path("/root/1"), "/etc/a/b": Path("/root/2")}
    moved = {
        "/etc/a": "/root/1",
        "/etc/a/b/c": "/root/2/c",
        "--file=/etc/a/x,/etc/a": "--file=/root/1/x,/root/1",
        "/etc/ab": "/etc/ab",
        "/my/etc/a": "/my/etc/a",
        "0.0.0.0:8080": "127.9.9.9:8080",
        "--listen=[::]:8080": "--listen=127.9.9.9:8080",
        "http://10.0.0.0:8080": "http://10.0.0.0:8080",
    }
    assert {text: pod_files.here(text, mounts, "127.9.9.9") for text in moved} == moved


def test_variables_are_expanded_where_they_are_known() -> None:
    assert pod_files.expanded("$(A)-$(B)-$A", {"A": "1"}) == "1-$(B)-$A"


def test_an_image_is_known_by_its_name() -> None:
    names = {"a": "a", "a:1": "a", "r:5000/a": "r:5000/a", "r:5000/a:1": "r:5000/a", "r/a@sha256:0": "r/a", "r/a:1@sha256:0": "r/a"}
    assert {image: repository(image) for image in names} == names


def test_events_are_read_from_pieces() -> None:
    reading, writing = os.pipe()
    watch = Watch(reading)
    found = []
    for piece in ('{"a": ', '"ü"}\n{"b"'.encode()[:7], '"ü"}\n{"b"'.encode()[7:], ": 2}\n"):
        os.write(writing, piece if isinstance(piece, bytes) else piece.encode())
        found += list(watch.events())
    assert found == [{"a": "ü"}, {"b": 2}]


@dataclass
class Running:
    """A namespace of the served world, and its runner."""

    namespace: str
    state: State
    kubectl: Kubectl
    runner: subprocess.Popen[str]

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        return self.kubectl.run(*arguments, f"--namespace={self.namespace}", stdin=stdin)

    def get(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("get", *arguments, "--output=json"))
        return found

    def pods(self) -> list[dict[str, Any]]:
        return [pod for pod in self.get("pods", "--selector=app=seen")["items"] if "deletionTimestamp" not in pod["metadata"]]

    def create(self, name: str, spec: dict[str, Any]) -> None:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        self.run("create", "--filename=-", stdin=json.dumps(pod))

    def wait(self, what: str, condition: str) -> None:
        self.run("wait", what, f"--for={condition}", f"--timeout={SECONDS}s")

    def rolled_out(self) -> None:
        self.run("rollout", "status", "deployment/seen", f"--timeout={SECONDS}s")


@contextlib.contextmanager
def run_pods(served: Served, program: Path, namespace: str) -> Iterator[Running]:
    kubectl = Kubectl(Path(served.values["PATH_PREPEND"]) / "kubectl", served.values["KUBECONFIG"])
    kubectl.run("apply", "--server-side", "--filename=-", stdin=objects(namespace))
    image = f"--program=registry.example.com:5000/seen={program}"
    runner = launch("run-pods", f"--namespace={namespace}", image, f"--state-dir={served.state}")
    yield Running(namespace, State(served.state), kubectl, runner)
    _, errors = runner.communicate()
    assert runner.returncode in (0, -signal.SIGKILL), errors


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "seen"
    path.write_text(PROGRAM.format(python=sys.executable))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def running(served: Served, program: Path) -> Iterator[Running]:
    with run_pods(served, program, "pods") as found:
        yield found


def seen(pod: dict[str, Any]) -> dict[str, Any]:
    """Ask a Pod on its own address."""
    with urllib.request.urlopen(f"http://{pod['status']['podIP']}:8080/") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_each_pod_of_a_deployment_runs_as_declared(running: Running) -> None:
    running.rolled_out()
    pods = running.pods()
    assert len({pod["status"]["podIP"] for pod in pods}) == 2
    for pod in pods:
        found = seen(pod)
        name = pod["metadata"]["name"]
        assert found["env"]["POD_NAME"] == name
        assert found["env"]["GREETING"] == "hello"
        assert found["args"][0] == f"--name={name}"
        assert found["args"][1].removeprefix("--tokens=") == str(Path(found["env"]["TOKEN"]).parent)
        assert not {"HOME", "AWS_ACCESS_KEY_ID"} & set(found["env"]), "nothing of the host"
        body = found["token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        assert claims["aud"] == ["sts.example.com"]
        assert claims["kubernetes.io"]["pod"]["uid"] == pod["metadata"]["uid"]
        account = Kubectl(running.kubectl.binary, found["env"]["KUBECONFIG"])
        assert account.json("auth", "whoami")["status"]["userInfo"]["username"] == "system:serviceaccount:pods:default"


def test_a_container_that_ends_is_started_again(running: Running) -> None:
    running.rolled_out()
    pod = running.pods()[0]
    os.kill(seen(pod)["pid"], signal.SIGKILL)
    name = f"pod/{pod['metadata']['name']}"
    running.wait(name, "jsonpath={.status.containerStatuses[0].restartCount}=1")
    running.wait(name, "condition=Ready")
    last = running.get(name)["status"]["containerStatuses"][0]["lastState"]
    assert last["terminated"]["exitCode"] == 128 + signal.SIGKILL


def test_a_deleted_pod_is_asked_to_end_and_replaced(running: Running) -> None:
    running.rolled_out()
    pod = running.pods()[0]
    handle = os.pidfd_open(seen(pod)["pid"])
    running.run("delete", "pod", pod["metadata"]["name"], f"--timeout={SECONDS}s")
    assert ended([handle])
    log = running.state.log(f"pod-{pod['metadata']['name']}-main")
    assert log.read_text().splitlines()[-1] == "goodbye"
    running.rolled_out()
    assert pod["metadata"]["uid"] not in {each["metadata"]["uid"] for each in running.pods()}


def test_a_pod_that_is_not_to_be_restarted_is_over(running: Running) -> None:
    running.create("once", {**SPEC, "restartPolicy": "Never", "containers": [{**CONTAINER, "args": ["fail"]}]})
    running.wait("pod/once", "jsonpath={.status.phase}=Failed")
    code = running.get("pod/once")["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"]
    assert code == 3


def test_an_image_without_a_program_is_said_so(running: Running) -> None:
    running.create("unknown", {**SPEC, "containers": [{**CONTAINER, "image": "another:1"}]})
    running.wait("pod/unknown", "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImagePull")


@pytest.mark.parametrize("end", ["stdin", "kill"])
def test_nothing_outlives_its_runner(served: Served, program: Path, end: str) -> None:
    with run_pods(served, program, f"pods-{end}") as found:
        found.rolled_out()
        handles = [os.pidfd_open(seen(pod)["pid"]) for pod in found.pods()]
        if end == "kill":
            found.runner.kill()
        else:
            found.runner.communicate()
        assert len(handles) == 2
        assert ended(handles)
