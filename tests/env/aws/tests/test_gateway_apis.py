from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from awslayer.server import Server
from awslayer.tokens import issuer_of

from .architecture import Way
from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def way(aws: Aws, layer: Server) -> Way:
    return Way(aws, layer)


class Front:
    """An API with a private integration."""

    def __init__(self, way: Way) -> None:
        self.api, self.link = way.api(), way.link()
        self.listener = way.listener(way.balancer(), way.target_group())
        self.integration = way.integration(self.api, self.link, self.listener)
        self.target = f"integrations/{self.integration}"


@pytest.fixture
def front(way: Way) -> Front:
    return Front(way)


@rule("api_exists", "api_name_fits")
def test_apis_of_one_name_are_two_and_are_deleted_once(way: Way) -> None:
    one, two = way.api(), way.api()
    shown = way.gateway.get_api(ApiId=one)
    assert shown["ApiEndpoint"] == f"https://{one}.execute-api.eu-west-1.amazonaws.com"
    assert (shown["ProtocolType"], shown["DisableExecuteApiEndpoint"]) == ("HTTP", False)
    assert [a["ApiId"] for a in way.gateway.get_apis()["Items"]] == [one, two]
    way.gateway.update_api(ApiId=one, Description="first")
    way.gateway.delete_api(ApiId=two)
    with refused("NotFoundException", two):
        way.gateway.delete_api(ApiId=two)
    with refused("BadRequestException", "1 to 128"):
        way.api(Name="")
    assert [a.get("Description") for a in way.gateway.get_apis()["Items"]] == ["first"]


@rule("cors_fits")
def test_cors(way: Way) -> None:
    api = way.api(CorsConfiguration={"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 5})
    way.gateway.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["*"]})
    assert way.gateway.get_api(ApiId=api)["CorsConfiguration"] == {"AllowOrigins": ["*"]}
    with refused("BadRequestException", "credentials"):
        way.gateway.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["*"], "AllowCredentials": True})
    with refused("BadRequestException", "scheme"):
        way.api(CorsConfiguration={"AllowOrigins": ["a.example"]})
    way.gateway.delete_cors_configuration(ApiId=api)
    assert "CorsConfiguration" not in way.gateway.get_api(ApiId=api)


@rule("listed")
def test_pages_and_lag(way: Way) -> None:
    ids = [way.api() for _ in range(3)]
    first = way.gateway.get_apis(MaxResults="2")
    rest = way.gateway.get_apis(MaxResults="2", NextToken=first["NextToken"])
    assert [a["ApiId"] for a in first["Items"] + rest["Items"]] == ids
    assert "NextToken" not in rest
    with refused("BadRequestException", "maxResults"):
        way.gateway.get_apis(MaxResults="many")
    with refused("BadRequestException", "token"):
        way.gateway.get_apis(NextToken="x")
    way.aws.settings(lag={"reads": 1})
    late = way.api()
    assert late not in [a["ApiId"] for a in way.gateway.get_apis()["Items"]]
    assert late in [a["ApiId"] for a in way.gateway.get_apis()["Items"]]
    way.aws.control("POST", "hide", {"id": late, "reads": 1, "by_id": True})
    with refused("NotFoundException"):
        way.gateway.get_api(ApiId=late)


@rule("integration_is_a_proxy", "request_parameters_map")
def test_what_an_integration_may_be(way: Way, front: Front) -> None:
    def refuse(words: str, **more: Any) -> None:
        with refused("BadRequestException", words):
            way.integration(front.api, front.link, front.listener, **more)

    refuse("HTTP_PROXY", IntegrationType="MOCK")
    refuse("HttpMethod", IntegrationMethod=None)
    refuse("required", PayloadFormatVersion=None)
    refuse("2.0 is not supported", PayloadFormatVersion="2.0")
    refuse("invalid parameter key", RequestParameters={"overwrite:path.x": "/"})
    refuse("imeoutInMillis", TimeoutInMillis=30001)
    made = way.integration(front.api, front.link, front.listener, RequestParameters={"overwrite:path": "$request.path"})
    shown = way.gateway.get_integration(ApiId=front.api, IntegrationId=made)
    assert (shown["TimeoutInMillis"], shown["ConnectionId"], shown["IntegrationUri"]) == (
        30000,
        front.link,
        front.listener,
    )
    more = {"append:header.a": "b"}
    way.gateway.update_integration(ApiId=front.api, IntegrationId=made, RequestParameters=more)
    gone = {"overwrite:path": ""}
    shown = way.gateway.update_integration(ApiId=front.api, IntegrationId=made, RequestParameters=gone)
    assert shown["RequestParameters"] == more
    assert len(way.gateway.get_integrations(ApiId=front.api)["Items"]) == 2


