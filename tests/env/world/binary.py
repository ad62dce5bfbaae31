"""The controller's binary: the world's, the tests' and the image's are one and the same file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from .errors import WorldError
from .layout import CHECKOUT

# It reaches the last crate alone (`cargo rustc`), and is looked at when that is linked: all other crates are those of any other build.
STATIC = ("--", "-C", "target-feature=+crt-static")


def build(*, release: bool = False) -> Path:
    """Build the controller, and return the path of its binary: a static one where the machine has a C library for that.

    What cargo leaves is linked to a name of our own, since the next `cargo test` puts its own, dynamic, twin in its place.
    """
    profile = ["--release"] if release else []
    built = target() / ("release" if release else "debug") / "fargatestack"
    command = ["cargo", "rustc", "--locked", *profile, "--bin", "fargatestack", *(STATIC if can_be_static() else ())]
    ended = subprocess.run(command, cwd=CHECKOUT, stdout=sys.stderr, check=False)
    if ended.returncode != 0:
        raise WorldError(f"cargo rustc failed (exit {ended.returncode}); its messages are above")
    own = target() / "static" / built.parent.name / "fargatestack"
    own.parent.mkdir(parents=True, exist_ok=True)
    if not (own.exists() and own.samefile(built)):
        # A controller that runs keeps the file that it was started from.
        scratch = own.with_name(f".{own.name}.{os.getpid()}")
        scratch.hardlink_to(built)
        scratch.replace(own)
    return own


def target() -> Path:
    """Return the folder that cargo builds into."""
    query = ["cargo", "metadata", "--format-version=1", "--no-deps", "--offline"]
    metadata = json.loads(subprocess.run(query, cwd=CHECKOUT, stdout=subprocess.PIPE, check=True).stdout)
    return Path(metadata["target_directory"])


def can_be_static() -> bool:
    """Say whether the C compiler finds a static C library (Debian: libc6-dev; Fedora: glibc-static)."""
    found = subprocess.run(["cc", "-print-file-name=libc.a"], capture_output=True, text=True, check=False)
    return found.returncode == 0 and Path(found.stdout.strip()).is_absolute()
