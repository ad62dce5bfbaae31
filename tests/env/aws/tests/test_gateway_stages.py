from __future__ import annotations

from typing import Any

import pytest

from awslayer.server import Server

from .architecture import Way
from .support import Aws, refused

rule = pytest.mark.rule


@pytest.fixture
def way(aws: Aws, layer: Server) -> Way:
    return Way(aws, layer)


def _stage(way: Way, api: str, name: str = "$default") -> Any:
    return way.gateway.get_stage(ApiId=api, StageName=name)


@rule("stage_deploys_by_itself")
def test_a_stage_deploys_by_itself_at_every_change(way: Way) -> None:
    way.aws.durations(stage_deploy=5)
    api = way.api()
    way.stage(api)
    way.aws.step(6)
    shown = _stage(way, api)
    assert "At least one route is required" in shown["LastDeploymentStatusMessage"]
    assert "DeploymentId" not in shown
    route = way.route(api)
    assert "DeploymentId" not in _stage(way, api)
    way.aws.step(6)
    first = _stage(way, api)
    assert first["LastDeploymentStatusMessage"].startswith("Successfully deployed")
    way.gateway.update_route(ApiId=api, RouteId=route, RouteKey="GET /")
    way.aws.step(6)
    second = _stage(way, api)
    assert second["DeploymentId"] != first["DeploymentId"]
    shown = way.gateway.get_deployment(ApiId=api, DeploymentId=second["DeploymentId"])
    assert (shown["DeploymentStatus"], shown["AutoDeployed"]) == ("DEPLOYED", True)


def test_an_automatic_deployment_may_fail(way: Way) -> None:
    api = way.api()
    way.route(api)
    way.stage(api)
    before = _stage(way, api)["DeploymentId"]
    way.aws.control("POST", "gateway-failures", {"region": "eu-west-1", "of": "deployment", "message": "broken"})
    way.route(api, "GET /")
    assert _stage(way, api)["LastDeploymentStatusMessage"] == "Deployment attempt failed: broken"
    assert _stage(way, api)["DeploymentId"] == before
    way.gateway.update_stage(ApiId=api, StageName="$default", Description="again")
    after = _stage(way, api)
    assert after["LastDeploymentStatusMessage"].startswith("Successfully deployed")
    way.gateway.update_stage(ApiId=api, StageName="$default", Description="and again")
    assert _stage(way, api)["DeploymentId"] == after["DeploymentId"] != before


@rule("automatic_stage_takes_no_deployment", "deployment_needs_a_route", "staged_deployment_stays")
def test_deployments_by_hand(way: Way) -> None:
    api = way.api()
    with refused("BadRequestException", "At least one route"):
        way.gateway.create_deployment(ApiId=api)
    way.route(api)
    made = way.gateway.create_deployment(ApiId=api, Description="first")["DeploymentId"]
    with refused("BadRequestException", "AutoDeploy is enabled"):
        way.stage(api, DeploymentId=made)
    way.stage(api, AutoDeploy=False, DeploymentId=made)
    with refused("BadRequestException", "Active stages"):
        way.gateway.delete_deployment(ApiId=api, DeploymentId=made)
    second = way.gateway.create_deployment(ApiId=api, StageName="$default")["DeploymentId"]
    assert _stage(way, api)["DeploymentId"] == second
    way.gateway.update_deployment(ApiId=api, DeploymentId=made, Description="old")
    assert [d.get("Description") for d in way.gateway.get_deployments(ApiId=api)["Items"]] == ["old", None]
    way.gateway.delete_deployment(ApiId=api, DeploymentId=made)
    with refused("NotFoundException"):
        way.gateway.update_stage(ApiId=api, StageName="$default", DeploymentId=made)


@rule("stage_is_new")
def test_stages(way: Way) -> None:
    api = way.api()
    way.stage(api)
    with refused("ConflictException", "Stage already exists"):
        way.stage(api)
    with refused("BadRequestException", "Stage name"):
        way.stage(api, StageName="a b")
    way.stage(api, StageName="prod", AutoDeploy=False)
    assert [s["StageName"] for s in way.gateway.get_stages(ApiId=api)["Items"]] == ["$default", "prod"]
    way.gateway.update_stage(ApiId=api, StageName="prod", Description="x", StageVariables={"a": "1"})
    way.gateway.update_stage(ApiId=api, StageName="prod", StageVariables={"b": "2"})
    shown = _stage(way, api, "prod")
    assert (shown["Description"], shown["StageVariables"]) == ("x", {"a": "1", "b": "2"})
    way.gateway.delete_stage(ApiId=api, StageName="prod")
    with refused("NotFoundException"):
        way.gateway.delete_stage(ApiId=api, StageName="prod")


def test_a_lag_hides_the_stage_of_one_api_only(way: Way) -> None:
    one, two = way.api(), way.api()
    way.stage(one)
    way.aws.settings(lag={"reads": 1})
    way.stage(two)
    assert [s["StageName"] for s in way.gateway.get_stages(ApiId=one)["Items"]] == ["$default"]
    assert way.gateway.get_stages(ApiId=two)["Items"] == []
    assert [s["StageName"] for s in way.gateway.get_stages(ApiId=two)["Items"]] == ["$default"]


