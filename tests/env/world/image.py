"""The image of the controller: from nothing, by buildah; what is in it is pinned or built here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import certifi

from .errors import WorldError
from .layout import CHECKOUT

INSTALLATION = CHECKOUT / "manifests" / "install.yaml"


def name() -> str:
    """Return the name of the image with its tag, as the chart asks for it by default."""
    found = re.search(r'^ +image: "(\S+:\S+)"$', INSTALLATION.read_text(), re.MULTILINE)
    if found is None:
        raise WorldError(f"{INSTALLATION} names no image")
    return found[1]


def stored_in(folder: Path | None) -> list[str]:
    """Return the options of buildah and podman for a storage of images in this folder, or for the user's own."""
    return [] if folder is None else [f"--root={folder / 'root'}", f"--runroot={folder / 'run'}"]


def build(program: Path, storage: list[str]) -> str:
    """Build the image of this program, into the local storage or the one that these options of buildah name; return its name."""
    if is_dynamic(program):
        raise WorldError(f"{program} needs libraries, which the image has not: install a static C library (libc6-dev, glibc-static)")
    if shutil.which("buildah") is None:
        raise WorldError("this machine lacks buildah: apt-get install buildah, or your distribution's package")
    image = name()
    labels = {"org.opencontainers.image.version": image.rpartition(":")[2], "org.opencontainers.image.revision": _commit("%H")}
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        context = Path(folder)
        (context / "fargatestack").hardlink_to(program)
        # The authorities that Mozilla trusts, of a pinned package, and not those of the machine that builds.
        shutil.copy(certifi.where(), context / "ca-certificates.crt")
        for file in context.iterdir():
            file.chmod(0o755 if file.name == "fargatestack" else 0o644)
        # The same content is the same image: its time is that of the commit.
        options = [f"--timestamp={_commit('%ct')}", *(f"--label={label}={value}" for label, value in labels.items())]
        command = ["buildah", *storage, "build", *options, f"--file={CHECKOUT / 'Containerfile'}", f"--tag={image}", str(context)]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if ended.returncode != 0:
        raise WorldError(f"buildah failed (exit {ended.returncode}); its messages are above")
    return image


def is_dynamic(program: Path) -> bool:
    """Say whether a program names a loader of shared libraries, which an image from nothing does not have."""
    listed = subprocess.run(["readelf", "--program-headers", program], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        raise WorldError(f"readelf {program}: {listed.stderr.strip()}")
    return "INTERP" in listed.stdout


def _commit(form: str) -> str:
    """Return what the last commit says of itself."""
    told = subprocess.run(["git", "log", "-1", f"--format={form}"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        raise WorldError(f"git log: {told.stderr.strip()}")
    return told.stdout.strip()
