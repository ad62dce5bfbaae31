"""Roles: their life, trust policies, boundaries and tags."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from ...call import Call
from ...errors import AwsError
from ...registry import answers, rule
from .common import marked_pages, policies_of_aws_exist, role_exists, store


@rule("iam.CreateRole")
def role_name_is_free(call: Call, name: str) -> None:
    """Names of roles are unique in an account, whatever their case and path.

    Source: botocore iam.CreateRole, RoleName ("Names are not distinguished by case") and
    EntityAlreadyExistsException.
    """
    if any(r.name.casefold() == name.casefold() for r in store(call).roles.values()):
        raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)


@rule("iam.CreateRole")
def role_quota(call: Call) -> None:
    """A bounded number of roles per account.

    Source: IAM User Guide, reference_iam-quotas (1,000; LimitExceeded).
    """
    limit = call.quota("roles")
    if len(store(call).roles) >= limit:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for RolesPerAccount: {limit}", 409)


@rule("iam.CreateRole", "iam.UpdateAssumeRolePolicy")
def trust_policy_is_one(call: Call, document: str) -> None:
    """A trust policy is a JSON policy whose statements name principals and actions of STS, and no resources,
    of at most 2,048 characters beside white space.

    Source: IAM User Guide, reference_policies_grammar and reference_iam-quotas (role trust policy JSON text);
    botocore iam.CreateRole (MalformedPolicyDocumentException).
    """
    try:
        IAMTrustPolicyDocumentValidator(document).validate()
    except MalformedPolicyDocument as error:
        raise AwsError("MalformedPolicyDocument", str(error.message)) from error
    found = json.loads(document)["Statement"]
    for statement in [found] if isinstance(found, dict) else found:
        if not {"Principal", "NotPrincipal"} & set(statement):
            raise AwsError("MalformedPolicyDocument", "Missing required field Principal")
    limit = call.quota("trustPolicyCharacters")
    if len("".join(document.split())) > limit:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {limit}", 409)


@rule("iam.CreateRole", "iam.PutRolePermissionsBoundary")
def boundary_exists(call: Call, arn: str | None) -> None:
    """A permissions boundary is a managed policy that exists.

    Source: botocore iam.PutRolePermissionsBoundary (NoSuchEntityException); the message is assumed.
    """
    if arn and policies_of_aws_exist(call, arn) is None:
        raise AwsError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


@rule("iam.*")
def role_of_a_service_is_protected(role: Any) -> Any:
    """A service-linked role is changed and deleted by AWS only.

    Source: IAM User Guide, using-service-linked-roles; botocore iam.DeleteRole (UnmodifiableEntityException).
    """
    if role.path.startswith("/aws-service-role/"):
        text = f"Cannot perform the operation on the protected role '{role.name}'"
        raise AwsError("UnmodifiableEntity", f"{text} - this role is only modifiable by AWS")
    return role


@rule("iam.CreateRole", "iam.TagRole")
def role_tags_well_formed(tags: list[dict[str, str]]) -> None:
    """Tag keys do not start with aws:, and occur once whatever their case.

    Source: IAM User Guide, id_tags (tag naming limits); botocore iam.TagRole (InvalidInputException); messages
    assumed.
    """
    keys = [tag["Key"].casefold() for tag in tags]
    if any(key.startswith("aws:") for key in keys):
        raise AwsError("InvalidInput", "Tag keys cannot start with the reserved prefix aws:")
    if len(set(keys)) < len(keys):
        raise AwsError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")


@answers("iam", "CreateRole")
def create_role(call: Call) -> dict[str, Any]:
    """Creates a role."""
    params = call.params
    trust_policy_is_one(call, params["AssumeRolePolicyDocument"])
    role_tags_well_formed(params.get("Tags") or [])
    boundary_exists(call, params.get("PermissionsBoundary"))
    role_name_is_free(call, params["RoleName"])
    role_quota(call)
    made = call.ask_moto()
    call.created(made["Role"]["Arn"])
    return made


@answers("iam", "GetRole")
def get_role(call: Call) -> dict[str, Any]:
    """A role with its tags and boundary."""
    role_exists(call, call.params["RoleName"])
    return call.ask_moto()


@answers("iam", "ListRoles")
def list_roles(call: Call) -> dict[str, Any]:
    """Roles below a path; the list shows neither tags nor boundaries."""
    prefix = call.params.get("PathPrefix") or "/"
    missed = call.world.staleness.misses
    found = [r for r in store(call).roles.values() if r.path.startswith(prefix)]
    seen = [r for r in found if not missed(call.account, r.arn, call.now, by_id=False)]
    page, more = marked_pages(call, sorted(seen, key=lambda r: r.name), lambda r: r.name)
    return {"Roles": [_brief(r) for r in page], **more}


@answers("iam", "UpdateAssumeRolePolicy")
def update_assume_role_policy(call: Call) -> dict[str, Any]:
    """Replaces the trust policy."""
    role_of_a_service_is_protected(role_exists(call, call.params["RoleName"]))
    trust_policy_is_one(call, call.params["PolicyDocument"])
    return call.ask_moto()


@answers("iam", "PutRolePermissionsBoundary")
def put_role_permissions_boundary(call: Call) -> dict[str, Any]:
    """Sets or replaces the boundary."""
    role_of_a_service_is_protected(role_exists(call, call.params["RoleName"]))
    boundary_exists(call, call.params["PermissionsBoundary"])
    return call.ask_moto()


@answers("iam", "TagRole")
def tag_role(call: Call) -> dict[str, Any]:
    """Adds tags, and overwrites those whose key is the same whatever its case."""
    role = role_exists(call, call.params["RoleName"])
    given = call.params["Tags"]
    role_tags_well_formed(given)
    new = {tag["Key"].casefold() for tag in given}
    kept = [tag for tag in role.tags if tag["Key"].casefold() not in new]
    limit = call.quota("tagsPerResource")
    if len(kept) + len(given) > limit:
        raise AwsError("LimitExceeded", f"The number of tags has reached the maximum limit: {limit}", 409)
    role.tags = kept + [dict(tag) for tag in given]
    return {}


def _changes_a_role(call: Call) -> dict[str, Any]:
    role_of_a_service_is_protected(role_exists(call, call.params["RoleName"]))
    return call.ask_moto()


def _reads_a_role(call: Call) -> dict[str, Any]:
    role_exists(call, call.params["RoleName"])
    return call.ask_moto()


# What moto does right once the role is known to be there, and to be the user's.
for _operation in ("DeleteRole", "DeleteRolePermissionsBoundary", "UpdateRole", "UntagRole", "DeleteRolePolicy"):
    answers("iam", _operation)(_changes_a_role)
for _operation in ("ListRoleTags", "GetRolePolicy"):
    answers("iam", _operation)(_reads_a_role)


def _brief(role: Any) -> dict[str, Any]:
    shown = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": quote(role.assume_role_policy_document),
        "MaxSessionDuration": int(role.max_session_duration or 3600),
    }
    return {**shown, "Description": role.description} if role.description else shown
