"""Elastic Load Balancing: network load balancers, their listeners, target groups and targets."""

from ...registry import owns

owns("elbv2")
