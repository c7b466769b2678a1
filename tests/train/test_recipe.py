from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from singalike.errors import ConfigError
from singalike.train.recipe import begun_recipe, load_recipe, recipe_names


def test_torres_cont_has_the_papers_numbers() -> None:
    r = load_recipe("torres-cont")
    assert (r.batch_size, r.crop_seconds, r.projection, r.pairs.name) == (120, 4.0, 128, "same-recording")
    assert (r.optimizer.lr, r.optimizer.weight_decay, r.optimizer.schedule) == (1e-4, 1e-5, "constant")
    assert r.losses[0].options == {"temperature": 0.2, "max_negatives": 250}
    assert [part.name for part in r.augment] == ["noise", "pitch-shift", "gain", "time-mask"]
    assert {part.options["probability"] for part in r.augment} == {0.5}


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_loads_and_describes_itself(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.description
    assert recipe.citation


def test_overrides_reach_into_parts() -> None:
    r = load_recipe("torres-cont", ["optimizer.lr=3e-4", "batch_size=8", "features=torres2023-paper"])
    assert (r.optimizer.lr, r.optimizer.weight_decay, r.batch_size) == (3e-4, 1e-5, 8)
    assert r.features == "torres2023-paper"


def test_an_override_that_is_no_yaml_is_named() -> None:
    with pytest.raises(ConfigError, match=r"losses=\[.*not YAML"):
        load_recipe("torres-cont", ["losses=["])


@pytest.mark.parametrize("text", ["name: [", "name: torres-cont\nnonsense: 1\n"])
def test_a_runs_recipe_that_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"recipe\.yaml: this recipe cannot be read"):
        begun_recipe(tmp_path)


@pytest.mark.parametrize("change", ["crop_seconds=0", "batch_size=-4", "max_epochs=0", "seed=-1", "optimizer.lr=-1"])
def test_numbers_that_cannot_be_are_named(change: str) -> None:
    with pytest.raises(ConfigError, match=change.partition("=")[0]):
        load_recipe("torres-cont", [change])


def test_a_child_says_only_what_differs(tmp_path: Path) -> None:
    child = tmp_path / "child.yaml"
    child.write_text("parent: torres-cont\nname: child\noptimizer: {lr: 0.5}\n")
    recipe, parent = load_recipe(str(child)), load_recipe("torres-cont")
    assert recipe.optimizer.lr == 0.5
    assert recipe.optimizer.weight_decay == parent.optimizer.weight_decay
    assert recipe.augment == parent.augment


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("nonesuch", [], "torres-cont"),
        ("torres-cont", ["batch=3"], "batch"),
        ("torres-cont", ["batch_size=many"], "batch_size"),
        ("torres-cont", ["batch_size"], "key=value"),
        ("torres-cont", ["seed.deep=1"], "seed"),
        ("missing.yaml", [], "no such recipe"),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(name: str, overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_recipe(name, overrides)
