"""Where things lie in the checkout."""

from __future__ import annotations

from pathlib import Path

ENV = Path(__file__).resolve().parent.parent
CHECKOUT = ENV.parent.parent
KUBERNETES = ENV / "kubernetes"
HELM = ENV / "helm"
ARGOCD = ENV / "argocd"
KSTATUS = ENV / "kstatus"
EMULATOR = ENV / "aws"
REQUIREMENTS = EMULATOR / "requirements.txt"
DEFAULT_STATE = CHECKOUT / ".world"
