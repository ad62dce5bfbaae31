"""What a dump shows of IAM."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import policies
from ...call import Call
from ...registry import dumps
from .common import store


@dumps("iam")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Roles with all their policies, and the account's own managed policies; IAM is the same in every region."""
    return {
        "roles": [_role(role) for role in sorted(store(call).roles.values(), key=lambda r: str(r.name))],
        "policies": [
            {"Arn": p.arn, "Document": policies.default_version(p)}
            for p in store(call).managed_policies.values()
            if not p.arn.startswith("arn:aws:iam::aws:")
        ],
    }


def _role(role: Any) -> dict[str, Any]:
    return {
        "Arn": role.arn,
        "Description": role.description,
        "Trust": policies.parsed(role.assume_role_policy_document),
        "Inline": {name: policies.parsed(text) for name, text in role.policies.items()},
        "Attached": sorted(role.managed_policies),
        "Boundary": role.permissions_boundary_arn,
        "Tags": [dict(tag) for tag in role.tags],
    }
