"""JWT authorizers at work."""

from __future__ import annotations

from typing import Any

from .. import tokens
from ..call import Call
from ..registry import rule
from .way import FORBIDDEN, Reply, Request, Trace

Item = dict[str, Any]


def authorize(call: Call, trace: Trace, route: Item, authorizers: dict[str, Item], request: Request) -> None:
    """Lets a request through that its route's authorizer accepts."""
    kind = route.get("AuthorizationType", "NONE")
    if kind == "NONE":
        trace.passed("authorizer", f"route {route['RouteKey']} needs no token")
        return
    authorizer = authorizers.get(str(route.get("AuthorizerId")))
    if kind != "JWT" or authorizer is None:
        raise trace.stopped("authorizer", f"{kind} authorization is not emulated", FORBIDDEN)
    claims = token_is_valid(call, trace, authorizer, request)
    trace.passed("authorizer", f"{authorizer['Name']}: token of {claims.get('iss')}")
    token_has_a_scope(trace, route, claims)


@rule("execute-api.Invoke")
def token_is_valid(call: Call, trace: Trace, authorizer: Item, request: Request) -> dict[str, Any]:
    """Without a token in the identity source, or with one that is not genuine and in force, of the
    authorizer's issuer, for one of its audiences, a request is refused with 401, and the reason in the
    www-authenticate header. The claim client_id counts for the audience only where aud is absent.

    Source: aws-facts 3.1; API Gateway Developer Guide, http-api-jwt-authorizer and
    http-api-troubleshooting-jwt (with the header).
    """
    token = _token(authorizer["IdentitySource"][0], request)
    if not token:
        raise trace.stopped("authorizer", f"no token in {authorizer['IdentitySource'][0]}", unauthorized(""))
    verdict = tokens.verify(call.world, call.account, token)
    if isinstance(verdict, tokens.Refused):
        raise trace.stopped("authorizer", verdict.reason, unauthorized(verdict.reason))
    claims, config = verdict.claims, authorizer["JwtConfiguration"]
    reason = None
    if claims.get("iss") != config["Issuer"]:
        reason = "the token does not have a valid issuer"
    else:
        meant = claims["aud"] if "aud" in claims else claims.get("client_id")
        audiences = meant if isinstance(meant, list) else [meant]
        if not set(audiences) & set(config["Audience"]):
            reason = "the token does not have a valid audience"
    if reason:
        raise trace.stopped("authorizer", reason, unauthorized(reason))
    return claims


@rule("execute-api.Invoke")
def token_has_a_scope(trace: Trace, route: Item, claims: dict[str, Any]) -> None:
    """A token needs one of its route's scopes, if the route has any; otherwise the answer is 403.

    Source: API Gateway Developer Guide, http-api-jwt-authorizer ("the token must include at least one of
    the scopes": claims scope and scp).
    """
    wanted = route.get("AuthorizationScopes") or []
    if not wanted:
        return
    has = claims.get("scope") or claims.get("scp") or ""
    held = has if isinstance(has, list) else str(has).split()
    if not set(wanted) & set(held):
        text = f"the token has none of the scopes {', '.join(wanted)} (it has {', '.join(held) or 'none'})"
        raise trace.stopped("scopes", text, FORBIDDEN)
    trace.passed("scopes", f"the token has {', '.join(sorted(set(wanted) & set(held)))}")


def unauthorized(reason: str) -> Reply:
    """The answer to a request whose token is missing (no reason) or refused."""
    text = f'Bearer scope="" error="invalid_token" error_description="{reason}"' if reason else "Bearer"
    return Reply(401, {"message": "Unauthorized"}, (("www-authenticate", text),))


def _token(source: str, request: Request) -> str:
    from urllib.parse import parse_qs

    kind, name = source.removeprefix("$request.").split(".", 1)
    if kind == "querystring":
        return parse_qs(request.query).get(name, [""])[0]
    text = request.headers.get(name.lower(), "")
    return text[7:].strip() if text[:7].lower() == "bearer " else text.strip()
