"""Multi-factor authentication of user pools."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import store


def view(pool: Any) -> dict[str, Any]:
    """A pool's factors as answers show them."""
    shown: dict[str, Any] = {"MfaConfiguration": pool.mfa_config}
    for member, kept in _MEMBERS.items():
        if getattr(pool, kept, None):
            shown[member] = getattr(pool, kept)
    return shown


# Member of the request, and where the pool keeps it; the first two are moto's names.
_MEMBERS = {
    "SmsMfaConfiguration": "sms_mfa_config",
    "SoftwareTokenMfaConfiguration": "token_mfa_config",
    "EmailMfaConfiguration": "email_mfa_config",
    "WebAuthnConfiguration": "web_authn_config",
}


@rule("cognito-idp.SetUserPoolMfaConfig")
def factors_fit_the_mode(params: dict[str, Any]) -> None:
    """Required and optional MFA need a factor in the same request; OFF goes with none.

    Source: aws/aws-sdk-js#4186 and lgallard/terraform-aws-cognito-user-pool#74 (the messages).
    """
    factors = [
        (params.get("SmsMfaConfiguration") or {}).get("SmsConfiguration"),
        (params.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"),
        params.get("EmailMfaConfiguration"),
    ]
    off = params.get("MfaConfiguration", "OFF") == "OFF"
    if not off and not any(factors):
        text = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
        raise AwsError("InvalidParameterException", text)
    if off and any(factors):
        text = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
        raise AwsError("InvalidParameterException", text)


@answers("cognito-idp", "SetUserPoolMfaConfig")
def set_user_pool_mfa_config(call: Call) -> dict[str, Any]:
    """Replaces mode and factors as a whole."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    factors_fit_the_mode(call.params)
    for member, kept in _MEMBERS.items():
        setattr(pool, kept, call.params.get(member))
    pool.mfa_config = pool.extended_config["MfaConfiguration"] = call.params.get("MfaConfiguration", "OFF")
    sms = (pool.sms_mfa_config or {}).get("SmsConfiguration")
    if sms:
        pool.extended_config["SmsConfiguration"] = sms
    return view(pool)


@answers("cognito-idp", "GetUserPoolMfaConfig")
def get_user_pool_mfa_config(call: Call) -> dict[str, Any]:
    """Mode and factors, the software token included, which DescribeUserPool does not show."""
    return view(store.user_pool_exists(call, call.params["UserPoolId"]))
