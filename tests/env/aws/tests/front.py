"""An API in front of tasks, built by tests: the whole way of a request."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from .architecture import Way


class Front:
    """The whole way: an API with an authorizer, a link, a load balancer, and two tasks."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.pool, self.client = way.pool()
        self.api, self.link = way.api(), way.link()
        self.group = way.target_group()
        self.balancer = way.balancer()
        self.listener = way.listener(self.balancer, self.group)
        self.integration = way.integration(self.api, self.link, self.listener)
        self.target = f"integrations/{self.integration}"
        self.authorizer = way.authorizer(self.api, self.pool, self.client)
        jwt = {"AuthorizationType": "JWT", "AuthorizerId": self.authorizer}
        self.route = way.route(self.api, Target=self.target, **jwt)
        way.stage(self.api)
        self.tasks = [way.task(self.group), way.task(self.group, subnet=1)]

    def open(self) -> Front:
        """Every gate between link, load balancer and tasks, one group each."""
        way = self.way
        way.out(way.link_group, 80, group=way.balancer_group)
        way.let_in(way.balancer_group, 80, group=way.link_group)
        way.balancer_to_task()
        return self

    def token(self, kind: str = "AccessToken", client: str | None = None) -> str:
        cognito = self.way.aws.client("cognito-idp")
        if not cognito.list_users(UserPoolId=self.pool)["Users"]:
            cognito.admin_create_user(UserPoolId=self.pool, Username="ann", MessageAction="SUPPRESS")
            cognito.admin_set_user_password(UserPoolId=self.pool, Username="ann", Password="Passw0rd!x", Permanent=True)
        shown = cognito.initiate_auth(
            ClientId=client or self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": "Passw0rd!x"},
        )
        return str(shown["AuthenticationResult"][kind])

    def walk(self, path: str = "/", **more: Any) -> Any:
        return self.way.aws.control("POST", "walk", {"api": self.api, "path": path, **more})

    def stops_at(self, **more: Any) -> tuple[int, str]:
        """The status, and the hop that is closed."""
        shown = self.walk(**more)
        return shown["status"], next((h["hop"] for h in shown["hops"] if not h["ok"]), "")

    def open_route(self, key: str, **more: Any) -> str:
        return self.way.route(self.api, key, Target=self.target, **more)


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON body of a request's answer."""
    request = urllib.request.Request(url, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            text, status, shown = answer.read(), answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        text, status, shown = error.read(), error.code, dict(error.headers)
    return status, shown, json.loads(text) if text else None
