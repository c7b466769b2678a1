"""``evaluate``: one task, one model, one dataset, to a folder of results."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from singalike.cli.output import Json, emit, exit_for, plain, print_table, progress

if TYPE_CHECKING:
    from singalike.measure.outcome import Outcome
    from singalike.measure.task_table import Task

_NONE = "–"
_NO_OPTIONS = ("model", "data", "task", "out", "weights", "as_json")  # of no task's settings


def evaluate(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model folder or name, or a baseline: ge2e, mfcc.")],
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            metavar="DATA",
            help="A folder SINGER/.../FILE (songs: ARTIST/SONG/vocals.wav, …), a table, or a --reader's dataset.",
        ),
    ],
    task: Annotated[
        str,
        typer.Option(
            "--task",
            help="similarity, singers, robustness; songs: gender, artists, artist-similarity, tags, genres, ….",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="REPORT", help="The folder for the results.")],
    reader: Annotated[str | None, typer.Option("--reader", help="Read a known dataset: vctk, vocalset, ….")] = None,
    trials: Annotated[
        Path | None, typer.Option("--trials", metavar="FILE", help="A list of trials; else one is drawn.")
    ] = None,
    draw: Annotated[int, typer.Option("--draw", help="How many trials to draw, half of one voice.")] = 20_000,
    cross: Annotated[
        str | None, typer.Option("--cross", help="Targets drawn across recording, song or session.")
    ] = None,
    allow_identical: Annotated[
        bool, typer.Option("--allow-identical", help="Accept trials of a clip with itself.")
    ] = False,
    clip_seconds: Annotated[
        float | None, typer.Option("--clip-seconds", help="Length of a clip; 4, or what the list of trials says.")
    ] = None,
    shorten_silences: Annotated[
        bool | None,
        typer.Option("--shorten-silences/--keep-silences", help="Cut silences over 1.3 s short before cutting clips."),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", help="Folds of the files of each singer.")] = 5,
    min_files: Annotated[int, typer.Option("--min-files", help="Leave out voices of fewer recordings.")] = 1,
    weights: Annotated[Path | None, typer.Option("--weights", metavar="PATH", help="A baseline's checkpoint.")] = None,
    split: Annotated[str | None, typer.Option("--split", help="Only this split: train, validation or test.")] = None,
    kinds: Annotated[list[str] | None, typer.Option("--kinds", help="Only this kind, e.g. sung; repeatable.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Draws trials, rankings, folds and the bootstrap.")] = 0,
    bottleneck: Annotated[
        bool, typer.Option("--bottleneck/--no-bottleneck", help="Measure by way of 16 kHz, too.")
    ] = True,
    options: Annotated[
        list[str] | None, typer.Option("--reader-option", metavar="NAME=VALUE", help="Of the reader; repeatable.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="Songs: vocals, mixture or both; else what all songs have.")
    ] = None,
    levels: Annotated[
        list[str] | None, typer.Option("--level", help="Songs: score at so many seconds, or song; repeatable.")
    ] = None,
    shares: Annotated[
        list[float] | None, typer.Option("--shares", help="artists: learn from this share of songs; repeatable.")
    ] = None,
    version: Annotated[str | None, typer.Option("--pairs", help="artist-similarity: two-songs, or authors.")] = None,
    top_tags: Annotated[int | None, typer.Option("--top-tags", help="tags: measure the commonest, 50.")] = None,
    conditions: Annotated[
        list[str] | None, typer.Option("--conditions", help="robustness: only these changes, e.g. codec; repeatable.")
    ] = None,
    accompaniments: Annotated[
        Path | None, typer.Option("--accompaniments", metavar="FOLDER", help="robustness: audio to lay under voices.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure a model: similarity of singers (EER, rank), robustness, singer classifiers, probes on songs.

    Vectors are kept: an interrupted evaluation goes on where it stopped. `singalike report` makes a page of the
    results.
    """
    from singalike.measure.embedders import find_embedder
    from singalike.measure.task_table import find_task

    entry = find_task(task)
    settings = entry.settings_for(task, _given(context))
    embedder = find_embedder(model, weights=weights)
    with progress(f"measuring {model}") as report:
        outcome = entry.evaluate(embedder, data, out, settings, command=_command(context), progress=report)
    failed = outcome.document["data"]["failed"]
    if as_json:
        emit({"out": out, **outcome.document})
    else:
        _print(outcome, entry)
        for failure in failed:
            typer.echo(f"failed: {plain(failure['where'])}: {plain(failure['what'])}", err=True)
    exit_for(failed)


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
    first = found[0]
    counts = [f"{data['voices']} {task.over}", f"{data['recordings']} recordings", f"{data['clips']} clips"]
    if "trials" in document:
        sizes = sorted({first[f"{name}_set_size"] for name, _ in task.columns if f"{name}_set_size" in first})
        ranked = [f"ranks among {' and '.join(map(str, sizes))}"] if sizes else []
        counts += [f"{document['trials']['trials']} trials", *ranked]
    typer.echo(f"{', '.join(counts)}; in brackets 95 % intervals over {task.over}")
    for note in outcome.notes:
        typer.echo(f"note: {note}", err=True)
    page = f"; a page of them: singalike report {outcome.folder} --out page.html" if task.reported else ""
    typer.echo(f"the results are in {outcome.folder}{page}")


def _cell(result: dict[str, Any], name: str) -> str:
    """Return a metric in per cent with its interval, "20.71 (15.70–25.60)"."""
    if name not in result:
        return _NONE
    low, high = result.get(f"{name}_low"), result.get(f"{name}_high")
    interval = f" ({100 * low:.2f}–{100 * high:.2f})" if low is not None and high is not None else ""
    return f"{100 * result[name]:.2f}{interval}"
