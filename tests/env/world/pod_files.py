"""What a container of a Pod sees: its files, environment and arguments, as a kubelet would give them, but beside those of the host.

There is no mount namespace and no network namespace here. So a container's mounts lie below a folder of its own, and every path and
every listening address in its environment and arguments that means one of its own is moved there: `/var/run/...` into that folder,
`0.0.0.0:PORT` to the Pod's address.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import kubeconfig
from .errors import WorldError
from .kubectl import Kubectl

# Where client libraries look for the account of their Pod.
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
Json = dict[str, Any]


@dataclass(frozen=True)
class Sight:
    """A Pod, its address, and who asks the API server for what it refers to."""

    pod: Json
    address: str
    kubectl: Kubectl

    @property
    def name(self) -> str:
        """Return the Pod's name."""
        return str(self.pod["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Return the Pod's namespace."""
        return str(self.pod["metadata"]["namespace"])

    def field(self, path: str) -> str:
        """Return a field of the downward API."""
        metadata = self.pod["metadata"]
        values = {
            "metadata.name": self.name,
            "metadata.namespace": self.namespace,
            "metadata.uid": metadata["uid"],
            "spec.nodeName": self.pod["spec"].get("nodeName", ""),
            "spec.serviceAccountName": self.pod["spec"].get("serviceAccountName", ""),
            "status.podIP": self.address,
            **{f"metadata.labels['{name}']": value for name, value in metadata.get("labels", {}).items()},
            **{f"metadata.annotations['{name}']": value for name, value in metadata.get("annotations", {}).items()},
        }
        if path not in values:
            raise WorldError(f"fieldRef {path}: not known here")
        return str(values[path])

    def data(self, kind: str, name: str) -> dict[str, bytes]:
        """Return the content of a ConfigMap or Secret."""
        found = self.kubectl.json("get", kind, name, f"--namespace={self.namespace}")
        if kind == "secret":
            return {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}
        return {key: value.encode() for key, value in found.get("data", {}).items()}

    def token(self, source: Json) -> bytes:
        """Return a token of the Pod's ServiceAccount that ends with the Pod."""
        bound = ["--bound-object-kind=Pod", f"--bound-object-name={self.name}", f"--bound-object-uid={self.pod['metadata']['uid']}"]
        audience = [f"--audience={source['audience']}"] if source.get("audience") else []
        duration = f"--duration={source.get('expirationSeconds', 3600)}s"
        account = self.pod["spec"]["serviceAccountName"]
        return self.kubectl.run("create", "token", account, f"--namespace={self.namespace}", duration, *audience, *bound).strip().encode()


def lay_out(sight: Sight, container: Json, root: Path) -> dict[str, Path]:
    """Write the files of the container's mounts below `root`; return where each mount lies."""
    volumes = {volume["name"]: volume for volume in sight.pod["spec"].get("volumes", [])}
    mounts = {}
    for mount in container.get("volumeMounts", []):
        place = root / mount["mountPath"].lstrip("/")
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in _content(sight, volumes[mount["name"]]).items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
        mounts[mount["mountPath"]] = place
    return mounts


def _content(sight: Sight, volume: Json) -> dict[str, bytes]:
    kind = next(name for name in volume if name != "name")
    source = volume[kind]
    if kind == "emptyDir":
        return {}
    if kind == "projected":
        return {path: content for part in source["sources"] for path, content in _content(sight, {"name": "", **part}).items()}
    if kind == "serviceAccountToken":
        return {source["path"]: sight.token(source)}
    if kind == "downwardAPI":
        return {item["path"]: sight.field(item["fieldRef"]["fieldPath"]).encode() for item in source["items"]}
    if kind in ("configMap", "secret"):
        found = sight.data(kind.lower(), source.get("name") or source["secretName"])
        items = source.get("items") or [{"key": key, "path": key} for key in found]
        return {item["path"]: found[item["key"]] for item in items}
    raise WorldError(f"volume {volume['name']}: {kind} is not known here")


def environment(sight: Sight, container: Json, mounts: dict[str, Path], root: Path) -> dict[str, str]:
    """Return the environment of the container; `root` gets a kubeconfig that stands for the in-cluster configuration."""
    env = {"HOSTNAME": sight.name, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    account = mounts.get(SERVICE_ACCOUNT)
    if account is not None:
        # Its fixed place belongs to the host here, so the client library is told by the other way that it knows.
        view = sight.kubectl.json("config", "view", "--raw", "--minify")
        server = view["clusters"][0]["cluster"]["server"]
        cluster = {"server": server, "certificate-authority": str(account / "ca.crt")}
        kubeconfig.with_token_file(root / "kubeconfig", cluster=cluster, token_file=account / "token", namespace=sight.namespace)
        env["KUBECONFIG"] = str(root / "kubeconfig")
    for variable in container.get("env", []):
        env[variable["name"]] = here(_value(sight, variable, env), mounts, sight.address)
    return env


def _value(sight: Sight, variable: Json, before: dict[str, str]) -> str:
    source = variable.get("valueFrom")
    if source is None:
        return expanded(variable.get("value", ""), before)
    if "fieldRef" in source:
        return sight.field(source["fieldRef"]["fieldPath"])
    for reference, kind in (("secretKeyRef", "secret"), ("configMapKeyRef", "configmap")):
        if reference in source:
            found = sight.data(kind, source[reference]["name"])
            return found[source[reference]["key"]].decode()
    raise WorldError(f"env {variable['name']}: {next(iter(source))} is not known here")


def expanded(text: str, env: dict[str, str]) -> str:
    """Replace `$(NAME)` by the variable of that name, where there is one."""
    return re.sub(r"\$\(([A-Za-z_][\w.-]*)\)", lambda found: env.get(found[1], found[0]), text)


def here(text: str, mounts: dict[str, Path], address: str) -> str:
    """Move what the container believes to be its own to where it is: paths of its mounts, and listening on all addresses."""
    for path in sorted(mounts, key=len, reverse=True):
        place = str(mounts[path]).replace("\\", r"\\")
        text = re.sub(rf"(^|[=:,]){re.escape(path)}(?=[/:,]|$)", rf"\g<1>{place}", text)
    return re.sub(r"(^|=)(?:0\.0\.0\.0|\[::\])(:\d+)$", rf"\g<1>{address}\g<2>", text)
