"""Kubeconfig files: of the administrator, of kube-controller-manager, of a service account."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any


def with_certificate(path: Path, *, server: str, authority: Path, certificate: Path) -> None:
    """Write a kubeconfig whose user is the holder of a client certificate (key beside it)."""
    user = {
        "client-certificate-data": _encoded(certificate),
        "client-key-data": _encoded(certificate.with_suffix(".key")),
    }
    _write(path, {"server": server, "certificate-authority-data": _encoded(authority)}, user, "default")


def with_token(path: Path, *, cluster: dict[str, Any], token: str, namespace: str) -> None:
    """Write a kubeconfig whose user is the bearer of `token`; `cluster` as a kubeconfig has it."""
    _write(path, cluster, {"token": token}, namespace)


def with_token_file(path: Path, *, cluster: dict[str, Any], token_file: Path, namespace: str) -> None:
    """Write the same with a token that is read from a file, again and again."""
    _write(path, cluster, {"tokenFile": str(token_file)}, namespace)


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _write(path: Path, cluster: dict[str, Any], user: dict[str, Any], namespace: str) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "world", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "world", "context": {"cluster": "world", "user": "user", "namespace": namespace}}],
        "current-context": "world",
    }
    # JSON is YAML; credentials are for the owner only, and readers never see half a file.
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(config, file, indent=1)
    scratch.replace(path)
