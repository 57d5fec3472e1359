"""Pipelines by the names under which packages offer them: each name is the pipeline that it says, under every pySigma."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigtrawl.errors import UsageError
from sigtrawl.plan import Predicate
from sigtrawl.rules import rules_from_yaml
from sigtrawl.rules.pipelines.plugins import installed

RULE = "title: A\nlogsource: {category: test}\ndetection: {sel: {F: x}, condition: sel}"

MAKE = """
from sigma.pipelines.base import Pipeline
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldMappingTransformation

def _mapping(to, priority=0):
    return ProcessingPipeline([ProcessingItem(FieldMappingTransformation({"F": to}))], name=to, priority=priority)
"""

PLUGINS = {
    # A registry, the oldest way.
    "made_alpha/__init__.py": "from .own import *\nfrom .own import made_alpha\npipelines = {'made_alpha': made_alpha}\n",
    "made_alpha/own.py": MAKE + "@Pipeline\ndef made_alpha() -> ProcessingPipeline:\n    return _mapping('alpha')\n",
    # Two decorated functions in one module, told by __all__.
    "made_beta.py": MAKE
    + "__all__ = ['made_beta_pipeline', 'made_gamma_pipeline']\n"
    + "@Pipeline\ndef made_beta_pipeline() -> ProcessingPipeline:\n    return _mapping('beta')\n"
    + "@Pipeline\ndef made_gamma_pipeline() -> ProcessingPipeline:\n    return _mapping('gamma')\n",
    # A class, a plain function, and a helper, without __all__.
    "made_delta.py": MAKE
    + "class made_delta(Pipeline):\n    def apply(self):\n        return _mapping('delta')\n"
    + "class made_epsilon(Pipeline):\n    def apply(self):\n        return _mapping('epsilon')\n"
    + "def made_zeta() -> ProcessingPipeline:\n    return _mapping('zeta')\n"
    + "def helper(of, no_use):\n    return of\n"
    + "def made_nothing():\n    return 5\n"
    + "def made_broken() -> ProcessingPipeline:\n    raise RuntimeError('no data model')\n",
}
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put plugins where pySigma looks for them."""
    folder = tmp_path / "sigma" / "pipelines"
    for name, text in PLUGINS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("sigma.pipelines.made"):
            del sys.modules[name]


def _field(name: str) -> str | None:
    rules = rules_from_yaml(RULE, pipelines=f"made_{name}")
    assert rules.report().pipelines == (f"made_{name}",)
    condition = rules[0].condition
    assert isinstance(condition, Predicate)
    return condition.field


def test_each_name_is_its_own_pipeline(plugins: Path) -> None:
    assert plugins.is_dir()
    assert {name: _field(name) for name in NAMES} == {name: name for name in NAMES}


def test_also_where_the_plugins_were_imported_before(plugins: Path) -> None:
    assert plugins.is_dir()
    modules = [importlib.import_module(f"sigma.pipelines.{name}") for name in ("made_alpha", "made_beta", "made_delta")]
    assert {name: _field(name) for name in NAMES} == {name: name for name in NAMES}
    for module in modules:
        assert sys.modules[module.__name__] is module
        assert getattr(sys.modules["sigma.pipelines"], module.__name__.rpartition(".")[2]) is module


def test_helpers_are_no_pipelines(plugins: Path) -> None:
    assert plugins.is_dir()
    names = installed()
    assert set(names) >= {f"made_{name}" for name in NAMES}
    assert not {"helper", "_mapping", "Pipeline", "ProcessingItem"} & set(names)


def test_an_unknown_name_lists_the_known_ones(plugins: Path) -> None:
    assert plugins.is_dir()
    with pytest.raises(
        UsageError, match=r"there is no pipeline 'made_bete' \(did you mean 'made_beta'\?\); installed are: .*made_alpha"
    ):
        rules_from_yaml(RULE, pipelines="made_bete")


def test_what_makes_no_pipeline_is_told(plugins: Path) -> None:
    assert plugins.is_dir()
    with pytest.raises(UsageError, match="what is installed as 'made_nothing' is no pipeline, but makes a int"):
        rules_from_yaml(RULE, pipelines="made_nothing")
    with pytest.raises(UsageError, match="the pipeline 'made_broken' cannot be made: RuntimeError: no data model"):
        rules_from_yaml(RULE, pipelines="made_broken")


def test_a_plugin_that_fails_to_load_is_told(plugins: Path) -> None:
    (plugins / "made_worse.py").write_text("import nowhere_at_all\n")
    with pytest.raises(UsageError, match=r"a plugin fails to load: ModuleNotFoundError: .*nowhere_at_all"):
        rules_from_yaml(RULE, pipelines="made_alpha")


def test_a_file_or_folder_may_have_a_plain_name(plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plugins.is_dir()
    monkeypatch.chdir(tmp_path)
    Path("own").mkdir()
    Path("own", "a.yml").write_text("transformations: [{type: field_name_mapping, mapping: {F: own}}]")
    Path("made_alpha").mkdir()
    assert rules_from_yaml(RULE, pipelines="own").report().pipelines == ("own/a.yml",)
    assert _field("alpha") == "alpha"  # an installed name goes before a folder beside us
