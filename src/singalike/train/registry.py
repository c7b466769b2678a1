"""The register of recipes: one table that says what each repeats and how a test makes it small.

``recipes/recipes.csv`` drives both the test that every recipe trains two steps and the page of results; a recipe
that is not in it fails ``tests/train/test_registry.py``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class RegisteredRecipe:
    """One row of the register.

    Attributes:
        name: The recipe's name; ``recipes/<name>.yaml`` is the recipe.
        method: What it learns by, in a few words.
        paper_row: Its row in tables 3 and 4 of Torres et al. 2023; empty where it is not of that paper.
        citation: What it repeats, authors and year.
        test_overrides: ``key=value`` changes without which it cannot run on the virtual choir alone.
        notes: What a reader of its figures must know; often empty.
    """

    name: str
    method: str
    paper_row: str
    citation: str
    test_overrides: tuple[str, ...]
    notes: str


def registered() -> list[RegisteredRecipe]:
    """Return all registered recipes in the order of the table."""
    text = (resources.files("singalike") / "recipes" / "recipes.csv").read_text(encoding="utf-8")
    return [
        RegisteredRecipe(
            name=row["recipe"],
            method=row["method"],
            paper_row=row["paper_row"],
            citation=row["citation"],
            test_overrides=tuple(part.strip() for part in row["test_overrides"].split(";") if part.strip()),
            notes=row["notes"],
        )
        for row in csv.DictReader(text.splitlines())
    ]
