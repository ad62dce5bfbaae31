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
    """Return the path of the executable, building it if it is not there."""
    return _installed() or go_build.binaries(_module(), ["helm"])["helm"]


def built() -> Path | None:
    """Return its path if it need not be built."""
    return helm() if _installed() or go_build.has(_module(), ["helm"]) else None


def _installed() -> Path | None:
    installed = shutil.which("helm")
    # Not the link that a world may have put on PATH: that goes with the world.
    return Path(installed).resolve() if installed and _version(installed) == _pinned() else None


def _pinned() -> str:
    return "v" + ".".join(go_build.required(HELM, MODULE))


def _module() -> go_build.Module:
    return go_build.Module(HELM, {"helm": f"{MODULE}/cmd/helm"}, {f"{MODULE}/internal/version.version": _pinned()}, minutes=4)


def _version(program: str) -> str | None:
    asked = subprocess.run([program, "version", "--template={{.Version}}"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else None
