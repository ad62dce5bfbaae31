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
