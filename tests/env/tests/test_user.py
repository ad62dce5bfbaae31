"""What a user of a stack does, and what the demonstration reads from a stack."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from world import demo, shown, sign_in, user
from world.errors import WorldError
from world.state import Facts

from .launching import Served

GENERATION = 3


def stack(**states: tuple[str, str]) -> dict[str, Any]:
    """Give a stack with these conditions: status and reason by type."""
    conditions = [
        {"type": name, "status": status, "reason": reason, "message": f"about {name}", "observedGeneration": GENERATION}
        for name, (status, reason) in states.items()
    ]
    return {"metadata": {"generation": GENERATION}, "status": {"conditions": conditions}}


def test_the_image_is_the_one_that_the_condition_names() -> None:
    registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    login = f"aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin {registry}"
    message = f"{registry}/shop/orders:1.4.2 does not exist: push it: `{login}; docker push {registry}/shop/orders:1.4.2`"
    assert user.image_asked_for(message) == ("shop/orders", "1.4.2")
    assert user.image_asked_for(f"{message}; tasks go on with {registry}/shop/orders:1.4.1") == ("shop/orders", "1.4.2")
    assert user.image_asked_for(f"{registry}/shop/orders@sha256:2c26 does not exist: push it, or correct spec.service.image") is None


def test_a_condition_holds_for_the_spec_that_it_has_seen() -> None:
    found = stack(Ready=("True", "Ready"), ApiReady=("False", "Blocked"))
    assert shown.holds(found, "Ready")
    assert not shown.holds(found, "ApiReady")
    assert not shown.holds(found, "AuthReady")
    found["metadata"]["generation"] += 1
    assert not shown.holds(found, "Ready")
    assert not shown.holds({"metadata": {"generation": 1}}, "Ready")


def test_the_image_is_pushed_when_all_the_rest_is_there() -> None:
    rest = ("NetworkReady", "EndpointsReady", "RegistryReady", "AuthReady", "LoadBalancerReady", "ApiReady")
    built = dict.fromkeys(rest, ("True", "Ready"))
    asking = {"ServiceReady": ("False", "ImageNotFound")}
    assert demo.waits_for_image(stack(**built, **asking))
    assert not demo.waits_for_image(stack(**built, ServiceReady=("False", "Progressing")))
    for name in rest:
        assert not demo.waits_for_image(stack(**{**built, name: ("False", "Progressing")}, **asking)), name


def test_a_status_in_words() -> None:
    found = stack(Ready=("True", "Ready"))
    found["status"]["outputs"] = {"vpcId": "vpc-1", "clientIds": {"web": "c-1"}, "subnetIds": {"ecs": ["subnet-1", "subnet-2"]}}
    assert shown.lines(found) == {"Ready": "True    Ready               about Ready"}
    assert shown.table(found).splitlines()[1].split() == ["Ready", "True", "Ready", "about", "Ready"]
    words = [line.split(maxsplit=1)[1] for line in shown.outputs(found)]
    assert words == ["vpc-1", "web=c-1", "ecs=subnet-1 subnet-2"]


def test_the_proof_of_a_password_is_that_of_other_libraries() -> None:
    # Worked out with pycognito 2024.5.1 for these values.
    challenge = {
        "USER_ID_FOR_SRP": "ann",
        "SRP_B": f"{pow(2, 0xFEEDFACECAFEBEEF0123456789ABCDEF, sign_in.GROUP):x}",
        "SALT": "8f0e1d2c3b4a59687786950413223140",
        "SECRET_BLOCK": base64.b64encode(b"a block of the pool's own").decode(),
    }
    secret = 0x1D2C3B4A5968778695A4B3C2D1E0F00112233445566778899AABBCCDDEEFF00
    given = {"pool": "eu-west-1_AbC123", "password": "Correct-Horse-7", "stamp": "Sun Nov 2 10:20:30 UTC 2025"}
    assert sign_in.signature(secret, challenge, **given) == "61FeIMsEpGkSPnjlkpkv/mKTyc/7oBSGfehCiBcQPXY="


class Refusing(http.server.BaseHTTPRequestHandler):
    """An API that answers who has a token, and refuses all others."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == "Bearer good"
        body = json.dumps({"path": self.path} if known else {"message": "Unauthorized"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Give the address of an API that refuses who has no token."""
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/orders"
        server.shutdown()
        thread.join()


def test_a_refusal_is_an_answer_and_silence_is_not(address: str) -> None:
    assert user.call(address) == user.Reply(401, {"message": "Unauthorized"})
    assert user.call(address, "good") == user.Reply(200, {"path": "/orders"})
    with pytest.raises(WorldError, match="does not answer"):
        user.call("http://127.0.0.1:1/orders")


def test_a_user_of_a_pool_gets_a_token(served: Served) -> None:
    values, account = served.values, "300000000001"
    cognito: Any = boto3.client(
        "cognito-idp",
        endpoint_url=values["AWS_ENDPOINT_URL"],
        region_name=values["AWS_REGION"],
        aws_access_key_id=account,
        aws_secret_access_key="any",  # noqa: S106 - the emulator checks no signatures
    )
    pool = cognito.create_user_pool(PoolName="shop")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web")["UserPoolClient"]["ClientId"]
    facts = Facts("", values["AWS_ENDPOINT_URL"], values["AWS_REGION"], values["AWS_ACCESS_KEY_ID"], "", None, None)
    for _ in range(2):
        token = user.token(facts, pool=pool, client=client, account=account)
        assert cognito.get_user(AccessToken=token)["Username"] == user.NAME
