"""A sign-in by Secure Remote Password: the way that an app client of a user pool takes when nobody declares another.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
The protocol is SRP-6a over the 3072-bit group of RFC 5054, with the key derivation that Cognito's own libraries use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Any

# RFC 5054, appendix A; RFC 3526, section 4.
GROUP = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
GENERATOR = 2
KEY_BYTES = 16


def access_token(cognito: Any, *, pool: str, client: str, user: str, password: str) -> str:
    """Sign `user` in through `client` of `pool`; return the access token. `cognito` is a boto3 client."""
    secret = secrets.randbits(1024)
    parameters = {"USERNAME": user, "SRP_A": f"{pow(GENERATOR, secret, GROUP):x}"}
    begun = cognito.initiate_auth(ClientId=client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    challenge = begun["ChallengeParameters"]
    stamp = datetime.now(UTC).strftime("%a %b %-d %H:%M:%S UTC %Y")
    answer = {
        "USERNAME": challenge["USER_ID_FOR_SRP"],
        "PASSWORD_CLAIM_SECRET_BLOCK": challenge["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": signature(secret, challenge, pool=pool, password=password, stamp=stamp),
        "TIMESTAMP": stamp,
    }
    ended = cognito.respond_to_auth_challenge(ClientId=client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=answer)
    token: str = ended["AuthenticationResult"]["AccessToken"]
    return token


def signature(secret: int, challenge: dict[str, str], *, pool: str, password: str, stamp: str) -> str:
    """Return the proof that the password is known, for the challenge that followed on the public value of `secret`."""
    identity = pool.split("_", 1)[1] + challenge["USER_ID_FOR_SRP"]
    key = _key(secret, challenge, f"{identity}:{password}")
    said = identity.encode() + base64.b64decode(challenge["SECRET_BLOCK"]) + stamp.encode()
    return base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def _key(secret: int, challenge: dict[str, str], identity: str) -> bytes:
    """Return the shared key that proves the password without sending it."""
    theirs, salt = int(challenge["SRP_B"], 16), int(challenge["SALT"], 16)
    multiplier = _hash(_padded(GROUP) + _padded(GENERATOR))
    mixed = _hash(_padded(pow(GENERATOR, secret, GROUP)) + _padded(theirs))
    private = _hash(_padded(salt) + hashlib.sha256(identity.encode()).digest())
    base = (theirs - multiplier * pow(GENERATOR, private, GROUP)) % GROUP
    shared = pow(base, secret + mixed * private, GROUP)
    extracted = hmac.new(_padded(mixed), _padded(shared), hashlib.sha256).digest()
    return hmac.new(extracted, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:KEY_BYTES]


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest(), "big")


def _padded(number: int) -> bytes:
    """Return the number as a signed integer would be written: one leading zero byte when its first bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
