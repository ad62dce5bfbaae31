"""Programs that a Go module pins, as binaries: built once per machine into the cache.

Such a module is a folder under `tests/env` with a go.mod and its go.sum; a Go file only where no module has the program.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .errors import WorldError


@dataclass(frozen=True)
class Module:
    """A module, the programs that it pins (name: package), how they are built and how long that takes on 2 cores."""

    folder: Path
    packages: dict[str, str]
    variables: dict[str, str]
    minutes: int
    # The Go release that builds it, fetched by an older `go` through the module proxy; None for the one that is installed.
    toolchain: str | None = None

    @property
    def flags(self) -> list[str]:
        """Return the build flags; the variables are stamped into the binaries."""
        stamped = " ".join(f"-X {name}={value}" for name, value in self.variables.items())
        return ["-trimpath", "-buildvcs=false", f"-ldflags=-s -w {stamped}"]

    @property
    def store(self) -> Path:
        """Return the folder of the cache for what is built from exactly these pins with these flags."""
        sources = [self.folder / "go.mod", self.folder / "go.sum", *sorted(self.folder.rglob("*.go"))]
        pinned = [source.read_bytes() for source in sources]
        return cache.folder() / self.folder.name / cache.key([*pinned, *self.flags, platform.system(), platform.machine()])

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of `go`. CGO off: no C compiler needed, static binaries."""
        chosen = {"GOTOOLCHAIN": self.toolchain} if self.toolchain else {}
        return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": _go_flags(), **chosen}


def required(folder: Path, module: str) -> tuple[str, str, str]:
    """Return the version of `module` that the go.mod in `folder` requires: major, minor, patch."""
    line = rf"^(?:require )?\s*{re.escape(module)} v(\d+)\.(\d+)\.(\d+)\b"
    found = re.search(line, (folder / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise WorldError(f"{folder / 'go.mod'}: it does not require {module} vX.Y.Z")
    major, minor, patch = found.groups()
    return major, minor, patch


def has(module: Module, names: list[str]) -> bool:
    """Say whether the cache has the named programs."""
    store = module.store
    return all((store / name).exists() for name in names)


def binaries(module: Module, names: list[str]) -> dict[str, Path]:
    """Return the paths of the named programs, building what the cache does not have."""
    store = module.store
    if not has(module, names):
        with cache.locked(store.parent / "lock"):
            missing = [name for name in names if not (store / name).exists()]
            if missing:
                _build(module, missing, store)
    return {name: store / name for name in names}


def files(module: Module, of: str, patterns: list[str]) -> Path:
    """Return a folder with the files of the module `of` that match: copied once, so that its download is not needed later."""
    copied = module.store / "files"
    if not copied.exists():
        with cache.locked(module.store.parent / "lock"):
            if not copied.exists():
                _copy(module, of, patterns, copied)
    return copied


def _copy(module: Module, of: str, patterns: list[str], to: Path) -> None:
    _needs_go()
    # A binary that the cache already has says nothing about the download: it is asked for by name.
    asked = ["go", "mod", "download", "-json", of]
    ended = subprocess.run(asked, cwd=module.folder, env=module.environment, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        raise WorldError(f"go mod download of {of} failed (exit {ended.returncode}); its messages are above\n{ended.stdout}")
    source = Path(json.loads(ended.stdout)["Dir"])
    with _scratch(module.store) as scratch:
        for pattern in patterns:
            for found in source.glob(pattern):
                copy = scratch / found.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                # Not its mode: a module's files are read-only.
                shutil.copyfile(found, copy)
        scratch.rename(to)


def _needs_go() -> None:
    if not shutil.which("go"):
        raise WorldError("go: not found; install Go 1.26 or later (https://go.dev/dl), it builds the parts of the local world")


@contextlib.contextmanager
def _scratch(store: Path) -> Iterator[Path]:
    """Make a folder beside the store for what is not yet whole. Called by the holder of the lock."""
    store.mkdir(parents=True, exist_ok=True)
    for left_behind in store.parent.glob(".build-*"):
        # By a builder that was killed: whoever holds the lock is the only one.
        shutil.rmtree(left_behind)
    folder = Path(tempfile.mkdtemp(prefix=".build-", dir=store.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _build(module: Module, names: list[str], store: Path) -> None:
    _needs_go()
    print(f"building {', '.join(names)} (once per machine, about {module.minutes} minutes on 2 cores)", file=sys.stderr, flush=True)
    with _scratch(store) as scratch:
        # One command, so that what the parts share is compiled once.
        command = ["go", "build", *module.flags, "-o", f"{scratch}{os.sep}", *(module.packages[name] for name in names)]
        ended = subprocess.run(command, cwd=module.folder, env=module.environment, check=False)
        if ended.returncode != 0:
            raise WorldError(f"go build of {', '.join(names)} failed (exit {ended.returncode}); its messages are above")
        for name in names:
            (scratch / named_by_go(module.packages[name])).replace(store / name)


def named_by_go(package: str) -> str:
    """Return the last element of an import path that is no major version: etcd's is `server`."""
    return [element for element in package.split("/") if not re.fullmatch(r"v\d+", element)][-1]


def _go_flags() -> str:
    """Keep the user's GOFLAGS, but never let `go build` edit go.mod: the pinned versions are what is built."""
    given = [flag for flag in os.environ.get("GOFLAGS", "").split() if not flag.startswith("-mod")]
    return " ".join([*given, "-mod=readonly"])
