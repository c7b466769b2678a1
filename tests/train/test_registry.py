"""The register names every recipe, and nothing else; the page of results is made from it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from results_folder import write_folder
from singalike.errors import ConfigError
from singalike.measure.paper import paper_models, paper_row
from singalike.measure.reading import read_measured
from singalike.train.registry import registered

RECIPES = {recipe.name: recipe for recipe in registered()}


def test_every_recipe_is_registered_and_every_row_has_its_recipe():
    pytest.importorskip("yaml")
    from singalike.train.recipe import recipe_names

    assert sorted(recipe.name for recipe in registered()) == recipe_names()


@pytest.mark.parametrize("recipe", registered(), ids=lambda recipe: recipe.name)
def test_a_row_is_whole(recipe):
    assert recipe.method
    assert recipe.citation
    assert all(override.partition("=")[1] for override in recipe.test_overrides)


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.test_overrides])
def test_the_tests_changes_are_changes_of_the_recipe(name):
    pytest.importorskip("yaml")
    from singalike.train.recipe import load_recipe

    changed = load_recipe(name, list(RECIPES[name].test_overrides))
    assert changed != load_recipe(name)


def test_what_needs_a_teachers_weights_is_tested_without_them():
    assert RECIPES["default"].test_overrides == ("initial=''", "heard_seconds=0.5")
    for name in ("voices-ge2e", "voices-tdnn"):
        overrides = RECIPES[name].test_overrides
        assert overrides[:2] == ("losses=[{name: am-softmax}]", "initial=''")


def test_the_papers_rows_are_named_as_the_report_names_them():
    rows = {recipe.name: recipe.paper_row for recipe in registered() if recipe.paper_row}
    assert rows == {
        "torres-cont": "CONT",
        "torres-cont-vc": "CONT-VC",
        "torres-unif": "UNIF",
        "torres-vicreg": "VICReg",
        "torres-byol": "BYOL",
    }
    assert set(rows.values()) <= set(paper_models())
    assert {name: paper_row(name) for name in rows} == rows


def test_the_register_is_read_without_torch():
    program = "import sys, singalike.train.registry as r; r.registered(); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.fixture
def recipes_page():
    path = Path(__file__).parents[2] / "benchmarks" / "recipes_page.py"
    spec = importlib.util.spec_from_file_location("recipes_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_register_drives_the_page_of_results(recipes_page, tmp_path, monkeypatch):
    for name in ("torres-byol", "torres-cont", "ge2e"):
        write_folder(tmp_path / name / "similarity", model=name, data="VocalSet")
    write_folder(tmp_path / "torres-cont" / "singers", model="torres-cont", data="VocalSet", task="singers")
    write_folder(tmp_path / "elsewhere", model="torres-cont", data="RAVDESS")
    out = tmp_path / "results.md"
    monkeypatch.setattr(sys, "argv", ["recipes_page.py", str(tmp_path), "--out", str(out)])
    assert recipes_page.main() == 0
    text = out.read_text(encoding="utf-8")
    _, elsewhere, here, recipes, _ = text.split("\n## ")
    rows = [line.strip("| ").split(" | ") for line in here.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows] == ["recipe", "torres-cont", "torres-byol", "ge2e"]
    assert rows[1][2:] == [
        "20.71 (15.70–25.60)",
        "3.21 (2.10–4.20)",
        "8.10 (6.00–10.00) of 40",
        "81.20 (75.00–87.00)",
        "CONT",
        "30.61",
        "22.60",
        "77.42",
    ]
    assert "did not measure" not in here
    assert "did not measure" in elsewhere
    for recipe in registered():
        assert f"| {recipe.name} |" in recipes
    assert "Not measured: default, voices-ge2e, voices-tdnn, torres-cont-vc" in text


def test_recipes_measured_by_different_trials_are_refused(recipes_page, tmp_path):
    folders = [
        write_folder(tmp_path / "a", model="torres-cont"),
        write_folder(tmp_path / "b", model="torres-byol", trials="another list"),
    ]
    with pytest.raises(ConfigError, match="different trials"):
        recipes_page.blocks([read_measured(folder) for folder in folders], registered())
    twice = [read_measured(folders[0]), read_measured(write_folder(tmp_path / "c", model="torres-cont"))]
    with pytest.raises(ConfigError, match="torres-cont measured twice"):
        recipes_page.blocks(twice, registered())
    with pytest.raises(ConfigError, match="no results"):
        recipes_page.blocks([], registered())
