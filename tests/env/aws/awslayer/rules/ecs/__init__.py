"""Amazon ECS: clusters, task definitions, services, and tasks that run."""
