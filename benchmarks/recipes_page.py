"""Write the page of results by recipe from the register of recipes and a folder of results.

    python benchmarks/recipes_page.py RESULTS --out docs/results.md

RESULTS holds, at any depth, the folders that `singalike evaluate` wrote, one for each model, dataset and task; a
model belongs to the recipe of its name, any other stands beneath as something to compare with. Figures at each
model's own sample rate.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from singalike.errors import ConfigError, SingalikeError
from singalike.measure.columns import NONE, figure, legend
from singalike.measure.page import Block, Code, Heading, Paragraph, Row, Table, write_page
from singalike.measure.paper import paper_dataset, paper_figures, paper_row
from singalike.measure.reading import NATIVE, Measured, read_measured
from singalike.measure.results import RESULTS
from singalike.measure.tables import grouped
from singalike.train.registry import RegisteredRecipe, registered

ABROAD = "VocalSet"  # the paper's figures shown beside data it did not measure: singing, and out of its domain, too
TASK_OF = {"eer": "similarity", "mnr_eq7": "similarity", "mnr_released_code": "similarity", "accuracy": "singers"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the page of results by recipe.")
    parser.add_argument("results", type=Path, help="folder of results folders")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    options = parser.parse_args()
    try:
        read = (read_measured(path.parent) for path in sorted(options.results.rglob(RESULTS)))
        measured = [one for one in read if one.task in TASK_OF.values()]
        write_page(blocks(measured, registered()), options.out)
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def blocks(measured: Sequence[Measured], recipes: Sequence[RegisteredRecipe]) -> list[Block]:
    """Return the page: one table a dataset, then the recipes, then the commands."""
    if not measured:
        raise ConfigError("no results to show", hint="`singalike evaluate`")
    datasets: dict[tuple[object, ...], list[Measured]] = {}
    for one in measured:
        datasets.setdefault((one.data.name, one.data.sha256, one.clip_seconds, one.seed), []).append(one)
    page: list[Block] = [
        Heading("Results by recipe", 1),
        Paragraph("Written by benchmarks/recipes_page.py from recipes.csv and the results of singalike evaluate."),
        Paragraph(legend("similarity")),
    ]
    for results in datasets.values():
        page += dataset(results, recipes)
    missing = [recipe.name for recipe in recipes if recipe.name not in {one.model.name for one in measured}]
    if missing:
        page.append(Paragraph(f"Not measured: {', '.join(missing)}."))
    facts = (Row((r.name, r.method, r.paper_row or NONE, r.citation, r.notes or NONE)) for r in recipes)
    page += [
        Heading("The recipes"),
        Table("recipes.csv", ("recipe", "method", "paper's row", "repeats", "notes"), tuple(facts)),
    ]
    return [*page, Heading("The commands"), Code("\n".join(dict.fromkeys(one.command for one in measured)))]


def dataset(results: Sequence[Measured], recipes: Sequence[RegisteredRecipe]) -> list[Block]:
    """Return the table of one dataset; refuse two lists of trials, or one model measured twice."""
    for task in ("similarity", "singers"):
        of_task = [one for one in results if one.task == task]
        if len(grouped(of_task)) > 1:
            folders = ", ".join(str(group[0].folder) for group in grouped(of_task))
            raise ConfigError(
                f"measured by different trials or folds: {folders}", hint="evaluate with one list: --trials"
            )
        names = [one.model.name for one in of_task]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ConfigError(f"{', '.join(sorted(repeated))} measured twice on {results[0].data.name}, {task}")
    data = results[0].data
    theirs = paper_dataset(data.name) or ABROAD
    heads = ("#EER, % ↓", "#MNR (eq. 7), % ↓", "#MNR (released code), % ↓", "#accuracy, % ↑")
    columns = ("recipe", "method", *heads, "paper's row", f"#paper on {theirs}: EER", "#MNR", "#accuracy")
    by_name = {recipe.name: recipe for recipe in recipes}
    measured = {one.model.name for one in results}
    order = [*(name for name in by_name if name in measured), *sorted(measured - by_name.keys())]
    rows = tuple(row(name, by_name.get(name), [o for o in results if o.model.name == name], theirs) for name in order)
    said = f"{data.voices} voices, {data.recordings:,} recordings, data {data.sha256[:12]}."
    if theirs != paper_dataset(data.name):
        said += (
            f" The paper did not measure these data: its figures on {theirs} stand beside for the order, not the size."
        )
    return [Heading(data.name), Paragraph(said), Table("Each model at its own sample rate", columns, rows)]


def row(name: str, recipe: RegisteredRecipe | None, results: Iterable[Measured], theirs: str) -> Row:
    """Return the row of one recipe, or of another model, on one dataset."""
    of_task = {one.task: one.metrics(NATIVE) or {} for one in results}
    ours = (figure(of_task.get(task, {}), metric) for metric, task in TASK_OF.items())
    beside = (recipe.paper_row if recipe else paper_row(name)) or ""
    printed = {**paper_figures("similarity", theirs, NATIVE).get(beside, {})}
    printed |= paper_figures("singers", theirs, NATIVE).get(beside, {})
    paper = (f"{printed[metric]:.2f}" if metric in printed else NONE for metric in ("eer", "mnr", "accuracy"))
    method = recipe.method if recipe else "to compare with"
    return Row((name, method, *ours, beside or NONE, *paper), reference=recipe is None)


if __name__ == "__main__":
    raise SystemExit(main())
