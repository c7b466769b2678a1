"""The parts of a report: figures by task, curves, maps, and what repeats each result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from singalike.errors import SingalikeError
from singalike.measure.columns import legend
from singalike.measure.map import map_svg, voice_map
from singalike.measure.page import Block, Code, Heading, Paragraph, Picture, Row, Table
from singalike.measure.paper import CITATION, TABLE_OF_TASK, paper_dataset
from singalike.measure.pictures import pictures
from singalike.measure.reading import BOTTLENECK, Embeddings, Folder, Measured
from singalike.measure.tables import comparison, grouped, reference, same_counts
from singalike.measure.task_table import TASKS
from singalike.measure.traits import Traits, colourings

_LONG = 20  # rows of a table


def opening(results: Sequence[Measured], title: str) -> list[Block]:
    """Return the heading and what the page is about."""
    data = list(dict.fromkeys(one.data.name for one in results))
    models = list(dict.fromkeys(one.model.name for one in results))
    lead = (
        f"{len(models)} {'model' if len(models) == 1 else 'models'} ({', '.join(models)}) measured on {', '.join(data)}"
    )
    if any(one.task in TABLE_OF_TASK for one in results):
        lead += f"; beside them, where the data are the paper's, the figures of {CITATION}"
    lead += "."
    return [Heading(title or f"Singing voices, measured: {', '.join(data)}", 1), Paragraph(lead)]


def figures(read: Sequence[Folder]) -> list[Block]:
    """Return a section a task; in it one part for each set of results that may be compared."""
    blocks: list[Block] = []
    folder_of = {id(folder.measured): folder for folder in read}
    for task in TASKS:
        groups = grouped([folder.measured for folder in read if folder.measured.task == task])
        if not groups:
            continue
        blocks += [Heading(task.replace("-", " ").capitalize()), Paragraph(legend(task), "note")]
        if len(groups) > 1:
            said = (
                f"{len(groups)} sets of results: they differ in data, trials, clip length, seed or settings, so their "
                "figures are not to be compared with one another."
            )
            blocks.append(Paragraph(said, "warning"))
        for group in groups:
            blocks += _group([folder_of[id(one)] for one in group])
        if task in TABLE_OF_TASK:
            blocks += _paper(task, groups)
    return blocks


def _group(folders: Sequence[Folder]) -> list[Block]:
    group = [folder.measured for folder in folders]
    notes = [_measured_on(group)]
    if len(group) > 1:
        notes.append("Bold is the best figure of a condition; where intervals overlap, chance may have chosen it.")
    if any(found["condition"] == BOTTLENECK for one in group for found in one.results):
        notes.append(f"{BOTTLENECK}: the input by way of that rate; models that take no more of it as they are.")
    table, shown = comparison(group), pictures(folders)
    both = [*shown, table] if len(table.rows) > _LONG else [table, *shown]  # what is too long to overlook comes last
    return [Heading(group[0].data.name, 3), Paragraph(" ".join(notes), "note"), *both]


def _measured_on(group: Sequence[Measured]) -> str:
    one = group[0]
    data = one.data
    singers = f"{data.voices:,} voices, {data.recordings:,} recordings"
    clips = f"{data.clips:,} clips" + (f" of {one.clip_seconds:g} s" if one.clip_seconds else "")
    trials = f"; {one.trials.trials:,} trials, list {one.trials.sha256[:12]}" if one.trials else ""
    counts = f" The same in every row: {same}." if (same := same_counts(group)) else ""
    return f"{singers}, {clips}; data {data.sha256[:12]}{trials}; seed {one.seed}.{counts}"


def _paper(task: str, groups: Sequence[Sequence[Measured]]) -> list[Block]:
    """Return the paper's table where data are not the paper's, else what it leaves open."""
    if any(paper_dataset(group[0].data.name) is None for group in groups):
        return [*reference(task)]
    if task == "singers":
        return [Paragraph(f"The paper's table {TABLE_OF_TASK[task]} does not say its input rate.", "note")]
    return []


def maps(read: Sequence[Folder], traits: Traits, progress: Callable[[int, int, object], None]) -> list[Block]:
    """Return a map of each model on each dataset: the vectors that were compared, where several tasks are there."""
    shown: dict[tuple[object, ...], Folder] = {}
    for folder in sorted(read, key=lambda folder: folder.measured.task != "similarity"):
        if folder.embeddings:
            one = folder.measured
            shown.setdefault((one.model.fingerprint, one.data.sha256, one.clip_seconds), folder)
    if not shown:
        return []
    said = "Each dot is a clip; point at it for its name. Distances are approximate: the figures above are the truth."
    blocks: list[Block] = [Heading("Maps of the voices"), Paragraph(said, "note")]
    for done, folder in enumerate(shown.values(), start=1):
        blocks += _map(folder.measured, folder.embeddings, traits)  # pyright: ignore[reportArgumentType]
        progress(done, len(shown), f"map of {folder.measured.model.name}")
    return blocks


def _map(measured: Measured, embeddings: Embeddings, traits: Traits) -> list[Block]:
    layout = voice_map(embeddings.vectors)
    where = f"{measured.model.name} on {measured.data.name}"
    blocks: list[Block] = [Heading(where, 3), Paragraph(f"{layout.method} Input: {embeddings.condition}.", "note")]
    for name, values in colourings(embeddings, traits).items():
        alt = f"Map of {len(layout.picked)} clips, {where}, coloured by {name}."
        svg = map_svg(layout.positions, values[layout.picked].tolist(), alt=alt)
        blocks.append(Picture(f"Coloured by {name}.", alt, svg, live=True))
    return blocks


def repeat(results: Sequence[Measured]) -> list[Block]:
    """Return, for each results folder, the command, the checksums and what failed."""
    blocks: list[Block] = [Heading("How to repeat each of them")]
    for one in results:
        facts = [
            ("model", f"{one.model.name}, {one.model.sample_rate_hz:,} Hz"),
            ("model fingerprint", one.model.fingerprint),
            ("data", f"{one.data.name}: {one.data.recordings:,} recordings, sha256 {one.data.sha256}"),
            *_trial_facts(one),
            ("clips", f"{one.clip_seconds:g} s" if one.clip_seconds else "whole recordings"),
            ("seed", str(one.seed)),
            ("made", f"{one.created} by singalike {one.singalike}"),
            ("files or clips that failed", str(len(one.data.failed))),
            *(("note", note) for note in one.notes),
        ]
        blocks += [Heading(f"{one.model.name}, {one.task}, {one.data.name}", 3), Code(one.command)]
        blocks.append(Table(f"Results folder {one.name}", ("fact", "value"), tuple(Row(fact) for fact in facts)))
        if one.data.failed:
            blocks.append(_failures(one.data.failed, "Not measured: files or clips that failed"))
    return blocks


def _trial_facts(one: Measured) -> list[tuple[str, str]]:
    if one.trials is None:
        return []
    drawn = json.dumps(one.trials.drawn, ensure_ascii=False) if one.trials.drawn else "unknown: a list that was given"
    return [("trials", f"{one.trials.trials:,}, sha256 {one.trials.sha256}"), ("trials drawn by", drawn)]


def left_out(failed: Sequence[SingalikeError]) -> list[Block]:
    """Return the list of folders that could not be read."""
    if not failed:
        return []
    return [Heading("Left out"), _failures([error.as_dict() for error in failed], "Results that could not be read")]


def _failures(failed: Sequence[Mapping[str, Any]], caption: str) -> Table:
    rows = tuple(Row(tuple(str(one.get(key) or "–") for key in ("where", "code", "what"))) for one in failed)
    return Table(f"{caption} ({len(failed)})", ("where", "code", "what"), rows, folded=len(failed) > 20)
