"""Images: pushed by manifest, found by tag and digest."""

from __future__ import annotations

import fnmatch
import hashlib
import json
from typing import Any

from moto.ecr.models import ecr_backends

from ...call import Call
from ...errors import AwsError
from ...moto_types import EcrImage
from ...registry import answers, rule

_NOT_FOUND = "ImageNotFoundException"


@rule("ecr.*")
def repository_exists(call: Call, name: str) -> Any:
    """An operation on a repository that does not exist is refused.

    Source: botocore ecr.RepositoryNotFoundException; message as moto has it from AWS.
    """
    registry = call.params.get("registryId") or call.account
    found = ecr_backends[registry][call.region].repositories.get(name)
    if found is None:
        text = f"The repository with name '{name}' does not exist in the registry with id '{registry}'"
        raise AwsError("RepositoryNotFoundException", text)
    return found


@rule("ecr.PutImage")
def digest_is_of_the_manifest(manifest: str, claimed: str | None = None) -> str:
    """The digest of an image is the SHA-256 of its manifest's bytes; a push that claims another is refused.

    Source: OCI distribution specification, "Pushing Manifests"; botocore ecr.ImageDigestDoesNotMatchException.
    """
    digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    if claimed not in (None, digest):
        text = f"Image digest does not match. Specified: {claimed}, calculated: {digest}"
        raise AwsError("ImageDigestDoesNotMatchException", text)
    return digest


@rule("ecr.PutImage")
def immutable_tags_stay(repository: Any, tag: str | None, digest: str) -> None:
    """In a repository whose tags are IMMUTABLE a tag is pushed once; elsewhere it moves; exclusion filters
    turn that round for the tags that they match. The same image with the same tag again is always refused.

    Source: botocore ecr.ImageTagAlreadyExistsException, ecr.ImageAlreadyExistsException; ECR User Guide,
    image-tag-mutability.
    """
    held = next((i for i in repository.images if tag is not None and tag in i.image_tags), None)
    same = next((i for i in repository.images if i.get_image_digest() == digest), None)
    where = f"the '{repository.name}' repository"
    if held is not None and held is same:
        text = f"Image with digest '{digest}' and tag '{tag}' already exists in {where}"
        raise AwsError("ImageAlreadyExistsException", f"{text} in registry with id '{repository.registry_id}'")
    if held is not None and _immutable(repository, str(tag)):
        text = (
            f"The image tag '{tag}' already exists in {where} and cannot be overwritten because the tag is immutable."
        )
        raise AwsError("ImageTagAlreadyExistsException", text)
    if tag is None and same is not None:
        raise AwsError("ImageAlreadyExistsException", f"Image with digest '{digest}' already exists in {where}")


def _immutable(repository: Any, tag: str) -> bool:
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(fnmatch.fnmatchcase(tag, f["filter"]) for f in filters)
    return bool(repository.is_tag_immutable()) != excluded


def put(
    call: Call, repository: Any, manifest: str, tag: str | None, media_type: str, claimed: str | None = None
) -> Any:
    """Pushes an image, or gives one that is there another tag."""
    digest = digest_is_of_the_manifest(manifest, claimed)
    immutable_tags_stay(repository, tag, digest)
    for other in repository.images:
        if tag in other.image_tags:
            other.remove_tag(tag)
            if not other.image_tags:
                other.image_tag = None
    found = next((i for i in repository.images if i.get_image_digest() == digest), None)
    if found is None:
        found = EcrImage(call.account, tag, manifest, repository.name, media_type, digest)
        found.image_pushed_at = int(call.world.date(call.account).timestamp())
        repository.images.append(found)
    elif tag is not None:
        found.update_tag(tag)
    return found


@answers("ecr", "PutImage")
def put_image(call: Call) -> dict[str, Any]:
    """Pushes an image by its manifest; layers are not asked for."""
    params = call.params
    repository = repository_exists(call, params["repositoryName"])
    manifest, tag = params["imageManifest"], params.get("imageTag")
    media_type = params.get("imageManifestMediaType") or manifest_is_a_manifest(manifest)
    made = put(call, repository, manifest, tag, media_type, params.get("imageDigest"))
    return {"image": _image(repository, made, tag)}


@rule("ecr.PutImage")
def manifest_is_a_manifest(manifest: str) -> str:
    """A manifest is JSON and names its media type, in itself or in the request.

    Source: botocore ecr.PutImage (imageManifestMediaType: "If you push an image manifest that does not
    contain the mediaType field, you must specify the imageManifestMediaType in the request").
    """
    try:
        return str(json.loads(manifest)["mediaType"])
    except (ValueError, KeyError, TypeError) as error:
        text = (
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax or no mediaType'"
        )
        raise AwsError("InvalidParameterException", text) from error


def _image(repository: Any, image: Any, tag: str | None) -> dict[str, Any]:
    identity = {"imageDigest": image.get_image_digest(), **({"imageTag": tag} if tag else {})}
    return {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageId": identity,
        "imageManifest": image.image_manifest,
        "imageManifestMediaType": image.image_manifest_media_type,
    }


def _matches(image: Any, wanted: dict[str, str]) -> bool:
    digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
    return digest in (None, image.get_image_digest()) and (tag is None or tag in image.image_tags)


@answers("ecr", "DescribeImages")
def describe_images(call: Call) -> dict[str, Any]:
    """Shows images: those with given tags or digests, else all."""
    from .repository import page

    repository = repository_exists(call, call.params["repositoryName"])
    wanted = call.params.get("imageIds") or []
    for identity in wanted:
        image_is_there(repository, identity)
    status = (call.params.get("filter") or {}).get("tagStatus", "ANY")
    found = [i for i in repository.images if not wanted or any(_matches(i, w) for w in wanted)]
    if status != "ANY":
        found = [i for i in found if bool(i.image_tags) == (status == "TAGGED")]
    shown, more = page(call, [_details(repository, i) for i in found])
    return {"imageDetails": shown, **more}


@rule("ecr.DescribeImages")
def image_is_there(repository: Any, identity: dict[str, str]) -> None:
    """An image that is asked for by tag or digest and is not there is an error.

    Source: botocore ecr.ImageNotFoundException; message as moto has it from AWS.
    """
    if not any(_matches(image, identity) for image in repository.images):
        digest = f"imageDigest:'{identity.get('imageDigest', 'null')}', imageTag:'{identity.get('imageTag', 'null')}'"
        text = f"The image with imageId {{{digest}}} does not exist within the repository with name '{repository.name}'"
        raise AwsError(_NOT_FOUND, f"{text} in the registry with id '{repository.registry_id}'")


def _details(repository: Any, image: Any) -> dict[str, Any]:
    shown = {
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "imageDigest": image.get_image_digest(),
        "imageSizeInBytes": image.get_image_size_in_bytes() or 0,
        "imagePushedAt": image.image_pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
    }
    if image.image_tags:
        shown["imageTags"] = list(image.image_tags)
    return shown


@answers("ecr", "BatchGetImage")
def batch_get_image(call: Call) -> dict[str, Any]:
    """Gets manifests; what is not there is named among the failures."""
    repository = repository_exists(call, call.params["repositoryName"])
    images, failures = [], []
    for wanted in call.params["imageIds"]:
        found = next((i for i in repository.images if _matches(i, wanted)), None)
        if found is not None:
            images.append(_image(repository, found, wanted.get("imageTag")))
        else:
            text = "Requested image not found"
            failures.append({"imageId": wanted, "failureCode": "ImageNotFound", "failureReason": text})
    return {"images": images, "failures": failures}
