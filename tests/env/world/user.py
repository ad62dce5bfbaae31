"""What a user of a stack does: pushes its image, signs in, calls its API."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from .errors import WorldError
from .sign_in import access_token
from .state import Facts

NAME = "ann"
CALL_SECONDS = 30
# As the message of ImageNotFound has it: the registry's host, then what is pushed.
_PUSH = re.compile(r"docker push [^/\s]+/([^\s:`]+):([^\s:`]+)")


@dataclass(frozen=True)
class Reply:
    """What a call of an API came to."""

    status: int
    body: Any


def image_asked_for(message: str) -> tuple[str, str] | None:
    """Return the repository and the tag that a condition's message tells the user to push."""
    found = _PUSH.search(message)
    return None if found is None else (found.group(1), found.group(2))


def push(facts: Facts, repository: str, tag: str) -> str:
    """Push an image, as `docker push` would; return its digest."""
    image = {"region": facts.region, "repository": repository, "tag": tag}
    return str(_control(facts, "images", image)["digest"])


def reachable(facts: Facts) -> None:
    """Let APIs say as their address one that can be called without AWS's names: the emulator's own."""
    _control(facts, "settings", {"apiEndpoints": "layer"})


def token(facts: Facts, *, pool: str, client: str, account: str | None = None) -> str:
    """Sign a user of the pool in through one of its clients, creating the user if there is none; return an access token."""
    import boto3

    cognito: Any = boto3.client(
        "cognito-idp",
        endpoint_url=facts.emulator,
        region_name=facts.region,
        aws_access_key_id=account or facts.account,
        aws_secret_access_key="emulator",  # noqa: S106 - the emulator checks no signatures
    )
    # Long enough, and with every kind of character that a pool may ask for.
    password = f"Aa1!{secrets.token_urlsafe(24)}"
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(UserPoolId=pool, Username=NAME, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=NAME, Password=password, Permanent=True)
    return access_token(cognito, pool=pool, client=client, user=NAME, password=password)


def call(url: str, token: str | None = None) -> Reply:
    """Call an API, with a token if there is one; return whatever it answers."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return _sent(urllib.request.Request(url, headers=headers))  # noqa: S310 - the address is of the world


def _control(facts: Facts, what: str, order: dict[str, Any]) -> Any:
    query = urllib.parse.urlencode({"account": facts.account})
    url = f"{facts.emulator}/_control/{what}?{query}"
    reply = _sent(urllib.request.Request(url, data=json.dumps(order).encode(), method="POST"))  # noqa: S310 - see call
    if reply.status != 200:
        raise WorldError(f"the emulator refuses {what} {order}: {reply.body}")
    return reply.body


def _sent(request: urllib.request.Request) -> Reply:
    try:
        with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:  # noqa: S310 - see call
            return Reply(answer.status, _parsed(answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, _parsed(error.read()))
    except OSError as error:
        raise WorldError(f"{request.full_url} does not answer: {error}") from error


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
