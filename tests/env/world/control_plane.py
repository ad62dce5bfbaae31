"""The Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager, on loopback, with TLS and RBAC."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import kubeconfig, probe
from .certificates import Certificates
from .part import Part
from .ports import LOOPBACK
from .state import Ports, State

# Who called what, without bodies: the list of verbs that the controller really uses, and no secret in it.
AUDIT_POLICY = '{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}\n'
ISSUER = "https://kubernetes.default.svc"
# Namespaces (with stacks in them) can be deleted, owner references are collected, a Deployment makes admitted Pods.
CONTROLLERS = (
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "deployment-controller",
    "replicaset-controller",
    # A PodDisruptionBudget has a status, which Argo CD waits for.
    "disruption-controller",
    "root-ca-certificate-publisher-controller",
)


@dataclass(frozen=True)
class ControlPlane:
    """The parts of one control plane, in the order in which they start."""

    etcd: Part
    apiserver: Part
    controller_manager: Part


def parts(state: State, binaries: dict[str, Path], ports: Ports, certificates: Certificates) -> ControlPlane:
    """Describe the parts and write the files that they read."""
    server = f"https://{LOOPBACK}:{ports.apiserver}"
    manager_config = state.data / "controller-manager.kubeconfig"
    for path, holder in ((state.kubeconfig, certificates.administrator), (manager_config, certificates.controller_manager)):
        kubeconfig.with_certificate(path, server=server, authority=certificates.authority, certificate=holder)
    (state.data / "audit-policy.json").write_text(AUDIT_POLICY)
    return ControlPlane(
        etcd=_etcd(state, binaries["etcd"], ports),
        apiserver=_apiserver(state, binaries["kube-apiserver"], ports, certificates),
        controller_manager=_controller_manager(state, binaries["kube-controller-manager"], ports, certificates, manager_config),
    )


def audit_log(state: State) -> Path:
    """Return the audit log of the API server, one JSON event a line."""
    return state.folder / "logs" / "audit.jsonl"


def _etcd(state: State, binary: Path, ports: Ports) -> Part:
    client, peer = f"http://{LOOPBACK}:{ports.etcd}", f"http://{LOOPBACK}:{ports.etcd_peer}"
    options = {
        "name": "world",
        "data-dir": str(state.data / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"world={peer}",
        "socket-reuse-port": "true",
        # Survives a kill of the process, not of the machine; a world lives no longer than that.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }

    def ready() -> str | None:
        status = probe.get(ports.etcd, "/health")
        return None if status == 200 else f"/health says {status}"

    return Part("etcd", _command(binary, options), ready, seconds=60)


def _apiserver(state: State, binary: Path, ports: Ports, certificates: Certificates) -> Part:
    options = {
        "etcd-servers": f"http://{LOOPBACK}:{ports.etcd}",
        "bind-address": LOOPBACK,
        # Without it the server looks for a default route, which a sealed machine does not have.
        "advertise-address": LOOPBACK,
        # Endpoints may not be loopback addresses; nothing here reaches the server through its Service.
        "endpoint-reconciler-type": "none",
        "secure-port": str(ports.apiserver),
        "permit-port-sharing": "true",
        "cert-dir": str(state.data / "apiserver"),
        "tls-cert-file": str(certificates.server),
        "tls-private-key-file": str(certificates.server.with_suffix(".key")),
        "client-ca-file": str(certificates.authority),
        "service-account-issuer": ISSUER,
        "service-account-key-file": str(certificates.service_accounts.with_suffix(".pub")),
        "service-account-signing-key-file": str(certificates.service_accounts),
        "service-cluster-ip-range": "10.96.0.0/16",
        "authorization-mode": "RBAC",
        "audit-log-path": str(audit_log(state)),
        "audit-policy-file": str(state.data / "audit-policy.json"),
        "profiling": "false",
    }

    def ready() -> str | None:
        status = probe.get_tls(ports.apiserver, "/readyz", authority=certificates.authority)
        return None if status == 200 else f"/readyz says {status}"

    return Part("kube-apiserver", _command(binary, options), ready, seconds=180)


def _controller_manager(state: State, binary: Path, ports: Ports, certificates: Certificates, config: Path) -> Part:
    options = {
        "kubeconfig": str(config),
        "bind-address": LOOPBACK,
        "secure-port": str(ports.controller_manager),
        "permit-port-sharing": "true",
        "cert-dir": str(state.data / "controller-manager"),
        "controllers": ",".join(CONTROLLERS),
        "leader-elect": "false",
        # Each controller acts as its own ServiceAccount, with the rights that RBAC bootstraps for it.
        "use-service-account-credentials": "true",
        "service-account-private-key-file": str(certificates.service_accounts),
        "root-ca-file": str(certificates.authority),
        "profiling": "false",
    }

    def ready() -> str | None:
        status = probe.get_tls(ports.controller_manager, "/healthz", authority=None)
        if status != 200:
            return f"/healthz says {status}"
        # A test's first Pod or token needs them; the second also shows that the controllers work.
        for path in ("/api/v1/namespaces/kube-system", "/api/v1/namespaces/default/serviceaccounts/default"):
            found = probe.get_tls(ports.apiserver, path, authority=certificates.authority, certificate=certificates.administrator)
            if found != 200:
                return f"{path} says {found}"
        return None

    return Part("kube-controller-manager", _command(binary, options), ready, seconds=120)


def _command(binary: Path, options: dict[str, str]) -> list[str]:
    return [str(binary), *(f"--{name}={value}" for name, value in options.items())]
