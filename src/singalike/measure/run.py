"""One task, one model, one dataset: from names to a results folder (Torres et al. 2023, §4.3).

- ``similarity``  EER and mean normalised rank of clips, by trials drawn here or read from a list
- ``singers``     accuracy of a linear classifier, files of each singer in folds

Everything long (embedding) happens before anything is written, and is kept by recording: an interrupted run goes on
where it was when the same command is given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike.errors import ConfigError, MissingExtraError
from singalike.evaluate.trials import Trials, write_trials
from singalike.measure import tasks
from singalike.measure.clips import Progress, conditions_for, embed_clips
from singalike.measure.data import Data, read_data
from singalike.measure.outcome import Outcome, about_data, new_document, save_clips
from singalike.measure.plots import Curve, save_det
from singalike.measure.results import CURVES, PICTURE, TRIALS, check_out, save_arrays, write_results
from singalike.measure.settings import CLIP_SECONDS, Settings
from singalike.measure.trial_names import Cut, cut_of_list, read_list

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline


def evaluate(
    embedder: Baseline,
    source: Path,
    out: Path,
    settings: Settings,
    *,
    command: str,
    progress: Progress | None = None,
) -> Outcome:
    """Measure a model on a dataset and write the results.

    Args:
        embedder: The model.
        source: A folder ``<singer>/<anything>/<file>``, a table, or a dataset's root.
        out: The results folder; earlier results of the same model and settings are replaced.
        settings: What is asked.
        command: The command line that repeats this, kept with the results.
        progress: Called as recordings are embedded and classifiers trained.

    Returns:
        The folder, what was written, and notes. Inputs that failed are in ``document["data"]["failed"]``.

    Raises:
        ConfigError: The request cannot be carried out: data, list of trials, folds or results folder.
        InputError: Nothing at all could be embedded.
        ModelMismatchError: The cache holds another model's vectors under this one's name.
    """
    task = tasks.CLIP_TASKS[settings.task]
    data = read_data(
        source, reader=settings.reader, split=settings.split, kinds=settings.kinds, min_files=settings.min_files
    )
    listed = None
    if settings.trials is not None:
        listed, named = read_list(settings.trials, data.recordings, allow_identical=settings.allow_identical)
        data = replace(data, recordings=named)
    cut = _cut(settings, listed, data)
    tasks.check(data.recordings, settings)
    document = new_document(
        embedder,
        task=settings.task,
        command=command,
        clip_seconds=cut.seconds,
        seed=settings.seed,
        settings=settings.as_dict(),
        source=source,
    )
    check_out(out, document)
    embedded = embed_clips(
        embedder,
        data.recordings,
        cut,
        conditions=conditions_for(embedder.sample_rate_hz, bottleneck=settings.bottleneck),
        layers=task.layers,
        progress=progress,
    )
    document["data"] = about_data(data.name, embedded)
    measured = task.measure(tasks.Job(embedder, embedded, data.recordings, settings, cut, listed, progress))
    return Outcome(out, document, _write(out, document, measured, drawn=listed is None))


def _cut(settings: Settings, listed: Trials | None, data: Data) -> Cut:
    """Return the list's way of cutting if it has one, else the settings'; they must not contradict each other."""
    said = None if listed is None else cut_of_list(listed, data.recordings)
    asked = settings.clip_seconds, settings.shorten_silences
    if said is None:
        seconds, shorten = asked
        return Cut(CLIP_SECONDS if seconds is None else seconds, True if shorten is None else shorten)
    for what, value, of_list in zip(("clip_seconds", "shorten_silences"), asked, astuple(said)[:2], strict=True):
        if value not in (None, of_list):
            raise ConfigError(
                f"the list's clips have {what} {of_list}, not {value}", where=settings.trials, hint="leave it out"
            )
    return said


def _write(out: Path, document: dict[str, Any], measured: tasks.Measurement, *, drawn: bool) -> list[str]:
    """Complete the document, write everything, ``results.json`` last; return notes."""
    notes = [note for result in measured.results for note in result.pop("notes", [])]
    if measured.trials is not None:
        document["trials"] = {
            "sha256": measured.trials.sha256,
            "trials": len(measured.trials) - measured.left_out,
            "left_out": measured.left_out,
            "drawn": dict(measured.trials.drawn),
        }
        if measured.left_out:
            notes.append(f"{measured.left_out} of {len(measured.trials)} trials name clips that failed: left out")
        if drawn:
            write_trials(measured.trials, out / TRIALS)
    for condition, clips in measured.clips.items():
        save_clips(out, condition, clips)
    if measured.curves:
        notes += _draw_curves(out, measured.curves, title=f"{document['model']['name']}, {document['data']['name']}")
    document["results"], document["notes"] = measured.results, list(dict.fromkeys(notes))
    write_results(out, document)
    return document["notes"]


def _draw_curves(out: Path, curves: Sequence[Curve], *, title: str) -> list[str]:
    arrays = {
        f"{curve.label}_false_{what}": rates
        for curve in curves
        for what, rates in (("accepts", curve.false_accepts), ("rejects", curve.false_rejects))
    }
    save_arrays(out / CURVES, **arrays)
    try:
        save_det(out / PICTURE, curves, title=title)
    except MissingExtraError as error:  # the figures are worth more than the picture
        return [f"no {PICTURE}: {error}"]
    return []
