"""STS: roles for whom an OIDC provider vouches, as a cluster does for its ServiceAccounts (IRSA)."""

from __future__ import annotations

import base64
import fnmatch
import json
import time
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from ..call import Call
from ..errors import AwsError
from ..registry import HOMES, answers, rule
from .sts import ROLE_ARN, listed, session

_OPERATORS = {"StringEquals": lambda value, allowed: value == allowed, "StringLike": fnmatch.fnmatchcase}


def home_of(params: dict[str, Any]) -> tuple[str, str] | None:
    """Account of an unsigned request: that of the role that it names. STS has no regions that matter here."""
    match = ROLE_ARN.match(str(params.get("RoleArn")))
    return (match.group(1), "us-east-1") if match else None


HOMES["sts"] = home_of


@rule("sts.AssumeRoleWithWebIdentity")
def token_of_a_provider(account: str, token: str) -> tuple[str, dict[str, Any]]:
    """A token is taken until it expires, if its issuer is an OIDC provider of the account that lists its audience.

    Its signature is not looked at: what issuers of tests serve cannot be reached.

    Source: STS API Reference, AssumeRoleWithWebIdentity (InvalidIdentityToken, ExpiredTokenException);
    IAM User Guide, id_roles_providers_create_oidc (audiences).
    """
    claims = _claims(token)
    if float(claims["exp"]) < time.time():
        raise AwsError(
            "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time"
        )
    issuer = str(claims["iss"]).removeprefix("https://")
    providers = iam_backends[account]["aws"].open_id_providers if account in iam_backends else {}
    provider = providers.get(f"arn:aws:iam::{account}:oidc-provider/{issuer}")
    if provider is None:
        raise AwsError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}")
    if not set(listed(claims["aud"])) & set(provider.client_id_list):
        raise AwsError("InvalidIdentityToken", "Incorrect token audience")
    return issuer, claims


@rule("sts.AssumeRoleWithWebIdentity")
def role_trusts_token(role: Any, account: str, issuer: str, claims: dict[str, Any]) -> bool:
    """A role can be assumed with a token if its trust policy names the provider, and the token's subject and audience.

    Source: IAM User Guide, reference_policies_iam-condition-keys (OIDC federation keys); EKS User Guide,
    associate-service-account-role.
    """
    document = role.assume_role_policy_document
    policy = document if isinstance(document, dict) else json.loads(unquote(document))
    for statement in policy.get("Statement", []):
        federated = listed((statement.get("Principal") or {}).get("Federated"))
        named = f"arn:aws:iam::{account}:oidc-provider/{issuer}" in federated
        action = "sts:AssumeRoleWithWebIdentity" in listed(statement.get("Action"))
        if (
            named
            and action
            and statement.get("Effect") == "Allow"
            and _met(statement.get("Condition") or {}, issuer, claims)
        ):
            return True
    return False


@answers("sts", "AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(call: Call) -> dict[str, Any]:
    """Gives credentials that act in the role's account to the bearer of a token."""
    arn = str(call.params["RoleArn"])
    account = call.account
    issuer, claims = token_of_a_provider(account, str(call.params["WebIdentityToken"]))
    role = next((role for role in iam_backends[account]["aws"].roles.values() if role.arn == arn), None)
    if role is None or not role_trusts_token(role, account, issuer, claims):
        raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    return {
        **session(call, account, str(role.name), str(role.id)),
        "SubjectFromWebIdentityToken": claims["sub"],
        "Audience": listed(claims["aud"])[0],
        "Provider": f"arn:aws:iam::{account}:oidc-provider/{issuer}",
    }


def _claims(token: str) -> dict[str, Any]:
    try:
        body = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        missing = {"iss", "sub", "aud", "exp"} - set(claims)
    except (IndexError, ValueError) as error:
        raise AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from error
    if missing:
        raise AwsError("InvalidIdentityToken", f"Missing a required claim: {min(missing)}")
    return claims


def _met(conditions: dict[str, Any], issuer: str, claims: dict[str, Any]) -> bool:
    """Only conditions on subject and audience are understood; anything else is not met."""
    for operator, wanted in conditions.items():
        for key, allowed in wanted.items():
            claim = {f"{issuer}:sub": "sub", f"{issuer}:aud": "aud"}.get(key)
            compare = _OPERATORS.get(operator)
            if claim is None or compare is None:
                return False
            if not any(compare(value, each) for value in listed(claims[claim]) for each in listed(allowed)):
                return False
    return True
