"""Custom domain names and their API mappings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from moto.acm.models import acm_backends

from ...call import Call
from ...errors import AwsError
from ...registry import answers, dumps, rule
from ...tokens import identifier
from .common import api_exists, bad_request, conflict, given, hidden, listed, stage_of, tags_allowed
from .store import Domain, Item, everywhere, store

_CERTIFICATE = re.compile(r"^arn:aws:acm:([a-z0-9-]+):(\d{12}):certificate/.+$")
# https://docs.aws.amazon.com/general/latest/gr/apigateway.html
_HOSTED_ZONE = "ZLY8HYME6SFDD"


@rule("apigatewayv2.*")
def domain_exists(call: Call, name: str) -> Domain:
    """An operation on a custom domain name that does not exist is refused.

    Source: botocore apigatewayv2 (NotFoundException); message as moto has it from AWS.
    """
    found = store(call).domains.get(name)
    if found is None or hidden(call, name):
        text = "The domain name resource specified in the request was not found."
        raise AwsError("NotFoundException", text, 404)
    return found


@rule("apigatewayv2.CreateDomainName")
def domain_is_new(call: Call, name: str) -> None:
    """A custom domain name exists once in a Region, whatever the account.

    Source: API Gateway Developer Guide, http-api-custom-domain-names ("unique within a Region across all
    AWS accounts"); message as moto has it (ConflictException).
    """
    for region, gateway in everywhere(call.world):
        if region.name == call.region and name in gateway.domains:
            raise conflict("The domain name resource already exists.")


@rule("apigatewayv2.CreateDomainName", "apigatewayv2.UpdateDomainName")
def domain_has_a_certificate(call: Call, given_configurations: list[Item]) -> Item:
    """One configuration: a regional endpoint, TLS 1.2, and a certificate of the same Region that exists.

    Source: aws-facts 3 ("Regional domain, ACM cert"); botocore apigatewayv2.DomainNameConfiguration; texts
    assumed.
    """
    if len(given_configurations) != 1:
        raise bad_request("Exactly one domain name configuration must be specified")
    config = given_configurations[0]
    if config.get("EndpointType", "REGIONAL") != "REGIONAL":
        raise bad_request("HTTP APIs only support REGIONAL endpoints")
    if config.get("SecurityPolicy", "TLS_1_2") != "TLS_1_2":
        raise bad_request("HTTP APIs only support TLS 1.2")
    arn = str(config.get("CertificateArn", ""))
    match = _CERTIFICATE.match(arn)
    if match is None or match.group(1) != call.region:
        raise bad_request(f"Invalid certificate ARN: {arn}. Certificate must be in '{call.region}'.")
    certificates: Any = acm_backends[call.account][call.region]._certificates
    if arn not in certificates:
        raise bad_request("The provided certificate does not exist.")
    return config


def _configured(call: Call, config: Item, target: str) -> Item:
    return {
        "ApiGatewayDomainName": f"{target}.execute-api.{call.region}.amazonaws.com",
        "CertificateArn": config["CertificateArn"],
        "DomainNameStatus": "AVAILABLE",
        "EndpointType": "REGIONAL",
        "HostedZoneId": _HOSTED_ZONE,
        "IpAddressType": config.get("IpAddressType", "ipv4"),
        "SecurityPolicy": "TLS_1_2",
    }


@answers("apigatewayv2", "CreateDomainName")
def create_domain_name(call: Call) -> dict[str, Any]:
    """Creates a custom domain name."""
    name = call.params["DomainName"]
    config = domain_has_a_certificate(call, call.params.get("DomainNameConfigurations") or [])
    tags = tags_allowed(call, {}, call.params.get("Tags"))
    domain_is_new(call, name)
    shown: Item = {
        "DomainName": name,
        "DomainNameArn": f"arn:aws:apigateway:{call.region}::/domainnames/{name}",
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainNameConfigurations": [_configured(call, config, f"d-{identifier(10)}")],
        "RoutingMode": call.params.get("RoutingMode", "API_MAPPING_ONLY"),
        "Tags": tags,
    }
    store(call).domains[name] = Domain(shown)
    call.created(name)
    return shown


@answers("apigatewayv2", "GetDomainName")
def get_domain_name(call: Call) -> dict[str, Any]:
    """Shows a custom domain name."""
    return domain_exists(call, call.params["DomainName"]).shown


@answers("apigatewayv2", "GetDomainNames")
def get_domain_names(call: Call) -> dict[str, Any]:
    """Lists custom domain names with their tags."""
    return listed(call, [d.shown for d in store(call).domains.values()], "DomainName")


@answers("apigatewayv2", "UpdateDomainName")
def update_domain_name(call: Call) -> dict[str, Any]:
    """Changes the certificate; the name to which the domain points stays."""
    domain = domain_exists(call, call.params["DomainName"])
    configurations = call.params.get("DomainNameConfigurations")
    if configurations is not None:
        config = domain_has_a_certificate(call, configurations)
        target = domain.shown["DomainNameConfigurations"][0]["ApiGatewayDomainName"].partition(".")[0]
        domain.shown["DomainNameConfigurations"] = [_configured(call, config, target)]
    if call.params.get("RoutingMode"):
        domain.shown["RoutingMode"] = call.params["RoutingMode"]
    return domain.shown


@answers("apigatewayv2", "DeleteDomainName")
def delete_domain_name(call: Call) -> dict[str, Any]:
    """Deletes a custom domain name with its mappings."""
    domain = domain_exists(call, call.params["DomainName"])
    store(call).domains.pop(domain.shown["DomainName"])
    return {}


@rule("apigatewayv2.CreateApiMapping", "apigatewayv2.UpdateApiMapping")
def mapping_leads_to_a_stage(call: Call, item: Item) -> None:
    """A mapping leads to a stage that exists of an API that exists.

    Source: botocore apigatewayv2.CreateApiMapping (NotFoundException); text assumed.
    """
    api = api_exists(call, item["ApiId"])
    stage_of(call, api, item["Stage"])


@rule("apigatewayv2.CreateApiMapping", "apigatewayv2.UpdateApiMapping")
def mapping_key_is_new(domain: Domain, item: Item) -> None:
    """A domain has one mapping per key, the empty one included.

    Source: botocore apigatewayv2.CreateApiMapping (ConflictException); text assumed.
    """
    key, mine = item.get("ApiMappingKey") or "", item.get("ApiMappingId")
    if any((m.get("ApiMappingKey") or "") == key and m["ApiMappingId"] != mine for m in domain.mappings.values()):
        raise conflict("ApiMapping key already exists for this domain name")


@answers("apigatewayv2", "CreateApiMapping")
def create_api_mapping(call: Call) -> dict[str, Any]:
    """Maps a domain, or a path of it, to a stage."""
    domain = domain_exists(call, call.params["DomainName"])
    item = given(call, "DomainName")
    mapping_leads_to_a_stage(call, item)
    mapping_key_is_new(domain, item)
    item = {"ApiMappingId": identifier(6), "ApiMappingKey": "", **item}
    domain.mappings[item["ApiMappingId"]] = item
    call.created(item["ApiMappingId"])
    return item


def _mapping(call: Call) -> tuple[Domain, Item]:
    domain = domain_exists(call, call.params["DomainName"])
    item = domain.mappings.get(call.params["ApiMappingId"])
    if item is None or hidden(call, call.params["ApiMappingId"]):
        text = "The api mapping resource specified in the request was not found."
        raise AwsError("NotFoundException", text, 404)
    return domain, item


@answers("apigatewayv2", "GetApiMapping")
def get_api_mapping(call: Call) -> dict[str, Any]:
    """Shows a mapping."""
    return _mapping(call)[1]


@answers("apigatewayv2", "GetApiMappings")
def get_api_mappings(call: Call) -> dict[str, Any]:
    """Lists the mappings of a domain."""
    return listed(call, domain_exists(call, call.params["DomainName"]).mappings.values(), "ApiMappingId")


@answers("apigatewayv2", "UpdateApiMapping")
def update_api_mapping(call: Call) -> dict[str, Any]:
    """Changes what is given."""
    domain, item = _mapping(call)
    together = {**item, **given(call, "DomainName", "ApiMappingId")}
    mapping_leads_to_a_stage(call, together)
    mapping_key_is_new(domain, together)
    item.update(together)
    return item


@answers("apigatewayv2", "DeleteApiMapping")
def delete_api_mapping(call: Call) -> dict[str, Any]:
    """Deletes a mapping."""
    domain, item = _mapping(call)
    domain.mappings.pop(item["ApiMappingId"])
    return {}


@dumps("apigatewayv2")
def dumped(call: Call) -> dict[str, Iterable[Any]]:
    """Custom domain names with their mappings."""
    return {"domainNames": [{**d.shown, "mappings": list(d.mappings.values())} for d in store(call).domains.values()]}
