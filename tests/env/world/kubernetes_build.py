"""The Kubernetes parts as binaries: built from Go modules once per machine, or taken from where the user says.

The folder `tests/env/kubernetes` pins them; see its go.mod. `KUBEBUILDER_ASSETS` (envtest's convention) is honoured
for kube-apiserver, etcd and kubectl; it has no kube-controller-manager, which is therefore always built.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import cache
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
    built = [name for name in names if name not in paths]
    store = _store()
    if any(not (store / name).exists() for name in built):
        with cache.locked(store.parent / "lock"):
            missing = [name for name in built if not (store / name).exists()]
            if missing:
                _build(missing, store)
    paths.update({name: store / name for name in built})
    return paths


def _flags() -> list[str]:
    """Return the build flags. Without the version stamp the server reports v0.0.0, which fails version checks of its clients."""
    found = re.search(r"^(?:require )?\s*k8s\.io/kubernetes v(\d+)\.(\d+)\.(\d+)\b", (KUBERNETES / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise WorldError(f"{KUBERNETES / 'go.mod'}: it does not require k8s.io/kubernetes vX.Y.Z")
    major, minor, patch = found.groups()
    stamp = {"gitVersion": f"v{major}.{minor}.{patch}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    variables = " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in stamp.items())
    return ["-trimpath", "-buildvcs=false", f"-ldflags=-s -w {variables}"]


def _store() -> Path:
    sources = [(KUBERNETES / name).read_bytes() for name in ("go.mod", "go.sum")]
    return cache.folder() / "kubernetes" / cache.key([*sources, *_flags(), platform.system(), platform.machine()])


def _build(names: list[str], store: Path) -> None:
    if not shutil.which("go"):
        raise WorldError("go: not found; install Go 1.26 or later (https://go.dev/dl), it builds the local control plane")
    print(f"building {', '.join(names)} (once per machine, about 10 minutes on 2 cores)", file=sys.stderr, flush=True)
    store.mkdir(parents=True, exist_ok=True)
    for left_behind in store.parent.glob(".build-*"):
        # By a builder that was killed: whoever holds the lock is the only one.
        shutil.rmtree(left_behind)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=store.parent) as scratch:
        # One command, so that what the parts share is compiled once. CGO off: no C compiler needed, static binaries.
        command = ["go", "build", *_flags(), "-o", scratch + os.sep, *(PACKAGES[name] for name in names)]
        ended = subprocess.run(command, cwd=KUBERNETES, env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": _go_flags()}, check=False)
        if ended.returncode != 0:
            raise WorldError(f"go build of {', '.join(names)} failed (exit {ended.returncode}); its messages are above")
        for name in names:
            # Go names a binary after the last element of its import path that is no major version: etcd's is `server`.
            built = Path(scratch) / ("server" if name == "etcd" else name)
            built.replace(store / name)


def _go_flags() -> str:
    """Keep the user's GOFLAGS, but never let `go build` edit go.mod: the pinned versions are what is built."""
    given = [flag for flag in os.environ.get("GOFLAGS", "").split() if not flag.startswith("-mod")]
    return " ".join([*given, "-mod=readonly"])
