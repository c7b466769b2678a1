"""One task on songs, one model, one dataset: from names to a results folder (Garoufis et al. 2023 and 2025).

- ``gender``, ``artists``, ``artist-similarity``   who sings, from windows in which somebody does
- ``tags``, ``instruments``, ``genres``            what is heard

Each on vocals, on mixtures or on both, at each level; a condition is called ``"vocals, 5 s"``. And, of Kim et al. 2021,

- ``singer-identification``, ``query-by-singer``   who sings, asked in one domain and answered from another

on whole songs, a condition being called ``"vocals → mixture"``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike.errors import ConfigError, MissingExtraError
from singalike.extras import TRAIN_HINT, needs_extra
from singalike.measure.clips import Clips, Progress
from singalike.measure.outcome import Outcome, about_data, new_document, save_clips
from singalike.measure.results import check_out, write_results
from singalike.measure.song_contract import Selection, SongTask
from singalike.measure.song_data import domains_of, read_song_data
from singalike.measure.song_settings import SongSettings
from singalike.measure.song_tasks import SONG_TASKS
from singalike.measure.song_windows import embed_songs

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline


def evaluate_songs(
    embedder: Baseline,
    source: Path,
    out: Path,
    settings: SongSettings,
    *,
    command: str,
    progress: Progress | None = None,
) -> Outcome:
    """Measure a model on songs and write the results.

    Args:
        embedder: The model.
        source: A folder ``<artist>/<song>/``, a table of songs, or a dataset's root.
        out: The results folder; earlier results of the same model and settings are replaced.
        settings: What is asked.
        command: The command line that repeats this, kept with the results.
        progress: Called as songs are embedded and classifiers trained.

    Returns:
        The folder, what was written, and notes. Inputs that failed are in ``document["data"]["failed"]``.

    Raises:
        ConfigError: The request cannot be carried out: data, labels, levels or results folder.
        InputError: Nothing at all could be embedded.
        MissingExtraError: ``torch`` is not installed.
        ModelMismatchError: The cache holds another model's vectors under this one's name.
    """
    task, data = SONG_TASKS[settings.task], read_song_data(source, settings)
    domains = domains_of(data.songs, settings.domain)
    chosen = task.select(data.songs, settings)
    document = new_document(
        embedder,
        task=settings.task,
        command=command,
        clip_seconds=settings.window_seconds,
        seed=settings.seed,
        settings=settings.as_dict(),
        source=source,
    )
    check_out(out, document)
    length = settings.window_seconds
    found = embed_songs(
        embedder, chosen.songs, domains, sung_only=task.sung_only, window_seconds=length, progress=progress
    )
    document["data"] = about_data(data.name, found)
    clips = {
        domain: replace(one, vectors=embedder.of(domain).finish(one.vectors)) if task.finished else one
        for domain, one in found.clips.items()
    }
    document["results"], notes = _score(task, clips, chosen, settings, progress)
    document["notes"] = list(dict.fromkeys([*chosen.notes, *notes]))
    for domain, one in clips.items():
        save_clips(out, domain, one)
    write_results(out, document)
    return Outcome(out, document, document["notes"])


def _score(
    task: SongTask, clips: dict[str, Clips], chosen: Selection, settings: SongSettings, progress: Progress | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the figures of each condition, and notes."""
    results: list[dict[str, Any]] = []
    notes: list[str] = []
    for name, heard in task.conditions(clips).items():
        told = progress and (lambda done, of, name=name: progress(done, of, name))
        try:
            with needs_extra(TRAIN_HINT, who="a classifier"):
                figures = task.score(*heard, chosen, settings, told)
        except MissingExtraError:
            raise  # nothing that this domain or its songs could mend
        except ConfigError as error:
            fewer = len(set(heard[0].recordings)) < len(chosen.songs)
            failed = ", of the songs that could be embedded" if fewer else ""
            raise ConfigError(f"{name}{failed}: {error.what}", where=error.where, hint=error.hint) from error
        for level, found in figures.items():
            notes += found.pop("notes", [])
            results.append({"condition": f"{name}, {level}" if level else name, **found})
    return results, notes
