"""Identity policies evaluated as IAM does, to tell whether a role may do something.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from .conditions import Context, like, listed, met

Document = dict[str, Any]
_ROLE_ARN = re.compile(r"^arn:(aws[a-z-]*):iam::(\d{12}):role/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)$")


@dataclass(frozen=True)
class Decision:
    """Whether something is allowed, and the words that say why not."""

    allowed: bool
    # "allowed", "implicitDeny" (nothing allows it) or "explicitDeny", as IAM's simulator names them.
    kind: str
    # For messages: what is in the way.
    why: str


ALLOWED = Decision(True, "allowed", "")


def role_may(role_arn: str, action: str, resource: str = "*", context: Context | None = None) -> Decision:
    """Whether a role may carry out one action on one resource: its inline and attached policies allow it,
    none denies it, and its permissions boundary, if it has one, allows it too.

    A role that does not exist may do nothing.
    """
    role = role_of(role_arn)
    if role is None:
        return Decision(False, "implicitDeny", f"the role {role_arn} does not exist")
    return evaluate(documents_of(role), boundary_of(role), action, resource, context or {})


def service_may_assume(role_arn: str, service: str, context: Context | None = None) -> Decision:
    """Whether a role's trust policy lets an AWS service ("ecs-tasks.amazonaws.com") take the role."""
    role = role_of(role_arn)
    if role is None:
        return Decision(False, "implicitDeny", f"the role {role_arn} does not exist")
    document = parsed(role.assume_role_policy_document)
    trusting = [s for s in statements(document) if _names_service(s.get("Principal"), service)]
    return evaluate([{"Statement": trusting}], None, "sts:AssumeRole", role_arn, context or {})


def evaluate(
    documents: Iterable[Document], boundary: Document | None, action: str, resource: str, context: Context
) -> Decision:
    """The decision of identity policies, within an optional boundary, about one action on one resource."""
    found = [s for d in documents for s in statements(d)]
    limits = statements(boundary) if boundary is not None else None
    for statement in (*found, *(limits or [])):
        if statement.get("Effect") == "Deny" and _applies(statement, action, resource, context):
            return Decision(False, "explicitDeny", f"with an explicit deny in a policy: {action} on {resource}")
    if not _any_allows(found, action, resource, context):
        return Decision(
            False, "implicitDeny", f"because no identity-based policy allows the {action} action on {resource}"
        )
    if limits is not None and not _any_allows(limits, action, resource, context):
        why = f"because no permissions boundary allows the {action} action on {resource}"
        return Decision(False, "implicitDeny", why)
    return ALLOWED


def role_of(role_arn: str) -> Any | None:
    """Moto's role behind an ARN, None if there is none."""
    match = _ROLE_ARN.match(role_arn)
    if match is None or match.group(2) not in iam_backends:
        return None
    roles = iam_backends[match.group(2)][match.group(1)].roles.values()
    return next((r for r in roles if r.arn == role_arn), None)


def documents_of(role: Any) -> list[Document]:
    """The documents of a role's inline and attached policies."""
    inline = [parsed(text) for text in role.policies.values()]
    return inline + [default_version(p) for p in role.managed_policies.values()]


def boundary_of(role: Any) -> Document | None:
    """The document of a role's permissions boundary; one that is gone allows nothing."""
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    policy = iam_backends[role.account_id][role.partition].managed_policies.get(arn)
    return default_version(policy) if policy is not None else {"Statement": []}


def default_version(policy: Any) -> Document:
    """The document of a managed policy that is in force."""
    version = next(v for v in policy.versions if v.version_id == policy.default_version_id)
    return parsed(version.document)


def parsed(text: Any) -> Document:
    """A document as moto keeps it, which is text, sometimes quoted for a URL."""
    if isinstance(text, dict):
        return text
    raw = text if text.lstrip().startswith("{") else unquote(text)
    document: Document = json.loads(raw)
    return document


def statements(document: Document) -> list[dict[str, Any]]:
    """The statements of a document: a list, or a single one."""
    found = document.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def _any_allows(found: list[dict[str, Any]], action: str, resource: str, context: Context) -> bool:
    return any(s.get("Effect") == "Allow" and _applies(s, action, resource, context) for s in found)


def _applies(statement: dict[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _matches(statement, "Action", action, ignore_case=True)
        and _matches(statement, "Resource", resource, ignore_case=False)
        and met(statement.get("Condition") or {}, context)
    )


def _matches(statement: dict[str, Any], element: str, value: str, *, ignore_case: bool) -> bool:
    if f"Not{element}" in statement:
        return not any(like(p, value, ignore_case=ignore_case) for p in listed(statement[f"Not{element}"]))
    if element not in statement:
        # Trust policies have no resource: they are about the role that they belong to.
        return element == "Resource"
    return any(like(p, value, ignore_case=ignore_case) for p in listed(statement[element]))


def _names_service(principal: Any, service: str) -> bool:
    return isinstance(principal, dict) and service in listed(principal.get("Service"))
