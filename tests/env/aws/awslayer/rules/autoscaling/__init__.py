"""Application Auto Scaling: scalable targets and policies of ECS services."""
