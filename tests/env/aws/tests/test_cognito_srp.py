from __future__ import annotations

from typing import Any

import pytest
from world.sign_in import access_token

from .support import Aws, refused

rule = pytest.mark.rule
PASSWORD = "Correct-Horse-7"


@pytest.fixture
def idp(aws: Aws) -> Any:
    return aws.client("cognito-idp")


@pytest.fixture
def pool(idp: Any) -> str:
    """A pool with one user."""
    made = str(idp.create_user_pool(PoolName="shop")["UserPool"]["Id"])
    idp.admin_create_user(UserPoolId=made, Username="ann", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=made, Username="ann", Password=PASSWORD, Permanent=True)
    return made


@pytest.fixture
def client(idp: Any, pool: str) -> str:
    """A client that names no flows."""
    return str(idp.create_user_pool_client(UserPoolId=pool, ClientName="web")["UserPoolClient"]["ClientId"])


@rule("password_is_proved")
def test_a_user_signs_in_without_sending_the_password(aws: Aws, idp: Any, pool: str, client: str) -> None:
    token = access_token(idp, pool=pool, client=client, user="ann", password=PASSWORD)
    assert idp.get_user(AccessToken=token)["Username"] == "ann"
    assert PASSWORD not in str(aws.ledger())
    with refused("NotAuthorizedException", "Incorrect username or password."):
        access_token(idp, pool=pool, client=client, user="ann", password="Correct-Horse-8")


@rule("password_is_proved")
def test_a_proof_is_good_for_one_challenge(idp: Any, client: str) -> None:
    begun = idp.initiate_auth(
        ClientId=client, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "ann", "SRP_A": "2a"}
    )
    shown = begun["ChallengeParameters"]
    assert (begun["ChallengeName"], shown["USER_ID_FOR_SRP"]) == ("PASSWORD_VERIFIER", "ann")
    responses = {
        "USERNAME": "ann",
        "PASSWORD_CLAIM_SECRET_BLOCK": shown["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": "c2lnbmVk",
        "TIMESTAMP": "Sun Nov 2 10:20:30 UTC 2025",
    }
    for _ in range(2):
        with refused("NotAuthorizedException"):
            idp.respond_to_auth_challenge(
                ClientId=client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=responses
            )
