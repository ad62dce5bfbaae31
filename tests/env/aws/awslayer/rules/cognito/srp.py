"""Sign-ins by Secure Remote Password: the pool's side of SRP-6a, over the 3072-bit group of RFC 5054.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import rule

# RFC 5054, appendix A; RFC 3526, section 4.
_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33"
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864"
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2"
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
_GENERATOR = 2
_KEY_BYTES = 16


@dataclass(frozen=True)
class _Handshake:
    """What the pool remembers between its challenge and the answer."""

    user: str
    session: str
    salt: int
    theirs: int
    secret: int
    public: int


def challenge(call: Call, pool: Any, shown: dict[str, Any]) -> None:
    """Puts a true salt and public value into the challenge that moto has made for a user who exists."""
    parameters = shown["ChallengeParameters"]
    user = pool._get_user(parameters["USERNAME"])
    salt, secret = secrets.randbits(128), secrets.randbits(256)
    verifier = pow(_GENERATOR, _identity(pool, user, salt), _PRIME)
    public = (_multiplier() * verifier + pow(_GENERATOR, secret, _PRIME)) % _PRIME
    theirs = int(call.params["AuthParameters"]["SRP_A"], 16)
    block = base64.b64encode(secrets.token_bytes(64) + shown["Session"].encode()).decode()
    _handshakes(call)[block] = _Handshake(user.username, shown["Session"], salt, theirs, secret, public)
    more = {"SALT": f"{salt:x}", "SRP_B": f"{public:x}", "SECRET_BLOCK": block, "USER_ID_FOR_SRP": user.username}
    parameters.update(more)


@rule("cognito-idp.RespondToAuthChallenge")
def password_is_proved(call: Call, pool: Any, responses: dict[str, str]) -> str:
    """A sign-in by SRP proves that the user's password is known: a signature, under the key that both sides
    work out, over pool, user, secret block and time. A wrong one is refused as a wrong password is.

    Source: Cognito Developer Guide, amazon-cognito-user-pools-authentication-flow-methods ("Sign-in with
    persistent passwords and secure payload"); aws-sdk amazon-cognito-identity-js AuthenticationHelper.
    """
    shake = _handshakes(call).pop(responses.get("PASSWORD_CLAIM_SECRET_BLOCK", ""), None)
    if shake is None or responses.get("USERNAME") != shake.user or shake.theirs % _PRIME == 0:
        raise AwsError("NotAuthorizedException", "Incorrect username or password.")
    block = base64.b64decode(responses["PASSWORD_CLAIM_SECRET_BLOCK"])
    said = (pool.id.split("_", 1)[1] + shake.user).encode() + block + responses.get("TIMESTAMP", "").encode()
    proof = hmac.new(_key(pool, shake), said, hashlib.sha256).digest()
    if not hmac.compare_digest(proof, _decoded(responses.get("PASSWORD_CLAIM_SIGNATURE", ""))):
        raise AwsError("NotAuthorizedException", "Incorrect username or password.")
    return shake.session


def _handshakes(call: Call) -> dict[str, _Handshake]:
    made: dict[str, _Handshake] = call.memory.kept.setdefault("cognito-idp.srp", {})
    return made


def _key(pool: Any, shake: _Handshake) -> bytes:
    mixed = _hashed(_bytes(shake.theirs) + _bytes(shake.public))
    verifier = pow(_GENERATOR, _identity(pool, pool._get_user(shake.user), shake.salt), _PRIME)
    shared = pow(shake.theirs * pow(verifier, mixed, _PRIME), shake.secret, _PRIME)
    extracted = hmac.new(_bytes(mixed), _bytes(shared), hashlib.sha256).digest()
    return hmac.new(extracted, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:_KEY_BYTES]


def _identity(pool: Any, user: Any, salt: int) -> int:
    """What the password comes to under a salt: x of the protocol."""
    said = f"{pool.id.split('_', 1)[1]}{user.username}:{user.password}"
    return _hashed(_bytes(salt) + hashlib.sha256(said.encode()).digest())


def _multiplier() -> int:
    return _hashed(_bytes(_PRIME) + _bytes(_GENERATOR))


def _hashed(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest(), "big")


def _bytes(number: int) -> bytes:
    """A number with room for a sign, as Java writes it: a zero byte first where its first bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
