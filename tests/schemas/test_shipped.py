"""The mappings as they lie ready are those that the YAML files say."""

import os
from importlib import resources

from sigtrawl import schemas
from sigtrawl.schemas import shipped


def test_the_rendered_mappings_are_the_yaml_ones() -> None:
    """``SIGTRAWL_UPDATE_GOLDEN=1`` writes what the YAML says now."""
    mappings = shipped.from_yaml()
    said = shipped.render(mappings)
    file = resources.files("sigtrawl.schemas").joinpath(shipped.RENDERED)
    if os.environ.get("SIGTRAWL_UPDATE_GOLDEN") == "1":
        with resources.as_file(file) as path:
            path.write_text(said, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == said
    assert schemas.builtin() == mappings


def test_every_yaml_file_of_the_package_is_one_of_them() -> None:
    there = {file.name for file in resources.files("sigtrawl.schemas").iterdir() if file.name.endswith(".yml")}
    assert there == set(shipped.FILES)


def test_the_names_are_those_of_the_mappings() -> None:
    named = {name: mapping.name for mapping in schemas.builtin() for name in (mapping.name, *mapping.aliases)}
    assert schemas.known_names() == named
    assert named["asim_process_create"] == "asim"


def test_the_core_has_them_all() -> None:
    assert len(schemas.native()) == len(schemas.builtin()) == len(shipped.FILES)
