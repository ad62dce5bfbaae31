"""Policies of roles: inline ones, and managed ones that are attached."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .common import marked_pages, policies_of_aws_exist, role_exists
from .role import role_of_a_service_is_protected


@rule("iam.PutRolePolicy")
def inline_policies_bounded(call: Call, role: Any, name: str, document: str) -> None:
    """A role's inline policies have at most 10,240 characters together, white space not counted.

    Source: IAM User Guide, reference_iam-quotas (role policies; LimitExceeded); the message is assumed.
    """
    limit = call.quota("inlinePolicyCharacters")
    others = [text for held, text in role.policies.items() if held != name]
    if sum(len("".join(text.split())) for text in (*others, document)) > limit:
        raise AwsError("LimitExceeded", f"Maximum policy size of {limit} bytes exceeded for role {role.name}", 409)


@rule("iam.AttachRolePolicy")
def attached_policies_bounded(call: Call, role: Any, arn: str) -> None:
    """At most ten managed policies are attached to a role.

    Source: IAM User Guide, reference_iam-quotas (managed policies attached to an IAM role; LimitExceeded).
    """
    limit = call.quota("policiesPerRole")
    if arn not in role.managed_policies and len(role.managed_policies) >= limit:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {limit}", 409)


@answers("iam", "PutRolePolicy")
def put_role_policy(call: Call) -> dict[str, Any]:
    """Adds or replaces an inline policy; the document is checked by moto."""
    role = role_of_a_service_is_protected(role_exists(call, call.params["RoleName"]))
    inline_policies_bounded(call, role, call.params["PolicyName"], call.params["PolicyDocument"])
    return call.ask_moto()


@answers("iam", "AttachRolePolicy")
def attach_role_policy(call: Call) -> dict[str, Any]:
    """Attaches a managed policy; once more is no error."""
    role = role_of_a_service_is_protected(role_exists(call, call.params["RoleName"]))
    policies_of_aws_exist(call, call.params["PolicyArn"])
    attached_policies_bounded(call, role, call.params["PolicyArn"])
    return {} if call.params["PolicyArn"] in role.managed_policies else call.ask_moto()


@answers("iam", "DetachRolePolicy")
def detach_role_policy(call: Call) -> dict[str, Any]:
    """Detaches a managed policy."""
    role_of_a_service_is_protected(role_exists(call, call.params["RoleName"]))
    return call.ask_moto()


@answers("iam", "ListRolePolicies")
def list_role_policies(call: Call) -> dict[str, Any]:
    """Names of the inline policies."""
    role = role_exists(call, call.params["RoleName"])
    page, more = marked_pages(call, sorted(role.policies), str)
    return {"PolicyNames": page, **more}


@answers("iam", "ListAttachedRolePolicies")
def list_attached_role_policies(call: Call) -> dict[str, Any]:
    """Names and ARNs of the attached policies."""
    role = role_exists(call, call.params["RoleName"])
    prefix = call.params.get("PathPrefix") or "/"
    held = sorted((p for p in role.managed_policies.values() if p.path.startswith(prefix)), key=lambda p: str(p.arn))
    page, more = marked_pages(call, held, lambda p: p.arn)
    return {"AttachedPolicies": [{"PolicyName": p.name, "PolicyArn": p.arn} for p in page], **more}


@answers("iam", "GetPolicy")
def get_policy(call: Call) -> dict[str, Any]:
    """A managed policy, of the account or of AWS."""
    policies_of_aws_exist(call, call.params["PolicyArn"])
    return call.ask_moto()


@answers("iam", "GetPolicyVersion")
def get_policy_version(call: Call) -> dict[str, Any]:
    """The document of a managed policy, of the account or of AWS."""
    policies_of_aws_exist(call, call.params["PolicyArn"])
    return call.ask_moto()
