from __future__ import annotations

import json
from typing import Any

import pytest

from awslayer.rules.ecr.push import manifest_of

from .support import Aws, control_error, refused

rule = pytest.mark.rule


@pytest.fixture
def ecr(aws: Aws) -> Any:
    client = aws.client("ecr")
    client.create_repository(repositoryName="web", tags=[{"Key": "a", "Value": "1"}])
    return client


def _push(aws: Aws, tag: str, content: str | None = None) -> str:
    order = {"region": aws.region, "repository": "web", "tag": tag, "content": content}
    return str(aws.control("POST", "images", order)["digest"])


@rule("repository_exists", "repository_quota")
def test_repositories(aws: Aws, ecr: Any) -> None:
    with refused("RepositoryAlreadyExistsException"):
        ecr.create_repository(repositoryName="web")
    with refused("RepositoryNotFoundException"):
        ecr.describe_repositories(repositoryNames=["other"])
    with refused("RepositoryNotFoundException"):
        ecr.describe_images(repositoryName="other")
    arn = ecr.describe_repositories()["repositories"][0]["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "b", "Value": "2"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "b", "Value": "2"}]
    aws.quota(repositories=1)
    with refused("LimitExceededException"):
        ecr.create_repository(repositoryName="other")


@rule("scans_when_asked_to")
def test_a_scanning_that_is_not_asked_for_is_off(ecr: Any) -> None:
    for configuration, scans in (({"scanOnPush": True}, True), ({}, False)):
        ecr.put_image_scanning_configuration(repositoryName="web", imageScanningConfiguration=configuration)
        shown = ecr.describe_repositories()["repositories"][0]
        assert shown["imageScanningConfiguration"] == {"scanOnPush": scans}


def test_repositories_come_in_pages_and_late(aws: Aws, ecr: Any) -> None:
    for name in "abc":
        ecr.create_repository(repositoryName=f"web-{name}")
    pages = list(ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(p["repositories"]) for p in pages] == [3, 1]
    aws.settings(lag={"resources": "arn:aws:ecr:*", "reads": 1, "by_id": True})
    ecr.create_repository(repositoryName="late")
    with refused("RepositoryNotFoundException"):
        ecr.describe_repositories(repositoryNames=["late"])
    assert ecr.describe_repositories(repositoryNames=["late"])["repositories"][0]["repositoryName"] == "late"


def test_settings_of_a_repository(aws: Aws, ecr: Any) -> None:
    before = aws.dump()
    with refused("LifecyclePolicyNotFoundException"):
        ecr.get_lifecycle_policy(repositoryName="web")
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30}
    text = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
    ecr.put_lifecycle_policy(repositoryName="web", lifecyclePolicyText=text)
    assert ecr.get_lifecycle_policy(repositoryName="web")["lifecyclePolicyText"] == text
    ecr.delete_lifecycle_policy(repositoryName="web")
    with refused("LifecyclePolicyNotFoundException"):
        ecr.delete_lifecycle_policy(repositoryName="web")
    ecr.put_image_scanning_configuration(repositoryName="web", imageScanningConfiguration={"scanOnPush": True})
    ecr.put_image_tag_mutability(repositoryName="web", imageTagMutability="IMMUTABLE")
    shown = ecr.describe_repositories(repositoryNames=["web"])["repositories"][0]
    assert shown["imageScanningConfiguration"] == {"scanOnPush": True}
    assert shown["imageTagMutability"] == "IMMUTABLE"
    changed = aws.dump()
    ecr.put_image_tag_mutability(repositoryName="web", imageTagMutability="MUTABLE")
    ecr.put_image_scanning_configuration(repositoryName="web", imageScanningConfiguration={"scanOnPush": False})
    assert changed != before == aws.dump()


@rule("image_is_there")
def test_images_by_tag_and_digest(aws: Aws, ecr: Any) -> None:
    with refused("ImageNotFoundException", "imageTag:'1.0'"):
        ecr.describe_images(repositoryName="web", imageIds=[{"imageTag": "1.0"}])
    digest = _push(aws, "1.0")
    by_tag = ecr.describe_images(repositoryName="web", imageIds=[{"imageTag": "1.0"}])["imageDetails"][0]
    assert by_tag["imageDigest"] == digest
    ecr.put_image(repositoryName="web", imageManifest=manifest_of("web:1.0"), imageTag="latest")
    by_digest = ecr.describe_images(repositoryName="web", imageIds=[{"imageDigest": digest}])["imageDetails"][0]
    assert by_digest["imageTags"] == ["1.0", "latest"]
    wanted = [{"imageTag": "latest"}, {"imageTag": "none"}]
    got = ecr.batch_get_image(repositoryName="web", imageIds=wanted)
    assert got["images"][0]["imageId"] == {"imageDigest": digest, "imageTag": "latest"}
    assert got["failures"][0]["failureCode"] == "ImageNotFound"


@rule("immutable_tags_stay")
def test_a_tag_moves_unless_it_is_immutable(aws: Aws, ecr: Any) -> None:
    first, second = _push(aws, "1.0", "one"), _push(aws, "1.0", "two")
    shown = {i["imageDigest"]: i.get("imageTags") for i in ecr.describe_images(repositoryName="web")["imageDetails"]}
    assert shown == {first: None, second: ["1.0"]}
    with refused("ImageAlreadyExistsException"):
        ecr.put_image(repositoryName="web", imageManifest=manifest_of("web:two"), imageTag="1.0")
    ecr.put_image_tag_mutability(repositoryName="web", imageTagMutability="IMMUTABLE")
    with refused("ImageTagAlreadyExistsException"):
        ecr.put_image(repositoryName="web", imageManifest=manifest_of("web:three"), imageTag="1.0")
    assert "immutable" in control_error(
        aws, "POST", "images", {"region": aws.region, "repository": "web", "tag": "1.0", "content": "three"}
    )


def test_tags_that_are_excluded_from_immutability_move(aws: Aws, ecr: Any) -> None:
    excluded = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    ecr.put_image_tag_mutability(
        repositoryName="web",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=excluded,
    )
    assert _push(aws, "dev-1", "one") != _push(aws, "dev-1", "two")
    _push(aws, "1.0", "one")
    with refused("ImageTagAlreadyExistsException"):
        ecr.put_image(repositoryName="web", imageManifest=manifest_of("web:three"), imageTag="1.0")


@rule("digest_is_of_the_manifest", "manifest_is_a_manifest")
def test_manifests_and_digests(ecr: Any) -> None:
    with refused("InvalidParameterException"):
        ecr.put_image(repositoryName="web", imageManifest="{}", imageTag="1.0")
    with refused("ImageDigestDoesNotMatchException"):
        ecr.put_image(
            repositoryName="web", imageManifest=manifest_of("a"), imageTag="1.0", imageDigest="sha256:" + "0" * 64
        )


def test_a_repository_with_images_is_deleted_by_force_only(aws: Aws, ecr: Any) -> None:
    empty = aws.dump()
    _push(aws, "1.0")
    assert aws.dump() != empty
    with refused("RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName="web")
    ecr.delete_repository(repositoryName="web", force=True)
    with refused("RepositoryNotFoundException"):
        ecr.delete_repository(repositoryName="web")


def test_the_control_endpoint_names_what_is_wrong(aws: Aws, ecr: Any) -> None:
    assert "no repository 'other'" in control_error(
        aws, "POST", "images", {"region": aws.region, "repository": "other", "tag": "1"}
    )
    assert "repository and tag" in control_error(aws, "POST", "images", {"region": aws.region})
