"""A container of a Pod as a child process, with its probes and restarts."""

from __future__ import annotations

import datetime
import http.client
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import pod_files, process
from .errors import WorldError
from .pod_files import Json, Sight
from .state import State

# A container whose files are not there yet is tried again, one that ended by itself is started anew: a little later each time.
RETRY_SECONDS = 1.0
LONGEST_BACK_OFF_SECONDS = 10.0


def now() -> str:
    """Return the time as Kubernetes writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Probe:
    """An HTTP probe as declared: asks when it is due, and counts."""

    declared: Json
    container: Json
    address: str
    due: float
    successes: int = 0
    failures: int = 0

    @staticmethod
    def of(container: Json, kind: str, address: str) -> Probe | None:
        """Return the container's probe of that kind, if it declares one."""
        declared = container.get(kind)
        if declared is None:
            return None
        if "httpGet" not in declared:
            raise WorldError(f"{kind}: only httpGet is known here")
        return Probe(declared, container, address, time.monotonic() + declared.get("initialDelaySeconds", 0))

    def ask(self) -> None:
        """Ask once, if it is due."""
        if time.monotonic() < self.due:
            return
        if self._answers():
            self.successes, self.failures = self.successes + 1, 0
        else:
            self.successes, self.failures = 0, self.failures + 1
        self.due = time.monotonic() + self.declared["periodSeconds"]

    @property
    def succeeded(self) -> bool:
        """Say whether it counts as passed."""
        return self.successes >= int(self.declared["successThreshold"])

    @property
    def failed(self) -> bool:
        """Say whether it counts as failed."""
        return self.failures >= int(self.declared["failureThreshold"])

    def _answers(self) -> bool:
        get = self.declared["httpGet"]
        port = get["port"]
        if isinstance(port, str):
            port = next(each["containerPort"] for each in self.container["ports"] if each.get("name") == port)
        connection = http.client.HTTPConnection(self.address, port, timeout=self.declared["timeoutSeconds"])
        try:
            connection.request("GET", get.get("path", "/"), headers={"Host": f"{self.address}:{port}", "User-Agent": "kube-probe"})
            return 200 <= connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass
class Container:
    """One container: what is declared, and the process, if there is one."""

    declared: Json
    state: State
    programs: dict[str, Path]
    running: subprocess.Popen[bytes] | None = None
    handle: int | None = None
    ready: bool = False
    restarts: int = 0
    next_start: float | None = 0.0
    kill_at: float | None = None
    shown: Json = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last: Json = field(default_factory=dict)
    liveness: Probe | None = None
    readiness: Probe | None = None

    @property
    def name(self) -> str:
        """Return its name."""
        return str(self.declared["name"])

    def start(self, sight: Sight) -> None:
        """Start it when it is due; what it lacks is shown as a kubelet shows it, and it is tried again."""
        if self.running is not None or self.next_start is None or time.monotonic() < self.next_start:
            return
        program = self.programs.get(repository(self.declared["image"]))
        if program is None:
            self._waits("ErrImagePull", f"no --program for {self.declared['image']}")
            return
        try:
            self._spawn(sight, program)
        except WorldError as error:
            self._waits("CreateContainerConfigError", str(error))

    def _spawn(self, sight: Sight, program: Path) -> None:
        if "command" in self.declared:
            raise WorldError("a command of its own: an image has only its program here")
        root = self.state.data / "pods" / sight.pod["metadata"]["uid"] / self.name
        mounts = pod_files.lay_out(sight, self.declared, root)
        env = pod_files.environment(sight, self.declared, mounts, root)
        arguments = [pod_files.here(pod_files.expanded(each, env), mounts, sight.address) for each in self.declared.get("args", [])]
        part = f"pod-{sight.name}-{self.name}"
        self.running = process.spawn(
            [str(program), *arguments], pid_file=self.state.pid_file(part), log=self.state.log(part), env=env, tied=True
        )
        self.handle = os.pidfd_open(self.running.pid)
        self.liveness = Probe.of(self.declared, "livenessProbe", sight.address)
        self.readiness = Probe.of(self.declared, "readinessProbe", sight.address)
        self.ready = self.readiness is None
        self.shown = {"running": {"startedAt": now()}}

    def _waits(self, reason: str, message: str) -> None:
        self.next_start = time.monotonic() + RETRY_SECONDS
        self.shown = {"waiting": {"reason": reason, "message": message}}

    def look(self, *, again: bool) -> None:
        """Collect it if it ended (and let it start anew, with `again`), else ask its probes and do what they call for."""
        if self.running is None:
            return
        code = self.running.poll()
        if code is not None:
            self._ended(code, again=again)
            return
        if self.kill_at is not None:
            if time.monotonic() >= self.kill_at:
                self.running.kill()
            return
        for probe in (self.liveness, self.readiness):
            if probe is not None:
                probe.ask()
        if self.readiness is not None and (self.readiness.succeeded or self.readiness.failed):
            self.ready = self.readiness.succeeded
        if self.liveness is not None and self.liveness.failed:
            self.end(self.declared["terminationGracePeriodSeconds"])

    def _ended(self, code: int, *, again: bool) -> None:
        if self.handle is not None:
            os.close(self.handle)
        reason = "Completed" if code == 0 else "Error"
        over = {"terminated": {"exitCode": code if code >= 0 else 128 - code, "reason": reason, "finishedAt": now()}}
        self.running = self.handle = self.kill_at = self.next_start = None
        self.ready = False
        self.shown = over
        if again:
            self.last = over
            self.next_start = time.monotonic() + min(float(self.restarts), LONGEST_BACK_OFF_SECONDS)
            self.restarts += 1

    def end(self, grace: float) -> None:
        """Ask it to end; it is killed when the grace is over."""
        if self.running is not None and self.kill_at is None:
            self.running.send_signal(signal.SIGTERM)
            self.kill_at = time.monotonic() + grace

    def due(self) -> float | None:
        """Return when it has to be looked at again, None when only its end can change anything."""
        if self.running is None:
            return self.next_start
        if self.kill_at is not None:
            return self.kill_at
        return min((probe.due for probe in (self.liveness, self.readiness) if probe is not None), default=None)

    def status(self) -> dict[str, Any]:
        """Return its status as the API has it."""
        image = self.declared["image"]
        return {
            "name": self.name,
            "image": image,
            "imageID": image,
            "ready": self.ready,
            "started": self.running is not None,
            "restartCount": self.restarts,
            "state": self.shown,
            "lastState": self.last,
        }


def repository(image: str) -> str:
    """Return an image's name without tag and digest."""
    name = image.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
