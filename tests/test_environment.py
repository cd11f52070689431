"""The environment's files agree: ranges in pyproject.toml, pins in requirements.lock and in the conda files."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def pins(lines: list[str]) -> dict[str, str]:
    """Distribution name -> version, of lines such as `torch==2.13.0`."""
    found = [re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line.strip()) for line in lines]
    return {canonicalize_name(match.group(1)): match.group(2) for match in found if match}


LOCK = pins((ROOT / "envs/requirements.lock").read_text().splitlines())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIRED = [*PROJECT["dependencies"], *(each for extra in PROJECT["optional-dependencies"].values() for each in extra)]


@pytest.mark.parametrize("text", REQUIRED)
def test_every_requirement_is_pinned_within_its_range(text: str) -> None:
    requirement = Requirement(text)
    assert requirement.specifier.contains(LOCK[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_conda_files_have_the_locks_versions_of_all_dependencies(name: str) -> None:
    content = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text())
    found = pins(content["dependencies"][-1]["pip"])
    assert found.items() <= LOCK.items()
    assert {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]} <= set(found)


def test_the_versions_that_must_go_together() -> None:
    assert (LOCK["torch"], LOCK["torchvision"]) == ("2.13.0", "0.28.0")
    assert LOCK["snakemake"].startswith("9.")
