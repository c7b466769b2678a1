"""``evaluate``: one task, one model, one dataset, to a folder of results."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from singalike.cli import evaluate_options as asked
from singalike.cli.options import Json
from singalike.cli.output import emit, exit_for, plain, print_table, progress

if TYPE_CHECKING:
    from singalike.measure.outcome import Outcome
    from singalike.measure.task_table import Task

_NONE = "–"
_NO_OPTIONS = ("model", "data", "task", "out", "weights", "readout", "as_json")  # of no task's settings


def evaluate(
    context: typer.Context,
    model: asked.Model,
    data: asked.Data,
    task: asked.TaskName,
    out: asked.Out,
    weights: asked.Weights = None,
    readout: asked.Readout = None,
    seed: asked.Seed = 0,
    reader: asked.Reader = None,
    options: asked.ReaderOptions = None,
    split: asked.Split = None,
    kinds: asked.Kinds = None,
    trials: asked.TrialList = None,
    draw: asked.Draw = 20_000,
    cross: asked.Cross = None,
    allow_identical: asked.AllowIdentical = False,
    by: asked.By = None,
    traits: asked.Traits = None,
    clip_seconds: asked.ClipSeconds = None,
    shorten_silences: asked.ShortenSilences = None,
    bottleneck: asked.Bottleneck = True,
    folds: asked.Folds = 5,
    min_files: asked.MinFiles = 1,
    conditions: asked.Conditions = None,
    accompaniments: asked.Accompaniments = None,
    domain: asked.Domain = None,
    levels: asked.Levels = None,
    shares: asked.Shares = None,
    version: asked.Pairs = None,
    window_seconds: asked.WindowSeconds = 1.0,
    top_tags: asked.TopTags = None,
    rated_from: asked.RatedFrom = None,
    save_head: asked.SaveHead = False,
    as_json: Json = False,
) -> None:
    """Measure a model: similarity of singers, robustness, singer classifiers, query by singer, probes on songs.

    Vectors are kept: an interrupted evaluation goes on where it stopped. `singalike report` makes a page of the
    results.
    """
    from singalike.measure.embedders import find_embedder
    from singalike.measure.task_table import find_task

    entry = find_task(task)
    settings = entry.settings_for(task, _given(context))
    embedder = find_embedder(model, weights=weights, readout=readout)
    with progress(f"measuring {model}") as report:
        outcome = entry.evaluate(embedder, data, out, settings, command=_command(context), progress=report)
    if as_json:
        emit({"out": out, **outcome.document})
    else:
        _print(outcome, entry)
    exit_for(outcome.document["data"]["failed"])


def _given(context: typer.Context) -> dict[str, Any]:
    """Return the options of the task that are not at their defaults."""
    options = {parameter.name or "": parameter for parameter in context.command.params}
    return {
        name: value
        for name, value in context.params.items()
        if name not in _NO_OPTIONS and value not in (None, [], (), options[name].get_default(context))
    }


def _command(context: typer.Context) -> str:
    """Return the command line that repeats this one; options at their defaults are left out."""
    words: list[str] = []
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if parameter.param_type_name == "argument":
            words.append(str(value))
        elif parameter.name != "as_json" and value not in (None, [], (), parameter.get_default(context)):
            words += _option([*parameter.opts, *parameter.secondary_opts], value)
    return shlex.join(["singalike", "evaluate", *words])


def _option(names: Sequence[str], value: Any) -> list[str]:
    if isinstance(value, bool):
        return [names[0] if value else names[-1]]
    values = value if isinstance(value, list | tuple) else [value]
    return [word for one in values for word in (names[0], str(one))]


def _print(outcome: Outcome, task: Task) -> None:
    document = outcome.document
    data, found = document["data"], document["results"]
    title = f"{plain(document['model']['name'])} on {plain(data['name'])} ({task.better} is better)"
    rows = [(result["condition"], *(_cell(result, name) for name, _ in task.columns)) for result in found]
    print_table(["condition", *(title for _, title in task.columns)], rows, title=title)
    if any("groups" in result for result in found):
        _print_groups(found, document["settings"]["by"])
    first = found[0]
    counts = [f"{data['voices']} {task.over}", f"{data['recordings']} recordings", f"{data['clips']} clips"]
    if "trials" in document:
        sizes = sorted({first[f"{name}_set_size"] for name, _ in task.columns if f"{name}_set_size" in first})
        ranked = [f"ranks among {' and '.join(map(str, sizes))}"] if sizes else []
        counts += [f"{document['trials']['trials']} trials", *ranked]
    typer.echo(f"{', '.join(counts)}; in brackets 95 % intervals over {task.over}")
    for note in outcome.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(
        f"the results are in {outcome.folder}; a page of them: singalike report {outcome.folder} --out page.html"
    )
    for failure in data["failed"]:
        typer.echo(f"failed: {plain(failure['where'])}: {plain(failure['what'])}", err=True)


def _print_groups(found: Sequence[dict[str, Any]], by: str) -> None:
    """Print the figures of each group: error rates at one threshold, that of the equal error rate of all trials."""
    rates = {"eer": "#EER, %", "miss_rate": "#misses, %", "false_accept_rate": "#false accepts, %"}
    counts = {"targets": "#of one voice", "nontargets": "#of two", "singers": "#singers"}
    rows = [
        (result["condition"], plain(value), *(_cell(group, name) for name in rates), *(group[name] for name in counts))
        for result in found
        for value, group in result["groups"].items()
    ]
    print_table(["condition", plain(by), *rates.values(), *counts.values()], rows, title=f"by {plain(by)}")


def _cell(result: dict[str, Any], name: str) -> str:
    """Return a metric in per cent with its interval, "20.71 (15.70–25.60)"."""
    if name not in result:
        return _NONE
    low, high = result.get(f"{name}_low"), result.get(f"{name}_high")
    interval = f" ({100 * low:.2f}–{100 * high:.2f})" if low is not None and high is not None else ""
    return f"{100 * result[name]:.2f}{interval}"
