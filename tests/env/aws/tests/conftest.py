"""One layer for the whole run, an account for each test."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from awslayer import registry
from awslayer.server import Server, make_server

from .support import Aws

_ACCOUNTS = itertools.count(100000000001)


@pytest.fixture(scope="session")
def layer() -> Iterator[Server]:
    """The running layer itself, for tests that put something into its world which no API makes."""
    server = make_server("127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def endpoint(layer: Server) -> str:
    return f"http://127.0.0.1:{layer.port}"


@pytest.fixture
def aws(endpoint: str) -> Iterator[Aws]:
    """An account of the test's own; whatever the layer answered in it kept to the models."""
    world = Aws(endpoint, str(next(_ACCOUNTS)))
    yield world
    assert world.control("GET", "violations")["violations"] == []
    world.control("POST", "reset", {})


@pytest.fixture(autouse=True)
def marked_rules_ran(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that claims a rule by its marker must have exercised it."""
    named = [name for marker in request.node.iter_markers("rule") for name in marker.args]
    before = dict(registry.APPLIED)
    yield
    idle = [name for name in named if registry.APPLIED[name] == before.get(name, 0)]
    assert not idle, f"marked, but never applied: {idle}"
