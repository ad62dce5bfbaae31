"""helm: the pinned one. Taken from PATH when it is of that version, else built from its Go module once per machine.

The folder `tests/env/helm` pins it. It has a module of its own, since it disagrees with the Kubernetes parts about their libraries.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import go_build
from .layout import HELM

MODULE = "helm.sh/helm/v4"


def helm() -> Path:
    """Return the path of the executable."""
    version = "v" + ".".join(go_build.required(HELM, MODULE))
    installed = shutil.which("helm")
    if installed and _version(installed) == version:
        # Not the link that a world may have put on PATH: that goes with the world.
        return Path(installed).resolve()
    return go_build.binaries(_module(version), ["helm"])["helm"]


def _module(version: str) -> go_build.Module:
    return go_build.Module(HELM, {"helm": f"{MODULE}/cmd/helm"}, {f"{MODULE}/internal/version.version": version}, minutes=4)


def _version(program: str) -> str | None:
    asked = subprocess.run([program, "version", "--template={{.Version}}"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else None