@rule("private_integration_names_a_listener")
def test_a_private_integration_names_a_link_and_a_listener(way: Way, front: Front) -> None:
    bad = ("http://internal.example", front.listener + "0", front.listener.replace("eu-west-1", "eu-west-2"))
    for uri in bad:
        with refused("BadRequestException", "integration uri should be a valid ELB listener ARN"):
            way.integration(front.api, front.link, uri)
    with refused("BadRequestException", "no VPC link"):
        way.integration(front.api, "none00", front.listener)
    with refused("BadRequestException", "no VPC link"):
        way.gateway.update_integration(ApiId=front.api, IntegrationId=front.integration, ConnectionId="none00")
    with refused("BadRequestException", "HTTP endpoint"):
        way.integration(front.api, "", front.listener, ConnectionType="INTERNET", ConnectionId=None)


@rule("routed_integration_stays")
def test_an_integration_with_a_route_stays(way: Way, front: Front) -> None:
    route = way.route(front.api, Target=front.target)
    with refused("ConflictException", f"[{route}]"):
        way.gateway.delete_integration(ApiId=front.api, IntegrationId=front.integration)
    way.gateway.delete_route(ApiId=front.api, RouteId=route)
    way.gateway.delete_integration(ApiId=front.api, IntegrationId=front.integration)
    with refused("NotFoundException"):
        way.gateway.delete_integration(ApiId=front.api, IntegrationId=front.integration)


@rule("route_key_is_readable", "route_key_is_new", "route_target_exists")
def test_keys_and_targets_of_routes(way: Way, front: Front) -> None:
    route = way.route(front.api, Target=front.target)
    other = way.route(front.api, "GET /pets/{id}")
    way.route(front.api, "OPTIONS /{proxy+}")
    with refused("ConflictException", "Route with key $default already exists for this API"):
        way.route(front.api)
    with refused("ConflictException", "GET /pets/{id}"):
        way.gateway.update_route(ApiId=front.api, RouteId=route, RouteKey="GET /pets/{id}")
    for bad in ("/pets", "FETCH /pets", "GET pets", "GET /{a"):
        with refused("BadRequestException", "not formatted properly"):
            way.route(front.api, bad)
    with refused("BadRequestException", "not an integration"):
        way.route(front.api, "GET /x", Target="integrations/none000")
    way.gateway.update_route(ApiId=front.api, RouteId=other, Target=front.target)
    assert way.gateway.get_route(ApiId=front.api, RouteId=other)["Target"] == front.target
    assert len(way.gateway.get_routes(ApiId=front.api)["Items"]) == 3


@rule("route_authorization_fits", "referenced_authorizer_stays")
def test_a_route_and_its_authorizer(way: Way, front: Front) -> None:
    authorizer = way.authorizer(front.api, *way.pool())
    with refused("BadRequestException", "authorizer"):
        way.route(front.api, AuthorizationType="JWT", AuthorizerId="none00")
    with refused("BadRequestException", "scopes"):
        way.route(front.api, AuthorizationScopes=["orders/read"])
    jwt = {"AuthorizationType": "JWT", "AuthorizerId": authorizer}
    with refused("BadRequestException", "at most 10"):
        way.route(front.api, AuthorizationScopes=[f"orders/{n}" for n in range(11)], **jwt)
    with refused("BadRequestException", "Unsupported"):
        way.route(front.api, AuthorizationType="CUSTOM")
    route = way.route(front.api, AuthorizationScopes=["orders/read"], **jwt)
    with refused("ConflictException", "is referenced in route: $default"):
        way.gateway.delete_authorizer(ApiId=front.api, AuthorizerId=authorizer)
    shown = way.gateway.update_route(ApiId=front.api, RouteId=route, AuthorizationType="NONE")
    assert shown["AuthorizationType"] == "NONE"
    assert not {"AuthorizerId", "AuthorizationScopes"} & set(shown)
    way.gateway.delete_authorizer(ApiId=front.api, AuthorizerId=authorizer)
    assert way.gateway.get_authorizers(ApiId=front.api)["Items"] == []


