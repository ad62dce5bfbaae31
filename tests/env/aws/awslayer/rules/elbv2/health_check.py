"""How a target group checks health: defaults, and what goes together."""

from __future__ import annotations

from typing import Any

from ...errors import AwsError
from ...registry import rule

# botocore elbv2.CreateTargetGroup: defaults for network load balancers.
_TIMEOUTS = {"TCP": 10, "HTTPS": 10, "HTTP": 6}


def defaults(params: dict[str, Any]) -> dict[str, Any]:
    """The health check of a target group of a network load balancer, with what is not given."""
    protocol = params.get("HealthCheckProtocol", "TCP")
    settings: dict[str, Any] = {
        "HealthCheckProtocol": protocol,
        "HealthCheckPort": params.get("HealthCheckPort", "traffic-port"),
        "HealthCheckEnabled": params.get("HealthCheckEnabled", True),
        "HealthCheckIntervalSeconds": params.get("HealthCheckIntervalSeconds", 30),
        "HealthCheckTimeoutSeconds": params.get("HealthCheckTimeoutSeconds", _TIMEOUTS.get(protocol, 10)),
        "HealthyThresholdCount": params.get("HealthyThresholdCount", 5),
        "UnhealthyThresholdCount": params.get("UnhealthyThresholdCount", 2),
    }
    if protocol != "TCP":
        settings["HealthCheckPath"] = params.get("HealthCheckPath", "/")
        settings["Matcher"] = params.get("Matcher") or {"HttpCode": "200-399"}
    return settings


@rule("elbv2.CreateTargetGroup", "elbv2.ModifyTargetGroup")
def health_check_fits(given: dict[str, Any], settings: dict[str, Any]) -> None:
    """A TCP check has neither path nor codes; codes lie within 200 to 599; the timeout is not longer
    than the interval; a port is a number or traffic-port; health checks of addresses cannot be disabled.

    Source: botocore elbv2.CreateTargetGroup (HealthCheckPath, Matcher, HealthCheckTimeoutSeconds,
    HealthCheckPort, HealthCheckEnabled); aws-facts 2.3 (ranges); messages as moto has them, where it does.
    """
    if settings["HealthCheckProtocol"] not in ("TCP", "HTTP", "HTTPS"):
        text = f"Health check protocol '{settings['HealthCheckProtocol']}' must be one of 'HTTP, TCP, HTTPS'"
        raise AwsError("ValidationError", text)
    if settings["HealthCheckProtocol"] == "TCP":
        for member, noun in (("HealthCheckPath", "path"), ("Matcher", "matcher HTTP code")):
            if given.get(member):
                text = f"Health check {noun} cannot be specified for health check protocol TCP"
                raise AwsError("InvalidConfigurationRequest", text)
    timeout, interval = settings["HealthCheckTimeoutSeconds"], settings["HealthCheckIntervalSeconds"]
    if timeout > interval:
        text = f"Health check timeout '{timeout}' must be smaller than or equal to the interval '{interval}'"
        raise AwsError("ValidationError", text)
    port = str(settings["HealthCheckPort"])
    if port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise AwsError("ValidationError", f"Health check port '{port}' must be 'traffic-port' or from 1 to 65535")
    if not settings["HealthCheckEnabled"]:
        raise AwsError("ValidationError", "Health checks cannot be disabled for targets of this type")
    codes = (settings.get("Matcher") or {}).get("HttpCode")
    if codes is not None and not all(200 <= c <= 599 for c in _bounds(codes)):
        text = f"Health check matcher HTTP code '{codes}' must be within '200-599' inclusive"
        raise AwsError("ValidationError", text)


def expects(settings: dict[str, Any], status: int) -> bool:
    """Whether an HTTP health check takes a status for healthy."""
    for part in str(settings["Matcher"]["HttpCode"]).split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def _bounds(codes: str) -> list[int]:
    try:
        return [int(code) for part in codes.split(",") for code in part.split("-")]
    except ValueError as error:
        text = f"Health check matcher HTTP code '{codes}' is not valid"
        raise AwsError("ValidationError", text) from error
