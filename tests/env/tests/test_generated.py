"""Stale, stray and uncommitted generated files are all found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import generated

STREAM = """# a header
kind: CustomResourceDefinition
spec:
  names:
    plural: apples
---
# a header
spec:
  names:
    plural: pears
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give generated files, written and committed in a checkout of their own."""
    monkeypatch.setattr(generated, "CHECKOUT", tmp_path)
    made = {**generated.definitions(STREAM), **generated.roles("kind: ClusterRole\n")}
    generated.write(made)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    commit(tmp_path)
    return made


def commit(checkout: Path) -> None:
    subprocess.run(["git", "add", "."], cwd=checkout, check=True)
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", *who, "commit", "--quiet", "--message=files"], cwd=checkout, check=True)


def test_a_stream_becomes_a_file_for_each_definition(files: dict[str, str]) -> None:
    assert sorted(files) == ["crds/apples.yaml", "crds/pears.yaml", "manifests/rbac.yaml"]
    assert files["crds/apples.yaml"] + "---\n" + files["crds/pears.yaml"] == STREAM
    assert generated.verify(files) == 0


def test_a_stale_file_is_found(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert generated.verify({**files, "manifests/rbac.yaml": "kind: Role\n"}) == 1
    assert "+kind: Role" in capsys.readouterr().err


def test_a_stray_definition_is_found_and_removed(files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del files["crds/pears.yaml"]
    assert generated.verify(files) == 1
    assert "crds/pears.yaml is generated no more" in capsys.readouterr().err
    generated.write(files)
    assert not (tmp_path / "crds/pears.yaml").exists()
    commit(tmp_path)
    assert generated.verify(files) == 0


def test_a_fresh_but_uncommitted_file_is_found(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    files["crds/apples.yaml"] += "# new\n"
    generated.write(files)
    assert generated.verify(files) == 1
    assert "not committed:  M crds/apples.yaml" in capsys.readouterr().err
