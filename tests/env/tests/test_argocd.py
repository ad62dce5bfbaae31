"""Argo CD in a world: installed with the settings of `manifests/argocd`, alive as long as its command, gone without a trace."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import yaml

from world import argocd, argocd_build, go_build, layout, process
from world.kubectl import Kubectl
from world.state import State, remove

from .launching import Served, ended, launch


def test_argocd_is_taken_from_path_if_it_is_the_pinned_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "built"
    monkeypatch.setattr(go_build, "binaries", lambda _module, names: {name: built / name for name in names})
    monkeypatch.setattr(go_build, "files", lambda *_: tmp_path)
    program, link = tmp_path / "program", tmp_path / "argocd"
    link.symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    pinned = ".".join(go_build.required(layout.ARGOCD, argocd_build.MODULE))
    for version, expected in ((f"v{pinned}+0123456", program), ("v2.0.0+0", built / "argocd"), (f"v{pinned}0", built / "argocd")):
        program.write_text(f"#!/bin/sh\necho argocd: {version}\n")
        program.chmod(0o755)
        found = argocd_build.argocd()
        assert (found.program, found.redis) == (expected, built / "redis")


def test_what_an_installation_applies_was_copied_out_of_the_module() -> None:
    files = argocd_build.argocd().files
    assert (files / "hack" / "git-verify-wrapper.sh").is_file()
    kinds = {yaml.safe_load(path.read_text())["spec"]["names"]["kind"] for path in (files / "manifests" / "crds").iterdir()}
    assert kinds == {"Application", "ApplicationSet", "AppProject"}
    names = {path.stem for path in (files / "manifests" / "base" / "config").iterdir()}
    assert {"argocd-cm", "argocd-cmd-params-cm", "argocd-secret"} <= names
    assert all(path.stat().st_mode & 0o200 for path in files.rglob("*")), "can be removed"


def test_what_was_locked_away_is_removed(tmp_path: Path) -> None:
    clone = tmp_path / "data" / "clone"
    clone.mkdir(parents=True)
    (clone / "file").touch()
    clone.chmod(0)
    clone.parent.chmod(0o300)
    remove(tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("end", ["stdin", "kill"])
def test_it_lives_as_long_as_its_command(served: Served, end: str) -> None:
    state = State(served.state)
    command = launch("argocd", f"--state-dir={served.state}")
    assert command.stdout is not None
    line = command.stdout.readline()
    assert line, command.communicate()[1]
    assert json.loads(line) == {"NAMESPACE": "argocd"}

    kubectl = Kubectl(Path(served.values["PATH_PREPEND"]) / "kubectl", served.values["KUBECONFIG"])
    settings = kubectl.json("get", "configmap", "argocd-cm", "--namespace=argocd")["data"]
    added = yaml.safe_load(argocd.SETTINGS.read_text())["data"]
    assert settings.items() > added.items(), "beside Argo CD's own"

    second = launch("argocd", f"--state-dir={served.state}")
    assert "runs already" in second.communicate()[1]
    parts = {part: process.recorded(state.pid_file(part)) for part in argocd.PARTS}
    handles = [os.pidfd_open(found.pid) for found in parts.values() if found is not None]
    assert len(handles) == len(argocd.PARTS)

    if end == "kill":
        command.kill()
    _, errors = command.communicate()
    assert ended(handles), errors
    assert command.returncode == (-signal.SIGKILL if end == "kill" else 0), errors
    if end == "stdin":
        assert not argocd.folder(state).exists()
        assert not list(state.folder.glob("pids/argocd-*"))
