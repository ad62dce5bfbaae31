"""CloudWatch Logs: groups, retention, streams."""
