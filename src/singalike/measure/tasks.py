"""The tasks on clips that are embedded already: their trials, and the figures of each condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike.corpus.recordings import Recording
from singalike.evaluate.clip_names import find_clips
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.clips import clip_scores, evaluate_clips, known_trials
from singalike.evaluate.drawing import draw_trials
from singalike.evaluate.folds import deal_files
from singalike.evaluate.trials import Trials
from singalike.evaluate.verification import det_curve
from singalike.extras import TRAIN_HINT, needs_extra
from singalike.measure import grouping
from singalike.measure.clips import Clips, Embedded, Progress
from singalike.measure.plots import Curve
from singalike.measure.settings import Settings
from singalike.measure.trial_names import Cut, find_recordings

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline


@dataclass(frozen=True)
class Measurement:
    """What a task gave.

    Attributes:
        results: The metrics of each condition, with its name.
        clips: By condition, the clips as they were compared.
        curves: The DET curve of each condition, where the task has one.
        trials: The list that was asked for, where the task has one.
        left_out: How many of its trials name clips that failed.
    """

    results: list[dict[str, Any]]
    clips: dict[str, Clips]
    curves: list[Curve] = field(default_factory=list)
    trials: Trials | None = None
    left_out: int = 0


@dataclass(frozen=True)
class Job:
    """What a task is given.

    Attributes:
        embedder: Finishes the vectors of the whole set.
        embedded: The clips.
        recordings: By key.
        settings: Seed and rules.
        cut: How the clips were cut.
        listed: A list of trials; None draws one, where the task has trials.
        progress: Called as classifiers are trained.
    """

    embedder: Baseline
    embedded: Embedded
    recordings: Mapping[str, Recording]
    settings: Settings
    cut: Cut
    listed: Trials | None = None
    progress: Progress | None = None


def check(recordings: Mapping[str, Recording], settings: Settings) -> None:
    """Say before the long work, not after it, that the recordings do not allow what is asked.

    Raises:
        ConfigError: Too few files of a singer for the folds, no targets across songs or sessions, or no such groups.
    """
    if settings.by is not None:
        grouping.check(settings.by, settings.traits)
    if settings.task == "singers":
        voices = [recording.voice for recording in recordings.values()]
        deal_files(list(recordings), voices, folds=settings.folds, seed=settings.seed, min_files=settings.min_files)
    elif settings.cross and settings.trials is None:
        _draw(recordings, list(recordings), recordings, replace(settings, allow_identical=False))


def draw(clips: Clips, recordings: Mapping[str, Recording], settings: Settings, cut: Cut) -> Trials:
    """Draw trials among clips; the list says how they were drawn and cut, so that it can be given again.

    Raises:
        ConfigError: See :func:`singalike.evaluate.drawing.draw_trials`.
    """
    trials = _draw(clips.keys.tolist(), clips.recordings.tolist(), recordings, settings)
    about = {"cross": settings.cross, "clip_seconds": cut.seconds, "shorten_silences": cut.shorten_silences}
    return replace(trials, drawn={**trials.drawn, **about})


def _draw(
    keys: Iterable[str], owners: Sequence[str], recordings: Mapping[str, Recording], settings: Settings
) -> Trials:
    """Draw trials among clips by their keys; ``owners`` are the recordings they are of."""
    drawable = [replace(recordings[owner], path=Path(key)) for key, owner in zip(keys, owners, strict=True)]
    cross = settings.cross
    if cross == "recording":
        drawable = [replace(clip, session=owner) for clip, owner in zip(drawable, owners, strict=True)]
        cross = "session"
    return draw_trials(
        drawable,
        settings.draw,
        settings.seed,
        cross=cross,  # pyright: ignore[reportArgumentType]  # Settings has checked it
        allow_identical=settings.allow_identical,
    )


def similarity(job: Job) -> Measurement:
    """Measure how well the clips' vectors tell singers apart, under each condition by the same trials.

    Raises:
        ConfigError: See :func:`singalike.evaluate.clips.evaluate_clips` and :func:`draw`.
    """
    clips = {c: replace(one, vectors=job.embedder.finish(one.vectors)) for c, one in job.embedded.clips.items()}
    asked = job.listed or draw(next(iter(clips.values())), job.recordings, job.settings, job.cut)
    trials = usable(asked, job.embedded, job.recordings)
    results, curves = [], []
    for condition, one in clips.items():
        vectors = _vectors(one)
        figures = evaluate_clips(vectors, trials, seed=job.settings.seed)
        scores = clip_scores(vectors, trials)
        results.append({"condition": condition, **figures})
        if by := job.settings.by:
            traits, seed = job.settings.traits, job.settings.seed
            results[-1]["groups"], notes = grouping.by_group(scores, trials, one, by=by, traits=traits, seed=seed)
            results[-1]["notes"] += notes
        rates = det_curve(scores, trials.labels)
        curves.append(Curve(condition, *rates, eer=results[-1]["eer"], trials=len(trials)))
    return Measurement(results, clips, curves, asked, left_out=len(asked) - len(trials))


def singers(job: Job) -> Measurement:
    """Measure how well a linear classifier names the singers, under each condition.

    Raises:
        ConfigError: See :func:`singalike.evaluate.probes.evaluate`.
        MissingExtraError: ``torch`` is not installed.
    """
    with needs_extra(TRAIN_HINT, who="a classifier"):
        from singalike.evaluate import probes

    results, settings, progress = [], job.settings, job.progress
    for condition, clips in job.embedded.clips.items():
        figures = probes.evaluate(
            clips.vectors,
            clips.recordings,
            clips.voices,
            seed=settings.seed,
            folds=settings.folds,
            min_files=settings.min_files,  # a recording that failed may have left too few
            progress=progress and (lambda done, of, name=condition: progress(done, of, name)),
        )
        results.append({"condition": condition, **figures})
    return Measurement(results, job.embedded.clips)


def usable(trials: Trials, embedded: Embedded, recordings: Mapping[str, Recording]) -> Trials:
    """Leave out the trials of clips that failed, and no others: a name that was never there stays an error."""
    clips = next(iter(embedded.clips.values()))
    known = find_clips(trials.paths, clips.keys.tolist(), clips.recordings.tolist(), clips.voices.tolist())
    missing = [name for name in trials.paths if name not in known]
    places = (str(failure["where"]) for failure in embedded.failed)
    owners = {place if place in recordings else place.rpartition("@")[0] for place in places}
    excused = set(find_recordings(missing, {owner: recordings[owner] for owner in owners}))
    return known_trials(_vectors(clips), trials) if missing and excused.issuperset(missing) else trials


def _vectors(clips: Clips) -> ClipVectors:
    return ClipVectors(tuple(clips.keys.tolist()), clips.vectors, clips.recordings, clips.voices, clips.model)


@dataclass(frozen=True)
class ClipTask:
    """One task on clips of recordings.

    Attributes:
        measure: Gives the figures.
        layers: Asks for the vectors of all layers.
    """

    measure: Callable[[Job], Measurement]
    layers: bool = False


CLIP_TASKS: dict[str, ClipTask] = {
    "similarity": ClipTask(similarity),
    "singers": ClipTask(singers, layers=True),
}
