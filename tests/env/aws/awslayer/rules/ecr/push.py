"""Images pushed by tests and the demo: what `docker push` would do, without a registry's protocol."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.ecr.models import ecr_backends

from ...call import Call
from ...errors import ControlError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def push(call: Call, order: dict[str, Any]) -> dict[str, Any]:
    """Pushes an image of some content under a tag and answers with its digest.

    The same `content` is the same image; without it, the content is the tag.
    """
    name, tag = order.get("repository"), order.get("tag")
    if not name or not tag:
        raise ControlError("images needs account, region, repository and tag")
    backend = ecr_backends[call.account][call.region]
    if name not in backend.repositories:
        raise ControlError(f"no repository {name!r} in {call.account}, {call.region}")
    manifest = manifest_of(f"{name}:{order.get('content') or tag}")
    from .image import put

    image = put(call, backend.repositories[name], manifest, tag, MANIFEST)
    uri = f"{call.account}.dkr.ecr.{call.region}.amazonaws.com/{name}"
    return {"digest": image.get_image_digest(), "uri": f"{uri}:{tag}"}


def manifest_of(content: str) -> str:
    """A valid manifest of an image with one layer, made from any text."""
    layer = hashlib.sha256(content.encode()).hexdigest()
    config = hashlib.sha256(f"config of {content}".encode()).hexdigest()
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": 1469,
                "digest": f"sha256:{config}",
            },
            "layers": [
                {
                    "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                    "size": 977,
                    "digest": f"sha256:{layer}",
                }
            ],
        },
        sort_keys=True,
    )
