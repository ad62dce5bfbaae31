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
    version = "v" + ".".join(go_build.required(ARGOCD, MODULE))
    module = _module(version)
    installed = shutil.which("argocd")
    taken = installed is not None and _version(installed) == version
    built = go_build.binaries(module, ["redis"] if taken else ["argocd", "redis"])
    # Not the link that a world may have put on PATH: that goes with the world.
    program = Path(installed).resolve() if installed and taken else built["argocd"]
    return ArgoCd(program, built["redis"], go_build.files(module, MODULE, FILES))


def _module(version: str) -> go_build.Module:
    packages = {"argocd": f"{MODULE}/cmd", "redis": "./redis"}
    return go_build.Module(ARGOCD, packages, {f"{MODULE}/common.version": version.removeprefix("v")}, minutes=9, toolchain=TOOLCHAIN)


def _version(program: str) -> str | None:
    """Return the version that the program says; what follows a plus sign is the commit that it was built from."""
    asked = subprocess.run([program, "version", "--client", "--short"], capture_output=True, text=True, check=False)
    return asked.stdout.strip().removeprefix("argocd: ").split("+")[0] if asked.returncode == 0 else None
