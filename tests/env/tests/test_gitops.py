"""What Argo CD and kstatus make of the recorded statuses, and what Argo CD's actions do: by Argo CD itself, and by kstatus itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from world import argocd, argocd_build, kstatus_build
from world.layout import CHECKOUT

# As the API server held them in worlds, without what neither looks at: see its README.
STATUSES = CHECKOUT / "tests" / "statuses"
Json = dict[str, Any]

# By the name of the file: what Argo CD says, the condition whose reason and message it shows, what kstatus says.
EXPECTED: dict[str, tuple[str, str | None, str]] = {
    "new": ("Progressing", None, "InProgress"),
    "building": ("Progressing", "Reconciling", "InProgress"),
    "waits-for-its-image": ("Progressing", "Reconciling", "InProgress"),
    "rolling-out": ("Progressing", "Reconciling", "InProgress"),
    "memory-lost": ("Progressing", "Reconciling", "InProgress"),
    "ready": ("Healthy", "Ready", "Current"),
    "ready-and-going-on": ("Healthy", "Ready", "InProgress"),
    "suspended": ("Suspended", "Suspended", "InProgress"),
    "suspended-half-built": ("Suspended", "Suspended", "InProgress"),
    "awaiting-approval": ("Suspended", "Ready", "InProgress"),
    "observed": ("Suspended", "Ready", "InProgress"),
    "scaled-to-zero": ("Suspended", "Ready", "InProgress"),
    "identity-not-found": ("Degraded", "Stalled", "Failed"),
    "invalid": ("Degraded", "Stalled", "Failed"),
    "unreadable": ("Degraded", "Stalled", "Failed"),
    "foreign-incarnation": ("Degraded", "Stalled", "Failed"),
    "rolled-back": ("Degraded", "Stalled", "Failed"),
    # Argo CD does not ask the health check of what is being deleted.
    "deleting": ("Progressing", None, "Terminating"),
    "deletion-blocked": ("Progressing", None, "Terminating"),
    "deletion-protected": ("Progressing", None, "Terminating"),
}


def recorded(name: str) -> Json:
    found: Json = json.loads((STATUSES / f"{name}.json").read_text())
    return found


def overrides(command: str, stack: Json, tmp_path: Path, *arguments: str) -> str:
    """Run a command on resource overrides with the settings that users apply."""
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(stack))
    program = [str(argocd_build.argocd().program), "admin", "settings", "resource-overrides", command, str(file), *arguments]
    ended = subprocess.run([*program, f"--argocd-cm-path={argocd.SETTINGS}"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def health(stack: Json, tmp_path: Path) -> tuple[str, str]:
    said = overrides("health", stack, tmp_path)
    status, message = said.removeprefix("STATUS: ").split("\nMESSAGE: ")
    return status, message.removesuffix("\n")


def kstatus(stacks: list[Json]) -> list[str]:
    objects = "\n".join(json.dumps(stack) for stack in stacks)
    ended = subprocess.run([kstatus_build.kstatus()], input=objects, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def condition(stack: Json, name: str) -> Json | None:
    found = [each for each in stack["status"].get("conditions", []) if each["type"] == name]
    return found[0] if found else None


def test_every_recorded_status_is_expected_to_be_something() -> None:
    assert {path.stem for path in STATUSES.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_health_of_a_stack(name: str, tmp_path: Path) -> None:
    stack = recorded(name)
    status, told, _ = EXPECTED[name]
    found, message = health(stack, tmp_path)
    assert found == status
    if told is not None:
        shown = condition(stack, told)
        assert shown is not None
        assert message == f"{shown['reason']}: {shown['message']}"


def test_kstatus_of_a_stack() -> None:
    names = sorted(EXPECTED)
    assert dict(zip(names, kstatus([recorded(name) for name in names]), strict=True)) == {name: EXPECTED[name][2] for name in names}


def test_neither_believes_what_was_said_of_another_generation(tmp_path: Path) -> None:
    stack = recorded("ready")
    stack["metadata"]["generation"] += 1
    assert health(stack, tmp_path)[0] == "Progressing"
    assert kstatus([stack]) == ["InProgress"]


def actions(stack: Json, tmp_path: Path) -> dict[str, bool]:
    """Return the actions that Argo CD offers, and whether each can be chosen."""
    lines = overrides("list-actions", stack, tmp_path).splitlines()[1:]
    return {name: disabled == "false" for name, disabled in (line.split() for line in lines)}


def test_the_actions_that_are_offered(tmp_path: Path) -> None:
    assert actions(recorded("ready"), tmp_path) == {"reconcile": True, "suspend": True, "resume": False}
    assert actions(recorded("suspended"), tmp_path) == {"reconcile": False, "suspend": False, "resume": True}


@pytest.mark.parametrize(
    ("action", "before", "changed"),
    [
        ("suspend", "ready", ["<   suspend: false", ">   suspend: true"]),
        ("resume", "suspended", ["<   suspend: true", ">   suspend: false"]),
        ("reconcile", "ready", ['>     fargatestack.dev/reconcile-requested-at: "20']),
    ],
)
def test_what_an_action_changes(action: str, before: str, changed: list[str], tmp_path: Path) -> None:
    lines = overrides("run-action", recorded(before), tmp_path, action).splitlines()
    difference = [line for line in lines if line.startswith(("<", ">")) and not line.endswith("annotations:")]
    assert len(difference) == len(changed)
    assert all(line.startswith(start) for line, start in zip(difference, changed, strict=True))


def test_the_chart_brings_the_same_text() -> None:
    golden = (CHECKOUT / "tests" / "chart" / "golden" / "everything.yaml").read_text()
    rendered = [each for each in yaml.safe_load_all(golden) if each and each["metadata"]["name"] == "argocd-cm"]
    settings = yaml.safe_load(argocd.SETTINGS.read_text())
    assert [each["data"] for each in rendered] == [settings["data"]]
    assert [each["metadata"]["namespace"] for each in rendered] == ["delivery"]
    options = rendered[0]["metadata"]["annotations"]["argocd.argoproj.io/sync-options"].split(",")
    assert {"ServerSideApply=true", "Prune=false", "Delete=false"} <= set(options)
    files = sorted((CHECKOUT / "charts" / "fargatestack" / "files" / "argocd").glob("*.lua"))
    text = "\n".join(line.strip() for line in "\n".join(settings["data"].values()).splitlines())
    for file in files:
        assert "\n".join(line.strip() for line in file.read_text().splitlines()) in text, file
    assert len(files) == 5
