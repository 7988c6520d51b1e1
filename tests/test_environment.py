"""One truth about versions: pyproject.toml, the locks and environment.yml agree."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": [*PROJECT["dependencies"], *EXTRAS["build"]],
    "requirements-dev.lock": [*PROJECT["dependencies"], *EXTRAS["build"], *EXTRAS["dev"]],
    "requirements-spark.lock": [
        *PROJECT["dependencies"],
        *EXTRAS["build"],
        *EXTRAS["dev"],
        *EXTRAS["spark"],
    ],
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, Version]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(name): Version(version) for name, version in PIN.findall(text)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_that_pyproject_asks_for_within_its_bounds(lock: str) -> None:
    pinned = pins(lock)
    for line in LOCKS[lock]:
        wanted = Requirement(line)
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not in {lock}: run `make lock`"
        assert version in wanted.specifier, f"{lock} has {wanted.name} {version}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_each_pin_of_a_lock_has_a_hash_and_no_address_stands_in_it(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)


def test_what_runs_is_pinned_alike_for_users_and_developers() -> None:
    users, developers = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: developers.get(name) for name in users} == users


def test_environment_yml_is_python_from_conda_forge_and_the_lock_by_pip() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    assert environment["channels"] == ["conda-forge"]
    python, pip, by_pip = environment["dependencies"]
    assert pip == "pip"
    assert by_pip == {"pip": ["-r requirements.lock"]}
    name, version = python.split("=")
    assert name == "python"
    wanted = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert Version(version) in wanted


def test_binder_installs_the_package_as_environment_yml_says() -> None:
    script = (ROOT / "postBuild").read_text(encoding="utf-8")
    said = (ROOT / "environment.yml").read_text(encoding="utf-8")
    command = "pip install --no-deps --no-build-isolation -e ."
    assert command in script
    assert command in said
