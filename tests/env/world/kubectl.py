"""kubectl, the pinned one, against one world."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import kubeconfig
from .errors import WorldError
from .state import Facts

# An API server call that takes longer has failed; kubectl itself would wait for ever.
REQUEST_SECONDS = 60
# Longer than any use of a local world, so that nothing expires in the middle of one.
TOKEN_LIFETIME = "24h"  # noqa: S105 - a duration


@dataclass(frozen=True)
class Kubectl:
    """A kubectl binary and the kubeconfig that it acts with."""

    binary: Path
    kubeconfig: str

    @staticmethod
    def administrator(facts: Facts) -> Kubectl:
        """Return the kubectl of the world's administrator."""
        return Kubectl(Path(facts.binaries) / "kubectl", facts.kubeconfig)

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Return what the command printed; its own error message, when it failed, is the message of the error."""
        command = [str(self.binary), f"--request-timeout={REQUEST_SECONDS}s", *arguments]
        ended = subprocess.run(
            command, input=stdin or "", env={**os.environ, "KUBECONFIG": self.kubeconfig}, capture_output=True, text=True, check=False
        )
        if ended.returncode != 0:
            raise WorldError(f"kubectl {' '.join(arguments)}: {ended.stderr.strip()}")
        return ended.stdout

    def json(self, *arguments: str) -> Any:
        """Return the parsed output of a command that prints JSON (`-o json` is added)."""
        return json.loads(self.run(*arguments, "-o", "json"))


def service_account_kubeconfig(kubectl: Kubectl, *, namespace: str, name: str, out: Path) -> None:
    """Write a kubeconfig that acts as a ServiceAccount, by a token from the TokenRequest API (valid 24 hours)."""
    token = kubectl.run("create", "token", name, f"--namespace={namespace}", f"--duration={TOKEN_LIFETIME}").strip()
    view = json.loads(kubectl.run("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    kubeconfig.with_token(out, cluster=view["clusters"][0]["cluster"], token=token, namespace=namespace)
