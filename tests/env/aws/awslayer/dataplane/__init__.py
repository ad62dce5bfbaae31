"""The data plane: requests to an API's endpoint go the way that the account's resources make for them."""
