"""The made-up project of `fixtures.py`, its tables and its pages, made once for all tests of the report."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.report.fixtures import Tree, make_tree, write_site, write_tables


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """The made-up project with its tables."""
    made = make_tree(tmp_path_factory.mktemp("project"))
    write_tables(made)
    return made


@pytest.fixture(scope="session")
def pages(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report built from the made-up project."""
    return write_site(tree, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def suite(tree: Tree) -> dict[str, Any]:
    """The content of suite.json."""
    return json.loads((tree.root / "results/quick/tables/suite.json").read_text(encoding="utf-8"))
