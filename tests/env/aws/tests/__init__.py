"""The layer's own tests: every rule through boto3, over HTTP."""
