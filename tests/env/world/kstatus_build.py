"""kstatus, by which Flux and Helm wait: a program of our own around the pinned library, built once per machine.

Given objects as JSON on standard input, it prints what kstatus computes of each, a line each.
"""

from __future__ import annotations

from pathlib import Path

from . import go_build
from .layout import KSTATUS

PACKAGE = "fargatestack.dev/tests/env/kstatus"


def kstatus() -> Path:
    """Return the path of the executable."""
    module = go_build.Module(KSTATUS, {"kstatus": PACKAGE}, {}, minutes=1)
    return go_build.binaries(module, ["kstatus"])["kstatus"]
