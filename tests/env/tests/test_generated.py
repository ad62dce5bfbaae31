"""Stale, stray and uncommitted generated files are all found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import chart_files
import generated
from chart_files import CHART

STREAM = """# a header
kind: CustomResourceDefinition
metadata:
  name: apples.example.com
spec:
  names:
    plural: apples
---
# a header
metadata:
  name: pears.example.com
spec:
  names:
    plural: pears
"""
RBAC = """# a header
kind: Namespace
metadata:
  name: fargatestack-system
---
kind: Role
metadata:
  name: fargatestack-controller
  namespace: fargatestack-system
rules:
- resourceNames:
  - fargatestack-controller
---
kind: RoleBinding
metadata:
  name: fargatestack-controller-leases
  namespace: fargatestack-system
roleRef:
  kind: Role
  name: fargatestack-controller
subjects:
- kind: ServiceAccount
  name: fargatestack-controller
  namespace: fargatestack-system
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give generated files, written and committed in a checkout of their own."""
    monkeypatch.setattr(generated, "CHECKOUT", tmp_path)
    made = {**generated.definitions(STREAM), **generated.roles(RBAC)}
    generated.write(made)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    commit(tmp_path)
    return made


def commit(checkout: Path) -> None:
    subprocess.run(["git", "add", "."], cwd=checkout, check=True)
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", *who, "commit", "--quiet", "--message=files"], cwd=checkout, check=True)


def test_a_stream_becomes_a_file_for_each_definition(files: dict[str, str]) -> None:
    assert [path for path in sorted(files) if not path.startswith("charts/")] == [
        "crds/apples.yaml",
        "crds/pears.yaml",
        "manifests/rbac.yaml",
    ]
    assert files["crds/apples.yaml"] + "---\n" + files["crds/pears.yaml"] == STREAM
    assert generated.verify(files) == 0


def test_a_stale_file_is_found(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert generated.verify({**files, "manifests/rbac.yaml": "kind: Roll\n"}) == 1
    assert "+kind: Roll" in capsys.readouterr().err


def test_a_stray_definition_is_found_and_removed(files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for stray in ("crds/pears.yaml", f"{CHART}/templates/crds/pears.yaml"):
        del files[stray]
        assert generated.verify(files) == 1
        assert f"{stray} is generated no more" in capsys.readouterr().err
        generated.clean(files)
        assert not (tmp_path / stray).exists()
    commit(tmp_path)
    assert generated.verify(files) == 0


def test_a_fresh_but_uncommitted_file_is_found(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    files["crds/apples.yaml"] += "# new\n"
    generated.write(files)
    assert generated.verify(files) == 1
    assert "not committed:  M crds/apples.yaml" in capsys.readouterr().err


def test_the_charts_template_of_a_definition_is_labelled_and_kept_if_the_values_say_so(files: dict[str, str]) -> None:
    template = files[f"{CHART}/templates/crds/apples.yaml"]
    metadata = template.partition("metadata:\n")[2].partition("spec:\n")[0]
    assert template.startswith("{{- if .Values.crds.enabled }}\n# a header\n")
    assert metadata == "  name: apples.example.com\n" + chart_files.LABELS + chart_files.KEPT
    assert chart_files.definition("metadata:\n  name: a\nrule: {{}}\n").count('rule: {{ "{{" }}}}') == 1


def test_the_charts_roles_are_named_as_the_release(files: dict[str, str]) -> None:
    template = files[f"{CHART}/templates/rbac.yaml"]
    assert "kind: Namespace" not in template
    assert "fargatestack-system" not in template
    assert template.count("namespace: {{ .Release.Namespace }}") == 3
    assert f"name: {chart_files.FULLNAME}-leases" in template
    assert template.count(f"name: {chart_files.FULLNAME}\n") == 2
    assert '- kind: ServiceAccount\n  name: {{ include "fargatestack.serviceAccountName" . }}' in template
    assert "resourceNames:\n  - fargatestack-controller\n" in template, "what the code names keeps its name"


def test_values_are_documented_by_their_comments() -> None:
    text = """# A title.

# -- First.
a: 1
b:
  # -- Of two
  # lines, with a | in it.
  c: "x"
# -- Whole.
d:
  e: [1]
  # A remark.
  f:
    - g: 2
h:
  # -- Last.
  i: {}
"""
    shown = [(value.path, value.default, value.text) for value in chart_files.documented(text)]
    assert shown == [
        ("a", "1", "First."),
        ("b.c", '"x"', "Of two lines, with a \\| in it."),
        ("d", "", "Whole."),
        ("h.i", "{}", "Last."),
    ]
    with pytest.raises(SystemExit, match=r"values.yaml:2: .* describes a.b"):
        list(chart_files.documented("a:\n  b: 1\n"))
