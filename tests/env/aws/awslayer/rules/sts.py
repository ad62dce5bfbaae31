"""STS: who is calling, and roles in other accounts."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from ..call import Call
from ..errors import AwsError
from ..registry import answers, rule

ROLE_ARN = re.compile(r"^arn:aws[a-z-]*:iam::(\d{12}):role/((?:[\w+=,.@-]+/)*)([\w+=,.@-]+)$")


@answers("sts", "GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    """The identity behind the credentials."""
    who = call.principal
    return {"UserId": who.user_id, "Account": who.account, "Arn": who.arn}


@rule("sts.AssumeRole")
def role_trusts_caller(call: Call, role: Any, external_id: str | None) -> bool:
    """A role can be assumed by whom its trust policy names, with the ExternalId that it asks for.

    Source: IAM User Guide, id_roles_create_for-user_externalid and reference_policies_elements_principal;
    aws-facts 10 (cross-account, ExternalId).
    """
    document = role.assume_role_policy_document
    policy = document if isinstance(document, dict) else json.loads(unquote(document))
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        actions = listed(statement.get("Action"))
        applies = any(a in ("sts:AssumeRole", "sts:*", "*") for a in actions)
        if not applies or not _names(statement.get("Principal"), call):
            continue
        met = _conditions_met(statement.get("Condition") or {}, external_id)
        if statement.get("Effect") == "Deny" and met:
            return False
        if statement.get("Effect") == "Allow" and met:
            return True
    return False


@rule("sts.AssumeRole")
def role_that_may_be_assumed(call: Call, arn: str, external_id: str | None) -> tuple[str, str, str]:
    """A role that does not exist, or does not trust the caller, is refused in the same words.

    The setting assumeRole "any" lets every role be assumed, whether it exists or not.

    Source: STS API Reference, AssumeRole; IAM User Guide, troubleshoot_roles (AccessDenied).
    """
    match = ROLE_ARN.match(arn)
    if match is None:
        raise AwsError("ValidationError", f"{arn} is invalid")
    account, _, name = match.groups()
    if call.world.settings.get("assumeRole", account) == "any":
        return account, name, "AROAEMULATEDROLE" + account[-5:]
    roles = iam_backends[account]["aws"].roles.values() if account in iam_backends else []
    role = next((r for r in roles if r.arn == arn), None)
    if role is None or not role_trusts_caller(call, role, external_id):
        text = f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise AwsError("AccessDenied", text, 403)
    return account, name, str(role.id)


@answers("sts", "AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    """Gives credentials that act in the role's account."""
    account, name, role_id = role_that_may_be_assumed(call, call.params["RoleArn"], call.params.get("ExternalId"))
    return session(call, account, name, role_id)


def session(call: Call, account: str, name: str, role_id: str) -> dict[str, Any]:
    """Opens a session of a role, as the calls that assume one answer with it."""
    key_id, who = call.world.accounts.open_session(account, name, role_id, call.params["RoleSessionName"])
    lifetime = timedelta(seconds=int(call.params.get("DurationSeconds", 3600)))
    return {
        "Credentials": {
            "AccessKeyId": key_id,
            "SecretAccessKey": secrets.token_urlsafe(30),
            "SessionToken": secrets.token_urlsafe(120),
            "Expiration": (datetime.now(UTC) + lifetime).replace(tzinfo=None, microsecond=0),
        },
        "AssumedRoleUser": {"AssumedRoleId": who.user_id, "Arn": who.arn},
        "PackedPolicySize": 0,
    }


def listed(value: Any) -> list[str]:
    """What a policy or a token says as one value or as a list of them."""
    return [value] if isinstance(value, str) else list(value or [])


def _names(principal: Any, call: Call) -> bool:
    if principal == "*":
        return True
    who = call.principal
    same = {who.account, f"arn:aws:iam::{who.account}:root", who.arn, "*"}
    if who.role_arn:
        same.add(who.role_arn)
    return any(p in same for p in listed((principal or {}).get("AWS")))


def _conditions_met(conditions: dict[str, Any], external_id: str | None) -> bool:
    """Only what trust policies of this project use is understood; anything else is not met."""
    for operator, wanted in conditions.items():
        for key, allowed in wanted.items():
            if operator != "StringEquals" or key != "sts:ExternalId":
                return False
            if external_id not in listed(allowed):
                return False
    return True
