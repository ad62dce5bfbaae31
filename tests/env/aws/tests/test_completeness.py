from __future__ import annotations

import re
from pathlib import Path

from awslayer import readme
from awslayer.app import Application
from awslayer.registry import RULES, load
from awslayer.settings import DEFAULTS

_HERE = Path(__file__).parent


def test_every_rule_has_a_test_of_its_own() -> None:
    load()
    sources = "".join(path.read_text() for path in _HERE.glob("test_*.py"))
    tested = {name for marker in re.findall(r"@rule\(([^)]*)\)", sources) for name in re.findall(r'"(\w+)"', marker)}
    assert tested == set(RULES)


def test_the_readme_lists_the_rules_as_they_are() -> None:
    text = readme.README.read_text()
    assert readme.rendered(text) == text, "run python -m awslayer.readme"


def test_the_readme_names_every_route_and_setting() -> None:
    text = readme.README.read_text()
    for method, name in Application().control.routes:
        assert re.search(rf"`{method} {name}", text), f"{method} {name}"
    for name in DEFAULTS:
        assert f"| `{name}` |" in text, name
