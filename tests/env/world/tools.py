"""What a machine must have before anything can be built: named with the fix, before a build fails half-way."""

from __future__ import annotations

import shutil
import subprocess

from .errors import WorldError

TOOLS = {
    "cargo": "install Rust: https://rustup.rs",
    "go": "install Go 1.26 or later: https://go.dev/dl",
    "git": "install git",
    "make": "install make",
}
COMPONENTS = {"fmt": "rustfmt", "clippy": "clippy"}


def check() -> None:
    """Fail with everything that is missing and how to get it."""
    missing = [f"{tool}: not found; {fix}" for tool, fix in TOOLS.items() if not shutil.which(tool)]
    if shutil.which("cargo"):
        missing += [
            f"cargo {command}: does not run; rustup component add {component}"
            for command, component in COMPONENTS.items()
            if subprocess.run(["cargo", command, "--version"], capture_output=True, check=False).returncode != 0
        ]
    if missing:
        raise WorldError("this machine lacks\n  " + "\n  ".join(missing))
