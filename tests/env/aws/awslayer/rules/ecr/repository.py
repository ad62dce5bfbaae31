"""Repositories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.ecr.models import RepoTagMutability, ecr_backends

from ...call import Call
from ...errors import AwsError
from ...listing import lag_between_create_and_list
from ...registry import answers, dumps, rule


def page(call: Call, items: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """One page of a list by maxResults (100 by default) and nextToken."""
    start = int(call.params.get("nextToken") or 0)
    size = min(int(call.params.get("maxResults") or 100), int(call.world.settings.get("pageSize", call.account)))
    more = {"nextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], more


@rule("ecr.CreateRepository")
def repository_quota(call: Call) -> None:
    """A bounded number of repositories per Region.

    Source: ECR User Guide, service-quotas; botocore ecr.LimitExceededException.
    """
    if len(ecr_backends[call.account][call.region].repositories) >= call.quota("repositories"):
        raise AwsError("LimitExceededException", "The maximum number of repositories has been reached.")


@answers("ecr", "CreateRepository")
def create_repository(call: Call) -> dict[str, Any]:
    """Creates a repository, as moto does; the quota and the lag are the layer's."""
    repository_quota(call)
    made = call.ask_moto()
    call.created(made["repository"]["repositoryArn"])
    return made


@answers("ecr", "PutImageScanningConfiguration")
def put_image_scanning_configuration(call: Call) -> dict[str, Any]:
    """Changes whether images are scanned, as moto does."""
    return call.ask_moto({**call.params, "imageScanningConfiguration": scans_when_asked_to(call.params)})


@rule("ecr.PutImageScanningConfiguration")
def scans_when_asked_to(params: dict[str, Any]) -> dict[str, bool]:
    """A configuration that does not say whether images are scanned when they are pushed turns that off.

    Source: botocore ecr.ImageScanningConfiguration, scanOnPush ("If this parameter is not specified, it will
    default to false").
    """
    return {"scanOnPush": False, **params["imageScanningConfiguration"]}


@answers("ecr", "DescribeRepositories")
def describe_repositories(call: Call) -> dict[str, Any]:
    """Shows repositories, as moto does, in pages and with the lag that tests order."""
    wanted = call.params.get("repositoryNames") or []
    moto = {k: v for k, v in call.params.items() if k not in ("maxResults", "nextToken")}
    found = call.ask_moto(moto)["repositories"]
    there = [r for r in found if not lag_between_create_and_list(call, r["repositoryArn"], wanted)]
    if wanted and len(there) < len(found):
        names = ", ".join(wanted)
        text = f"The repository with name '{names}' does not exist in the registry with id '{call.account}'"
        raise AwsError("RepositoryNotFoundException", text)
    shown, more = page(call, there)
    return {"repositories": shown, **more}


@dumps("ecr")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Repositories with policy, lifecycle policy, tags, and the tags of their images."""
    backend = ecr_backends[call.account][call.region]
    return {
        "repositories": [
            {
                "repositoryName": r.name,
                "imageTagMutability": RepoTagMutability(r.image_tag_mutability).value,
                "imageScanningConfiguration": r.image_scanning_configuration,
                "encryptionConfiguration": r.encryption_configuration,
                "lifecyclePolicy": r.lifecycle_policy,
                "policy": r.policy,
                "images": {i.get_image_digest(): sorted(i.image_tags) for i in r.images},
                "tags": backend.tagger.get_tag_dict_for_resource(r.arn),
            }
            for r in backend.repositories.values()
        ]
    }
