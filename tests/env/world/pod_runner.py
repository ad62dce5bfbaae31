"""What a node does, for one namespace: Pods come from the API server as admission left them, and their containers run as child processes.

So what is tested is the Pod that a Deployment makes, with the rights of its own ServiceAccount, its own probes and its own settings. It has
an address of its own in 127.0.0.0/8, on which it is probed. What there is no namespace for is said in `pod_files.py`; security contexts
are checked by admission and not applied.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import process
from .container import Container, now
from .errors import WorldError
from .kubectl import Kubectl
from .pod_files import Json, Sight
from .state import State

NODE = "runner"


@dataclass
class Pod:
    """A Pod that runs here."""

    sight: Sight
    containers: list[Container]
    started: str = field(default_factory=now)
    written: Json = field(default_factory=dict)
    transitions: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Say whether no container runs or will be started again."""
        return all(container.running is None and container.next_start is None for container in self.containers)

    def status(self) -> Json:
        """Return its status as the API has it."""
        ready = all(container.ready for container in self.containers)
        codes = [container.shown.get("terminated", {}).get("exitCode") for container in self.containers]
        created = all("waiting" not in container.shown for container in self.containers)
        phase = ("Failed" if any(codes) else "Succeeded") if self.over else ("Running" if created else "Pending")
        conditions = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
        return {
            "phase": phase,
            "startTime": self.started,
            "hostIP": "127.0.0.1",
            "podIP": self.sight.address,
            "podIPs": [{"ip": self.sight.address}],
            "conditions": [self._condition(name, "True" if holds else "False") for name, holds in conditions.items()],
            "containerStatuses": [container.status() for container in self.containers],
        }

    def _condition(self, name: str, status: str) -> Json:
        if self.transitions.get(name, ("", ""))[0] != status:
            self.transitions[name] = (status, now())
        return {"type": name, "status": status, "lastTransitionTime": self.transitions[name][1]}


