"""Measure a model folder, fit its calibration, and write both into its card; print the figures as Markdown tables.

    python benchmarks/describe_default.py runs/default/model --data ../shared/data --against ge2e mfcc --json out.json

On the trials of ``real_voices.py`` (RAVDESS song for choosing, GTSinger for reporting): vocals, and mixes at −6, 0 and
+6 dB beside the model's own figures on vocals; groups of singers and techniques, for failure cases; codecs, rooms,
noise, pitch, bandwidth, duration and misleading bands by the task ``robustness``, with ``--music FOLDER``
(``accompaniments.py --held-out``) also over recorded music; the calibration, fitted on RAVDESS
(song in vocals and mixes, and with the same people's speech) and voicebanks, read on singers that it was not fitted
on; and what ``identify`` makes of strangers.
``--against`` measures others alike, for the tables alone. Vectors are kept: an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import describe_tables
import held_out
import real_voices
import strangers
from held_out import Scored
from real_voices import LEVELS_DB, SEED, Levels, Task
from singalike.corpus.accompaniments import Recordings
from singalike.corpus.readers import gtsinger_demo
from singalike.corpus.recordings import Recording, replace_text
from singalike.encoders.published import Baseline
from singalike.errors import SingalikeError
from singalike.evaluate import groups, similarity
from singalike.evaluate.robustness import Scores, compare
from singalike.measure.clips import embed_clips
from singalike.measure.conditions import GROUPS
from singalike.measure.cutting import NATIVE
from singalike.measure.embedders import find_embedder
from singalike.measure.robustness import measure_robustness
from singalike.measure.trial_names import WHOLE
from singalike.model.background import background
from singalike.model.card import Calibration, Card

INTENDED_USE = (
    "Finding recordings whose voices are alike, in a library of songs or isolated vocals; measuring whether a "
    "synthetic or converted voice keeps an identity. Scores are relative: read them with the calibration."
)
MISUSE = (
    "Do not use it to prove who someone is: its errors are far too many for that. Do not use it to imitate a person, "
    "to find out who an anonymous singer or speaker is, or to enroll people who have not agreed."
)
# Of the shipped model: mp3 (128 kbit/s), opus (64) of 24 clips agree to .9673, two songs of RAVDESS to .9531 at most.
DUPLICATE_COSINE = 0.96
LIMITS = (
    "Begun with a speaker encoder and trained mostly on speech, with few singers. Falsetto, growl, whisper, choirs and "
    "duets, and pitch far from a singer's usual range lower the score of one and the same voice. Similar rooms and "
    "microphones raise it. Two seconds of other notes and words are hard to match. Noise 10 dB under the voice "
    "doubles the errors, and so does recorded music as loud as the voice. Scores of mixes with vocals are lower than "
    "the calibration expects. Some music without a voice is taken for one. Probabilities were fitted on 23 singers of "
    "two short English songs, their speech, and four voicebanks. Who is enrolled by one recording is often not known "
    "again: enroll three or more, of different songs."
)
VOCALS: Levels = (None, None)
MIXES: tuple[Levels, ...] = tuple(pair for level in LEVELS_DB for pair in ((level, level), (None, level)))
CALIBRATED: tuple[Levels, ...] = (VOCALS, (0, 0), (None, 0))  # libraries hold both
SPEECH_EVERY = 2  # of its trials: with all of them singing, which is what the model is for, is off by more than .05
FITTED_ON = ("RAVDESS song", "RAVDESS, singing with speech")
ELSEWHERE = "voicebanks"
GROUPED = ("RAVDESS song", "GTSinger, all pairs")  # of the two lists of GTSinger, the one with more non-targets
CHANGED = ("RAVDESS song", "GTSinger, published trials")
CONDITIONS = ("codec", "room", "noise", "pitch", "bandwidth", "duration", "misleading")  # accompaniments: see MIXES
RECORDED = "recorded music"
USUAL_VOICE = "Control"  # what GTSinger calls the clips without a technique
_DIGITS = 4  # of a fraction in the card
_KEPT = ("change", "sides", "eer", "eer_low", "eer_high", "growth", "growth_low", "growth_high", "trials", "left_out")


@dataclass(frozen=True)
class Asked:
    """What is asked for beside vocals and mixes: groups of conditions, and recorded music to lay under voices."""

    conditions: Collection[str] = CONDITIONS
    music: Recordings | None = None


def describe(
    folder: Path,
    data: Path,
    *,
    against: Sequence[str] = (),
    conditions: Collection[str] = CONDITIONS,
    music: Path | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Measure a model folder and write its card; measure others beside it.

    Args:
        folder: The model; its card's calibration, figures and texts are replaced.
        data: The folder with ``recordings.csv``.
        against: Names of others, for comparison.
        conditions: Groups of conditions of the task ``robustness``; none leaves robustness out.
        music: Folder of recordings to lay under voices as well; None for none.

    Returns:
        The figures by the model's name, those of the folder first.
    """
    model, card = find_embedder(str(folder)), Card.load(folder)
    tasks = [*real_voices.tasks(data), real_voices.sung_with_spoken(data), real_voices.voicebanks(data)]
    card.calibration = held_out.fit_calibration(
        list(_fitted_on(model, tasks).values()),
        _elsewhere(model, tasks),
        fitted_on="RAVDESS, one gender: songs across emotions, vocals, mixes at 0 dB, one with the other; with speech; "
        "and voicebanks",
        cohort_name="different singers of one gender, RAVDESS, vocals, mixes and speech",
    )
    card.calibration.duplicate_cosine = DUPLICATE_COSINE
    card.calibration.unknown_threshold = strangers.threshold(
        strangers.Collection.read(model, _named(FITTED_ON[0], tasks), VOCALS)
    )
    asked = Asked(conditions, Recordings(music) if music else None)
    card.figures = figures(model, tasks, card.calibration, asked)
    card.intended_use, card.misuse, card.limits = INTENDED_USE, MISUSE, LIMITS
    card.save(folder)
    others = {name: figures(find_embedder(name), tasks, None, asked) for name in against}
    own = card.name if card.name not in others else str(folder)
    return {own: card.figures, **others}


