"""``match``, ``crossmix``: accompaniments that suit a voice, and the voice sung to one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from singalike.cli.options import AnySound, Json, LibraryFolder, ModelName, Readout
from singalike.cli.output import emit, exit_for, list_failures, plain, print_table, progress
from singalike.errors import ConfigError

if TYPE_CHECKING:
    from singalike.match.answers import Answer, Options
    from singalike.match.crossmix import Settings

Query = Annotated[Path, typer.Argument(metavar="QUERY", help="A song, a folder of its stems, or a vocal.")]
SeparatorName = Annotated[
    str | None,
    typer.Option(
        "--separator", metavar="NAME", help="Takes apart songs without ready stems: repet, demucs, a plug-in."
    ),
]
Weights = Annotated[Path | None, typer.Option("--weights", metavar="PATH", help="The separator's weights.")]
IsVocal = Annotated[bool, typer.Option("--query-is-vocal", help="QUERY is a vocal alone, whatever lies beside it.")]
QueryTempo = Annotated[
    float | None,
    typer.Option("--query-tempo", metavar="BPM", help="QUERY's tempo, where none is heard or a wrong one."),
]
KeyShift = Annotated[
    str,
    typer.Option("--key-shift", metavar="N", help="Move the accompaniment by semitones, -3 to 3; auto: to the key."),
]
Balance = Annotated[
    str, typer.Option("--balance", help="fixed: gains 1.0 and 0.44. rms: equally loud where the voice sounds.")
]


def match(
    query: Query,
    library: LibraryFolder,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="At most so many songs.")] = 5,
    make_mixes: Annotated[
        bool, typer.Option("--crossmix", help="Mix the voice with each of them; needs --out.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where the mixes go.")] = None,
    separator: SeparatorName = None,
    weights: Weights = None,
    query_is_vocal: IsVocal = False,
    query_tempo: QueryTempo = None,
    key_shift: KeyShift = "0",
    balance: Balance = "fixed",
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Find the songs of a library whose accompaniment would suit the voice of QUERY, and what each would need."""
    from singalike.match.answers import find_matches
    from singalike.model.hub import load_model

    if make_mixes != (out is not None):
        raise ConfigError("--crossmix and --out DIR go together", hint="--crossmix --out mixes")
    options = _options(separator or ("repet" if make_mixes else None), weights, query_is_vocal, query_tempo, None)
    settings = _settings(balance, key_shift)
    opened = load_model(model, readout=readout, any_sound=any_sound)
    with progress("listening") as report:
        found = find_matches(query, library, options, k=k, out=out, model=opened, settings=settings, progress=report)
    if as_json:
        emit(
            {
                "query": query,
                "library": library,
                "answers": [answer.as_dict() for answer in found.answers],
                "left_out": found.left_out,
                "failed": [failure.as_dict() for failure in found.failed],
            }
        )
    else:
        if found.answers:
            _print_answers(found.answers)
        for path in found.left_out:
            typer.echo(f"left out, the query's own song: {plain(path)}")
        if out is not None and any(answer.folder for answer in found.answers):
            typer.echo(f"listen: {plain(out / 'index.html')}")
        list_failures(found.failed)
    exit_for(found.failed)


def crossmix(
    query: Query,
    match: Annotated[Path, typer.Argument(metavar="MATCH", help="The song whose accompaniment is played.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where mix, sheet and page go.")],
    separator: SeparatorName = "repet",
    weights: Weights = None,
    query_is_vocal: IsVocal = False,
    query_tempo: QueryTempo = None,
    tempo: Annotated[float | None, typer.Option("--tempo", metavar="BPM", help="MATCH's tempo.")] = None,
    key_shift: KeyShift = "0",
    balance: Balance = "fixed",
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Mix the voice of QUERY, as it is, with the accompaniment of MATCH, brought to its tempo and beat."""
    from singalike.match.answers import crossmix as make
    from singalike.model.hub import load_model

    options = _options(separator, weights, query_is_vocal, query_tempo, tempo)
    sheet = make(
        query,
        match,
        out,
        options,
        _settings(balance, key_shift),
        model=load_model(model, readout=readout, any_sound=any_sound),
    )
    if as_json:
        emit({"out": out, **sheet})
    else:
        _print_sheet(sheet, out)


def _options(
    separator: str | None,
    weights: Path | None,
    query_is_vocal: bool,
    query_bpm: float | None,
    match_bpm: float | None,
) -> Options:
    from singalike.match.answers import Options
    from singalike.separate.base import find_separator

    opened = find_separator(separator, weights=weights) if separator else None
    return Options(opened, query_is_vocal, query_bpm, match_bpm)


def _settings(balance: str, key_shift: str) -> Settings:
    from singalike.match.crossmix import Settings

    try:
        return Settings(balance, key_shift if key_shift == "auto" else int(key_shift))
    except ValueError:
        raise ConfigError(f"no key shift {key_shift!r}", hint="auto, or semitones from -3 to 3") from None


def _print_answers(answers: list[Answer]) -> None:
    rows = [
        (
            answer.hit.rank,
            f"{answer.hit.score:.3f}",
            f"{answer.alignment.match_bpm:.1f}",
            f"{answer.alignment.query_bpm:.1f}",
            f"{answer.alignment.stretch:.3f}",
            "refused" if answer.alignment.refused else "mixed" if answer.folder else "can be mixed",
            "–" if answer.alignment.key_shift is None else f"{answer.alignment.key_shift:+d}",
            f"{answer.alignment.offset_seconds:.3f}",
            answer.hit.path,
        )
        for answer in answers
    ]
    print_table(["#rank", "#cosine", "#bpm", "#query's", "#stretch", "", "#key", "#offset", "path"], rows)
    typer.echo("stretch: new length over old, from .77 to 1.30; key: semitones to the voice's key; offset: seconds")


def _print_sheet(sheet: dict[str, Any], out: Path) -> None:
    rows = [
        ("cosine", f"{sheet['cosine']:.3f}"),
        ("tempo", f"{sheet['match_bpm']:.1f} × {sheet['fold']:g} to {sheet['query_bpm']:.1f} beats a minute"),
        ("stretch", f"{sheet['stretch']:.3f}"),
        ("offset", f"{sheet['offset_seconds']:.3f} s"),
        ("key", f"moved by {sheet['key_shift']:+d} semitones; suggested: {sheet['suggested_key_shift']}"),
        ("true peak", f"{sheet['true_peak_dbtp']:.1f} dBTP (all turned by {sheet['mix_gain']:.2f})"),
    ]
    print_table(["", ""], rows)
    typer.echo(f"listen: {plain(out / 'index.html')}")
