"""Who is calling: accounts from credentials, and sessions of assumed roles."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from .errors import AwsError

_ACCOUNT = re.compile(r"^\d{12}$")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Scope:
    """The credential scope of a signed request."""

    key_id: str
    region: str
    signing_name: str


@dataclass(frozen=True)
class Principal:
    """The identity behind a call."""

    account: str
    arn: str
    user_id: str
    role_arn: str | None = None


def scope_of(authorization: str | None) -> Scope | None:
    """Reads the credential scope from a Signature Version 4 header; None for an unsigned call."""
    match = _CREDENTIAL.search(authorization or "")
    return Scope(match.group(1), match.group(3), match.group(4)) if match else None


class Accounts:
    """Access keys that the layer knows: every 12-digit key is that account's root, besides
    the sessions that AssumeRole has given out and the keys of moto's IAM users.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, Principal] = {}

    def principal(self, key_id: str) -> Principal | None:
        """The identity of an access key, None if nobody has it."""
        if _ACCOUNT.match(key_id):
            return Principal(key_id, f"arn:aws:iam::{key_id}:root", key_id)
        return self._sessions.get(key_id) or self._iam_user(key_id)

    def open_session(self, account: str, role_name: str, role_id: str, session: str) -> tuple[str, Principal]:
        """Makes temporary credentials of a role and returns their access key id."""
        key_id = "ASIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
        principal = Principal(
            account=account,
            arn=f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}",
            user_id=f"{role_id}:{session}",
            role_arn=f"arn:aws:iam::{account}:role/{role_name}",
        )
        self._sessions[key_id] = principal
        return key_id, principal

    def reset(self, account: str | None = None) -> None:
        """Ends all sessions, or those in one account."""
        self._sessions = {key: p for key, p in self._sessions.items() if account is not None and p.account != account}

    @staticmethod
    def _iam_user(key_id: str) -> Principal | None:
        from moto.iam.models import iam_backends

        for account, partitions in list(iam_backends.items()):
            backend: Any = partitions["aws"]
            key = backend.access_keys.get(key_id)
            if key is not None:
                user = backend.get_user_from_access_key_id(key_id)
                name = user.name if user else "unknown"
                arn = f"arn:aws:iam::{account}:user/{name}"
                return Principal(account, arn, user.id if user else key_id)
        return None


def refusal(service: str, protocol: str) -> AwsError:
    """What AWS answers to an access key that does not exist.

    Source: EC2 User Guide, "Error codes for the Amazon EC2 API" (AuthFailure);
    IAM User Guide, "Troubleshoot access denied error messages" (InvalidClientTokenId).
    """
    if service == "ec2":
        return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if protocol in ("json", "rest-json"):
        return AwsError("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
    return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
