"""The AWS emulator as a part of the world. The package itself is `tests/env/aws`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import probe
from .layout import EMULATOR
from .part import Part
from .ports import LOOPBACK
from .state import State


def part(state: State) -> Part:
    """Describe the emulator. It chooses its port itself and writes it to a file, see `url`."""
    # -P: the folder that the launcher was called from must not offer modules of its own.
    command = [sys.executable, "-P", "-m", "awslayer", "--host", LOOPBACK, "--port", "0", "--port-file", str(_port_file(state))]
    # The user's own AWS settings must not reach the emulator, which is an AWS client's library itself.
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env["PYTHONPATH"] = str(EMULATOR)

    def ready() -> str | None:
        port = _port(state)
        if port is None:
            return "no port file yet"
        status = probe.get(port, "/_control/health")
        return None if status == 200 else f"/_control/health says {status}"

    if not state.runs("emulator"):
        _port_file(state).unlink(missing_ok=True)
    return Part("emulator", command, ready, seconds=120, env=env)


def url(state: State) -> str:
    """Return the endpoint of the running emulator. Only valid once the part is ready."""
    return f"http://{LOOPBACK}:{_port(state)}"


def _port_file(state: State) -> Path:
    return state.data / "emulator.port"


def _port(state: State) -> int | None:
    try:
        text = _port_file(state).read_text().strip()
    except FileNotFoundError:
        return None
    return int(text) if text else None