def figures(model: Baseline, tasks: Sequence[Task], fitted: Calibration | None, asked: Asked) -> list[dict[str, Any]]:
    """Return the figures of a model: a row a task and pair of levels, groups and robustness in the rows of vocals."""
    found = []
    for task in tasks:
        scored = _scored(model, task, VOCALS)
        vocals = real_voices.measure(model, task, VOCALS, fresh=False)
        if fitted:
            vocals |= held_out.read_with(fitted, scored)
        if task.name in GROUPED:
            vocals["groups"] = by_group(task, scored.scores)
        found.append(vocals)
        if task.name in CHANGED:
            if fitted:
                vocals["strangers"] = who_is_it(model, task, fitted)
            found += [mixed(model, task, levels, fitted) for levels in MIXES]
            if asked.conditions or asked.music:
                vocals["robustness"], vocals["robustness_notes"] = robustness(model, task, asked)
    if fitted:
        held = held_out.across_singers(_fitted_on(model, tasks), _elsewhere(model, tasks))
        for one in found:
            one |= {"held_out_singers": held[one["data"]]} if one["data"] in held else {}
    return [_rounded(figure) for figure in found]


def mixed(model: Baseline, task: Task, levels: Levels, fitted: Calibration | None) -> dict[str, Any]:
    """Return the figures of mixes, with ``growth``, their EER over that of the same trials on vocals."""
    figure = real_voices.measure(model, task, levels, fresh=False)
    clean, scored = _scored(model, task, VOCALS), _scored(model, task, levels)
    if fitted:
        figure |= held_out.read_with(fitted, scored)
    compared = compare(Scores(clean.scores, scored.scores, scored.singer_a, scored.singer_b), seed=SEED)
    return figure | {name: value for name, value in compared.items() if name.startswith("growth")}


def who_is_it(model: Baseline, task: Task, fitted: Calibration) -> dict[str, list[dict[str, float]]]:
    """Return what becomes of strangers and of enrolled singers, by what is enrolled and asked, in words.

    Of the set that the threshold is fitted on, also of singers that it was not fitted on.
    """
    ways = {f"{_word(enrolled)} asked by {_word(asked)}": (enrolled, asked) for enrolled, asked in CALIBRATED}
    collections = {words: strangers.Collection.read(model, task, levels) for words, levels in ways.items()}
    found = {words: strangers.measure(one, fitted.unknown_threshold) for words, one in collections.items()}
    if task.name == FITTED_ON[0]:
        fit = collections[next(iter(ways))]
        held = strangers.across_strangers(fit, list(collections.values()))
        found |= {f"{words}, held-out strangers": rows for words, rows in zip(ways, held, strict=True)}
    return found


def by_group(task: Task, scores: np.ndarray) -> dict[str, Any]:
    """Return the figures of every group, by what divides the recordings; rates at the EER threshold of them all."""
    found = {}
    for column, value_of in _traits(task).items():
        plain = USUAL_VOICE if column == "technique" else None
        one = groups.evaluate(scores, task.trials, task.singer_of, value_of, seed=SEED, plain=plain)
        found[column] = {name: one[name] for name in ("groups", "left_out")}
    return found


