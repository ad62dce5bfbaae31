"""Entry point: `python3 tests/env/world COMMAND`, or `python3 -m world COMMAND` with tests/env on PYTHONPATH.

Any Python 3.11+ will do. Commands that start parts need the pinned packages, so they continue in the virtual
environment, which is built first when this machine has none.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

if __package__ in (None, ""):
    # Run as a folder: begin again as a package, so that relative imports work.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    runpy.run_module("world", run_name="__main__", alter_sys=True)
    sys.exit()

if sys.version_info < (3, 11):  # noqa: UP036 - the message that people with an old Python see
    sys.exit(f"Python 3.11 or later is needed, this is {sys.version.split()[0]}")

if sys.platform != "linux":
    sys.exit("the local world needs Linux: it ties processes and finds them again by what Linux offers for that")

from world import cli, layout, virtualenv
from world.errors import WorldError


def main() -> int:
    """Run one command; return its exit code."""
    options = cli.parser().parse_args()
    if options.needs_environment:
        interpreter = virtualenv.python()
        if Path(sys.prefix) != interpreter.parent.parent:
            env = {**os.environ, "PYTHONPATH": str(layout.ENV)}
            sys.stdout.flush()
            os.execve(interpreter, [str(interpreter), "-P", "-m", "world", *sys.argv[1:]], env)
    code: int = options.command(options)
    return code


try:
    sys.exit(main())
except WorldError as error:
    sys.exit(f"error: {error}")
except KeyboardInterrupt:
    sys.exit(130)
