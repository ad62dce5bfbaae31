from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}


@pytest.fixture
def idp(aws: Aws) -> Any:
    return aws.client("cognito-idp")


def _pool(idp: Any, **more: Any) -> str:
    return str(idp.create_user_pool(PoolName="shop", **more)["UserPool"]["Id"])


def _shown(idp: Any, pool: str) -> Any:
    return idp.describe_user_pool(UserPoolId=pool)["UserPool"]


def test_names_are_not_unique_and_the_list_shows_no_tags(idp: Any) -> None:
    first, second = (_pool(idp, UserPoolTags={"owner": "me"}) for _ in range(2))
    listed = idp.list_user_pools(MaxResults=60)["UserPools"]
    assert [(p["Id"], p["Name"]) for p in listed] == [(first, "shop"), (second, "shop")]
    assert not any("UserPoolTags" in p for p in listed)


def test_a_new_pool_shows_the_defaults(idp: Any) -> None:
    pool = _shown(idp, _pool(idp))
    assert pool["Policies"]["PasswordPolicy"]["RequireSymbols"] is True
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7}
    assert (pool["MfaConfiguration"], pool["DeletionProtection"]) == ("OFF", "INACTIVE")
    assert (pool["UserPoolTier"], pool["UserPoolTags"], pool["LambdaConfig"]) == ("ESSENTIALS", {}, {})
    assert "Domain" not in pool
    assert "sub" in [a["Name"] for a in pool["SchemaAttributes"]]


def test_a_password_policy_requires_only_what_it_says(idp: Any) -> None:
    policy = {"PasswordPolicy": {"MinimumLength": 12, "RequireNumbers": True}}
    shown = _shown(idp, _pool(idp, Policies=policy))["Policies"]["PasswordPolicy"]
    assert (shown["MinimumLength"], shown["RequireNumbers"], shown["RequireSymbols"]) == (12, True, False)


