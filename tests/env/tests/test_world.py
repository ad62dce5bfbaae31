"""Whole worlds: they start side by side, are repaired, and end without a trace."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from world import process
from world.kubectl import Kubectl
from world.state import PARTS, State

from .launching import Served, ended, launch, serve


def handles(state: State) -> dict[str, int]:
    """Return a pidfd of every part; each must be running."""
    found = {}
    for part in PARTS:
        running = process.recorded(state.pid_file(part))
        assert running is not None, f"{part} does not run"
        found[part] = os.pidfd_open(running.pid)
    return found


def kubectl(values: dict[str, str], kubeconfig: str | Path | None = None) -> Kubectl:
    return Kubectl(Path(values["PATH_PREPEND"]) / "kubectl", str(kubeconfig or values["KUBECONFIG"]))


def run(*arguments: str, **settings: str) -> str:
    """Run a command of the launcher to its end; return what it printed."""
    command = launch(*arguments, settings=settings)
    output, errors = command.communicate()
    assert command.returncode == 0, errors
    return output


def test_two_worlds_side_by_side(served: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = serve(tmp_path_factory.mktemp("other"))
    first, second = kubectl(served.values), kubectl(other.values)
    first.run("create", "namespace", "only-here")
    assert "only-here" in first.run("get", "namespaces", "-o", "name")
    assert "only-here" not in second.run("get", "namespaces", "-o", "name")
    assert served.values["AWS_ENDPOINT_URL"] != other.values["AWS_ENDPOINT_URL"]

    parts = handles(State(other.state))
    other.process.communicate()
    assert ended(list(parts.values()))
    assert not other.state.exists()
    assert first.run("get", "--raw", "/readyz") == "ok"


def test_what_a_served_world_offers(served: Served) -> None:
    admin = kubectl(served.values)
    assert admin.json("version")["serverVersion"]["gitVersion"] == "v1.36.3"
    with urllib.request.urlopen(f"{served.values['EMULATOR_CONTROL_URL']}/ledger") as answer:  # noqa: S310 - http, of our own
        json.load(answer)

    # Namespaces end, and with them what is in them; the audit log tells who asked.
    admin.run("create", "namespace", "passing")
    admin.run("delete", "namespace", "passing", "--timeout=60s")
    events = [json.loads(line) for line in Path(served.values["AUDIT_LOG"]).read_text().splitlines()]
    asked = {(event["user"]["username"], event["verb"]) for event in events if event.get("objectRef", {}).get("name") == "passing"}
    assert ("administrator", "delete") in asked
    assert all("requestObject" not in event for event in events)


def test_a_service_account_may_do_what_rbac_allows(served: Served, tmp_path: Path) -> None:
    admin, out = kubectl(served.values), tmp_path / "robot.kubeconfig"
    admin.run("create", "serviceaccount", "robot")
    run("service-account-kubeconfig", f"--state-dir={served.state}", "--namespace=default", "--name=robot", f"--out={out}")
    robot = kubectl(served.values, out)
    assert robot.json("auth", "whoami")["status"]["userInfo"]["username"] == "system:serviceaccount:default:robot"
    with pytest.raises(Exception, match="forbidden"):
        robot.run("get", "secrets")
    admin.run("create", "role", "reader", "--verb=list", "--resource=secrets")
    admin.run("create", "rolebinding", "reader", "--role=reader", "--serviceaccount=default:robot")
    robot.run("get", "secrets")


def test_kill_9_of_serve_leaves_no_process_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    world = serve(tmp_path)
    parts = handles(State(world.state))
    world.process.kill()
    world.process.communicate()
    assert ended(list(parts.values()))
    assert world.state.exists()
    following = serve(tmp_path)
    assert not world.state.exists()
    following.process.send_signal(signal.SIGTERM)
    following.process.wait()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def detached(tmp_path: Path) -> Iterator[State]:
    """Give the state of a world that `up` started, and end it."""
    folder = tmp_path / "world"
    try:
        run("up", f"--state-dir={folder}")
        yield State(folder)
    finally:
        run("down", f"--state-dir={folder}")


def test_up_repairs_and_down_ends_what_is_left(detached: State) -> None:
    here = f"--state-dir={detached.folder}"
    before = handles(detached)
    environment = run("env", here)
    facts = detached.read()
    assert facts is not None

    script = 'eval "$1"; which kubectl; kubectl get --raw /readyz'
    shown = subprocess.run(["bash", "-c", script, "-", environment], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [f"{facts.binaries}/kubectl", "ok"]

    run("up", here)
    assert run("env", here) == environment
    assert not any(ended_now(handle) for handle in before.values())

    admin = Kubectl.administrator(facts)
    admin.run("create", "namespace", "lasting")
    for part in ("etcd", "kube-apiserver"):
        signal.pidfd_send_signal(before[part], signal.SIGKILL)
        assert ended([before[part]])
    run("up", here)
    assert run("env", here) == environment
    assert not ended_now(before["emulator"])
    admin.run("get", "namespace", "lasting")

    after = handles(detached)
    signal.pidfd_send_signal(after["kube-controller-manager"], signal.SIGKILL)
    assert ended([after["kube-controller-manager"]])
    broken = launch("env", here)
    assert "kube-controller-manager: has ended" in broken.communicate()[1]
    run("down", here)
    assert ended(list(after.values()))
    assert detached.pid_files() == []

    refused = launch("env", here)
    assert "make up" in refused.communicate()[1]
    assert refused.returncode == 1
    run("down", here)


def test_an_existing_cluster_is_used_only_when_told_so(served: Served, tmp_path: Path) -> None:
    here = f"--state-dir={tmp_path / 'world'}"
    run("up", here, KUBECONFIG=served.values["KUBECONFIG"], FARGATESTACK_USE_EXISTING_CLUSTER="1")
    facts = State(tmp_path / "world").read()
    assert facts is not None
    assert facts.kubeconfig == served.values["KUBECONFIG"]
    assert facts.emulator != served.values["AWS_ENDPOINT_URL"]
    assert "AUDIT_LOG" not in run("env", here)

    refused = launch("up", here, settings={"KUBECONFIG": served.values["KUBECONFIG"]})
    assert "make down" in refused.communicate()[1]
    assert refused.returncode == 1

    run("down", here)
    assert kubectl(served.values).run("get", "--raw", "/readyz") == "ok"


def test_a_world_leaves_a_record_of_what_its_controller_used(tmp_path: Path) -> None:
    records = tmp_path / "records"
    world = serve(tmp_path, FARGATESTACK_RECORD=str(records))
    admin, out = kubectl(world.values), tmp_path / "controller.kubeconfig"
    whose = ("--namespace=fargatestack-system", "--name=fargatestack-controller")
    run("install", f"--state-dir={world.state}")
    run("service-account-kubeconfig", f"--state-dir={world.state}", *whose, f"--out={out}")
    controller = kubectl(world.values, out)
    for _ in range(2):
        controller.run("get", "awsidentities")
    controller.run("get", "lease", "fargatestack-controller", "--namespace=fargatestack-system", "--ignore-not-found")
    with pytest.raises(Exception, match="forbidden"):
        controller.run("get", "secrets")
    admin.run("get", "secrets")
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "made"}}))
    for _ in range(2):
        controller.run("apply", "--server-side", f"--filename={secret}")

    with (records / "worlds.lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert not list(records.glob("*.json"))
    world.process.communicate()
    (record,) = [json.loads(path.read_text()) for path in records.glob("*.json")]
    uses = {(use["verb"], use["resource"], use["decision"], use["kind"], use["role"]): use["count"] for use in record["kubernetes"]}
    name = "fargatestack-controller"
    assert uses["list", "awsidentities", "allow", "ClusterRole", name] == 2
    assert uses["get", "leases", "allow", "Role", name] == 1
    assert uses["list", "secrets", "forbid", "", ""] == 1
    assert uses["patch", "secrets", "allow", "ClusterRole", name] == 2
    assert uses["create", "secrets", "allow", "ClusterRole", name] == 1
    assert len({use["account"] for use in record["kubernetes"]}) == 1
    assert record["aws"] == []


def test_sigterm_while_starting_leaves_nothing(tmp_path: Path) -> None:
    starting = launch("serve", tmp=tmp_path)
    while not list(tmp_path.glob("*/pids/etcd.json")):
        assert starting.poll() is None
    starting.terminate()
    output, _ = starting.communicate()
    assert output == ""
    assert list(tmp_path.iterdir()) == []


def ended_now(handle: int) -> bool:
    """Say whether the process behind a pidfd has ended."""
    try:
        signal.pidfd_send_signal(handle, 0)
    except ProcessLookupError:
        return True
    return False


def test_serve_refuses_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    refused = launch("serve", f"--state-dir={tmp_path}")
    assert "not empty" in refused.communicate()[1]
    assert (tmp_path / "precious").exists()
