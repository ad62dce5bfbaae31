"""Application Auto Scaling: scalable targets and policies of ECS services."""

from ...registry import owns

owns("application-autoscaling")
