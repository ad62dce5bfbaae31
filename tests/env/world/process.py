"""Processes that are found again, and ended, without ever touching a stranger's.

A pid alone says nothing: numbers are reused. An `Identity` adds the start time that the kernel keeps, and the boot,
so a pid file that outlived its process (or its machine's uptime) matches nothing. Signals go through a pidfd that was
opened before the identity was checked, so there is no moment in which the number could change hands.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Identity:
    """One process of one boot: never equal to another one, whatever numbers are reused."""

    pid: int
    started: str
    boot: str


def identity(pid: int) -> Identity | None:
    """Return who has `pid` now; None when nobody does, or only a zombie that its parent has not collected."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the command in parentheses and may hold anything; fields are counted from its end (proc(5)).
    fields = stat.rpartition(")")[2].split()
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else Identity(pid, start_ticks, Path("/proc/sys/kernel/random/boot_id").read_text().strip())


def recorded(pid_file: Path) -> Identity | None:
    """Return the process that a pid file names when it still runs, else None."""
    try:
        written = Identity(**json.loads(pid_file.read_text()))
    except FileNotFoundError:
        return None
    return written if identity(written.pid) == written else None


def record(pid_file: Path, pid: int) -> None:
    """Write the identity of the running process `pid`; a reader sees the whole file or none."""
    found = identity(pid)
    if found is None:
        return
    scratch = pid_file.with_name(f".{pid_file.name}.{pid}")
    scratch.write_text(json.dumps(asdict(found)))
    scratch.replace(pid_file)


def spawn(command: list[str], *, pid_file: Path, log: Path, env: dict[str, str] | None = None, tied: bool) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log`.

    The child writes its own pid file before it becomes the command, so a crash of the caller at any point leaves no
    process that nobody knows of. When `tied`, the kernel kills it as soon as the calling thread is gone, kill -9 included.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
            preexec_fn=_enrol(pid_file, os.getpid() if tied else None),  # noqa: PLW1509 - the launcher has one thread
        )


def _enrol(pid_file: Path, tied_to: int | None) -> Callable[[], None]:
    tie = die_with(tied_to) if tied_to is not None else None

    def enrol() -> None:
        if tie is not None:
            tie()
        record(pid_file, os.getpid())

    return enrol


def die_with(parent: int) -> Callable[[], None]:
    """Return what a child of `parent` calls before it becomes its command, so that the kernel kills it with the thread that started it."""
    libc = ctypes.CDLL(None, use_errno=True)

    def tie() -> None:
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        # The parent may have died before the request; then nobody would ever send the signal.
        if os.getppid() != parent:
            os._exit(1)

    return tie


@contextlib.contextmanager
def _handle(pid_file: Path) -> Iterator[int | None]:
    """Give a pidfd of the process that the file names, or None when it has ended."""
    descriptor = None
    try:
        written = Identity(**json.loads(pid_file.read_text()))
        descriptor = os.pidfd_open(written.pid)
        alive = identity(written.pid) == written
    except (FileNotFoundError, ProcessLookupError):
        alive = False
    try:
        yield descriptor if alive else None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def stop(pid_files: list[Path], *, grace: float) -> None:
    """End the named processes together and remove their pid files: SIGTERM, and SIGKILL `grace` seconds later (0: at once).

    Returns when all of them have ended. Processes that the files name but that are gone, and numbers that now belong to
    somebody else, are left alone.
    """
    with contextlib.ExitStack() as stack:
        handles = [handle for path in pid_files if (handle := stack.enter_context(_handle(path))) is not None]
        if grace > 0:
            _signal(handles, signal.SIGTERM)
            handles = _outlived(handles, grace)
        _signal(handles, signal.SIGKILL)
        _outlived(handles, None)
    for path in pid_files:
        path.unlink(missing_ok=True)


def _signal(handles: list[int], number: signal.Signals) -> None:
    for handle in handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, number)


def _outlived(handles: list[int], seconds: float | None) -> list[int]:
    """Wait for the exit of all, at most `seconds`; return those that still run. A pidfd is readable once its process ended."""
    left = set(handles)
    deadline = None if seconds is None else time.monotonic() + seconds
    poll = select.poll()
    for handle in left:
        poll.register(handle, select.POLLIN)
    while left:
        remaining = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        ready = poll.poll(remaining)
        if not ready:
            break
        for handle, _ in ready:
            poll.unregister(handle)
            left.discard(handle)
    return list(left)
