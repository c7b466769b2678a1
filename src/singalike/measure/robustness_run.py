"""The task ``robustness``: one model, one dataset, every condition, to a results folder.

It takes isolated voices: what is done to them is done here. A recording is one clip, so that 10 s can be compared with
1 s; long ones are cut when asked. Everything long (embedding) happens before anything is written, and is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike.corpus.accompaniments import Bands, Recordings
from singalike.corpus.recordings import Recording
from singalike.errors import ConfigError, MissingExtraError
from singalike.evaluate.clip_vectors import ClipVectors
from singalike.evaluate.clips import known_trials
from singalike.evaluate.trials import Trials, write_trials
from singalike.measure import tasks
from singalike.measure.clips import Clips, Progress, embed_clips
from singalike.measure.conditions import GROUPS, check_groups, conditions
from singalike.measure.cutting import NATIVE
from singalike.measure.data import read_data
from singalike.measure.outcome import Outcome, about_data, new_document, save_clips
from singalike.measure.results import TRIALS, check_out, write_results
from singalike.measure.robustness import measure_robustness
from singalike.measure.robustness_plot import PICTURE, save_robustness
from singalike.measure.settings import Settings
from singalike.measure.trial_names import WHOLE, Cut, cut_of_list, read_list

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline

TASK = "robustness"
_PATHS = ("trials", "accompaniments")


@dataclass(frozen=True)
class RobustnessSettings:
    """What is asked of an evaluation of robustness; data and trials as in :class:`~.settings.Settings`.

    Attributes:
        task: ``"robustness"``.
        clip_seconds: Length of a clip; None takes what a list of trials says, or whole recordings.
        shorten_silences: Shorten long silences first; None takes what a list of trials says, or does not.
        conditions: Groups of conditions, some of :data:`~.conditions.GROUPS`.
        accompaniments: A folder of recordings to lay under the voices; None takes bands of the virtual choir.

    Raises:
        ConfigError: A value is unknown or out of range.
    """

    task: str = TASK
    reader: str | None = None
    split: str | None = None
    kinds: Collection[str] = ()
    min_files: int = 1
    clip_seconds: float | None = None
    shorten_silences: bool | None = None
    seed: int = 0
    trials: Path | None = None
    draw: int = 20_000
    cross: str | None = None
    allow_identical: bool = False
    conditions: Collection[str] = GROUPS
    accompaniments: Path | None = None

    def __post_init__(self) -> None:
        check_groups(self.conditions)
        _ = self.similarity

    @property
    def similarity(self) -> Settings:
        """What is asked of the clean clips."""
        shared = {field.name for field in fields(Settings)} & {field.name for field in fields(self)} - {"task"}
        return Settings("similarity", **{name: getattr(self, name) for name in shared})

    def as_dict(self) -> dict[str, Any]:
        """Return the settings JSON-ready; two runs with equal ones are the same evaluation."""
        paths = {name: None if (path := getattr(self, name)) is None else str(path) for name in _PATHS}
        conditions = [group for group in GROUPS if group in self.conditions]
        return {**asdict(self), **paths, "kinds": sorted(self.kinds), "conditions": conditions}


def evaluate_robustness(
    embedder: Baseline,
    source: Path,
    out: Path,
    settings: RobustnessSettings,
    *,
    command: str,
    progress: Progress | None = None,
) -> Outcome:
    """Measure how a model's error rates grow under each condition and write the results.

    Args:
        embedder: The model.
        source: A folder ``<singer>/<anything>/<file>``, a table, or a dataset's root: isolated voices.
        out: The results folder; earlier results of the same model and settings are replaced.
        settings: What is asked.
        command: The command line that repeats this, kept with the results.
        progress: Called as recordings are embedded, clean and changed.

    Returns:
        The folder, what was written, and notes. Inputs that failed are in ``document["data"]["failed"]``.

    Raises:
        ConfigError: The request cannot be carried out: data, list of trials, conditions or results folder.
        InputError: Nothing at all could be embedded.
        MissingExtraError: A pitch shift needs torch.
        ModelMismatchError: The cache holds another model's vectors under this one's name.
    """
    asked = settings.similarity
    music = Bands() if settings.accompaniments is None else Recordings(settings.accompaniments)
    conditions(settings.conditions, music)  # says now what would be said after hours
    filters = {"reader": asked.reader, "split": asked.split, "kinds": asked.kinds, "min_files": asked.min_files}
    data = read_data(source, **filters)
    listed = None
    if asked.trials is not None:
        listed, named = read_list(asked.trials, data.recordings, allow_identical=asked.allow_identical)
        data = replace(data, recordings=named)
    cut = _cut(asked, listed, data.recordings)
    tasks.check(data.recordings, asked)
    document = new_document(
        embedder,
        task=TASK,
        command=command,
        clip_seconds=cut.seconds,
        seed=asked.seed,
        settings=settings.as_dict(),
        source=source,
    )
    check_out(out, document)
    embedded = embed_clips(embedder, data.recordings, cut, conditions=(NATIVE,), progress=progress)
    clips = embedded.clips[NATIVE]
    # Owners are looked up by their keys; a whole recording's may say that it was cut from another.
    owned = clips if cut.seconds else replace(clips, recordings=clips.keys)
    trials = listed or tasks.draw(owned, data.recordings, asked, cut)
    usable = _usable(clips, trials)
    options: dict[str, Any] = {"seed": asked.seed, "groups": settings.conditions, "accompaniments": music}
    found = measure_robustness(embedder, clips, data.recordings, usable, cut, progress=progress, **options)
    document["data"] = about_data(data.name, embedded)
    document["trials"] = {
        "sha256": trials.sha256,
        "trials": len(usable),
        "left_out": len(trials) - len(usable),
        "drawn": dict(trials.drawn),
    }
    return _write(out, document, *found, clips, None if listed else trials)


def _cut(settings: Settings, listed: Trials | None, recordings: Mapping[str, Recording]) -> Cut:
    """Return how the list, else the settings ask for recordings to be cut: not at all where neither says."""
    said = None if listed is None else cut_of_list(listed, dict(recordings))
    seconds, shorten = settings.clip_seconds, settings.shorten_silences
    if said is None:
        return WHOLE if seconds is None and not shorten else Cut(seconds, bool(shorten))
    if seconds not in (None, said.seconds) or shorten not in (None, said.shorten_silences):
        raise ConfigError("the list says how its clips are cut", where=settings.trials, hint="leave that out")
    return said


def _usable(clips: Clips, trials: Trials) -> Trials:
    """Return the trials whose clips could be embedded."""
    names = tuple(clips.keys.tolist())
    return known_trials(ClipVectors(names, clips.vectors, clips.recordings, clips.voices, clips.model), trials)


def _write(
    out: Path,
    document: dict[str, Any],
    results: list[dict[str, Any]],
    notes: list[str],
    clips: Clips,
    drawn: Trials | None,
) -> Outcome:
    """Complete the document and write everything, ``results.json`` last."""
    if left_out := document["trials"]["left_out"]:
        notes = [f"{left_out} trials name clips that failed: left out", *notes]
    if drawn is not None:
        write_trials(drawn, out / TRIALS)
    save_clips(out, NATIVE, clips)
    try:
        save_robustness(out / PICTURE, results, title=f"{document['model']['name']}, {document['data']['name']}")
    except MissingExtraError as error:  # the figures are worth more than the picture
        notes = [*notes, f"no {PICTURE}: {error}"]
    document["results"], document["notes"] = results, notes
    write_results(out, document)
    return Outcome(out, document, notes)
