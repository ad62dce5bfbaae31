from __future__ import annotations

import base64
import json
import time
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from .support import Aws, refused

rule = pytest.mark.rule

ISSUER = "kubernetes.example.com"
SUBJECT = "system:serviceaccount:fargatestack-system:fargatestack"


def token(**changes: Any) -> str:
    """A token as an API server issues them, unsigned."""
    claims = {"iss": f"https://{ISSUER}", "sub": SUBJECT, "aud": ["sts.amazonaws.com"], "exp": time.time() + 600}
    parts = ({"alg": "none"}, {name: value for name, value in {**claims, **changes}.items() if value is not None})
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), ""])


@pytest.fixture
def role(aws: Aws) -> str:
    iam = aws.client("iam")
    provider = iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"])
    condition = {"StringEquals": {f"{ISSUER}:sub": SUBJECT, f"{ISSUER}:aud": "sts.amazonaws.com"}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider["OpenIDConnectProviderArn"]},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(iam.create_role(RoleName="controller", AssumeRolePolicyDocument=trust)["Role"]["Arn"])


def assume(aws: Aws, role: str, token: str) -> Any:
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 1})
    sts = boto3.client("sts", endpoint_url=aws.endpoint, region_name="eu-west-1", config=config)
    return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken=token)


@rule("token_of_a_provider", "role_trusts_token")
def test_a_token_that_the_role_trusts_acts_in_its_account(aws: Aws, role: str) -> None:
    given = assume(aws, role, token())
    assert given["SubjectFromWebIdentityToken"] == SUBJECT
    session = aws.client("sts", given["Credentials"]["AccessKeyId"], given["Credentials"]["SessionToken"])
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::{aws.account}:assumed-role/controller/pod"


@rule("token_of_a_provider")
@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"aud": ["https://kubernetes.default.svc"]}, "InvalidIdentityToken", "audience"),
        ({"iss": "https://another.example.com"}, "InvalidIdentityToken", "No OpenIDConnect provider"),
        ({"exp": 1}, "ExpiredTokenException", ""),
        ({"sub": None}, "InvalidIdentityToken", "sub"),
    ],
)
def test_a_token_that_is_none_of_the_provider(aws: Aws, role: str, changes: Any, code: str, words: str) -> None:
    with refused(code, words):
        assume(aws, role, token(**changes))


@rule("token_of_a_provider")
def test_what_is_no_token(aws: Aws, role: str) -> None:
    with refused("InvalidIdentityToken", "JWT"):
        assume(aws, role, "not a token")


@rule("role_trusts_token")
def test_a_token_of_another_account_of_the_cluster(aws: Aws, role: str) -> None:
    with refused("AccessDenied", "AssumeRoleWithWebIdentity"):
        assume(aws, role, token(sub="system:serviceaccount:default:default"))
    with refused("AccessDenied"):
        assume(aws, role.replace("role/controller", "role/none"), token())
