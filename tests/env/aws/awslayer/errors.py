"""The one exception by which a rule refuses a call."""

from __future__ import annotations


class AwsError(Exception):
    """An error answer of AWS: its code, message and HTTP status.

    Rules raise it; the application writes it in the protocol of the service.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class ControlError(Exception):
    """A request to the control endpoint that cannot be served: said to the test that made it."""
