"""A world for one test process: it lives exactly as long as whoever holds its standard input open."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

from . import process, record
from .errors import WorldError, tail
from .start import ensure
from .state import PARTS, State, remove

PREFIX = "fargatestack-world-"
OWNER = "owner.json"


def serve(folder: Path | None) -> int:
    """Start a world, print its facts as one line of JSON, wait for the end of stdin or SIGTERM, leave nothing.

    The parts die with this process whatever ends it. Killed by SIGKILL it cannot remove its folder; the next `serve`
    does, for folders in the system's temporary folder. With `FARGATESTACK_RECORD` it leaves a record of what was used in it there.
    """
    end_when_asked()
    _sweep()
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    elif folder.exists() and any(folder.iterdir()):
        raise WorldError(f"--state-dir {folder}: not empty; serve makes and removes a folder of its own")
    state = State(folder.resolve())
    process.record(state.folder / OWNER, os.getpid())
    with record.announced() as records:
        _live(state, records)
    return 0


def _live(state: State, records: Path | None) -> None:
    try:
        facts = ensure(state, tied=True)
        values = {**facts.environment(), "PATH_PREPEND": facts.binaries, "STATE_DIR": str(state.folder)}
        print(json.dumps(values), flush=True)
        try:
            wait_for_end(state, PARTS)
        finally:
            if records is not None:
                record.leave(records, state, facts)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        process.stop([state.pid_file(part) for part in PARTS], grace=0)
        remove(state.folder)


def end_when_asked() -> None:
    """Let SIGTERM end this process as an error does: what is to be left behind in order is."""
    signal.signal(signal.SIGTERM, _exit)


def _exit(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def wait_for_end(state: State, names: Iterable[str]) -> None:
    """Return when stdin is at its end. A part that ends meanwhile is reported, with its log, and left ended."""
    poll = select.poll()
    poll.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
    parts: dict[int, str] = {}
    for part in names:
        found = process.recorded(state.pid_file(part))
        if found is not None:
            handle = os.pidfd_open(found.pid)
            parts[handle] = part
            poll.register(handle, select.POLLIN)
    while True:
        for handle, _ in poll.poll():
            if handle in parts:
                poll.unregister(handle)
                part = parts[handle]
                print(f"{part} ended; log: {state.log(part)}\n{tail(state.log(part))}", file=sys.stderr, flush=True)
            elif not os.read(sys.stdin.fileno(), 4096):
                return


def _sweep() -> None:
    """Remove the folders of served worlds whose owner was killed. A folder without an owner's file is just being made."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder / OWNER
        if owner.exists() and process.recorded(owner) is None:
            remove(folder)
