"""The settings of a user pool: which there are, what each is when it is left out."""

from __future__ import annotations

import copy
from typing import Any

from ...errors import AwsError
from ...registry import rule

# What can be chosen only when the pool is made: these members are absent from UpdateUserPool.
ONLY_AT_CREATION = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")
# Members of the requests that are no settings.
_NO_SETTINGS = ("UserPoolId", "PoolName", "Schema", "UserPoolTags")

# What AWS fills in. A member that is neither here nor in the request is absent from descriptions.
_DEFAULTS: dict[str, Any] = {
    "DeletionProtection": "INACTIVE",
    "MfaConfiguration": "OFF",
    "LambdaConfig": {},
    "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": []},
    "UserPoolTier": "ESSENTIALS",
}
_PASSWORD_DEFAULT: dict[str, Any] = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 7,
}
# Once a password policy is given, what it leaves out is not required.
_PASSWORD_UNSAID: dict[str, Any] = {
    "MinimumLength": 8,
    "RequireUppercase": False,
    "RequireLowercase": False,
    "RequireNumbers": False,
    "RequireSymbols": False,
    "TemporaryPasswordValidityDays": 7,
}
# A message of the verification template, and the older top-level member that mirrors it.
_MIRRORS = (
    ("SmsVerificationMessage", "SmsMessage"),
    ("EmailVerificationMessage", "EmailMessage"),
    ("EmailVerificationSubject", "EmailSubject"),
)


def at_creation(params: dict[str, Any]) -> dict[str, Any]:
    """The settings of a new pool."""
    return _completed(params)


@rule("cognito-idp.UpdateUserPool")
def update_replaces_everything(params: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Members that an update leaves out go back to their defaults, tags included; only the tier stays,
    and what can be chosen at creation alone.

    Source: aws-facts 8; botocore cognito-idp.UpdateUserPool ("If you don't provide a value for an attribute,
    Amazon Cognito sets it to its default value"), UserPoolTier.
    """
    kept = {name: before[name] for name in (*ONLY_AT_CREATION, "UserPoolTier") if name in before}
    return {**_completed(params), **kept, **({"UserPoolTier": t} if (t := params.get("UserPoolTier")) else {})}


@rule("cognito-idp.CreateUserPool")
def aliases_or_usernames(params: dict[str, Any]) -> None:
    """Alias attributes and username attributes exclude each other.

    Source: Cognito Developer Guide, user-pool-settings-attributes ("either ... or"); the message is assumed.
    """
    if params.get("AliasAttributes") and params.get("UsernameAttributes"):
        text = "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
        raise AwsError("InvalidParameterException", text)


@rule("cognito-idp.CreateUserPool", "cognito-idp.UpdateUserPool")
def mfa_needs_a_way_to_send(settings: dict[str, Any], *, software_token: bool) -> None:
    """MFA is required or optional only where SMS is configured; software tokens are configured by
    SetUserPoolMfaConfig, which comes later.

    Source: hashicorp/terraform-provider-aws#7261 and aws-cloudformation/cloudformation-coverage-roadmap#769
    (the message).
    """
    if settings["MfaConfiguration"] != "OFF" and not settings.get("SmsConfiguration") and not software_token:
        text = "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
        raise AwsError("InvalidParameterException", text)


@rule("cognito-idp.CreateUserPool", "cognito-idp.UpdateUserPool")
def email_sender_is_complete(settings: dict[str, Any]) -> None:
    """Sending as a developer needs the ARN of a verified identity.

    Source: botocore cognito-idp.EmailConfigurationType, SourceArn ("required if EmailSendingAccount is
    DEVELOPER"); the message is assumed.
    """
    email = settings["EmailConfiguration"]
    if email.get("EmailSendingAccount") == "DEVELOPER" and not email.get("SourceArn"):
        raise AwsError("InvalidParameterException", "Source ARN is required when EmailSendingAccount is DEVELOPER.")


def _completed(params: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in params.items() if name not in _NO_SETTINGS and value is not None}
    settings = copy.deepcopy({**_DEFAULTS, **given})
    settings["Policies"] = _policies(settings.get("Policies") or {})
    settings["AdminCreateUserConfig"] = _invitations(settings)
    settings["VerificationMessageTemplate"] = _messages(settings)
    settings["EmailConfiguration"].setdefault("EmailSendingAccount", "COGNITO_DEFAULT")
    return settings


def _policies(given: dict[str, Any]) -> dict[str, Any]:
    password = given.get("PasswordPolicy")
    return {
        "PasswordPolicy": dict(_PASSWORD_DEFAULT) if password is None else {**_PASSWORD_UNSAID, **password},
        "SignInPolicy": given.get("SignInPolicy") or {"AllowedFirstAuthFactors": ["PASSWORD"]},
    }


def _invitations(settings: dict[str, Any]) -> dict[str, Any]:
    days = settings["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"]
    unsaid = {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": days}
    return {**unsaid, **(settings.get("AdminCreateUserConfig") or {})}


def _messages(settings: dict[str, Any]) -> dict[str, Any]:
    template = {"DefaultEmailOption": "CONFIRM_WITH_CODE", **(settings.get("VerificationMessageTemplate") or {})}
    for older, member in _MIRRORS:
        text = template.get(member) or settings.get(older)
        if text:
            template[member] = settings[older] = text
    return template
