from __future__ import annotations

import pytest

from awslayer.dataplane.route_match import most_specific_route_counts
from awslayer.server import Server

from .architecture import Way
from .front import Front, fetch
from .support import Aws, control_error

rule = pytest.mark.rule


@pytest.fixture
def front(aws: Aws, layer: Server) -> Front:
    return Front(Way(aws, layer))


@rule("token_is_valid")
def test_without_a_token_401_and_with_one_200(front: Front) -> None:
    front.open()
    url = f"{front.way.aws.endpoint}/_api/{front.api}/orders/7?x=1"
    status, headers, body = fetch(url)
    assert (status, headers["www-authenticate"], body) == (401, "Bearer", {"message": "Unauthorized"})
    status, _, body = fetch(url, Authorization=f"Bearer {front.token()}")
    assert (status, body["path"], body["method"]) == (200, "/orders/7", "GET")
    assert body["task"].startswith(f"arn:aws:ecs:eu-west-1:{front.way.aws.account}:task/")
    assert body["hops"][:6] == ["stage", "route", "authorizer", "integration", "vpc link", "load balancer"]
    host = f"{front.api}.execute-api.eu-west-1.amazonaws.com"
    status, _, body = fetch(f"{front.way.aws.endpoint}/a", Host=host, Authorization=front.token("IdToken"))
    assert (status, body["path"]) == (200, "/a")
    assert fetch(f"{front.way.aws.endpoint}/a", Host=host)[0] == 401
    assert fetch(f"{front.way.aws.endpoint}/_api/0000000000/")[0] == 404


def test_the_endpoint_that_is_shown_can_be_called_when_a_test_asks_for_it(front: Front) -> None:
    front.way.aws.settings(apiEndpoints="layer")
    shown = front.way.gateway.get_api(ApiId=front.api)["ApiEndpoint"]
    assert shown == f"{front.way.aws.endpoint}/_api/{front.api}"
    assert fetch(shown)[0] == 401
    assert [a["ApiEndpoint"] for a in front.way.gateway.get_apis()["Items"]] == [shown]


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


@rule("routes_are_throttled")
def test_a_route_answers_429_beyond_its_limits(front: Front) -> None:
    way = front.open().way
    front.open_route("GET /open")
    limits = {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 0.01}
    settings = {"GET /open": {"ThrottlingBurstLimit": 1}}
    way.gateway.update_stage(ApiId=front.api, StageName="$default", DefaultRouteSettings=limits, RouteSettings=settings)
    assert [front.walk("/open")["status"] for _ in range(2)] == [200, 429]
    assert [front.walk("/")["status"] for _ in range(3)] == [401, 401, 429]
    way.aws.step(100)
    assert front.walk("/open")["status"] == 200
    assert front.walk("/open")["body"] == {"message": "Too Many Requests"}


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
    assert fetch(f"{way.aws.endpoint}/v1/a", Host=name, Authorization=token)[0] == 403
    way.gateway.create_api_mapping(DomainName=name, ApiId=front.api, Stage="$default", ApiMappingKey="v1")
    way.gateway.update_api(ApiId=front.api, DisableExecuteApiEndpoint=True)
    status, _, body = fetch(f"{way.aws.endpoint}/v1/a", Host=name, Authorization=token)
    assert (status, body["path"]) == (200, "/a")
    assert fetch(f"{way.aws.endpoint}/v1x/a", Host=name, Authorization=token)[0] == 403
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
