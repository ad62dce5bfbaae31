"""The Kubernetes parts as binaries: built from Go modules once per machine, or taken from where the user says.

The folder `tests/env/kubernetes` pins them; see its go.mod. `KUBEBUILDER_ASSETS` (envtest's convention) is honoured
for kube-apiserver, etcd and kubectl; it has no kube-controller-manager, which is therefore always built.
"""

from __future__ import annotations

import os
from pathlib import Path

from . import go_build
from .errors import WorldError
from .layout import KUBERNETES

PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
IN_ASSETS = ("etcd", "kube-apiserver", "kubectl")


def binaries(names: tuple[str, ...] = tuple(PACKAGES)) -> dict[str, Path]:
    """Return the paths of the named executables, building what neither the cache nor `KUBEBUILDER_ASSETS` has."""
    paths: dict[str, Path] = {}
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        for name in IN_ASSETS:
            path = Path(assets) / name
            if name in names:
                if not os.access(path, os.X_OK):
                    raise WorldError(f"KUBEBUILDER_ASSETS={assets}: no executable {name} there; unset it to use the pinned build")
                paths[name] = path
    return paths | go_build.binaries(_module(), [name for name in names if name not in paths])


def _module() -> go_build.Module:
    """Describe the build. Without the version stamp the server reports v0.0.0, which fails version checks of its clients."""
    major, minor, patch = go_build.required(KUBERNETES, "k8s.io/kubernetes")
    stamp = {"gitVersion": f"v{major}.{minor}.{patch}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    variables = {f"k8s.io/component-base/version.{name}": value for name, value in stamp.items()}
    return go_build.Module(KUBERNETES, PACKAGES, variables, minutes=10)
