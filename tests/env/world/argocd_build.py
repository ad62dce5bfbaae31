"""Argo CD, pinned: one program under several names. Taken from PATH when it is of that version, else built from its Go module.

The folder `tests/env/argocd` pins it, and holds the Redis that its parts meet in, which is always built.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import go_build
from .layout import ARGOCD

MODULE = "github.com/argoproj/argo-cd/v3"
# It needs a newer Go than the other parts do.
TOOLCHAIN = "go1.27.0"
# What an installation applies before its parts start, and the one script that the repo-server runs.
FILES = ["manifests/crds/*-crd.yaml", "manifests/base/config/argocd-*.yaml", "hack/git-verify-wrapper.sh"]


@dataclass(frozen=True)
class ArgoCd:
    """The program, the Redis, and the files of the module."""

    program: Path
    redis: Path
    files: Path


def argocd() -> ArgoCd:
    """Return the paths, building what the cache does not have."""
    module, installed = _module(), _installed()
    built = go_build.binaries(module, ["redis"] if installed else ["argocd", "redis"])
    return ArgoCd(installed or built["argocd"], built["redis"], go_build.files(module, MODULE, FILES))


def built() -> ArgoCd | None:
    """Return the paths if nothing has to be built."""
    module = _module()
    return argocd() if go_build.has(module, ["redis"]) and (_installed() or go_build.has(module, ["argocd"])) else None


def _installed() -> Path | None:
    installed = shutil.which("argocd")
    # Not the link that a world may have put on PATH: that goes with the world.
    return Path(installed).resolve() if installed and _version(installed) == _pinned() else None


def _pinned() -> str:
    return "v" + ".".join(go_build.required(ARGOCD, MODULE))


def _module() -> go_build.Module:
    packages = {"argocd": f"{MODULE}/cmd", "redis": "./redis"}
    return go_build.Module(ARGOCD, packages, {f"{MODULE}/common.version": _pinned().removeprefix("v")}, minutes=9, toolchain=TOOLCHAIN)


def _version(program: str) -> str | None:
    """Return the version that the program says; what follows a plus sign is the commit that it was built from."""
    asked = subprocess.run([program, "version", "--client", "--short"], capture_output=True, text=True, check=False)
    return asked.stdout.strip().removeprefix("argocd: ").split("+")[0] if asked.returncode == 0 else None