@rule("update_replaces_everything")
def test_an_update_resets_what_it_leaves_out(idp: Any) -> None:
    pool = _pool(
        idp,
        UserPoolTags={"owner": "me"},
        DeletionProtection="ACTIVE",
        AutoVerifiedAttributes=["email"],
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        Policies={"PasswordPolicy": {"MinimumLength": 20}},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        UserPoolTier="PLUS",
        SmsConfiguration=SMS,
        MfaConfiguration="OPTIONAL",
    )
    idp.update_user_pool(UserPoolId=pool, AutoVerifiedAttributes=["phone_number"])
    shown = _shown(idp, pool)
    assert shown["AutoVerifiedAttributes"] == ["phone_number"]
    assert (shown["UserPoolTags"], shown["DeletionProtection"], shown["MfaConfiguration"]) == ({}, "INACTIVE", "OFF")
    assert shown["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert shown["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert "SmsConfiguration" not in shown
    assert shown["UserPoolTier"] == "PLUS"
    assert shown["UsernameAttributes"] == ["email"]
    assert shown["UsernameConfiguration"] == {"CaseSensitive": False}


@rule("user_pool_exists")
def test_a_missing_pool_is_named(idp: Any) -> None:
    for call in (idp.describe_user_pool, idp.update_user_pool, idp.delete_user_pool):
        with refused("ResourceNotFoundException", "eu-west-1_none"):
            call(UserPoolId="eu-west-1_none")


@rule("protected_pool_stays")
def test_deletion_protection(idp: Any) -> None:
    pool = _pool(idp, DeletionProtection="ACTIVE")
    with refused("InvalidParameterException", "deletion protection"):
        idp.delete_user_pool(UserPoolId=pool)
    idp.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
    idp.delete_user_pool(UserPoolId=pool)
    assert idp.list_user_pools(MaxResults=1)["UserPools"] == []


@rule("aliases_or_usernames")
def test_aliases_and_usernames_exclude_each_other(idp: Any) -> None:
    with refused("InvalidParameterException", "aliasAttributes"):
        _pool(idp, AliasAttributes=["email"], UsernameAttributes=["email"])


@rule("mfa_needs_a_way_to_send")
def test_mfa_at_creation_needs_sms(idp: Any) -> None:
    for mode in ("ON", "OPTIONAL"):
        with refused("InvalidParameterException", "SMS configuration"):
            _pool(idp, MfaConfiguration=mode)
    assert _shown(idp, _pool(idp, MfaConfiguration="ON", SmsConfiguration=SMS))["MfaConfiguration"] == "ON"


@rule("factors_fit_the_mode")
def test_software_tokens_are_configured_after_creation(idp: Any) -> None:
    pool = _pool(idp)
    with refused("InvalidParameterException", "can't disable all MFAs"):
        idp.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL")
    with refused("InvalidParameterException", "can't turn off MFA"):
        idp.set_user_pool_mfa_config(
            UserPoolId=pool, MfaConfiguration="OFF", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
    idp.set_user_pool_mfa_config(
        UserPoolId=pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    shown = idp.get_user_pool_mfa_config(UserPoolId=pool)
    assert (shown["MfaConfiguration"], shown["SoftwareTokenMfaConfiguration"]) == ("OPTIONAL", {"Enabled": True})
    assert _shown(idp, pool)["MfaConfiguration"] == "OPTIONAL"
    idp.update_user_pool(UserPoolId=pool, MfaConfiguration="ON")
    assert idp.get_user_pool_mfa_config(UserPoolId=pool)["MfaConfiguration"] == "ON"


@rule("email_sender_is_complete")
def test_a_developers_email_needs_an_identity(idp: Any) -> None:
    with refused("InvalidParameterException", "Source ARN"):
        _pool(idp, EmailConfiguration={"EmailSendingAccount": "DEVELOPER"})


@rule("pool_quota")
def test_the_number_of_pools_is_bounded(aws: Aws, idp: Any) -> None:
    aws.quota(userPools=1)
    _pool(idp)
    with refused("LimitExceededException"):
        _pool(idp)


@rule("sixty_to_a_page")
def test_lists_come_in_pages(idp: Any) -> None:
    pools = [_pool(idp) for _ in range(3)]
    first = idp.list_user_pools(MaxResults=2)
    second = idp.list_user_pools(MaxResults=2, NextToken=first["NextToken"])
    assert [p["Id"] for p in first["UserPools"] + second["UserPools"]] == pools
    assert "NextToken" not in second
    with refused("InvalidParameterException"):
        idp.list_user_pools(MaxResults=61)
    with refused("InvalidParameterException", "pagination"):
        idp.list_user_pools(MaxResults=2, NextToken="bm9uc2Vuc2U=")


@rule("tagged_pool_exists", "pool_tags_well_formed")
def test_tags_by_arn(aws: Aws, idp: Any) -> None:
    pool = _pool(idp, UserPoolTags={"owner": "me"})
    arn = _shown(idp, pool)["Arn"]
    idp.tag_resource(ResourceArn=arn, Tags={"team": "blue", "owner": "you"})
    idp.untag_resource(ResourceArn=arn, TagKeys=["team", "absent"])
    assert idp.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"owner": "you"}
    assert _shown(idp, pool)["UserPoolTags"] == {"owner": "you"}
    with refused("ResourceNotFoundException"):
        idp.list_tags_for_resource(ResourceArn=arn[:-1] + "Z")
    with refused("InvalidParameterException", "aws:"):
        idp.tag_resource(ResourceArn=arn, Tags={"aws:x": "y"})
    aws.quota(tagsPerResource=1)
    with refused("InvalidParameterException", "at most 1"):
        idp.tag_resource(ResourceArn=arn, Tags={"second": "x"})


def test_a_new_pool_may_be_missed_by_lists_and_reads(aws: Aws, idp: Any) -> None:
    aws.settings(lag={"resources": "eu-west-1_*", "reads": 2, "by_id": True})
    pool = _pool(idp)
    assert idp.list_user_pools(MaxResults=60)["UserPools"] == []
    with refused("ResourceNotFoundException"):
        idp.describe_user_pool(UserPoolId=pool)
    assert _shown(idp, pool)["Id"] == pool


def test_a_fault_before_the_effect_leaves_the_pool_alone(aws: Aws, idp: Any) -> None:
    pool = _pool(idp)
    aws.fault(service="cognito-idp", operation="UpdateUserPool", code="ConcurrentModificationException", status=400)
    with refused("ConcurrentModificationException"):
        idp.update_user_pool(UserPoolId=pool, DeletionProtection="ACTIVE")
    assert _shown(idp, pool)["DeletionProtection"] == "INACTIVE"
    written = [(e["operation"], e["effect"]) for e in aws.ledger(write="true")]
    assert written == [("CreateUserPool", True), ("UpdateUserPool", False)]
