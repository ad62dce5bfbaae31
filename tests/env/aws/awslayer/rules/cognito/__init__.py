"""Rules of Cognito user pools, one module per noun."""
