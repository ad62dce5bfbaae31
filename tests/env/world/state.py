"""The folder of one world: what runs, where its files lie, what its users need to know."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from . import cache, process

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager")
PARTS = (*CONTROL_PLANE, "emulator")


@dataclass(frozen=True)
class Ports:
    """The loopback ports of the Kubernetes parts."""

    etcd: int
    etcd_peer: int
    apiserver: int
    controller_manager: int


@dataclass(frozen=True)
class Facts:
    """What is true of a running world. `ports` and `audit_log` are None when the cluster is somebody else's."""

    kubeconfig: str
    emulator: str
    region: str
    account: str
    binaries: str
    ports: Ports | None
    audit_log: str | None

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the parts that must run."""
        return PARTS if self.ports else ("emulator",)

    def environment(self) -> dict[str, str]:
        """Return the values that a client of the world needs, under the names that tools know, where there are any."""
        values = {
            "KUBECONFIG": self.kubeconfig,
            "AWS_ENDPOINT_URL": self.emulator,
            "AWS_REGION": self.region,
            # The emulator takes a key id of 12 digits as the account; it checks no signatures, so the secret is any word.
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "EMULATOR_CONTROL_URL": f"{self.emulator}/_control",
        }
        if self.audit_log is not None:
            values["AUDIT_LOG"] = self.audit_log
        return values


@dataclass(frozen=True)
class State:
    """The state folder of one world."""

    folder: Path

    def __post_init__(self) -> None:
        """Create what is written to."""
        for name in ("pids", "logs", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def data(self) -> Path:
        """Return the folder that a new world starts without."""
        return self.folder / "data"

    @property
    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        return self.folder / "data" / "kubeconfig"

    @property
    def controller_kubeconfig(self) -> Path:
        """Return the kubeconfig of the controller's ServiceAccount."""
        return self.folder / "data" / "controller.kubeconfig"

    @property
    def binaries(self) -> Path:
        """Return the folder of the tools that users of the world put in front of their PATH."""
        return self.folder / "data" / "bin"

    def link(self, tools: dict[str, Path]) -> None:
        """Put links to these tools, by name, into that folder."""
        self.binaries.mkdir(exist_ok=True)
        for name, tool in tools.items():
            scratch = self.binaries / f".{name}"
            scratch.unlink(missing_ok=True)
            scratch.symlink_to(tool)
            scratch.replace(self.binaries / name)

    def log(self, part: str) -> Path:
        """Return the log of a part."""
        return self.folder / "logs" / f"{part}.log"

    def pid_file(self, part: str) -> Path:
        """Return the pid file of a part."""
        return self.folder / "pids" / f"{part}.json"

    def pid_files(self) -> list[Path]:
        """Return the pid files of everything that was started and not yet ended."""
        return sorted((self.folder / "pids").glob("*.json"))

    def runs(self, part: str) -> bool:
        """Say whether a part's process is alive."""
        return process.recorded(self.pid_file(part)) is not None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the world, so that two commands do not start or end parts at the same time."""
        with cache.locked(self.folder / "lock"):
            yield

    def write(self, facts: Facts) -> None:
        """Remember the facts of the world that was started."""
        scratch = self.data / ".world.json"
        scratch.write_text(json.dumps(asdict(facts), indent=1))
        scratch.replace(self.data / "world.json")

    def read(self) -> Facts | None:
        """Return the facts of the world that was started last, None when it never was ready or has been ended."""
        try:
            values = json.loads((self.data / "world.json").read_text())
        except FileNotFoundError:
            return None
        ports = values.pop("ports")
        return Facts(**values, ports=None if ports is None else Ports(**ports))

    def forget(self) -> None:
        """Remove the data of an ended world; its logs stay until the next one starts."""
        remove(self.data)

    def clear(self) -> None:
        """Make room for a new world: no data, no logs."""
        for name in ("data", "logs"):
            remove(self.folder / name)
            (self.folder / name).mkdir()


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, also what a part has made unreadable: Argo CD's repo-server locks its clones away."""

    def unlocked(_function: object, path: str, _error: object) -> None:
        with contextlib.suppress(OSError):
            Path(path).chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)

    shutil.rmtree(folder, onerror=unlocked)


def exports(facts: Facts) -> str:
    """Return the facts as lines for a shell; PATH gets the pinned tools in front."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in facts.environment().items()]
    lines.append(f'export PATH={shlex.quote(facts.binaries)}:"$PATH"')
    return "\n".join(lines)
