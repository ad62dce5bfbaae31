"""The control endpoint: what tests order and ask, as JSON under /_control/."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from . import reach_order, registry
from .call import Call
from .dataplane.front_door import FrontDoor
from .dump import dump
from .errors import AwsError, ControlError
from .moto_host import MotoHost
from .rules.apigatewayv2 import store as gateway
from .rules.apigatewayv2 import vpc_link
from .rules.autoscaling import target as scalable_target
from .rules.ec2 import vpc_block
from .rules.ecr import push
from .rules.ecs import order as tasks_order
from .rules.elbv2 import load_balancer
from .staleness import Lag
from .wire import Answer
from .world import World

Query = dict[str, str]


class Control:
    """Serves the control endpoint. Every route is in `routes`; the README lists them."""

    def __init__(self, world: World, moto: MotoHost, front_door: FrontDoor) -> None:
        self._world = world
        self._moto = moto
        self._front_door = front_door
        self.routes: dict[tuple[str, str], Callable[[Query, Any], Any]] = {
            ("GET", "health"): self._health,
            ("POST", "reset"): self._reset,
            ("GET", "ledger"): self._ledger,
            ("DELETE", "ledger"): self._ledger_reset,
            ("GET", "uses"): self._uses,
            ("GET", "dump"): self._dump,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._clock_change,
            ("GET", "settings"): self._settings,
            ("POST", "settings"): self._settings_change,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._faults_add,
            ("DELETE", "faults"): self._faults_remove,
            ("POST", "hide"): self._hide,
            ("POST", "nat-failures"): self._nat_failures_add,
            ("POST", "block-failures"): self._block_failures,
            ("POST", "images"): self._images,
            ("GET", "applications"): self._applications,
            ("POST", "applications"): self._applications_order,
            ("POST", "tasks"): self._tasks,
            ("POST", "scale"): self._scale,
            ("POST", "reach"): self._reach,
            ("POST", "walk"): self._walk,
            ("POST", "vpc-links"): self._vpc_links,
            ("POST", "load-balancers"): self._load_balancers,
            ("POST", "gateway-failures"): self._gateway_failures,
            ("GET", "violations"): self._violations,
            ("GET", "rules"): self._rules,
        }

    def serve(self, environ: dict[str, Any], body: bytes) -> Answer:
        """Answers one request; mistakes in it are said with status 400."""
        method = environ["REQUEST_METHOD"]
        name = environ["PATH_INFO"].removeprefix("/_control/").strip("/")
        query = {k: v[-1] for k, v in parse_qs(environ.get("QUERY_STRING", "")).items()}
        route = self.routes.get((method, name))
        if route is None:
            known = ", ".join(f"{m} /_control/{n}" for m, n in self.routes)
            return _json({"error": f"no {method} /_control/{name}; there is {known}"}, 404)
        try:
            return _json(route(query, json.loads(body) if body else {}))
        except (ControlError, AwsError, ValueError, TypeError, KeyError) as error:
            return _json({"error": str(error) or repr(error)}, 400)

    def _health(self, query: Query, body: Any) -> Any:
        return {"status": "ok", "calls": self._world.ledger.last}

    def _reset(self, query: Query, body: Any) -> Any:
        account = query.get("account") or body.get("account")
        with self._world.lock:
            self._moto.reset(account)
            self._world.reset(account)
        return {"reset": account or "everything"}

    def _ledger(self, query: Query, body: Any) -> Any:
        write = {"true": True, "false": False, None: None}[query.get("write")]
        entries = self._world.ledger.select(
            since=int(query.get("since", 0)),
            account=query.get("account"),
            service=query.get("service"),
            operation=query.get("operation"),
            write=write,
        )
        return {"last": self._world.ledger.last, "entries": entries}

    def _ledger_reset(self, query: Query, body: Any) -> Any:
        self._world.ledger.reset(query.get("account"))
        return {"last": self._world.ledger.last}

    def _uses(self, query: Query, body: Any) -> Any:
        return {"uses": self._world.ledger.uses()}

    def _dump(self, query: Query, body: Any) -> Any:
        account = query.get("account")
        if not account:
            raise ControlError("dump needs ?account=")
        with self._world.lock:
            self._world.settle(account)
            return dump(self._world, self._moto, account, query.get("region"))

    def _clock(self, query: Query, body: Any) -> Any:
        return {"now": self._world.clock.now(query.get("account")), "scale": self._world.clock.scale}

    def _clock_change(self, query: Query, body: Any) -> Any:
        account = query.get("account") or body.get("account")
        unknown = set(body) - {"scale", "step", "account"}
        if unknown:
            raise ControlError(f"unknown: {sorted(unknown)}; a clock takes scale and step")
        with self._world.lock:
            if "scale" in body:
                scale = float(body["scale"])
                if scale < 0 or account:
                    raise ControlError("scale is 0 or more, and for all accounts together")
                self._world.clock.set_scale(scale)
            if "step" in body:
                step = float(body["step"])
                if step < 0:
                    raise ControlError("time does not run backwards")
                self._world.clock.step(step, account)
        return self._clock({"account": account} if account else {}, {})

    def _settings(self, query: Query, body: Any) -> Any:
        return self._world.settings.view(query.get("account"))

    def _settings_change(self, query: Query, body: Any) -> Any:
        if body.get("lag"):
            Lag.of(body["lag"])
        with self._world.lock:
            return self._world.settings.change(body, query.get("account"))

    def _faults(self, query: Query, body: Any) -> Any:
        return {"faults": self._world.faults.view()}

    def _faults_add(self, query: Query, body: Any) -> Any:
        return self._world.faults.add({**({"account": query["account"]} if "account" in query else {}), **body})

    def _faults_remove(self, query: Query, body: Any) -> Any:
        if "id" in query:
            self._world.faults.remove(int(query["id"]))
        else:
            self._world.faults.reset(query.get("account"))
        return self._faults(query, body)

    def _hide(self, query: Query, body: Any) -> Any:
        account = query.get("account") or body.pop("account", None)
        resource = body.pop("id", None)
        if not account or not resource:
            raise ControlError("hide needs account and id")
        with self._world.lock:
            self._world.staleness.hide(account, resource, Lag.of(body), self._world.clock.now(account))
        return {"hidden": resource}

    def _nat_failures_add(self, query: Query, body: Any) -> Any:
        account = query.get("account") or body.get("account")
        if not account or not body.get("code"):
            raise ControlError("nat-failures needs account and code")
        order = {"account": account, "code": body["code"], "message": body.get("message", body["code"])}
        with self._world.lock:
            self._world.nat_failures.append(order)
        return order

    def _block_failures(self, query: Query, body: Any) -> Any:
        if not body.get("message"):
            raise ControlError("block-failures needs a message")
        with self._world.lock:
            vpc_block.fail_next(self._call(query, body), body["message"])
        return {"message": body["message"]}

    def _vpc_links(self, query: Query, body: Any) -> Any:
        with self._world.lock:
            call = self._call(query, body)
            self._world.settle(call.account)
            return vpc_link.order(call, body)

    def _load_balancers(self, query: Query, body: Any) -> Any:
        with self._world.lock:
            call = self._call(query, body)
            self._world.settle(call.account)
            return load_balancer.order(call, body)

    def _gateway_failures(self, query: Query, body: Any) -> Any:
        what = body.get("of")
        if what not in ("vpc-link", "deployment") or not body.get("message"):
            raise ControlError("gateway-failures needs of (vpc-link or deployment) and a message")
        with self._world.lock:
            gateway.store(self._call(query, body)).failures.append((what, body["message"]))
        return {"of": what, "message": body["message"]}

    def _scale(self, query: Query, body: Any) -> Any:
        with self._world.lock:
            call = self._call(query, body)
            self._world.settle(call.account)
            return scalable_target.order(call, body)

    def _call(self, query: Query, body: Any) -> Call:
        account = query.get("account") or body.get("account")
        if not account or not body.get("region"):
            raise ControlError("account and region are needed")
        return self._internal(account, body["region"])

    def _internal(self, account: str, region: str) -> Call:
        return Call.of_nobody(self._world, self._moto, account, region)

    def _walk(self, query: Query, body: Any) -> Any:
        return self._front_door.ask(body)

    def _reach(self, query: Query, body: Any) -> Any:
        with self._world.lock:
            call = self._call(query, body)
            self._world.settle(call.account)
            return reach_order.serve(call, body)

    def _images(self, query: Query, body: Any) -> Any:
        with self._world.lock:
            return push.push(self._call(query, body), body)

    def _applications(self, query: Query, body: Any) -> Any:
        return {"applications": self._world.applications.view()}

    def _applications_order(self, query: Query, body: Any) -> Any:
        with self._world.lock:
            order = {**({"account": query["account"]} if "account" in query else {}), **body}
            ordered = self._world.applications.order(order)
            for region in self._world.all_regions():
                tasks_order.look_again(self._internal(region.account, region.name))
            return ordered

    def _tasks(self, query: Query, body: Any) -> Any:
        with self._world.lock:
            call = self._call(query, body)
            self._world.settle(call.account)
            return tasks_order.serve(call, body)

    def _violations(self, query: Query, body: Any) -> Any:
        account = query.get("account")
        return {"violations": [v for v in self._world.violations if account in (None, v["account"])]}

    def _rules(self, query: Query, body: Any) -> Any:
        return {
            "rules": [
                {"name": r.name, "operations": r.operations, "summary": r.summary, "source": r.source}
                for r in registry.RULES.values()
            ]
        }


def _json(value: Any, status: int = 200) -> Answer:
    """JSON with a line for each member, and for each item of a list: to be read by people, too.

    Indented throughout it would take ten times as long, which tests that ask often feel.
    """
    members = [f"{_line(name)}: {_lines(member)}" for name, member in sorted(value.items())]
    text = "{\n" + ",\n".join(members) + "\n}\n"
    return Answer(status, [("Content-Type", "application/json")], text.encode())


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _line(value)
    return "[\n" + ",\n".join(_line(item) for item in value) + "\n]"


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
