"""Nothing is ended but what was started, and what was started is always ended."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from world import layout, process

from .launching import ended

# Lives until its standard input closes, or it is killed: needs no clock.
FOREVER = [sys.executable, "-c", "import signal; signal.pause()"]


def spawned(tmp: Path, command: list[str], *, tied: bool = False) -> tuple[subprocess.Popen[bytes], Path]:
    pid_file = tmp / "part.json"
    return process.spawn(command, pid_file=pid_file, log=tmp / "part.log", tied=tied), pid_file


def test_a_spawned_process_is_recorded_and_ended(tmp_path: Path) -> None:
    child, pid_file = spawned(tmp_path, FOREVER)
    found = process.recorded(pid_file)
    assert found is not None
    assert found.pid == child.pid
    process.stop([pid_file], grace=30)
    assert child.wait() == -signal.SIGTERM
    assert not pid_file.exists()


def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    child, pid_file = spawned(tmp_path, [sys.executable, "-c", stubborn])
    while "ready" not in (tmp_path / "part.log").read_text():
        assert child.poll() is None
    process.stop([pid_file], grace=0.1)
    assert child.wait() == -signal.SIGKILL


def test_a_reused_pid_is_left_alone(tmp_path: Path) -> None:
    child, pid_file = spawned(tmp_path, FOREVER)
    found = process.identity(child.pid)
    assert found is not None
    for stranger in (dataclasses.replace(found, started="1"), dataclasses.replace(found, boot="another")):
        pid_file.write_text(json.dumps(dataclasses.asdict(stranger)))
        assert process.recorded(pid_file) is None
        process.stop([pid_file], grace=0)
        assert child.poll() is None
        assert process.identity(child.pid) == found
    child.kill()
    child.wait()


def test_a_zombie_and_a_collected_process_are_gone(tmp_path: Path) -> None:
    child, pid_file = spawned(tmp_path, ["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.recorded(pid_file) is None
    child.wait()
    assert process.recorded(pid_file) is None
    process.stop([pid_file], grace=0)


def test_a_tied_process_dies_with_its_parent(tmp_path: Path) -> None:
    parent = f"""
import os, pathlib, signal
from world import process
folder = pathlib.Path({str(tmp_path)!r})
process.spawn({FOREVER!r}, pid_file=folder / "part.json", log=folder / "part.log", tied=True)
print("spawned", flush=True)
signal.pause()
"""
    owner = subprocess.Popen([sys.executable, "-c", parent], cwd=layout.ENV, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "spawned\n"
    found = process.recorded(tmp_path / "part.json")
    assert found is not None
    handle = os.pidfd_open(found.pid)
    owner.kill()
    owner.wait()
    assert ended([handle])
