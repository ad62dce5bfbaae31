"""API Gateway: HTTP APIs, their routes and authorizers, VPC links, custom domains."""

from ...registry import owns

owns("apigatewayv2")
