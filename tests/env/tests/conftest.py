"""Fixtures that several files share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .launching import Served, serve


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give the served world that tests share; each uses names of its own in it."""
    world = serve(tmp_path_factory.mktemp("served"))
    yield world
    world.process.communicate()
