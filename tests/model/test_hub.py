from __future__ import annotations

from pathlib import Path

import pytest

from singalike.errors import MissingWeightsError
from singalike.model.card import GRAPH
from singalike.model.hub import find_model, home, load_model
from tiny_model import write_model


def test_a_folder_and_a_name_are_found(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    assert find_model(folder) == folder
    installed = home() / "models" / f"named-{tmp_path.name}"
    installed.parent.mkdir(parents=True, exist_ok=True)
    write_model(installed)
    assert load_model(installed.name).folder == installed


def test_an_unknown_model_says_where_it_was_looked_for() -> None:
    with pytest.raises(MissingWeightsError, match="models"):
        load_model("no-such-model")


def test_a_folder_without_a_graph(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")
    (folder / GRAPH).unlink()
    with pytest.raises(MissingWeightsError, match=GRAPH):
        load_model(folder)
