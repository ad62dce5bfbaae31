"""Fixtures that several files share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .launching import Served, serve


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Give a served world."""
    world = serve(tmp_path)
    yield world
    world.process.communicate()