@rule("issuer_has_a_discovery_document", "jwt_authorizer_is_complete", "authorizer_name_is_new")
def test_what_an_authorizer_needs(way: Way) -> None:
    api = way.api()
    pool, client = way.pool()
    with refused("BadRequestException", "valid discovery endpoint"):
        way.authorizer(api, "eu-west-1_missing00", client)
    outside = {"Issuer": "https://issuer.invalid", "Audience": ["a"]}
    with refused("BadRequestException", "valid discovery endpoint"):
        way.authorizer(api, pool, client, JwtConfiguration=outside)
    with refused("BadRequestException", "audiences"):
        way.authorizer(api, pool, client, JwtConfiguration={"Issuer": issuer_of("eu-west-1", pool), "Audience": []})
    with refused("BadRequestException", "Issuer"):
        way.authorizer(api, pool, client, JwtConfiguration={"Audience": ["a"]})
    with refused("BadRequestException", "identity source"):
        way.authorizer(api, pool, client, IdentitySource=["Authorization"])
    made = way.authorizer(api, pool, client)
    with refused("BadRequestException", "must be unique"):
        way.authorizer(api, pool, client)
    config = {"Issuer": "https://issuer.example", "Audience": ["a", "b"]}
    way.gateway.update_authorizer(ApiId=api, AuthorizerId=made, JwtConfiguration=config)
    [shown] = way.gateway.get_authorizers(ApiId=api)["Items"]
    assert (shown["AuthorizerId"], shown["JwtConfiguration"], shown["Name"]) == (made, config, "users")
    assert way.gateway.get_authorizer(ApiId=api, AuthorizerId=made)["IdentitySource"] == shown["IdentitySource"]
    with refused("NotFoundException"):
        way.gateway.get_authorizer(ApiId=api, AuthorizerId="none00")


@rule("api_route_quota", "integration_quota", "authorizer_quota", "stage_quota")
def test_quotas_of_an_api(way: Way, front: Front) -> None:
    way.aws.quota(routesPerApi=1, integrationsPerApi=1, authorizersPerApi=1, stagesPerApi=1)
    pool, client = way.pool()
    way.route(front.api)
    way.stage(front.api)
    way.authorizer(front.api, pool, client)
    with refused("TooManyRequestsException", "Routes"):
        way.route(front.api, "GET /")
    with refused("TooManyRequestsException", "Integrations"):
        way.integration(front.api, front.link, front.listener)
    with refused("TooManyRequestsException", "authorizers"):
        way.authorizer(front.api, pool, client, "other")
    with refused("TooManyRequestsException", "stages"):
        way.stage(front.api, StageName="other")


def test_the_ledger_faults_and_dump_know_apis(way: Way) -> None:
    before = way.aws.dump()
    way.aws.fault(service="apigatewayv2", operation="CreateApi", when="after", action="error", code="X", status=500)
    with refused("X"):
        way.api()
    [api] = way.gateway.get_apis()["Items"]
    [entry] = way.aws.ledger(operation="CreateApi")
    assert (entry["write"], entry["effect"], entry["request"]["Name"]) == (True, True, "web")
    assert api["ApiId"] in entry["resources"]
    assert [e["write"] for e in way.aws.ledger(operation="GetApis")] == [False]
    assert api["ApiId"] in way.aws.dump()
    way.gateway.delete_api(ApiId=api["ApiId"])
    assert way.aws.dump() == before
    way.api()
    way.aws.control("POST", "reset")
    assert way.gateway.get_apis()["Items"] == []


@rule("one_change_at_a_time")
def test_changes_of_an_api_that_meet_are_refused_when_a_test_asks_for_it(way: Way) -> None:
    api, other = way.api(), way.api()
    hang = way.aws.fault(operation="CreateRoute", action="hang")
    background = ThreadPoolExecutor(1)
    first = background.submit(way.route, api, "GET /first")
    while not way.aws.ledger(operation="CreateRoute"):
        pass
    way.route(api, "GET /second")
    way.aws.settings(apiConflicts=True)
    with refused("ConflictException", "concurrent modification"):
        way.route(api, "GET /third")
    way.gateway.get_routes(ApiId=api)
    way.route(other, "GET /third")
    way.aws.control("DELETE", "faults", id=hang)
    assert isinstance(first.exception(), BotoCoreError)
    way.route(api, "GET /third")
    keys = [r["RouteKey"] for r in way.gateway.get_routes(ApiId=api)["Items"]]
    assert keys == ["GET /second", "GET /third"]


def test_forty_calls_at_once_and_ten_a_second(way: Way) -> None:
    way.aws.settings(buckets=True)
    for _ in range(40):
        way.gateway.get_apis()
    with refused("TooManyRequestsException"):
        for _ in range(40):
            way.gateway.get_apis()
    way.aws.step(1)
    way.gateway.get_apis()
