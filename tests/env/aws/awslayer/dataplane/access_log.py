"""Access logs of stages."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends

from ..call import Call
from ..registry import rule
from .way import Reply, Request

Item = dict[str, Any]
_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


@rule("execute-api.Invoke")
def write(call: Call, stage: Item, request: Request, reply: Reply, route: Item | None) -> None:
    """A stage with access logs writes a line for every request, in its own format; a variable that has no
    value is a hyphen. A log group that is gone gets none.

    Source: API Gateway Developer Guide, http-api-logging and http-api-logging-variables.
    """
    settings = stage.get("AccessLogSettings")
    if not settings:
        return
    name = str(settings["DestinationArn"]).partition(":log-group:")[2].removesuffix(":*")
    backend: Any = logs_backends[call.account][call.region]
    if name not in backend.groups:
        return
    values = {
        "requestId": str(uuid.uuid4()),
        "extendedRequestId": str(uuid.uuid4()),
        "httpMethod": request.method,
        "path": request.path,
        "protocol": "HTTP/1.1",
        "routeKey": str(route["RouteKey"]) if route else "",
        "stage": str(stage["StageName"]),
        "status": str(reply.status),
        "responseLength": str(len(reply.content())),
        "requestTime": datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
    }
    text = _VARIABLE.sub(lambda m: values.get(m.group(1)) or "-", str(settings["Format"]))
    if stage["StageName"] not in backend.groups[name].streams:
        backend.create_log_stream(name, stage["StageName"])
    event = {"timestamp": int(call.world.clock.unix(call.account) * 1000), "message": text}
    backend.put_log_events(name, stage["StageName"], [event])
