"""Images of containers: where they lie in ECR, and what a tag stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from moto.ecr.models import ecr_backends

from .store import Definition

_ECR = re.compile(
    r"^(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/"
    r"(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$"
)


@dataclass(frozen=True)
class Reference:
    """An image in a repository of ECR."""

    text: str
    registry: str
    region: str
    repository: str
    tag: str
    digest: str | None


def reference(text: str) -> Reference | None:
    """The repository, and tag or digest, that an image names; None if it does not lie in ECR."""
    found = _ECR.match(text)
    if found is None:
        return None
    tag = found["tag"] or "latest"
    return Reference(text, found["registry"], found["region"], found["repository"], tag, found["digest"])


def digest_of(wanted: Reference) -> str | None:
    """The digest of an image that was pushed, None if there is no such image."""
    repository = ecr_backends[wanted.registry][wanted.region].repositories.get(wanted.repository)
    for image in repository.images if repository is not None else []:
        digest = str(image.get_image_digest())
        if digest == wanted.digest or (wanted.digest is None and wanted.tag in image.image_tags):
            return digest
    return None


def main(definition: Definition) -> dict[str, Any]:
    """The first essential container: the application."""
    containers: list[dict[str, Any]] = definition.content["containerDefinitions"]
    return next(c for c in containers if c["essential"])
