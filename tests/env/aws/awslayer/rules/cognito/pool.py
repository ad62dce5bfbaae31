"""User pools."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from . import domain, pool_settings, store
from .pages import sixty_to_a_page
from .tags import pool_tags_well_formed


def view(pool: Any) -> dict[str, Any]:
    """A pool as descriptions show it."""
    return {
        **pool.extended_config,
        "Id": pool.id,
        "Arn": pool.arn,
        "Name": pool.name,
        "CreationDate": pool.creation_date,
        "LastModifiedDate": pool.last_modified_date,
        "EstimatedNumberOfUsers": len(pool.users),
        "SchemaAttributes": [_plain(a.to_json()) for a in pool.schema_attributes.values()],
        "UserPoolTags": dict(pool.tags),
        **domain.shown_in_pool(pool),
    }


@rule("cognito-idp.CreateUserPool")
def pool_quota(call: Call) -> None:
    """A bounded number of user pools per Region.

    Source: Cognito Developer Guide, "Quotas in Amazon Cognito" (1,000); botocore cognito-idp.CreateUserPool
    (LimitExceededException).
    """
    limit = call.quota("userPools")
    if len(store.pools(call)) >= limit:
        raise AwsError("LimitExceededException", f"Maximum number of user pools ({limit}) exceeded.")


@answers("cognito-idp", "CreateUserPool")
def create_user_pool(call: Call) -> dict[str, Any]:
    """Creates a pool; names are not unique, and nothing makes the call idempotent (aws-facts 6.2)."""
    params = call.params
    pool_settings.aliases_or_usernames(params)
    settings = pool_settings.at_creation(params)
    pool_settings.mfa_needs_a_way_to_send(settings, software_token=False)
    pool_settings.email_sender_is_complete(settings)
    tags = pool_tags_well_formed(call, params.get("UserPoolTags") or {})
    pool_quota(call)
    pool = store.Pool(call, params["PoolName"], settings, _whole_schema(params.get("Schema") or []))
    pool.tags = tags
    store.backend(call).user_pools[pool.id] = pool
    call.created(pool.id)
    return {"UserPool": view(pool)}


@answers("cognito-idp", "DescribeUserPool")
def describe_user_pool(call: Call) -> dict[str, Any]:
    """Everything about a pool, tags and domain included."""
    return {"UserPool": view(store.user_pool_exists(call, call.params["UserPoolId"]))}


@answers("cognito-idp", "ListUserPools")
def list_user_pools(call: Call) -> dict[str, Any]:
    """Names and ids only: no tags, no settings."""
    page, token = sixty_to_a_page(call, store.pools(call), lambda pool: pool.id)
    shown = [
        {
            "Id": pool.id,
            "Name": pool.name,
            "LambdaConfig": pool.extended_config["LambdaConfig"],
            "LastModifiedDate": pool.last_modified_date,
            "CreationDate": pool.creation_date,
        }
        for pool in page
    ]
    return {"UserPools": shown, **token}


@answers("cognito-idp", "UpdateUserPool")
def update_user_pool(call: Call) -> dict[str, Any]:
    """Replaces the settings of a pool as a whole."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    settings = pool_settings.update_replaces_everything(call.params, pool.extended_config)
    software_token = bool((pool.token_mfa_config or {}).get("Enabled"))
    pool_settings.mfa_needs_a_way_to_send(settings, software_token=software_token)
    pool_settings.email_sender_is_complete(settings)
    pool.tags = pool_tags_well_formed(call, call.params.get("UserPoolTags") or {})
    pool.extended_config = settings
    pool.mfa_config = settings["MfaConfiguration"]
    pool.name = call.params.get("PoolName") or pool.name
    pool.last_modified_date = datetime.now(UTC)
    return {}


@rule("cognito-idp.DeleteUserPool")
def protected_pool_stays(pool: Any) -> None:
    """A pool with deletion protection is not deleted before the protection is taken off.

    Source: botocore cognito-idp.DeleteUserPool and UserPoolType.DeletionProtection ("InvalidParameterException").
    """
    if pool.extended_config["DeletionProtection"] == "ACTIVE":
        text = "The user pool cannot be deleted because deletion protection is activated. "
        raise AwsError("InvalidParameterException", text + "Deletion protection must be inactivated first.")


@answers("cognito-idp", "DeleteUserPool")
def delete_user_pool(call: Call) -> dict[str, Any]:
    """Deletes a pool with its users, clients and resource servers."""
    pool = store.user_pool_exists(call, call.params["UserPoolId"])
    protected_pool_stays(pool)
    domain.pool_with_domain_stays(pool)
    del store.backend(call).user_pools[pool.id]
    return {}


def _whole_schema(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Standard attributes are there whether they are named or not; what is named adds to them."""
    from moto.cognitoidp.models import CognitoIdpUserPoolAttribute

    if not given:
        return []
    named = {attribute["Name"]: attribute for attribute in given}
    standard = CognitoIdpUserPoolAttribute.STANDARD_SCHEMA
    own = [a for name, a in named.items() if name not in standard]
    return [{"Name": name, **attribute, **named.get(name, {})} for name, attribute in standard.items()] + own


def _plain(attribute: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attribute.items() if value is not None}
