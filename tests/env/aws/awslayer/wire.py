"""Between bytes and values: which operation a request asks for, its parameters, and answers."""

from __future__ import annotations

import json
import re
import threading
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.parsers
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from .accounts import Scope
from .errors import AwsError

_EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
# Signing names that are not the name of the service model.
_SIGNING_NAMES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "email": "ses",
    "execute-api": "apigatewaymanagementapi",
}
# What is called without credentials, by target or by action.
_TARGETS = {"AWSCognitoIdentityProviderService": "cognito-idp"}
_UNSIGNED = {"AssumeRoleWithWebIdentity": "sts"}
# To read a model, or the paths of its operations, takes as long as hundreds of calls: one thread does, once, and not
# all that wait for it.
_LOADING = threading.Lock()
# Statuses that EC2 uses for codes which are not plain client errors.
_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_XML_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")


@dataclass
class Wire:
    """A request whose operation is known, and how its answer must be written."""

    service: str
    operation: str
    protocol: str
    model: Any
    params: dict[str, Any]
    unknown: list[str]


@dataclass
class Answer:
    """What goes back to the client."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def recognise(environ: dict[str, Any], body: bytes, scope: Scope | None) -> Wire | None:
    """Finds service, operation and parameters of a request; None if no model describes it.

    Raises AwsError when a value cannot even be read as the type that the model asks for.
    """
    service = _service(environ, body, scope)
    if service is None:
        return None
    try:
        with _LOADING:
            service_model = get_service_model(service)
        protocol = determine_request_protocol(service_model, environ.get("CONTENT_TYPE", ""))
    except Exception:  # noqa: BLE001 - botocore and moto raise several kinds; all mean "no such model"
        return None
    request = Request(_replayed(environ, body))
    values = _form(environ, body) if protocol in ("query", "ec2") else {}
    uri: dict[str, Any] = {}
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if values:
        operation = values.get("Action", "")
    elif target:
        operation = target.rpartition(".")[2]
    else:
        try:
            with _LOADING:
                matched, uri = get_service_router(service).match(request)
            operation = str(matched.name)
        except (NotFound, NotImplementedError):
            return None
    if operation not in service_model.operation_names:
        raise AwsError("InvalidAction", f"The action {operation} is not valid for this web service.")
    model = service_model.operation_model(operation)
    try:
        params = PROTOCOL_PARSERS[protocol](model).parse(
            {
                "method": environ["REQUEST_METHOD"],
                "values": MultiDict(values) if values else request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": uri,
            }
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise AwsError(malformed_code(service, protocol), f"A parameter has the wrong type: {error}") from error
    unknown = _unknown_keys(model, values) if protocol in ("ec2", "query") else []
    return Wire(service, operation, protocol, model, dict(params or {}), unknown)


def malformed_code(service: str, protocol: str) -> str:
    """The error code by which a service refuses what its model does not allow."""
    codes = {
        "ec2": "InvalidParameterValue",
        "cognito-idp": "InvalidParameterException",
        "ecs": "InvalidParameterException",
        "ecr": "InvalidParameterException",
        "logs": "InvalidParameterException",
        "apigatewayv2": "BadRequestException",
    }
    return codes.get(service, "ValidationError" if protocol == "query" else "ValidationException")


def write_result(wire: Wire, result: dict[str, Any], request_id: str) -> Answer:
    """Serialises a result in the protocol of the request."""
    if wire.protocol == "ec2":
        return Answer(200, [("Content-Type", "text/xml;charset=UTF-8")], _ec2_body(wire, result, request_id))
    return _by_moto(wire, result, request_id)


def write_error(wire: Wire | None, error: AwsError, request_id: str) -> Answer:
    """Serialises an error; a request that was not understood is answered in EC2's form."""
    if wire is None or wire.protocol == "ec2":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
            f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
            f"</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
        return Answer(error.status, [("Content-Type", "text/xml;charset=UTF-8")], body.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = _by_moto(wire, error, request_id)
    return Answer(error.status if error.status != 400 else answer.status, answer.headers, answer.body)


def read_result(wire: Wire, answer: Answer) -> dict[str, Any]:
    """Parses an answer of moto's as an SDK would."""
    protocol = wire.model.service_model.protocol
    parser = botocore.parsers.create_parser(protocol)
    headers = {name.lower(): value for name, value in answer.headers}
    parsed = parser.parse(
        {"headers": headers, "body": answer.body, "status_code": answer.status}, wire.model.output_shape
    )
    parsed.pop("ResponseMetadata", None)
    return dict(parsed)


def error_in(answer: Answer) -> tuple[str | None, str | None]:
    """Code and message of an error answer, whatever its protocol."""
    if answer.status < 400:
        return None, None
    code = _XML_CODE.search(answer.body)
    if code:
        message = _XML_MESSAGE.search(answer.body)
        return code.group(1).decode(), message.group(1).decode() if message else None
    headers = {name.lower(): value for name, value in answer.headers}
    name = headers.get("x-amzn-errortype", "")
    text = None
    try:
        parsed = json.loads(answer.body)
        name = name or str(parsed.get("__type", ""))
        text = parsed.get("message", parsed.get("Message"))
    except (ValueError, AttributeError):
        pass
    return (name.rpartition("#")[2].partition(":")[0] or str(answer.status)), text


def form_request(wire: Wire, params: dict[str, Any]) -> bytes:
    """The body of a query request with other parameters: how the layer asks moto."""
    from botocore.serialize import create_serializer

    built = create_serializer(wire.model.service_model.protocol).serialize_to_request(params, wire.model)
    body = built["body"]
    if isinstance(body, dict):
        from urllib.parse import urlencode

        return urlencode(body).encode()
    return body.encode() if isinstance(body, str) else bytes(body)


def _service(environ: dict[str, Any], body: bytes, scope: Scope | None) -> str | None:
    if scope is None:
        target = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")[0]
        return _TARGETS.get(target) or _UNSIGNED.get(_form(environ, body).get("Action", ""))
    if scope.signing_name == "apigateway" and environ.get("PATH_INFO", "").startswith("/v2/"):
        return "apigatewayv2"
    return _SIGNING_NAMES.get(scope.signing_name, scope.signing_name)


def _form(environ: dict[str, Any], body: bytes) -> dict[str, str]:
    text = body.decode("utf-8", "replace") or environ.get("QUERY_STRING", "")
    return dict(parse_qsl(text, keep_blank_values=True))


def _replayed(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    import io

    return {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


_ENVELOPE = {"Action", "Version", "AWSAccessKeyId", "Timestamp", "SignatureVersion", "Signature"}


def _unknown_keys(model: Any, values: dict[str, str]) -> list[str]:
    """Names of form fields that the model does not know, at the top level."""
    shape = model.input_shape
    ec2 = model.service_model.protocol == "ec2"
    known = set(_ENVELOPE)
    for name, member in shape.members.items() if shape else ():
        wire_name = member.serialization.get("queryName")
        if wire_name is None:
            wire_name = member.serialization.get("name", name)
            if ec2:
                wire_name = wire_name[0].upper() + wire_name[1:]
        known.add(wire_name)
    return sorted({key for key in values if key.partition(".")[0] not in known})


def _by_moto(wire: Wire, result: Any, request_id: str) -> Answer:
    serializer = get_serializer_class(wire.service, wire.protocol)(
        operation_model=wire.model, context=SerializationContext(request_id)
    )
    made = serializer.serialize(result)
    body = made["body"]
    headers = [(str(k), str(v)) for k, v in made["headers"].items()]
    if int(made["status_code"]) == 204:
        # A body, which this status forbids, would be taken for the beginning of the next answer.
        return Answer(204, [], b"")
    return Answer(int(made["status_code"]), headers, body if isinstance(body, bytes) else body.encode())


def _ec2_body(wire: Wire, result: dict[str, Any], request_id: str) -> bytes:
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<{wire.operation}Response xmlns="{_EC2_NAMESPACE}"><requestId>{request_id}</requestId>',
    ]
    if wire.model.output_shape is not None:
        _ec2_members(wire.model.output_shape, result, out)
    out.append(f"</{wire.operation}Response>")
    return "".join(out).encode()


def _ec2_members(shape: Any, value: dict[str, Any], out: list[str]) -> None:
    members = shape.members
    for name, item in value.items():
        if item is not None:
            member = members[name]
            _ec2_value(member, member.serialization.get("name", name), item, out)


def _ec2_value(shape: Any, name: str, value: Any, out: list[str]) -> None:
    kind = shape.type_name
    if kind == "structure":
        out.append(f"<{name}>")
        _ec2_members(shape, value, out)
        out.append(f"</{name}>")
    elif kind == "list":
        member = shape.member
        item_name = member.serialization.get("name", "item")
        out.append(f"<{name}>")
        for item in value:
            _ec2_value(member, item_name, item, out)
        out.append(f"</{name}>")
    elif kind == "boolean":
        out.append(f"<{name}>{'true' if value else 'false'}</{name}>")
    elif kind == "timestamp":
        out.append(f"<{name}>{_timestamp(value)}</{name}>")
    else:
        out.append(f"<{name}>{escape(str(value))}</{name}>")


def _timestamp(value: datetime) -> str:
    stamp = value if value.tzinfo is None else value.astimezone(UTC)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.000Z")
