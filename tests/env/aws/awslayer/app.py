"""The WSGI application: every call passes ledger, faults, model, rules and moto, in this order."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from . import registry
from .accounts import Principal, refusal, scope_of
from .call import Call, MotoRefused
from .control import Control
from .dataplane.front_door import FrontDoor
from .errors import AwsError
from .faults import Fault
from .ledger import Entry, ids_in
from .models import check_answer, check_request, without_secrets
from .moto_host import MotoHost
from .wire import Answer, Wire, error_in, read_result, recognise, write_error, write_result
from .world import World

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
CONTROL_PREFIX = "/_control/"


class ConnectionGone(Exception):
    """The connection is to end without an answer; the server closes it."""


class Application:
    """The layer as a WSGI application, for any number of threads."""

    def __init__(self) -> None:
        registry.load()
        self.world = World()
        self.moto = MotoHost()
        self.front_door = FrontDoor(self.world, self.moto)
        self.control = Control(self.world, self.moto, self.front_door)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serves one request, of AWS's or of the control endpoint's."""
        body = _body(environ)
        if environ.get("PATH_INFO", "").startswith(CONTROL_PREFIX):
            answer = self.control.serve(environ, body)
        elif (served := self.front_door.serve(environ) or self._page(environ, body)) is not None:
            answer = served
        else:
            answer = self._serve(environ, body)
        headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {_reason(answer.status)}", headers)
        return [answer.body]

    def _page(self, environ: dict[str, Any], body: bytes) -> Answer | None:
        for pattern, serve in registry.PAGES:
            match = pattern.match(environ.get("PATH_INFO", ""))
            if match is not None:
                with self.world.lock:
                    return serve(registry.Visit(self.world, match, environ, body))
        return None

    def _serve(self, environ: dict[str, Any], body: bytes) -> Answer:
        request_id = str(uuid.uuid4())
        scope = scope_of(environ.get("HTTP_AUTHORIZATION"))
        wire: Wire | None = None
        unreadable: AwsError | None = None
        try:
            wire = recognise(environ, body, scope)
        except AwsError as error:
            unreadable = error
        service = wire.service if wire else (scope.signing_name if scope else "unknown")
        operation = wire.operation if wire else f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO')}"
        principal = self.world.accounts.principal(scope.key_id) if scope else None
        region = scope.region if scope else ""
        if scope is None and wire is not None:
            principal, region = self._home_of_unsigned(wire)
        account = principal.account if principal else ""
        entry = self.world.ledger.open(
            service=service,
            operation=operation,
            method=environ["REQUEST_METHOD"],
            account=account,
            region=region,
            time=self.world.clock.now(account),
            request=_plain(without_secrets(wire)) if wire else {},
            request_id=request_id,
            principal=principal.arn if principal else "",
        )
        changed = (account, str(wire.params.get("ApiId"))) if wire and entry.write else ("", "")
        self.world.under_way[changed].add(entry.seq)
        try:
            answer = self._faulted(environ, body, entry, wire, principal, unreadable, bool(scope))
        except ConnectionGone:
            entry.ended = True
            raise
        finally:
            self.world.under_way[changed].discard(entry.seq)
        entry.status = answer.status
        entry.error, entry.message = error_in(answer)
        entry.ended = True
        answer.headers.append(("x-amzn-RequestId", request_id))
        return answer

    def _home_of_unsigned(self, wire: Wire) -> tuple[Principal | None, str]:
        """Calls that apps make without credentials belong to the account of the client that they name."""
        find = registry.HOMES.get(wire.service)
        with self.world.lock:
            home = find(wire.params) if find else None
        return (Principal(home[0], "anonymous", "anonymous"), home[1]) if home else (None, "")

    def _faulted(
        self,
        environ: dict[str, Any],
        body: bytes,
        entry: Entry,
        wire: Wire | None,
        principal: Principal | None,
        unreadable: AwsError | None,
        signed: bool,
    ) -> Answer:
        fault = self.world.faults.claim(entry.service, entry.operation, entry.account, entry.region)
        latency = self.world.settings.get("latency", entry.account)
        pause = float(latency.get(entry.operation, latency.get("default", 0.0)))
        if pause > 0:
            time.sleep(pause)
        if fault is not None:
            entry.fault = fault.describe()
            if fault.when == "before":
                early = self._strike(fault, environ, wire, entry)
                if early is not None:
                    return early
        try:
            if unreadable is not None:
                raise unreadable
            answer = self._answer(environ, body, entry, wire, principal, signed)
        except AwsError as error:
            answer = write_error(wire, error, entry.request_id)
        if fault is not None and fault.when == "after":
            late = self._strike(fault, environ, wire, entry)
            if late is not None:
                return late
        return answer

    def _answer(
        self,
        environ: dict[str, Any],
        body: bytes,
        entry: Entry,
        wire: Wire | None,
        principal: Principal | None,
        signed: bool,
    ) -> Answer:
        if signed and principal is None:
            raise refusal(entry.service, wire.protocol if wire else "")
        if not signed and wire is not None and wire.service in ("ec2", "iam"):
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        with self.world.lock:
            if wire is None or principal is None:
                return self.moto.call(environ, body, principal.account if principal else None)
            self._throttle(entry, wire)
            check_request(wire)
            self.world.settle(principal.account)
            self.world.region(principal.account, entry.region)
            call = Call(self.world, self.moto, wire, principal, entry.region, environ, body, entry)
            answer = self._apply(call)
            entry.effect = entry.write and answer.status < 400
            if entry.effect:
                registry.react(call)
            return answer

    def _apply(self, call: Call) -> Answer:
        handler = registry.HANDLERS.get((call.wire.service, call.wire.operation))
        if handler is not None:
            if call.wire.service == "ec2" and call.params.get("DryRun"):
                # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
                text = "Request would have succeeded, but DryRun flag is set."
                raise AwsError("DryRunOperation", text, 412)
            try:
                result = handler(call)
            except MotoRefused as refused:
                return refused.answer
            self._note_breaches(call, result)
            if call.entry.write:
                call.entry.resources.extend(ids_in(result))
            return write_result(call.wire, result, call.entry.request_id)
        if call.wire.service in registry.OWNED:
            raise AwsError("InternalFailure", f"the emulator lacks {call.wire.operation}", 501)
        answer = self.moto.call(call.environ, call.body, call.account)
        if answer.status < 400 and not call.wire.model.has_streaming_output:
            self._note_breaches(call, read_result(call.wire, answer))
        return answer

    def _note_breaches(self, call: Call, result: dict[str, Any]) -> None:
        for breach in check_answer(call.wire, result):
            self.world.violations.append(
                {
                    "account": call.account,
                    "service": call.wire.service,
                    "operation": call.wire.operation,
                    "kind": breach.kind,
                    "path": breach.path,
                    "detail": breach.detail,
                    "ownAnswer": (call.wire.service, call.wire.operation) in registry.HANDLERS,
                }
            )

    def _throttle(self, entry: Entry, wire: Wire) -> None:
        if self.world.settings.get("buckets", entry.account):
            unfiltered = not wire.params.get("Filters") and not wire.params.get("MaxResults")
            now = self.world.clock.now(entry.account)
            self.world.buckets.take(
                wire.service, wire.operation, entry.account, entry.region, now, unfiltered=unfiltered
            )

    def _strike(self, fault: Fault, environ: dict[str, Any], wire: Wire | None, entry: Entry) -> Answer | None:
        """Carries a fault out. None means: go on as if nothing had been."""
        self.world.faults.strike(fault)
        if fault.delay > 0:
            time.sleep(fault.delay)
        if fault.signal:
            os.kill(fault.pid, fault.signal)
        if fault.action == "error":
            return write_error(wire, AwsError(fault.code, fault.message, fault.status), entry.request_id)
        if fault.action == "none":
            return None
        connection: socket.socket | None = environ.get("werkzeug.socket")
        if fault.action == "hang":
            self._hang(fault, connection)
        elif fault.action == "reset" and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionGone

    def _hang(self, fault: Fault, connection: socket.socket | None) -> None:
        """Answers nothing until the client has closed or the test takes the fault back."""
        released = self.world.faults.released
        while self.world.faults.alive(fault) and not _closed(connection):
            with released:
                released.wait(timeout=0.05)


def _closed(connection: socket.socket | None) -> bool:
    if connection is None:
        return True
    readable, _, _ = select.select([connection], [], [], 0)
    if not readable:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    stream = environ["wsgi.input"]
    return bytes(stream.read(length) if length else stream.read() if _chunked(environ) else b"")


def _chunked(environ: dict[str, Any]) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _reason(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _plain(value: Any) -> Any:
    """A request as JSON can hold it."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)
