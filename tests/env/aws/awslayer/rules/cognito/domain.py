"""Domains of user pools: where their hosted sign-in and token endpoints are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.cognitoidp.models import cognitoidp_backends

from ... import tokens
from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import store

_RESERVED = ("aws", "amazon", "cognito")
_MANAGED_LOGIN_DEFAULT = 1


class Domain:
    """A domain as the layer keeps it, in moto's store and under the names that moto uses."""

    def __init__(self, pool: Any, params: dict[str, Any]) -> None:
        self.user_pool_id = pool.id
        self.account = pool.account_id
        self.domain: str = params["Domain"]
        self.custom_domain_config = dict(params.get("CustomDomainConfig") or {})
        self.login_version = int(params.get("ManagedLoginVersion") or _MANAGED_LOGIN_DEFAULT)
        self.status = "CREATING"
        self.distribution = f"d{tokens.identifier(13)}.cloudfront.net"

    @property
    def custom(self) -> bool:
        """Whether it is a name of the user's own rather than a prefix of AWS's."""
        return bool(self.custom_domain_config)


def of_pool(pool: Any) -> list[Any]:
    """The domains of a pool."""
    return [d for d in pool.backend.user_pool_domains.values() if d.user_pool_id == pool.id]


def shown_in_pool(pool: Any) -> dict[str, str]:
    """A pool's description names its prefix domain and its own domain."""
    return {"CustomDomain" if d.custom else "Domain": d.domain for d in of_pool(pool)}


def everywhere(name: str, region: str | None = None) -> Iterator[tuple[Any, Any]]:
    """Domains of that name, each with its store, in whatever account."""
    for _, backends in list(cognitoidp_backends.items()):
        for where, backend in list(backends.items()):
            if region in (None, where) and name in backend.user_pool_domains:
                yield backend.user_pool_domains[name], backend


@rule("cognito-idp.DeleteUserPool")
def pool_with_domain_stays(pool: Any) -> None:
    """A pool with a domain cannot be deleted.

    Source: aws-facts 7; hashicorp/terraform-provider-aws#16479 (code and message).
    """
    if of_pool(pool):
        text = "User pool cannot be deleted. It has a domain configured that should be deleted first."
        raise AwsError("InvalidParameterException", text)


@rule("cognito-idp.CreateUserPoolDomain")
def prefix_is_not_reserved(name: str) -> None:
    """A prefix does not contain aws, amazon or cognito.

    Source: Cognito Developer Guide, cognito-user-pools-assign-domain-prefix; the message is assumed.
    """
    word = next((word for word in _RESERVED if word in name), None)
    if word is not None:
        raise AwsError("InvalidParameterException", f"Domain cannot contain reserved word: {word}")


@rule("cognito-idp.CreateUserPoolDomain")
def domain_is_free_in_the_region(call: Call, name: str) -> None:
    """A domain belongs to one user pool of one account in the whole Region, also while it is being deleted.

    Source: aws-facts 6.2 (code and message).
    """
    if any(everywhere(name, call.region)):
        raise AwsError("InvalidParameterException", "Domain already associated with another user pool.")


@rule("cognito-idp.CreateUserPoolDomain")
def one_domain_of_each_kind(pool: Any, wanted: Domain) -> None:
    """A pool has at most one prefix domain and one domain of the user's own.

    Source: Cognito Developer Guide, cognito-user-pools-assign-domain ("a prefix domain and a custom domain");
    the message is assumed.
    """
    if any(d.custom == wanted.custom for d in of_pool(pool)):
        raise AwsError("InvalidParameterException", f"User pool {pool.id} already has a domain configured.")


@rule("cognito-idp.DeleteUserPoolDomain", "cognito-idp.UpdateUserPoolDomain")
def domain_of_the_pool_exists(call: Call) -> Any:
    """A domain is deleted and changed by its name together with its pool's id.

    Source: botocore cognito-idp.DeleteUserPoolDomain; terraform-provider-aws
    internal/service/cognitoidp/user_pool_domain.go (InvalidParameterException, "No such domain").
    """
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    found = next((d for d in of_pool(pool) if d.domain == call.params["Domain"]), None)
    if found is None or found.status == "DELETING":
        raise AwsError("InvalidParameterException", "No such domain or user pool exists.")
    return found


@answers("cognito-idp", "CreateUserPoolDomain")
def create_user_pool_domain(call: Call) -> dict[str, Any]:
    """Takes a domain for a pool: creating, then active."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    made = Domain(pool, call.params)
    if not made.custom:
        prefix_is_not_reserved(made.domain)
    one_domain_of_each_kind(pool, made)
    domain_is_free_in_the_region(call, made.domain)
    store.backend(call).user_pool_domains[made.domain] = made
    call.world.after("domain.create", call.memory, lambda: _active(made))
    call.created(made.domain)
    return _brief(made)


@answers("cognito-idp", "DescribeUserPoolDomain")
def describe_user_pool_domain(call: Call) -> dict[str, Any]:
    """A domain of the account; one that does not exist is an empty description, and no error."""
    name = call.params["Domain"]
    found = store.backend(call).user_pool_domains.get(name)
    if found is None or call.world.staleness.misses(call.account, name, call.now, by_id=True):
        return {"DomainDescription": {}}
    shown: dict[str, Any] = {
        "UserPoolId": found.user_pool_id,
        "AWSAccountId": found.account,
        "Domain": found.domain,
        "Status": found.status,
        "CloudFrontDistribution": found.distribution,
        "ManagedLoginVersion": found.login_version,
    }
    if found.custom:
        shown["CustomDomainConfig"] = dict(found.custom_domain_config)
    return {"DomainDescription": shown}


@answers("cognito-idp", "UpdateUserPoolDomain")
def update_user_pool_domain(call: Call) -> dict[str, Any]:
    """Changes the certificate of a domain of the user's own, or the version of the sign-in pages."""
    found = domain_of_the_pool_exists(call)
    found.custom_domain_config = dict(call.params.get("CustomDomainConfig") or found.custom_domain_config)
    found.login_version = int(call.params.get("ManagedLoginVersion") or _MANAGED_LOGIN_DEFAULT)
    return _brief(found)


@answers("cognito-idp", "DeleteUserPoolDomain")
def delete_user_pool_domain(call: Call) -> dict[str, Any]:
    """Gives a domain up: deleting, then gone."""
    found = domain_of_the_pool_exists(call)
    found.status = "DELETING"
    taken = store.backend(call).user_pool_domains
    call.world.after("domain.delete", call.memory, lambda: taken.pop(found.domain, None))
    return {}


def _active(made: Domain) -> None:
    if made.status == "CREATING":
        made.status = "ACTIVE"


def _brief(made: Domain) -> dict[str, Any]:
    shown: dict[str, Any] = {"ManagedLoginVersion": made.login_version}
    return {**shown, "CloudFrontDomain": made.distribution} if made.custom else shown
