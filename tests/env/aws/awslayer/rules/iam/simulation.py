"""The policy simulator."""

from __future__ import annotations

import json
from typing import Any

from ... import policies
from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule


@rule("iam.SimulatePrincipalPolicy")
def simulated_principal_exists(call: Call) -> Any:
    """What is simulated is a role of the account; of users and groups the layer knows no policies.

    Source: botocore iam.SimulatePrincipalPolicy, PolicySourceArn (NoSuchEntityException).
    """
    arn = call.params["PolicySourceArn"]
    role = policies.role_of(arn)
    if role is None or role.account_id != call.account:
        raise AwsError("NoSuchEntity", f"The principal {arn} cannot be found.", 404)
    return role


@answers("iam", "SimulatePrincipalPolicy")
def simulate_principal_policy(call: Call) -> dict[str, Any]:
    """Decides each action on each resource, which moto cannot."""
    role = simulated_principal_exists(call)
    params = call.params
    documents = policies.documents_of(role) + [json.loads(text) for text in params.get("PolicyInputList") or []]
    boundary = policies.boundary_of(role)
    for text in params.get("PermissionsBoundaryPolicyInputList") or []:
        boundary = json.loads(text)
    entries = params.get("ContextEntries") or []
    context = {e["ContextKeyName"]: list(e.get("ContextKeyValues") or []) for e in entries}
    results = []
    for action in params["ActionNames"]:
        for resource in params.get("ResourceArns") or ["*"]:
            decided = policies.evaluate(documents, boundary, action, resource, context)
            results.append({"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decided.kind})
    return {"EvaluationResults": results, "IsTruncated": False}
