"""The image before it is built: its name, and what cannot be in it. That it runs is shown by `tests/world/image.rs`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from world import image, layout
from world.errors import WorldError


def test_the_image_is_the_one_that_the_chart_asks_for() -> None:
    chart = layout.CHECKOUT / "charts" / "fargatestack"
    values = yaml.safe_load((chart / "values.yaml").read_text())
    version = yaml.safe_load((chart / "Chart.yaml").read_text())["appVersion"]
    assert image.name() == f"{values['image']['repository']}:{version}"


def test_a_program_that_needs_libraries_is_refused() -> None:
    with pytest.raises(WorldError, match="needs libraries, which the image has not"):
        image.build(Path(sys.executable).resolve(), [])


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(WorldError, match="readelf"):
        image.is_dynamic(Path(__file__))
