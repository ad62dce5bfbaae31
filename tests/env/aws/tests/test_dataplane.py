from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from awslayer.dataplane.route_match import most_specific_route_counts
from awslayer.server import Server

from .architecture import APP, Way
from .support import Aws, control_error

rule = pytest.mark.rule


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


@pytest.fixture
def front(aws: Aws, layer: Server) -> Front:
    return Front(Way(aws, layer))


def _fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], Any]:
    request = urllib.request.Request(url, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            text, status, shown = answer.read(), answer.status, dict(answer.headers)
    except urllib.error.HTTPError as error:
        text, status, shown = error.read(), error.code, dict(error.headers)
    return status, shown, json.loads(text) if text else None


@rule("token_is_valid")
def test_without_a_token_401_and_with_one_200(front: Front) -> None:
    front.open()
    url = f"{front.way.aws.endpoint}/_api/{front.api}/orders/7?x=1"
    status, headers, body = _fetch(url)
    assert (status, headers["www-authenticate"], body) == (401, "Bearer", {"message": "Unauthorized"})
    status, _, body = _fetch(url, Authorization=f"Bearer {front.token()}")
    assert (status, body["path"], body["method"]) == (200, "/orders/7", "GET")
    assert body["task"].startswith(f"arn:aws:ecs:eu-west-1:{front.way.aws.account}:task/")
    assert body["hops"][:6] == ["stage", "route", "authorizer", "integration", "vpc link", "load balancer"]
    host = f"{front.api}.execute-api.eu-west-1.amazonaws.com"
    status, _, body = _fetch(f"{front.way.aws.endpoint}/a", Host=host, Authorization=front.token("IdToken"))
    assert (status, body["path"]) == (200, "/a")
    assert _fetch(f"{front.way.aws.endpoint}/a", Host=host)[0] == 401
    assert _fetch(f"{front.way.aws.endpoint}/_api/0000000000/")[0] == 404


def test_what_is_wrong_with_a_token_is_said_in_a_header(front: Front) -> None:
    front.open()

    def refused(token: str) -> str:
        shown = front.walk(token=token)
        assert (shown["status"], shown["body"]) == (401, {"message": "Unauthorized"})
        return str(shown["headers"]["www-authenticate"])

    assert 'error="invalid_token"' in refused("a.b.c")
    good = front.token()
    head, body, signature = good.split(".")
    swapped = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert "signature" in refused(f"{head}.{body}.{swapped}")
    cognito = front.way.aws.client("cognito-idp")
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = cognito.create_user_pool_client(UserPoolId=front.pool, ClientName="other", ExplicitAuthFlows=flows)
    assert "does not have a valid audience" in refused(front.token(client=made["UserPoolClient"]["ClientId"]))
    assert front.walk(token=good)["status"] == 200
    front.way.aws.step(3601)
    assert "expired" in refused(good)


@rule("token_has_a_scope")
def test_a_route_with_scopes_answers_403_to_a_token_without(front: Front) -> None:
    front.open()
    scope = "aws.cognito.signin.user.admin"
    change = front.way.gateway.update_route
    change(ApiId=front.api, RouteId=front.route, AuthorizationScopes=["orders/read"])
    shown = front.walk(token=front.token())
    assert (shown["status"], shown["body"]) == (403, {"message": "Forbidden"})
    assert "none of the scopes orders/read" in shown["hops"][-1]["why"]
    change(ApiId=front.api, RouteId=front.route, AuthorizationScopes=["orders/read", scope])
    assert front.walk(token=front.token())["status"] == 200
    assert front.walk(token=front.token("IdToken"))["status"] == 403


def test_every_rule_on_the_way_is_needed(front: Front) -> None:
    front.open()
    way = front.way
    link, balancer, task = way.link_group, way.balancer_group, way.task_group
    token = front.token()
    assert front.stops_at(token=token) == (200, "")
    gates: list[tuple[Any, Any, tuple[Any, ...], str]] = [
        (way.no_longer_out, way.out, (link, 80, balancer), "egress of vpc link"),
        (way.no_longer_in, way.let_in, (balancer, 80, link), "ingress of load balancer from vpc link"),
        (way.no_longer_out, way.out, (balancer, APP, task), "egress of load balancer web to target"),
        (way.no_longer_in, way.let_in, (task, APP, balancer), "ingress of target"),
    ]
    for close, reopen, (owner, port, peer), words in gates:
        close(owner, port, group=peer)
        status, hop = front.stops_at(token=token)
        assert status == 503
        assert hop.startswith(words), hop
        reopen(owner, port, group=peer)
        assert front.stops_at(token=token) == (200, "")


def test_the_group_of_the_link_does_not_reach_tasks_behind_a_balancer_with_another(front: Front) -> None:
    way = front.open().way
    way.no_longer_in(way.task_group, group=way.balancer_group)
    way.let_in(way.task_group, group=way.link_group)
    assert front.stops_at(token=front.token())[1].startswith("ingress of target")
    preserve = [{"Key": "preserve_client_ip.enabled", "Value": "true"}]
    way.elb.modify_target_group_attributes(TargetGroupArn=front.group, Attributes=preserve)
    assert front.stops_at(token=front.token())[1].startswith("ingress of target")


def test_one_group_for_link_and_balancer_makes_the_way_too(front: Front) -> None:
    way = front.way
    both, task = way.link_group, way.task_group
    way.elb.set_security_groups(LoadBalancerArn=front.balancer, SecurityGroups=[both])
    steps: list[tuple[Any, str, int, str]] = [
        (way.out, both, 80, both),
        (way.let_in, both, 80, both),
        (way.out, both, APP, task),
        (way.let_in, task, APP, both),
    ]
    for allow, owner, port, peer in steps:
        assert front.stops_at(token=front.token())[0] == 503
        allow(owner, port, group=peer)
    assert front.stops_at(token=front.token()) == (200, "")


def test_the_way_ends_where_something_is_not_there(front: Front) -> None:
    way, token = front.open().way, front.token()
    gateway = way.gateway
    way.aws.control("POST", "vpc-links", {"region": "eu-west-1", "id": front.link, "status": "FAILED"})
    assert front.stops_at(token=token) == (503, "vpc link")
    way.aws.control("POST", "vpc-links", {"region": "eu-west-1", "id": front.link, "status": "AVAILABLE"})
    assert front.stops_at(token=token) == (200, "")
    addresses = [{"Id": a} for a in front.tasks]
    way.elb.deregister_targets(TargetGroupArn=front.group, Targets=addresses)
    assert front.stops_at(token=token) == (503, "targets")
    way.elb.register_targets(TargetGroupArn=front.group, Targets=addresses)
    way.elb.delete_listener(ListenerArn=front.listener)
    assert front.stops_at(token=token) == (503, "listener")
    gateway.update_route(ApiId=front.api, RouteId=front.route, RouteKey="GET /only")
    assert front.stops_at(token=token) == (404, "route")
    gateway.delete_stage(ApiId=front.api, StageName="$default")
    assert front.stops_at(token=token) == (404, "stage")
    gateway.update_api(ApiId=front.api, DisableExecuteApiEndpoint=True)
    assert front.stops_at(token=token) == (404, "api")
    gateway.delete_api(ApiId=front.api)
    assert front.stops_at(token=token) == (404, "api")


@rule("traffic_wakes_a_link")
def test_traffic_wakes_an_inactive_link(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.aws.durations(link_create=120)
    way.aws.control("POST", "vpc-links", {"region": "eu-west-1", "id": front.link, "status": "INACTIVE"})
    for _ in range(2):
        assert front.stops_at(token=token) == (503, "vpc link")
        assert way.gateway.get_vpc_link(VpcLinkId=front.link)["VpcLinkStatus"] == "PENDING"
    way.aws.step(121)
    assert front.stops_at(token=token) == (200, "")


def test_a_balancer_that_is_provisioning_serves_nothing(aws: Aws, layer: Server) -> None:
    aws.durations(balancer_create=150)
    front = Front(Way(aws, layer)).open()
    assert front.stops_at(token=front.token()) == (503, "load balancer")
    aws.step(151)
    assert front.stops_at(token=front.token()) == (200, "")


@rule("unhealthy_groups_fail_open")
def test_healthy_targets_serve_and_without_any_all_do(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.elb.modify_target_group(TargetGroupArn=front.group, HealthCheckProtocol="HTTP")
    way.application(does="errors")
    shown = front.walk(token=token)
    assert shown["status"] == 500
    assert any("fails open" in h["why"] for h in shown["hops"])
    way.application(does="silent")
    assert front.stops_at(token=token) == (503, "task")
    way.application(does="answers")
    assert any("2 of 2 targets" in h["why"] for h in front.walk(token=token)["hops"])
    way.elb.register_targets(TargetGroupArn=front.group, Targets=[{"Id": "10.0.1.200"}])
    assert any("2 of 3 targets" in h["why"] for h in front.walk(token=token)["hops"])
    assert front.stops_at(token=token) == (200, "")


def test_without_cross_zone_only_zones_with_healthy_targets_take_part(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.elb.deregister_targets(TargetGroupArn=front.group, Targets=[{"Id": front.tasks[1]}])
    assert any(h["hop"] == "zones" and "eu-west-1a" in h["why"] for h in front.walk(token=token)["hops"])
    cross = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    way.elb.modify_load_balancer_attributes(LoadBalancerArn=front.balancer, Attributes=cross)
    shown = front.walk(token=token)
    assert shown["status"] == 200
    assert not any(h["hop"] == "zones" for h in shown["hops"])


@rule("stage_is_in_the_path", "stage_is_part_of_the_backends_path")
def test_the_name_of_a_stage_reaches_the_application_unless_the_path_is_overwritten(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.stage(front.api, StageName="prod")
    assert front.walk("/prod/orders", token=token)["body"]["path"] == "/prod/orders"
    assert front.walk("/orders", token=token)["body"]["path"] == "/orders"
    mapped = {"overwrite:path": "$request.path"}
    way.gateway.update_integration(ApiId=front.api, IntegrationId=front.integration, RequestParameters=mapped)
    assert front.walk("/prod/orders", token=token)["body"]["path"] == "/orders"
    assert front.walk("/prod", token=token)["body"]["path"] == "/"


def test_a_stage_serves_what_was_deployed(front: Front) -> None:
    way, token = front.open().way, front.token()
    way.gateway.update_stage(ApiId=front.api, StageName="$default", AutoDeploy=False)
    front.open_route("GET /open")
    assert front.walk("/open")["status"] == 401
    way.gateway.create_deployment(ApiId=front.api, StageName="$default")
    assert front.walk("/open")["status"] == 200
    assert front.walk("/closed", token=token)["status"] == 200


@rule("most_specific_route_counts")
@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/2", "GET /{proxy+}"),
        ("POST", "/test/5", "ANY /{proxy+}"),
        ("GET", "/pets/dog/1/", "GET /pets/dog/1"),
        ("POST", "/", "$default"),
    ],
)
def test_the_most_specific_route_is_taken(method: str, path: str, key: str) -> None:
    keys = ("$default", "ANY /{proxy+}", "GET /{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1")
    found = most_specific_route_counts([{"RouteKey": k} for k in keys], method, path)
    assert found == {"RouteKey": key}
    assert most_specific_route_counts([{"RouteKey": "GET /a"}], "GET", "/b") is None


@rule("api_answers_preflights")
def test_preflights(front: Front) -> None:
    way = front.open().way
    ask = {"origin": "https://a.example", "access-control-request-method": "GET"}
    assert front.walk(method="OPTIONS", headers=ask)["status"] == 401
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["authorization"]}
    way.gateway.update_api(ApiId=front.api, CorsConfiguration={**cors, "MaxAge": 60, "AllowCredentials": True})
    # $default takes OPTIONS too, with its authorizer.
    assert front.walk(method="OPTIONS", headers=ask)["status"] == 401
    route = front.open_route("OPTIONS /{proxy+}")
    shown = front.walk("/orders", method="OPTIONS", headers=ask)
    assert (shown["status"], shown["body"]) == (204, None)
    assert shown["headers"] == {
        "access-control-allow-origin": "https://a.example",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "authorization",
        "access-control-max-age": "60",
    }
    other = front.walk("/orders", method="OPTIONS", headers={**ask, "origin": "https://b.example"})
    assert other["headers"] == {}
    way.gateway.delete_route(ApiId=front.api, RouteId=route)
    way.gateway.update_route(ApiId=front.api, RouteId=front.route, RouteKey="GET /{proxy+}")
    assert front.walk("/orders", method="OPTIONS", headers=ask)["status"] == 204
    answered = front.walk("/orders", token=front.token(), headers={"origin": "https://a.example"})
    assert answered["headers"]["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" in front.walk("/orders", headers=ask)["headers"]


@rule("longest_mapping_counts")
def test_a_custom_domain_leads_to_its_stage(front: Front) -> None:
    way, name = front.open().way, f"way-{front.way.aws.account}.example.com"
    certificate = way.aws.client("acm").request_certificate(DomainName=name)["CertificateArn"]
    config = [{"CertificateArn": certificate, "EndpointType": "REGIONAL"}]
    way.gateway.create_domain_name(DomainName=name, DomainNameConfigurations=config)
    token = front.token()
    assert _fetch(f"{way.aws.endpoint}/v1/a", Host=name, Authorization=token)[0] == 403
    way.gateway.create_api_mapping(DomainName=name, ApiId=front.api, Stage="$default", ApiMappingKey="v1")
    way.gateway.update_api(ApiId=front.api, DisableExecuteApiEndpoint=True)
    status, _, body = _fetch(f"{way.aws.endpoint}/v1/a", Host=name, Authorization=token)
    assert (status, body["path"]) == (200, "/a")
    assert _fetch(f"{way.aws.endpoint}/v1x/a", Host=name, Authorization=token)[0] == 403
    way.gateway.create_api_mapping(DomainName=name, ApiId=front.api, Stage="$default")
    shown = way.aws.control("POST", "walk", {"host": name, "path": "/v1x/a", "token": token})
    assert (shown["status"], shown["body"]["path"]) == (200, "/v1x/a")
    assert way.aws.control("POST", "walk", {"host": "none.example", "path": "/"})["status"] == 404
    assert "api or the host" in control_error(way.aws, "POST", "walk", {"path": "/"})


@rule("write")
def test_access_logs_have_a_line_for_every_request(front: Front) -> None:
    way = front.open().way
    logs = way.aws.client("logs")
    logs.create_log_group(logGroupName="/aws/vendedlogs/web")
    arn = f"arn:aws:logs:eu-west-1:{way.aws.account}:log-group:/aws/vendedlogs/web"
    text = "$context.status $context.httpMethod $context.routeKey $context.authorizer.error $context.requestId"
    settings = {"DestinationArn": arn, "Format": text}
    way.gateway.update_stage(ApiId=front.api, StageName="$default", AccessLogSettings=settings)
    front.walk()
    front.walk(token=front.token())
    events = logs.get_log_events(logGroupName="/aws/vendedlogs/web", logStreamName="$default")["events"]
    assert [e["message"].rpartition(" ")[0] for e in events] == ["401 GET $default -", "200 GET $default -"]


def test_the_way_through_is_shut_again_when_the_account_is_reset(front: Front) -> None:
    front.open()
    front.way.aws.control("POST", "reset")
    assert front.stops_at() == (404, "api")