@dataclass
class Node:
    """The Pods of a namespace, and where they run."""

    state: State
    kubectl: Kubectl
    namespace: str
    programs: dict[str, Path]
    pods: dict[str, Pod] = field(default_factory=dict)

    def run(self) -> None:
        """Run Pods until standard input closes; then nothing of them is left here."""
        with _addresses() as addresses, self._watch() as watch:
            poll = select.poll()
            poll.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
            poll.register(watch.descriptor, select.POLLIN | select.POLLHUP)
            try:
                self._serve(poll, watch, addresses)
            finally:
                for pod in list(self.pods.values()):
                    self._forget(pod)

    def _serve(self, poll: select.poll, watch: Watch, addresses: Iterator[str]) -> None:
        while True:
            ready = self._wait(poll)
            if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 4096):
                return
            if watch.descriptor in ready:
                for event in watch.events():
                    self._take(event["type"], event["object"], addresses)
            for pod in list(self.pods.values()):
                self._look(pod)

    def _wait(self, poll: select.poll) -> set[int]:
        """Wait for news of the API server, the end of a container, or the time of a probe."""
        containers = [container for pod in self.pods.values() for container in pod.containers]
        handles = [container.handle for container in containers if container.handle is not None]
        for handle in handles:
            poll.register(handle, select.POLLIN)
        due = min((due for container in containers if (due := container.due()) is not None), default=None)
        found = poll.poll(None if due is None else max(0.0, due - time.monotonic()) * 1000 + 1)
        for handle in handles:
            poll.unregister(handle)
        return {descriptor for descriptor, _ in found}

    def _take(self, event: str, pod: Json, addresses: Iterator[str]) -> None:
        uid, known = pod["metadata"]["uid"], self.pods.get(pod["metadata"]["uid"])
        if event == "DELETED":
            if known is not None:
                self._forget(known)
        elif known is None and pod.get("status", {}).get("phase") in (None, "Pending"):
            if not pod["spec"].get("nodeName"):
                self._bind(pod)
            if pod["spec"].get("initContainers"):
                raise WorldError(f"pod {pod['metadata']['name']}: init containers are not known here")
            grace = {"terminationGracePeriodSeconds": pod["spec"]["terminationGracePeriodSeconds"]}
            containers = [Container({**grace, **each}, self.state, self.programs) for each in pod["spec"]["containers"]]
            self.pods[uid] = Pod(Sight(pod, next(addresses), self.kubectl), containers)
            known = self.pods[uid]
        if known is not None and pod["metadata"].get("deletionTimestamp"):
            for container in known.containers:
                container.next_start = None
                container.end(pod["metadata"].get("deletionGracePeriodSeconds", 0))
            known.sight.pod["metadata"]["deletionTimestamp"] = pod["metadata"]["deletionTimestamp"]

    def _look(self, pod: Pod) -> None:
        """Start, collect and probe its containers; say what came of it."""
        metadata = pod.sight.pod["metadata"]
        deleted = "deletionTimestamp" in metadata
        policy = pod.sight.pod["spec"].get("restartPolicy", "Always")
        for container in pod.containers:
            container.start(pod.sight)
            failed = container.running is not None and container.running.poll() not in (None, 0)
            container.look(again=not deleted and (policy == "Always" or (policy == "OnFailure" and failed)))
        status = pod.status()
        if status != pod.written:
            patch = json.dumps({"status": status})
            self._tell("patch", "pod", pod.sight.name, "--subresource=status", "--type=merge", f"--patch={patch}")
            pod.written = status
        if deleted and pod.over:
            self._forget(pod)
            self._tell("delete", "pod", pod.sight.name, "--grace-period=0", "--force", "--wait=false")

    def _forget(self, pod: Pod) -> None:
        for container in pod.containers:
            if container.running is not None:
                container.running.kill()
                container.running.wait()
            self.state.pid_file(f"pod-{pod.sight.name}-{container.name}").unlink(missing_ok=True)
        shutil.rmtree(self.state.data / "pods" / pod.sight.pod["metadata"]["uid"], ignore_errors=True)
        self.pods.pop(pod.sight.pod["metadata"]["uid"], None)

    def _bind(self, pod: Json) -> None:
        """Do the scheduler's work: a Pod without a node is deleted without grace."""
        name = pod["metadata"]["name"]
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/binding"
        self.kubectl.run("create", f"--raw={path}", "--filename=-", stdin=json.dumps(binding))
        pod["spec"]["nodeName"] = NODE

    def _tell(self, *arguments: str) -> None:
        """Tell the API server of a Pod; it may be gone there already."""
        try:
            self.kubectl.run(*arguments, f"--namespace={self.namespace}")
        except WorldError as error:
            if "NotFound" not in str(error):
                raise

    @contextlib.contextmanager
    def _watch(self) -> Iterator[Watch]:
        command = [
            str(self.kubectl.binary),
            "get",
            "pods",
            f"--namespace={self.namespace}",
            "--watch",
            "--output-watch-events",
            "--output=json",
        ]
        env = {**os.environ, "KUBECONFIG": self.kubectl.kubeconfig}
        tie = process.die_with(os.getpid())
        with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=tie) as watching:  # noqa: PLW1509
            assert watching.stdout is not None  # noqa: S101 - a pipe was asked for
            try:
                yield Watch(watching.stdout.fileno())
            finally:
                watching.kill()


@dataclass
class Watch:
    """The events of a watch that kubectl prints, one JSON object after the other."""

    descriptor: int
    text: str = ""
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def events(self) -> Iterator[dict[str, Any]]:
        """Give the events that are complete; fails when the watch has ended."""
        read = os.read(self.descriptor, 1 << 20)
        if not read:
            raise WorldError("the watch of the Pods ended; kubectl says why above")
        self.text += self.decoder.decode(read)
        objects = json.JSONDecoder()
        while self.text.lstrip():
            begun = len(self.text) - len(self.text.lstrip())
            try:
                event, end = objects.raw_decode(self.text, begun)
            except json.JSONDecodeError:
                return
            self.text = self.text[end:]
            yield event


@contextlib.contextmanager
def _addresses() -> Iterator[Iterator[str]]:
    """Give addresses that no other runner of this machine uses: those of a network 127.A.B.0/24, claimed by a socket in it."""
    for number in range(os.getpid(), os.getpid() + 60_000):
        network = f"127.{1 + number // 256 % 254}.{number % 256}"
        claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            claim.bind((f"{network}.1", 10250))
        except OSError:
            claim.close()
            continue
        with claim:
            yield (f"{network}.{last}" for last in range(2, 255))
            return
    raise WorldError("no free network in 127.0.0.0/8")
