"""kstatus, by which Flux and Helm wait: a program of our own around the pinned library, built once per machine.

Given objects as JSON on standard input, it prints what kstatus computes of each, a line each.
"""

from __future__ import annotations

from pathlib import Path

from . import go_build
from .layout import KSTATUS


def kstatus() -> Path:
    """Return the path of the executable."""
    return go_build.binaries(go_build.Module(KSTATUS, {"kstatus": "."}, {}, minutes=1), ["kstatus"])["kstatus"]
