"""Rules of IAM, one module per noun."""
