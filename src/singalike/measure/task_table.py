"""Every task of ``singalike evaluate``: what it takes, what measures it, how its figures are shown.

To add a task: an entry here, and one in :data:`~.tasks.CLIP_TASKS` (clips of recordings) or
:data:`~.song_tasks.SONG_TASKS` (songs); or another function in place of :func:`~.run.evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from singalike.errors import ConfigError
from singalike.measure.outcome import Outcome
from singalike.measure.robustness_run import RobustnessSettings, evaluate_robustness
from singalike.measure.run import evaluate
from singalike.measure.settings import Settings
from singalike.measure.song_run import evaluate_songs
from singalike.measure.song_settings import SongSettings
from singalike.measure.vocal_tags_data import VocalTagSettings
from singalike.measure.vocal_tags_run import evaluate_vocal_tags


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        settings: A dataclass, what is asked; its fields are the options that the task takes.
        evaluate: Measures (embedder, source, out, settings, *, command, progress).
        columns: Metrics that are shown, with their headings; ``#`` sets a column to the right.
        better: ``"lower"`` or ``"higher"``.
        over: What the intervals are over.
    """

    settings: type[Any]
    evaluate: Callable[..., Outcome]
    columns: tuple[tuple[str, str], ...]
    better: str
    over: str = "singers"

    def settings_for(self, task: str, given: Mapping[str, Any]) -> Any:
        """Return the settings from what was given, which may hold more than they take at its default.

        Args:
            task: Its name.
            given: Options by name that are not at their default.

        Raises:
            ConfigError: The task does not take an option, or a value is out of range.
        """
        known = {field.name for field in fields(self.settings)}
        if others := sorted(set(given) - known):
            raise ConfigError(f"the task {task} takes no {', '.join(others)}", hint="leave it out")
        return self.settings(task, **{n: tuple(v) if isinstance(v, list) else v for n, v in given.items()})


_ACCURACY = (("accuracy", "#accuracy, %"), ("chance", "#chance, %"))
TASKS: dict[str, Task] = {
    "similarity": Task(
        Settings,
        evaluate,
        (("eer", "#EER, %"), ("mnr_eq7", "#MNR (eq. 7), %"), ("mnr_released_code", "#MNR (released code), %")),
        better="lower",
    ),
    "singers": Task(Settings, evaluate, _ACCURACY, better="higher"),
    "robustness": Task(
        RobustnessSettings, evaluate_robustness,
        (("eer", "#EER, %"), ("growth", "#of the clean EER, %"), ("mnr_released_code", "#MNR (released code), %")),
        better="lower",
    ),
    "gender": Task(SongSettings, evaluate_songs, _ACCURACY, better="higher"),
    "artists": Task(
        SongSettings, evaluate_songs, (_ACCURACY[0], ("macro_f1", "#macro-F1, %"), _ACCURACY[1]), better="higher",
        over="artists",
    ),
    "artist-similarity": Task(
        SongSettings, evaluate_songs, (("mnr", "#MNR, %"), ("mnr_chance", "#chance, %"), ("eer", "#EER, %")),
        better="lower", over="artists",
    ),
    "tags": Task(
        SongSettings, evaluate_songs,
        (("roc_auc", "#ROC-AUC, %"), ("pr_auc", "#PR-AUC, %"), ("pr_auc_chance", "#chance (PR-AUC), %")),
        better="higher", over="artists",
    ),
    "vocal-tags": Task(
        VocalTagSettings, evaluate_vocal_tags,
        (("roc_auc", "#ROC-AUC, %"), ("pr_auc", "#PR-AUC, %"), ("pr_auc_chance", "#chance (PR-AUC), %")),
        better="higher", over="artists",
    ),
    "instruments": Task(SongSettings, evaluate_songs, _ACCURACY, better="higher", over="instruments"),
    "genres": Task(SongSettings, evaluate_songs, _ACCURACY, better="higher", over="artists"),
    "singer-identification": Task(
        SongSettings, evaluate_songs,
        (("top_1", "#top-1, %"), ("top_1_chance", "#chance, %"),
         ("top_5", "#top-5, %"), ("top_5_chance", "#chance (top-5), %")),
        better="higher",
    ),
    "query-by-singer": Task(
        SongSettings, evaluate_songs,
        (("map", "#mAP, %"), ("map_chance", "#chance (mAP), %"), ("p_at_5", "#P@5, %"), ("r_at_5", "#R@5, %"),
         ("predecessor_map", "#Σ P@j / 8 (not mAP), %")),
        better="higher",
    ),
}  # fmt: skip


def find_task(name: str) -> Task:
    """Return a task by its name.

    Raises:
        ConfigError: There is no such task.
    """
    if name not in TASKS:
        raise ConfigError(f"no task {name!r}", hint=f"one of {', '.join(TASKS)}")
    return TASKS[name]
