"""The small parts of the launcher."""

from __future__ import annotations

import fcntl
import socket
import subprocess
from pathlib import Path

import pytest

from world import argocd_build, cache, controller, go_build, helm_build, kubernetes_build, layout, part, ports, process
from world.errors import WorldError
from world.state import Facts, State, exports


def test_a_key_tells_contents_and_boundaries_apart() -> None:
    keys = {cache.key(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], [b"abd"])}
    assert len(keys) == 5
    assert cache.key(["a", b"b"]) == cache.key([b"a", "b"])


def test_a_reserved_port_can_be_shared_by_its_part_only() -> None:
    with ports.Ports() as reserved:
        port = reserved.reserve()
        assert reserved.reserve() != port
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind((ports.LOOPBACK, port))
        with socket.socket() as owner:
            owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            owner.bind((ports.LOOPBACK, port))
            owner.listen()


def test_a_taken_preferred_port_is_replaced() -> None:
    with socket.socket() as stranger, ports.Ports() as reserved:
        stranger.bind((ports.LOOPBACK, 0))
        taken = stranger.getsockname()[1]
        assert reserved.reserve(taken) != taken


def test_a_part_that_ends_is_named_with_its_log(tmp_path: Path) -> None:
    state = State(tmp_path)
    broken = part.Part("etcd", ["sh", "-c", "echo the disk is on fire; exit 3"], lambda: "no answer", seconds=60)
    part.start(broken, state, tied=True)
    with pytest.raises(WorldError) as failure:
        part.wait(broken, state)
    message = str(failure.value)
    assert message.startswith("etcd: ended while it was starting")
    assert str(state.log("etcd")) in message
    assert "the disk is on fire" in message


def test_a_part_that_never_serves_is_named_with_what_is_missing(tmp_path: Path) -> None:
    state = State(tmp_path)
    silent = part.Part("emulator", ["tail", "-f", "/dev/null"], lambda: "no port file yet", seconds=0)
    part.start(silent, state, tied=True)
    with pytest.raises(WorldError, match=r"emulator: not ready after 0 s \(no port file yet\)"):
        part.wait(silent, state)
    process.stop(state.pid_files(), grace=0)


def test_the_environment_survives_a_shell() -> None:
    odd = "/a folder/with 'quotes' and $HOME"
    facts = Facts(
        kubeconfig=f"{odd}/kubeconfig",
        emulator="http://127.0.0.1:1",
        region="eu-west-1",
        account="123456789012",
        binaries=odd,
        ports=None,
        audit_log=None,
    )
    script = 'eval "$1"; printf "%s\\n" "$KUBECONFIG" "$AWS_ACCESS_KEY_ID" "$EMULATOR_CONTROL_URL" "${PATH%%:*}"'
    shown = subprocess.run(["bash", "-c", script, "-", exports(facts)], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [f"{odd}/kubeconfig", "123456789012", "http://127.0.0.1:1/_control", odd]


def test_whose_aws_the_controller_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(tmp_path)
    facts = Facts("kubeconfig", "http://127.0.0.1:1", "eu-west-1", "123456789012", "/bin", None, None)

    def called(**given: str) -> tuple[str | None, str | None, str | None]:
        with monkeypatch.context() as patch:
            for name in ("AWS_ENDPOINT_URL", "AWS_REGION", *controller.CREDENTIALS):
                patch.delenv(name, raising=False)
            for name, value in given.items():
                patch.setenv(name, value)
            env = controller.environment(state, facts)
        assert env["KUBECONFIG"] == str(state.controller_kubeconfig)
        return env.get("AWS_ENDPOINT_URL"), env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_REGION")

    world, account, region = facts.emulator, facts.account, facts.region
    assert called() == (world, account, region)
    assert called(AWS_ACCESS_KEY_ID="AKIAREAL", AWS_REGION="us-east-1") == (world, account, "us-east-1")
    assert called(AWS_ENDPOINT_URL=world, AWS_ACCESS_KEY_ID="111122223333") == (world, "111122223333", region)
    assert called(AWS_ENDPOINT_URL="http://127.0.0.1:2") == ("http://127.0.0.1:2", account, region)
    assert called(AWS_ENDPOINT_URL="http://127.0.0.1:2", AWS_PROFILE="mine") == ("http://127.0.0.1:2", None, region)
    assert called(AWS_ENDPOINT_URL="") == (None, None, region)
    assert called(AWS_ENDPOINT_URL="", AWS_ACCESS_KEY_ID="AKIAREAL") == (None, "AKIAREAL", region)


def test_controllers_share_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Facts("kubeconfig", "http://127.0.0.1:1", "eu-west-1", "123456789012", "/bin", None, None)
    for name in controller.ADDRESSES:
        monkeypatch.delenv(name, raising=False)
    assert controller.environment(State(tmp_path), facts).items() >= controller.ADDRESSES.items()
    monkeypatch.setenv("FARGATESTACK_METRICS_ADDRESS", "127.0.0.1:8080")
    assert controller.environment(State(tmp_path), facts)["FARGATESTACK_METRICS_ADDRESS"] == "127.0.0.1:8080"


def test_assets_are_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(WorldError, match="no executable kubectl there"):
        kubernetes_build.binaries(("kubectl",))
    binary = tmp_path / "kubectl"
    binary.touch(mode=0o755)
    assert kubernetes_build.binaries(("kubectl",))["kubectl"] == binary


def test_helm_is_taken_from_path_if_it_is_the_pinned_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "built"
    monkeypatch.setattr(go_build, "binaries", lambda _module, names: {names[0]: built})
    program, link = tmp_path / "program", tmp_path / "helm"
    link.symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    pinned = ".".join(go_build.required(layout.HELM, helm_build.MODULE))
    for version, expected in ((f"v{pinned}", program), ("v3.0.0", built), (f"v{pinned}0", built)):
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
        assert helm_build.helm() == expected


def test_a_demonstration_waits_for_no_tool_that_it_does_not_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARGATESTACK_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert helm_build.built() is None
    assert argocd_build.built() is None
    helm = tmp_path / "helm"
    helm.write_text(f"#!/bin/sh\necho v{'.'.join(go_build.required(layout.HELM, helm_build.MODULE))}\n")
    helm.chmod(0o755)
    assert helm_build.built() == helm


def test_go_names_a_program_after_its_package() -> None:
    named = {"go.etcd.io/etcd/server/v3": "server", "helm.sh/helm/v4/cmd/helm": "helm"}
    assert {package: go_build.named_by_go(package) for package in named} == named


def test_the_tools_of_a_world_are_links(tmp_path: Path) -> None:
    state = State(tmp_path)
    for version in ("1", "2"):
        state.link({"kubectl": tmp_path / version})
        assert (state.binaries / "kubectl").readlink() == tmp_path / version


def test_a_lock_is_held_until_the_end_of_its_block(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with lock.open("w") as second:
        with cache.locked(lock), pytest.raises(BlockingIOError):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
