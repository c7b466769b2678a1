"""The options of ``evaluate``, in the panels in which its help shows them: what all tasks take, then what some do.

A name here says what is given; the parameter that has it is called like the field of the task's settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_DATA = "Which data"
_CLIPS = "Clips: similarity, singers, robustness"
_TRIALS = "Trials: similarity, robustness"
_FOLDS = "Folds: singers"
_ROBUSTNESS = "Changes: robustness"
_SONGS = "Songs: all other tasks"

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model folder or name, or a baseline: ge2e, campplus, mfcc.")
]
Data = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DATA",
        help="A folder SINGER/.../FILE (songs: ARTIST/SONG/vocals.wav, …), a table, or a --reader's dataset.",
    ),
]
TaskName = Annotated[
    str,
    typer.Option(
        "--task",
        help="similarity, singers, robustness; of songs query-by-singer, singer-identification, gender, tags, ….",
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="REPORT", help="The folder for the results.")]
Weights = Annotated[Path | None, typer.Option("--weights", metavar="PATH", help="A baseline's checkpoint.")]
Readout = Annotated[
    str | None,
    typer.Option("--readout", metavar="NAME", help="Of a model with several: vocal, mix, both; else what fits."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Draws trials, rankings, folds and the bootstrap.")]

Reader = Annotated[
    str | None, typer.Option("--reader", help="Read a known dataset: vctk, vocalset, ….", rich_help_panel=_DATA)
]
ReaderOptions = Annotated[
    list[str] | None,
    typer.Option("--reader-option", metavar="NAME=VALUE", help="Of the reader; repeatable.", rich_help_panel=_DATA),
]
Split = Annotated[
    str | None,
    typer.Option("--split", help="Only this split: train, validation or test.", rich_help_panel=_DATA),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kinds", help="Only this kind, e.g. sung; repeatable.", rich_help_panel=_DATA),
]

ClipSeconds = Annotated[
    float | None,
    typer.Option(
        "--clip-seconds", help="Length of a clip; 4, or what the list of trials says.", rich_help_panel=_CLIPS
    ),
]
ShortenSilences = Annotated[
    bool | None,
    typer.Option(
        "--shorten-silences/--keep-silences",
        help="Cut silences over 1.3 s short before cutting clips.",
        rich_help_panel=_CLIPS,
    ),
]
MinFiles = Annotated[
    int, typer.Option("--min-files", help="Leave out voices of fewer recordings.", rich_help_panel=_CLIPS)
]
Bottleneck = Annotated[
    bool,
    typer.Option("--bottleneck/--no-bottleneck", help="Measure by way of 16 kHz, too.", rich_help_panel=_CLIPS),
]

TrialList = Annotated[
    Path | None,
    typer.Option("--trials", metavar="FILE", help="A list of trials; else one is drawn.", rich_help_panel=_TRIALS),
]
Draw = Annotated[
    int, typer.Option("--draw", help="How many trials to draw, half of one voice.", rich_help_panel=_TRIALS)
]
Cross = Annotated[
    str | None,
    typer.Option("--cross", help="Targets drawn across recording, song or session.", rich_help_panel=_TRIALS),
]
AllowIdentical = Annotated[
    bool, typer.Option("--allow-identical", help="Accept trials of a clip with itself.", rich_help_panel=_TRIALS)
]

By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="COLUMN",
        help="similarity: groups, too, by kind, session or a column of --traits.",
        rich_help_panel=_TRIALS,
    ),
]
Traits = Annotated[
    Path | None,
    typer.Option("--traits", metavar="CSV", help="voice,gender,...: of singers, for --by.", rich_help_panel=_TRIALS),
]

Folds = Annotated[int, typer.Option("--folds", help="Folds of the files of each singer.", rich_help_panel=_FOLDS)]

Conditions = Annotated[
    list[str] | None,
    typer.Option("--conditions", help="Only these changes, e.g. codec; repeatable.", rich_help_panel=_ROBUSTNESS),
]
Accompaniments = Annotated[
    Path | None,
    typer.Option("--accompaniments", metavar="FOLDER", help="Audio to lay under voices.", rich_help_panel=_ROBUSTNESS),
]

Domain = Annotated[
    str | None,
    typer.Option("--domain", help="vocals, mixture or both; else what all songs have.", rich_help_panel=_SONGS),
]
Levels = Annotated[
    list[str] | None,
    typer.Option("--level", help="Probes: score at so many seconds, or song; repeatable.", rich_help_panel=_SONGS),
]
Shares = Annotated[
    list[float] | None,
    typer.Option("--shares", help="artists: learn from this share of songs; repeatable.", rich_help_panel=_SONGS),
]
Pairs = Annotated[
    str | None,
    typer.Option("--pairs", help="artist-similarity: two-songs, or authors.", rich_help_panel=_SONGS),
]
TopTags = Annotated[
    int | None, typer.Option("--top-tags", help="tags: measure the commonest, 50.", rich_help_panel=_SONGS)
]
WindowSeconds = Annotated[
    float,
    typer.Option(
        "--window-seconds", help="query-by-singer, singer-identification: how long windows are.", rich_help_panel=_SONGS
    ),
]
RatedFrom = Annotated[
    float | None,
    typer.Option("--rated-from", help="vocal-tags: a tag holds from this rating on.", rich_help_panel=_SONGS),
]
SaveHead = Annotated[
    bool, typer.Option("--save-head", help="vocal-tags: write the trained head, tags.npz.", rich_help_panel=_SONGS)
]
