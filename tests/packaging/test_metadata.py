"""What the installed package says of itself, and that the lock file, the lints' seam and the sources agree with it."""

import re
import tomllib
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sigtrawl

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CARGO = tomllib.loads((ROOT / "Cargo.toml").read_text())


def locked(name: str = "python/requirements.lock") -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    pinned = (line.split(";")[0].strip() for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in pinned if line)}


def required() -> list[Requirement]:
    project = PROJECT["project"]
    groups = PROJECT["dependency-groups"]
    ours = (group for name, group in groups.items() if name != "bench")  # it has a lock file of its own
    grouped = [entry for group in ours for entry in group if isinstance(entry, str)]  # the others include a group
    texts = [*project["dependencies"], *project["optional-dependencies"]["arrow"], *grouped]
    return [Requirement(text) for text in texts]


def test_the_installed_package_is_the_one_of_the_sources() -> None:
    installed = distribution("sigtrawl")
    assert installed.version == CARGO["workspace"]["package"]["version"] == sigtrawl.__version__
    assert installed.metadata["License-Expression"] == "Apache-2.0"
    assert installed.metadata["Requires-Python"] == ">=3.11"
    (script,) = installed.entry_points.select(group="console_scripts")
    assert (script.name, script.value) == ("sigtrawl", "sigtrawl.cli:main")


def test_pyarrow_is_asked_for_only_by_its_extra() -> None:
    needed = [Requirement(text) for text in distribution("sigtrawl").requires or ()]
    assert {need.name for need in needed if need.marker is None} == {
        "pysigma",
        "pyyaml",
        "typer",
        "rich",
        "pyahocorasick",
        "polars",
    }
    assert [need.name for need in needed if need.marker and need.marker.evaluate({"extra": "arrow"})] == ["pyarrow"]


@pytest.mark.parametrize("name", ["py.typed", "_native.pyi", "demo/netcat.yml", "demo/netcat.kql", "schemas/windows.yml"])
def test_data_files_are_in_the_package(name: str) -> None:
    assert (files("sigtrawl") / name).is_file()


def test_every_requirement_has_an_upper_bound_or_is_an_extra() -> None:
    for need in required():
        if need.name != "pyarrow":
            assert any(spec.operator == "<" for spec in need.specifier), need


def test_the_lock_file_satisfies_the_project() -> None:
    pinned = locked()
    for need in required():
        assert need.specifier.contains(pinned[canonicalize_name(need.name)]), need


def test_the_peers_of_the_race_are_pinned_beside_what_they_race_with() -> None:
    pinned, ours = locked("benches/requirements.lock"), locked()
    for text in PROJECT["dependency-groups"]["bench"]:
        need = Requirement(text)
        assert need.specifier.contains(pinned[canonicalize_name(need.name)]), need
    assert {name: pinned[name] for name in set(pinned) & set(ours)} == {name: ours[name] for name in set(pinned) & set(ours)}


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    pinned = locked("python/requirements-oldest.lock")
    for text in (*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["arrow"]):
        need = Requirement(text)
        version = pinned[canonicalize_name(need.name)]
        assert need.specifier.contains(version), need
        (least,) = [spec.version for spec in need.specifier if spec.operator == ">="]
        # pySigma itself asks for a newer PyYAML than we would.
        assert need.name == "pyyaml" or version in {least, f"{least}.0", f"{least}.0.0"}, need


@pytest.mark.parametrize("name", ["python/requirements.lock", "python/requirements-oldest.lock", "benches/requirements.lock"])
def test_the_lock_files_name_no_host(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()


def test_crates_come_from_the_common_registry_only() -> None:
    packages = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    assert {package.get("source", "workspace").split("+")[0] for package in packages} == {"registry", "workspace"}


def test_the_top_level_is_the_one_that_was_agreed() -> None:
    ignored = {line.strip("/*") for line in (ROOT / ".gitignore").read_text().splitlines()}
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - ignored
    assert names <= {
        "Cargo.lock", "Cargo.toml", "CHANGELOG.md", "CONTRIBUTING.md", "DESIGN.md", "LICENSE", "Makefile", "README.md",
        "benches", "clippy.toml", "deny.toml", "pyproject.toml", "python", "rust", "rustfmt.toml", "tests",
    }  # fmt: skip


def test_the_core_is_kept_from_files_and_threads() -> None:
    seam = tomllib.loads((ROOT / "rust/core/clippy.toml").read_text())
    forbidden = {entry["path"] for entry in (*seam["disallowed-types"], *seam["disallowed-methods"])}
    assert {"std::fs::File", "std::fs::read", "std::thread::spawn"} <= forbidden
    assert all(re.search(r"\bcore\b", entry["reason"]) for entry in (*seam["disallowed-types"], *seam["disallowed-methods"]))
