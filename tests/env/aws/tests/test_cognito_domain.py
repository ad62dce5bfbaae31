from __future__ import annotations

from typing import Any

import pytest

from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def idp(aws: Aws) -> Any:
    return aws.client("cognito-idp")


@pytest.fixture
def pool(idp: Any) -> str:
    return str(idp.create_user_pool(PoolName="shop")["UserPool"]["Id"])


def _name(aws: Aws, part: str = "shop") -> str:
    return f"{part}-{aws.account}"


@rule("pool_with_domain_stays")
def test_a_pool_with_a_domain_stays(aws: Aws, idp: Any, pool: str) -> None:
    idp.create_user_pool_domain(UserPoolId=pool, Domain=_name(aws))
    assert idp.describe_user_pool(UserPoolId=pool)["UserPool"]["Domain"] == _name(aws)
    with refused("InvalidParameterException", "It has a domain configured that should be deleted first"):
        idp.delete_user_pool(UserPoolId=pool)
    idp.delete_user_pool_domain(UserPoolId=pool, Domain=_name(aws))
    idp.delete_user_pool(UserPoolId=pool)


def _domain(idp: Any, name: str) -> Any:
    return idp.describe_user_pool_domain(Domain=name)["DomainDescription"]


def test_a_domain_comes_and_goes_over_time(aws: Aws, idp: Any, pool: str) -> None:
    aws.durations(domain_create=60, domain_delete=30)
    assert _domain(idp, _name(aws)) == {}
    idp.create_user_pool_domain(UserPoolId=pool, Domain=_name(aws))
    assert _domain(idp, _name(aws))["Status"] == "CREATING"
    aws.step(61)
    shown = _domain(idp, _name(aws))
    assert (shown["Status"], shown["UserPoolId"], shown["AWSAccountId"]) == ("ACTIVE", pool, aws.account)
    idp.delete_user_pool_domain(UserPoolId=pool, Domain=_name(aws))
    assert _domain(idp, _name(aws))["Status"] == "DELETING"
    with refused("InvalidParameterException", "It has a domain"):
        idp.delete_user_pool(UserPoolId=pool)
    aws.step(31)
    assert _domain(idp, _name(aws)) == {}


@rule("prefix_is_not_reserved")
@pytest.mark.parametrize("word", ["aws", "amazon", "cognito"])
def test_reserved_words(idp: Any, pool: str, word: str) -> None:
    with refused("InvalidParameterException", word):
        idp.create_user_pool_domain(UserPoolId=pool, Domain=f"my-{word}-shop")


@rule("domain_is_free_in_the_region")
def test_a_prefix_is_taken_for_all_accounts_of_the_region(aws: Aws, idp: Any, pool: str) -> None:
    idp.create_user_pool_domain(UserPoolId=pool, Domain=_name(aws))
    other = Aws(aws.endpoint, str(900000000000 + int(aws.account[-6:])))
    theirs = other.client("cognito-idp")
    their_pool = theirs.create_user_pool(PoolName="shop")["UserPool"]["Id"]
    with refused("InvalidParameterException", "already associated"):
        theirs.create_user_pool_domain(UserPoolId=their_pool, Domain=_name(aws))
    assert _domain(theirs, _name(aws)) == {}
    elsewhere = aws.client("cognito-idp", region="eu-central-1")
    far = elsewhere.create_user_pool(PoolName="shop")["UserPool"]["Id"]
    elsewhere.create_user_pool_domain(UserPoolId=far, Domain=_name(aws))


@rule("one_domain_of_each_kind")
def test_a_pool_has_one_prefix_and_one_name_of_its_own(aws: Aws, idp: Any, pool: str) -> None:
    certificate = {"CertificateArn": f"arn:aws:acm:us-east-1:{aws.account}:certificate/0123"}
    own = f"login.{aws.account}.example"
    made = idp.create_user_pool_domain(UserPoolId=pool, Domain=own, CustomDomainConfig=certificate)
    assert made["CloudFrontDomain"].endswith(".cloudfront.net")
    idp.create_user_pool_domain(UserPoolId=pool, Domain=_name(aws))
    shown = idp.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert (shown["Domain"], shown["CustomDomain"]) == (_name(aws), own)
    with refused("InvalidParameterException", "already has a domain"):
        idp.create_user_pool_domain(UserPoolId=pool, Domain=_name(aws, "second"))


@rule("domain_of_the_pool_exists")
def test_a_domain_is_deleted_by_name_and_pool(aws: Aws, idp: Any, pool: str) -> None:
    idp.create_user_pool_domain(UserPoolId=pool, Domain=_name(aws))
    other = idp.create_user_pool(PoolName="other")["UserPool"]["Id"]
    for wrong in ({"UserPoolId": other, "Domain": _name(aws)}, {"UserPoolId": pool, "Domain": "none"}):
        with refused("InvalidParameterException", "No such domain"):
            idp.delete_user_pool_domain(**wrong)
    idp.update_user_pool_domain(UserPoolId=pool, Domain=_name(aws), ManagedLoginVersion=2)
    assert _domain(idp, _name(aws))["ManagedLoginVersion"] == 2
