"""The launcher as its users start it: as a command, with pipes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from world import layout

# A bound for what must end by itself: long enough for a loaded machine, and only a failing test waits for it.
END_SECONDS = 60


@dataclass
class Served:
    """A world that `serve` holds."""

    process: subprocess.Popen[str]
    values: dict[str, str]

    @property
    def state(self) -> Path:
        return Path(self.values["STATE_DIR"])


def launch(*arguments: str, tmp: Path | None = None, settings: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start `world ARGUMENTS` with pipes, `settings` in its environment."""
    env = {**_environment(), "PYTHONPATH": str(layout.ENV), **(settings or {})}
    if tmp is not None:
        env["TMPDIR"] = str(tmp)
    return subprocess.Popen(
        [sys.executable, "-m", "world", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def _environment() -> dict[str, str]:
    # The caller's own world, cluster or AWS settings must not leak into these.
    foreign = ("AWS_", "KUBECONFIG", "FARGATESTACK_WORLD", "FARGATESTACK_RECORD", "FARGATESTACK_USE_EXISTING_CLUSTER")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def ended(handles: list[int]) -> bool:
    """Wait until all processes behind the pidfds have ended; False when one still runs after the bound."""
    for handle in handles:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if not poll.poll(END_SECONDS * 1000):
            return False
    return True


def serve(tmp: Path, **settings: str) -> Served:
    """Start a served world whose folder lies below `tmp`, `settings` in its environment; return when it is ready."""
    process = launch("serve", tmp=tmp, settings=settings)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        _, errors = process.communicate()
        pytest.fail(f"serve said nothing: {errors}")
    return Served(process, json.loads(line))
