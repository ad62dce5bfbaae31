"""The Python environment of the emulator and of the launcher: pinned by hashes, cached outside the checkout.

Needs the standard library only: it runs before the environment exists.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

from . import cache
from .errors import WorldError
from .layout import REQUIREMENTS


def python() -> Path:
    """Return the interpreter of the environment, building the environment when this machine has none for these requirements."""
    identity: list[bytes | str] = [REQUIREMENTS.read_bytes(), platform.python_version(), platform.machine(), sys.base_prefix]
    home = cache.folder() / "python" / cache.key(identity)
    complete, interpreter = home / ".complete", home / "bin" / "python"
    if not complete.exists():
        with cache.locked(home.with_suffix(".lock")):
            if not complete.exists():
                _build(home)
                complete.touch()
    return interpreter


def _build(home: Path) -> None:
    print("installing the emulator's Python packages (once per machine, about a minute)", file=sys.stderr, flush=True)
    # A virtual environment cannot be moved into place, so its mark of completion is a file written last.
    shutil.rmtree(home, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(home)], "python3 -m venv failed; on Debian and Ubuntu install python3-venv")
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--requirement", str(REQUIREMENTS)], f"pip could not install {REQUIREMENTS.name}")


def _run(command: list[str], failure: str) -> None:
    ended = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if ended.returncode != 0:
        raise WorldError(f"{failure} (exit {ended.returncode}); its messages are above")