def robustness(model: Baseline, task: Task, asked: Asked) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the figures of whole recordings under each condition, by the task's trials, and what is missing."""
    recordings = {path: Recording(task.root / path, task.singer_of[path]) for path in task.trials.paths}

    def say(done: int, of: int, _: object) -> None:
        if done % 10 == 0 or done == of:
            print(f"{model.name}: {task.name}, robustness, {done}/{of}", file=sys.stderr)

    clips = embed_clips(model, recordings, WHOLE, conditions=(NATIVE,), progress=say).clips[NATIVE]
    run = partial(measure_robustness, model, clips, recordings, task.trials, WHOLE, seed=SEED, progress=say)
    results, notes = run(groups=asked.conditions) if asked.conditions else ([], [])
    if asked.music:
        over, missing = run(groups=("accompaniment",), accompaniments=asked.music)
        over = [row | {"change": row["change"].replace("accompaniment", RECORDED)} for row in over]
        results, notes = [*results, *over[bool(results) :]], [*notes, *missing]  # the clean clips once
    return [{name: result[name] for name in _KEPT if name in result} for result in results], notes


def _traits(task: Task) -> dict[str, dict[str, str]]:
    """Return by column the value of each path."""
    if task.name.startswith("RAVDESS"):
        gender = {singer: real_voices.ravdess_gender(singer) for singer in task.singer_of.values()}
        emotion = {path: session.removeprefix("song-") for path, session in task.crossed_of.items()}
        return {"gender": _of_singers(task, gender), "emotion": emotion}
    columns = ("gender", "language", "voice_part")
    singers = {column: _of_singers(task, gtsinger_demo.traits(task.root, column)) for column in columns}
    clips = gtsinger_demo.read(task.root, kinds={"sung"})
    return {**singers, "technique": {c.path.relative_to(task.root).as_posix(): c.session for c in clips}}


def _of_singers(task: Task, trait: Mapping[str, str]) -> dict[str, str]:
    return {path: trait[singer] for path, singer in task.singer_of.items()}


def _fitted_on(model: Baseline, tasks: Sequence[Task]) -> dict[str, Scored]:
    """Return what the calibration is fitted on, by the names of its figures."""
    songs, speech = (_named(name, tasks) for name in FITTED_ON)
    found = {songs.name + real_voices.condition(levels): _scored(model, songs, levels) for levels in CALIBRATED}
    spoken = _scored(model, speech, VOCALS)
    return found | {speech.name: spoken.of(np.arange(len(spoken.labels)) % SPEECH_EVERY == 0)}


def _elsewhere(model: Baseline, tasks: Sequence[Task]) -> Scored:
    """Return another collection, unlike the one that the calibration is fitted on."""
    return _scored(model, _named(ELSEWHERE, tasks), VOCALS)


def _named(name: str, tasks: Sequence[Task]) -> Task:
    return next(task for task in tasks if task.name == name)


def _scored(model: Baseline, task: Task, levels: Levels) -> Scored:
    vectors, trials = real_voices.embed(model, task, levels, fresh=False)
    a, b = (np.array([task.singer_of[path] for path in side]) for side in (task.trials.path_a, task.trials.path_b))
    library = np.stack([vectors[f"{path}@{levels[1]}"] for path in task.trials.paths])
    return Scored(similarity.scores(vectors, trials), trials.labels, a, b, background(library))


def _word(level_db: int | None) -> str:
    return "vocals" if level_db is None else "mixes"


def _rounded(value: Any) -> Any:
    """Round every fraction, however deep: the card is read by people."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure a model folder and write its card.")
    parser.add_argument("model", type=Path, help="a model folder; its card is replaced")
    parser.add_argument("--data", type=Path, default=real_voices.SHARED / "data", help="folder with recordings.csv")
    parser.add_argument("--against", nargs="*", default=(), metavar="MODEL", help="others, for the tables alone")
    parser.add_argument("--conditions", nargs="*", default=CONDITIONS, help=f"some of {', '.join(GROUPS)}, or none")
    parser.add_argument("--music", type=Path, help="folder of music without voices, to lay under them as well")
    parser.add_argument("--json", type=Path, help="write all figures here as well")
    options = parser.parse_args()
    try:
        found = describe(
            options.model, options.data, against=options.against, conditions=options.conditions, music=options.music
        )
    except SingalikeError as error:
        print(error, file=sys.stderr)
        return 2
    print(describe_tables.page(found))
    if options.json:
        replace_text(options.json, json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
