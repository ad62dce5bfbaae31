"""Generated files of the Helm chart, and what it renders.

Its definitions and roles come from what `fargatestack` prints, its README from the comments of its values. Needs the standard library
only, and helm.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from world import go_build, helm_build
from world.layout import KUBERNETES

CHART = "charts/fargatestack"
VALUES = "tests/chart/values"
GOLDEN = "tests/chart/golden"
ARGOCD = "manifests/argocd/argocd-cm.yaml"
RELEASE, NAMESPACE, NAME = "fargatestack", "fargatestack-system", "fargatestack-controller"
Files = dict[str, str]

FULLNAME = '{{ include "fargatestack.fullname" . }}'
LABELS = '  labels:\n    {{- include "fargatestack.labels" . | nindent 4 }}\n'
KEPT = "  {{- if .Values.crds.keep }}\n  annotations:\n    helm.sh/resource-policy: keep\n  {{- end }}\n"


def definition(document: str) -> str:
    """Return the template of one custom resource definition. Helm keeps it when the release goes, if the values say so."""
    escaped = document.replace("{{", '{{ "{{" }}')
    return f"{{{{- if .Values.crds.enabled }}}}\n{_labelled(escaped, KEPT)}{{{{- end }}}}\n"


def roles(printed: str) -> str:
    """Return the template of the controller's roles and bindings; its namespace and account have templates of their own."""
    header, rest = printed.split("\n", 1)
    documents = [
        text for text in re.split(r"^---\n", rest, flags=re.MULTILINE) if re.search(r"^kind: (Cluster)?Role(Binding)?$", text, re.MULTILINE)
    ]
    named = "---\n".join(_named(_labelled(text)) for text in documents)
    return f"{{{{- if .Values.rbac.create }}}}\n{header}\n{named}{{{{- end }}}}\n"


def _labelled(document: str, more: str = "") -> str:
    """Put the labels of the release, and `more`, into the metadata of a document that has none."""
    labelled, count = re.subn(r"^metadata:\n((?:  \w+: \S+\n)+)", rf"metadata:\n\1{LABELS}{more}", document, count=1, flags=re.MULTILINE)
    if count != 1:
        sys.exit(f"error: no plain metadata in a printed document: {document[:200]}")
    return labelled


def _named(document: str) -> str:
    """Name what a document names as the release does. Names in lists are the controller's own and stay."""
    account = '{{ include "fargatestack.serviceAccountName" . }}'
    document = re.sub(rf"(kind: ServiceAccount\n +name: ){NAME}$", rf"\1{account}", document, flags=re.MULTILINE)
    document = re.sub(rf"\bname: {NAME}", f"name: {FULLNAME}", document)
    return document.replace(f"namespace: {NAMESPACE}", "namespace: {{ .Release.Namespace }}")


def readme(checkout: Path) -> Files:
    """Return the chart's README: its text, and the table of the values."""
    chart = checkout / CHART
    table = ["| Value | Default | |", "|---|---|---|"]
    for value in documented((chart / "values.yaml").read_text()):
        default = f"`{value.default}`" if value.default else "see [values.yaml](values.yaml)"
        table.append(f"| `{value.path}` | {default} | {value.text} |".replace("``", "` `"))
    text = (chart / "README.md.tmpl").read_text()
    return {f"{CHART}/README.md": text.replace("{{ values }}", "\n".join(table))}


@dataclass(frozen=True)
class Value:
    """A documented value: its path, its default where that is on the same line, and what its comment says."""

    path: str
    default: str
    text: str


def documented(text: str) -> Iterator[Value]:
    """Give the values of a file of values; one that no comment describes, itself or one of its parents, is an error."""
    parents: list[tuple[int, str]] = []
    comment: list[str] = []
    described: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if stripped.startswith("#"):
            words = stripped.removeprefix("#").strip()
            comment = [words] if words.startswith("-- ") else [*comment, words]
            continue
        found = re.fullmatch(r"([\w./-]+):(?: (.+))?", stripped)
        if described is not None and (indent > described or (stripped and not found)):
            continue
        described = None
        if not found:
            comment = []
            continue
        while parents and parents[-1][0] >= indent:
            parents.pop()
        path = ".".join([*(name for _, name in parents), found[1]])
        if comment and comment[0].startswith("-- "):
            described = indent
            yield Value(path, found[2] or "", " ".join(comment).removeprefix("-- ").replace("|", "\\|"))
        elif found[2]:
            sys.exit(f"error: {CHART}/values.yaml:{number}: no comment `# -- ...` describes {path}")
        parents.append((indent, found[1]))
        comment = []


def rendered(checkout: Path) -> Files:
    """Return what the chart renders: `manifests/install.yaml`, Argo CD's settings, and one file for each file of values of the tests."""
    files = {"manifests/install.yaml": _install(checkout), ARGOCD: _argocd(checkout)}
    for values in sorted((checkout / VALUES).glob("*.yaml")):
        known = ["--api-versions=fargatestack.dev/v1alpha1/AwsIdentity"]
        files[f"{GOLDEN}/{values.name}"] = render(checkout, f"--values={values}", *known)
    return files


def _install(checkout: Path) -> str:
    """Return the installation without Helm: without what only Helm reads, and named as `manifests/rbac.yaml` names it."""
    settings = ["--skip-tests", "--set=crds.keep=false", f"--set=fullnameOverride={NAME}"]
    plain = re.sub(r"^ +(helm\.sh/chart|app\.kubernetes\.io/managed-by): .*\n", "", render(checkout, *settings), flags=re.MULTILINE)
    namespace = f"""---
apiVersion: v1
kind: Namespace
metadata:
  name: {NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""
    return f"# Generated from {CHART}; do not edit.\n{namespace}{plain}"


def _argocd(checkout: Path) -> str:
    """Return what the chart adds to Argo CD's settings, as a patch of the ConfigMap that somebody else owns."""
    text = render(checkout, "--set=argocd.enabled=true", "--show-only=templates/argocd.yaml")
    others = r"^(---|# Source: .*|  namespace: .*|  annotations:|    \S+/(sync-options|resource-policy): .*)\n"
    plain = re.sub(others, "", text, flags=re.MULTILINE)
    how = "kubectl apply --server-side --field-manager=fargatestack --namespace=argocd --filename=THIS"
    return f"# Generated from {CHART}; do not edit. Adds to Argo CD's own ConfigMap, beside what is in it:\n# {how}\n{plain.rstrip()}\n"


def render(checkout: Path, *settings: str) -> str:
    """Return what `helm template` prints for the chart, as for the Kubernetes version of the tests."""
    version = ".".join(go_build.required(KUBERNETES, "k8s.io/kubernetes"))
    command = [str(helm_build.helm()), "template", RELEASE, str(checkout / CHART), f"--namespace={NAMESPACE}", f"--kube-version={version}"]
    ended = subprocess.run([*command, *settings], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"error: helm template failed: {ended.stderr}")
    return ended.stdout
