"""Amazon ECS: clusters, task definitions, services, and tasks that run."""

from ...registry import owns

owns("ecs")
