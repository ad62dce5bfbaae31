"""Where requests to APIs come in: by host name, or by path on the layer's own address."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from ..call import Call
from ..errors import ControlError
from ..moto_host import MotoHost
from ..registry import rule
from ..rules.apigatewayv2.store import Api, Domain, everywhere
from ..wire import Answer
from ..world import World
from .walk import walk
from .way import FORBIDDEN, NOT_FOUND, Reply, Request, Trace

_HOST = re.compile(r"^([a-z0-9]{10})\.execute-api\.[a-z0-9-]+\.amazonaws\.com$")
_PATH = re.compile(r"^/_api/([a-z0-9]{10})(/.*)?$")
_OWN_NAME = re.compile(r"^(localhost|[0-9.]+|\[.*|)$")


@dataclass(frozen=True)
class Entrance:
    """Where a request goes in: the API (None if nothing is there, and why), the stage that a custom domain
    names, and the path that is left.
    """

    api: Api | None
    path: str
    call: Call | None = None
    stage: str | None = None
    refusal: Reply = NOT_FOUND
    why: str = ""


class FrontDoor:
    """Tells requests to APIs from calls of AWS's own API, and sends them on their way."""

    def __init__(self, world: World, moto: MotoHost) -> None:
        self._world = world
        self._moto = moto

    def serve(self, environ: dict[str, Any]) -> Answer | None:
        """Answers a request to an API; None if it is none."""
        host = environ.get("HTTP_HOST", "").lower()
        host = host if host.startswith("[") else host.partition(":")[0]
        path = environ.get("PATH_INFO", "") or "/"
        if _OWN_NAME.match(host) and not _PATH.match(path):
            return None
        with self._world.lock:
            entrance = self._entrance(host, path)
            if entrance is None:
                return None
            query = environ.get("QUERY_STRING", "")
            request = Request(environ["REQUEST_METHOD"], entrance.path, query, _headers(environ))
            reply, _ = _sent(entrance, request)
        headers = [*reply.headers, ("apigw-requestid", uuid.uuid4().hex[:16])]
        if reply.body is not None:
            headers.append(("Content-Type", "application/json"))
        return Answer(reply.status, headers, reply.content())

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A test's question: `{api or host, path, method, token, headers}` is sent on its way, and answered
        with the reply and the verdict of every hop.
        """
        known = {"account", "api", "host", "path", "method", "token", "headers"}
        if set(asked) - known or not ("api" in asked or "host" in asked):
            raise ControlError(f"walk needs an api or the host of a custom domain, and knows {sorted(known)}")
        headers = {str(k).lower(): str(v) for k, v in (asked.get("headers") or {}).items()}
        if asked.get("token"):
            headers["authorization"] = f"Bearer {asked['token']}"
        target = urlsplit(str(asked.get("path", "/")))
        with self._world.lock:
            if "host" in asked:
                entrance = self._entrance(str(asked["host"]), target.path)
            else:
                entrance = self._of_api(str(asked["api"]), target.path)
            entrance = entrance or Entrance(None, target.path, why=f"no custom domain {asked.get('host')}")
            request = Request(str(asked.get("method", "GET")), entrance.path, target.query, headers)
            reply, trace = _sent(entrance, request)
        return {
            "status": reply.status,
            "ok": reply.status < 400,
            "headers": dict(reply.headers),
            "body": reply.body,
            "hops": [asdict(hop) for hop in trace.hops],
        }

    def _entrance(self, host: str, path: str) -> Entrance | None:
        by_path = _PATH.match(path)
        if by_path is not None:
            return self._of_api(by_path.group(1), by_path.group(2) or "/")
        by_host = _HOST.match(host)
        return self._of_api(by_host.group(1), path) if by_host else self._of_domain(host, path)

    def _of_api(self, api_id: str, path: str) -> Entrance:
        for region, gateway in everywhere(self._world):
            if api_id in gateway.apis:
                self._world.settle(region.account)
                call = Call.of_nobody(self._world, self._moto, region.account, region.name)
                return Entrance(gateway.apis[api_id], path or "/", call)
        return Entrance(None, path, why=f"no API {api_id} exists")

    def _of_domain(self, host: str, path: str) -> Entrance | None:
        for _, gateway in everywhere(self._world):
            domain = gateway.domains.get(host)
            if domain is not None:
                found = longest_mapping_counts(domain, path)
                if found is None:
                    return Entrance(None, path, refusal=FORBIDDEN, why=f"no API mapping of {host} fits {path}")
                api_id, stage, rest = found
                inside = self._of_api(api_id, rest)
                return Entrance(inside.api, rest, inside.call, stage, why=inside.why)
        return None


@rule("execute-api.Invoke")
def longest_mapping_counts(domain: Domain, path: str) -> tuple[str, str, str] | None:
    """A custom domain sends a path to the API mapping with the longest key that the path begins with; the
    application does not see the key. Without a mapping that fits, the answer is 403.

    Source: API Gateway Developer Guide, rest-api-mappings ("always routes to the API mapping that matches
    the longest path") and http-api-custom-domain-names.
    """
    fits = []
    for mapping in domain.mappings.values():
        key = str(mapping.get("ApiMappingKey") or "").strip("/")
        if not key or path.strip("/") == key or path.lstrip("/").startswith(f"{key}/"):
            fits.append((len(key), mapping, path.lstrip("/")[len(key) :].lstrip("/") if key else path.lstrip("/")))
    if not fits:
        return None
    _, mapping, rest = max(fits, key=lambda fit: fit[0])
    return str(mapping["ApiId"]), str(mapping["Stage"]), f"/{rest}"


def _sent(entrance: Entrance, request: Request) -> tuple[Reply, Trace]:
    if entrance.api is None or entrance.call is None:
        trace = Trace()
        return trace.stopped("api", entrance.why, entrance.refusal).reply, trace
    return walk(entrance.call, entrance.api, request, entrance.stage)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    named = {k[5:].replace("_", "-").lower(): str(v) for k, v in environ.items() if k.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        named["content-type"] = str(environ["CONTENT_TYPE"])
    return named
