"""What can go wrong in the launcher, in words for the person who started it."""

from __future__ import annotations

from pathlib import Path

TAIL_LINES = 15


class WorldError(Exception):
    """A failure whose message names the part, what was expected and, where one exists, the fix."""


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last `lines` lines of a log, indented, or a remark that there are none."""
    try:
        text = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError as error:
        return f"  (no log: {error.strerror})"
    return "\n".join(f"  | {line}" for line in text) or "  (the log is empty)"


def failed_part(part: str, what: str, log: Path) -> WorldError:
    """Describe the failure of one part by its log file and the last lines of it."""
    return WorldError(f"{part}: {what}\n  log: {log}\n{tail(log)}")