@rule("route_settings_name_routes", "throttling_fits")
def test_throttling(way: Way) -> None:
    api = way.api()
    way.route(api)
    limits = {"ThrottlingBurstLimit": 20, "ThrottlingRateLimit": 10.5}
    way.stage(api, DefaultRouteSettings=limits)
    assert _stage(way, api)["DefaultRouteSettings"] == {"DetailedMetricsEnabled": False, **limits}
    more = {"ThrottlingBurstLimit": 40}
    way.gateway.update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=more)
    assert _stage(way, api)["DefaultRouteSettings"]["ThrottlingRateLimit"] == 10.5
    with refused("NotFoundException", "Unable to find Route by key GET /"):
        way.gateway.update_stage(ApiId=api, StageName="$default", RouteSettings={"GET /": limits})
    way.gateway.update_stage(ApiId=api, StageName="$default", RouteSettings={"$default": limits})
    way.gateway.delete_route_settings(ApiId=api, StageName="$default", RouteKey="$default")
    assert _stage(way, api)["RouteSettings"] == {}
    with refused("BadRequestException", "negative"):
        way.stage(api, StageName="a", DefaultRouteSettings={"ThrottlingBurstLimit": -1})
    with refused("BadRequestException", "Execution logs"):
        way.stage(api, StageName="a", DefaultRouteSettings={"LoggingLevel": "INFO"})


@rule("access_logs_fit")
def test_access_logs(way: Way) -> None:
    way.aws.client("logs").create_log_group(logGroupName="/aws/vendedlogs/web")
    arn = f"arn:aws:logs:eu-west-1:{way.aws.account}:log-group:/aws/vendedlogs/web"
    api = way.api()

    def logs(text: str, to: str = arn) -> dict[str, Any]:
        return {"AccessLogSettings": {"DestinationArn": to, "Format": text}}

    with refused("BadRequestException", "requestId"):
        way.stage(api, **logs("$context.status"))
    with refused("BadRequestException", "format"):
        way.stage(api, **logs("x" * 1025))
    with refused("BadRequestException", "Invalid ARN"):
        way.stage(api, **logs("$context.requestId", arn + "-none"))
    way.stage(api, **logs("$context.requestId $context.status", arn + ":*"))
    way.gateway.update_stage(ApiId=api, StageName="$default", **logs("$context.requestId"))
    assert _stage(way, api)["AccessLogSettings"]["Format"] == "$context.requestId"
    way.gateway.delete_access_log_settings(ApiId=api, StageName="$default")
    assert "AccessLogSettings" not in _stage(way, api)


def _certificate(way: Way) -> str:
    made = way.aws.client("acm").request_certificate(DomainName="api.example.com")
    return str(made["CertificateArn"])


@rule("domain_exists", "domain_is_new", "domain_has_a_certificate")
def test_custom_domains(way: Way, layer: Server) -> None:
    config = {"CertificateArn": _certificate(way), "EndpointType": "REGIONAL"}
    name = f"api-{way.aws.account}.example.com"

    def create(**more: Any) -> Any:
        return way.gateway.create_domain_name(DomainName=name, DomainNameConfigurations=[{**config, **more}])

    with refused("BadRequestException", "does not exist"):
        create(CertificateArn=config["CertificateArn"] + "0")
    with refused("BadRequestException", "must be in 'eu-west-1'"):
        create(CertificateArn=config["CertificateArn"].replace("eu-west-1", "us-east-1"))
    with refused("BadRequestException", "REGIONAL"):
        create(EndpointType="EDGE")
    with refused("BadRequestException", r"TLS 1.2"):
        create(SecurityPolicy="TLS_1_0")
    made = create()["DomainNameConfigurations"][0]
    assert made["ApiGatewayDomainName"].endswith(".execute-api.eu-west-1.amazonaws.com")
    with refused("ConflictException", "already exists"):
        create()
    other = _certificate(way)
    way.gateway.update_domain_name(DomainName=name, DomainNameConfigurations=[{"CertificateArn": other}])
    shown = way.gateway.get_domain_name(DomainName=name)["DomainNameConfigurations"][0]
    assert (shown["CertificateArn"], shown["ApiGatewayDomainName"]) == (other, made["ApiGatewayDomainName"])
    assert [d["DomainName"] for d in way.gateway.get_domain_names()["Items"]] == [name]
    way.gateway.delete_domain_name(DomainName=name)
    with refused("NotFoundException"):
        way.gateway.get_domain_name(DomainName=name)


@rule("mapping_leads_to_a_stage", "mapping_key_is_new", "mapped_api_stays", "mapped_stage_stays")
def test_mappings(way: Way) -> None:
    name, api = f"map-{way.aws.account}.example.com", way.api()
    way.stage(api)
    config = [{"CertificateArn": _certificate(way), "EndpointType": "REGIONAL"}]
    way.gateway.create_domain_name(DomainName=name, DomainNameConfigurations=config)
    with refused("NotFoundException"):
        way.gateway.create_api_mapping(DomainName=name, ApiId=api, Stage="none")
    made = way.gateway.create_api_mapping(DomainName=name, ApiId=api, Stage="$default")["ApiMappingId"]
    with refused("ConflictException", "already exists"):
        way.gateway.create_api_mapping(DomainName=name, ApiId=api, Stage="$default")
    way.gateway.update_api_mapping(DomainName=name, ApiMappingId=made, ApiId=api, ApiMappingKey="v1")
    assert way.gateway.get_api_mapping(DomainName=name, ApiMappingId=made)["ApiMappingKey"] == "v1"
    with refused("BadRequestException", "base path mappings"):
        way.gateway.delete_api(ApiId=api)
    with refused("BadRequestException", "base path mappings"):
        way.gateway.delete_stage(ApiId=api, StageName="$default")
    way.gateway.delete_api_mapping(DomainName=name, ApiMappingId=made)
    assert way.gateway.get_api_mappings(DomainName=name)["Items"] == []
    with refused("NotFoundException"):
        way.gateway.delete_api_mapping(DomainName=name, ApiMappingId=made)
    way.gateway.delete_api(ApiId=api)
