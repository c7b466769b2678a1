"""``index``, ``search``, ``remove``: a folder of recordings whose voices are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from singalike.cli.options import AnySound, Json, LibraryFolder, ModelName, Readout
from singalike.cli.output import emit, exit_for, list_failures, print_table, progress, share
from singalike.cli.tags import TagHeadFile, open_tag_head
from singalike.errors import ConfigError, UnreadableError

if TYPE_CHECKING:
    from singalike.library import Hit, Library, Summary
    from singalike.library.tag_search import TagHit


def open_library(folder: Path, model: str | None, readout: str | None = None, *, any_sound: bool = False) -> Library:
    """Return the library of a folder, with the model that was named."""
    from singalike.library import Library

    if model is None and readout is None and not any_sound:
        return Library(folder)  # loads the shipped model only if something has to be embedded
    from singalike.model.hub import load_model

    return Library(folder, model=load_model(model, readout=readout, any_sound=any_sound))


def index(
    library: LibraryFolder,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH...", help="Audio files or folders.")] = None,
    reindex: Annotated[
        bool, typer.Option("--reindex", help="Embed again what another model embedded, then add PATHs.")
    ] = False,
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Add recordings to a library, or bring it up to date: new, changed, moved and deleted files.

    Interrupted, it goes on where it was when it is run again.
    """
    if not paths and not reindex:
        raise ConfigError("nothing to index", hint="name files or folders: singalike index ~/Music --library DIR")
    documents = {}
    with open_library(library, model, readout, any_sound=any_sound) as opened:
        with progress("indexing") as report:
            if reindex:
                documents["reindexed"] = opened.reindex(progress=report)
            if paths:
                documents["indexed"] = opened.add(*paths, progress=report)
        recordings = len(opened)
    failed = [failure for summary in documents.values() for failure in summary.failed]
    if paths and _met_nothing(documents["indexed"]):
        skipped = documents["indexed"].skipped
        raise UnreadableError(
            "no audio files",
            where=", ".join(map(str, paths)),
            hint=f"{skipped} files of other kinds or links to folders passed over",
        )
    if as_json:
        emit({"library": library, "recordings": recordings, **{k: v.as_dict() for k, v in documents.items()}})
    else:
        for word, summary in documents.items():
            typer.echo(f"{word}: {_counts(summary)}")
        typer.echo(f"{recordings} recordings in {library}")
        list_failures(failed)
    exit_for(failed)


def remove(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders, existing or not.")],
    library: LibraryFolder,
    as_json: Json = False,
) -> None:
    """Take recordings out of a library, those of the files named or under the folders named; the files stay."""
    with open_library(library, None) as opened:
        removed, recordings = opened.remove(*paths), len(opened)
    if not removed:
        raise ConfigError("the library has nothing of it", where=", ".join(map(str, paths)))
    if as_json:
        emit({"library": library, "removed": removed, "recordings": recordings})
    else:
        typer.echo(f"{removed} removed, {recordings} recordings in {library}")


def _met_nothing(summary: Summary) -> bool:
    counts = (summary.added, summary.updated, summary.moved, summary.unchanged, summary.removed)
    return not any(counts) and not summary.failed


def _counts(summary: Summary) -> str:
    fields = {**summary.as_dict(), "failed": len(summary.failed)}
    return ", ".join(f"{count} {word}" for word, count in fields.items() if count) or "nothing to do"


def search(
    library: LibraryFolder,
    query: Annotated[Path | None, typer.Argument(metavar="QUERY", help="An audio file.")] = None,
    k: Annotated[int, typer.Option("-k", metavar="N", help="At most so many hits.")] = 10,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Voices that have this tag; repeatable.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--tag-threshold",
            metavar="P",
            help="The probability a tag needs; with a QUERY 0.5, without one everything is ranked.",
        ),
    ] = None,
    tag_head: TagHeadFile = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show where in both recordings the voices are most alike.")
    ] = False,
    max_per_artist: Annotated[
        int | None, typer.Option("--max-per-artist", metavar="N", help="At most so many hits of one artist.")
    ] = None,
    max_per_album: Annotated[
        int | None, typer.Option("--max-per-album", metavar="N", help="At most so many hits of one album.")
    ] = None,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Show every copy of a recording, the query's own too.")
    ] = False,
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Find the recordings whose voices are closest to that of QUERY, or have the tags, or both."""
    limits = {"max_per_artist": max_per_artist, "max_per_album": max_per_album, "keep_duplicates": keep_duplicates}
    if not tags:
        if query is None:
            raise ConfigError("nothing to search for", hint="name a QUERY, or a --tag")
        if threshold is not None or tag_head is not None:
            raise ConfigError("--tag-threshold and --tag-head are for a --tag")
        with open_library(library, model, readout, any_sound=any_sound) as opened:
            hits, unsearched = opened.search(query, k=k, explain=explain, **limits), opened.unsearched()
        about = {"query": query, "library": library, "unsearched": unsearched}
        _show(hits, about, as_json, lambda: _print_hits(hits, explain=explain))
        return
    if explain:
        raise ConfigError("--explain is for a search without --tag")
    with open_library(library, model, readout, any_sound=any_sound) as opened:
        head = open_tag_head(model, tag_head)
        found = opened.search_tags(tags, head=head, query=query, k=k, threshold=threshold, **limits)
        unsearched = opened.unsearched()
    about = {"query": query, "tags": tags, "library": library, "unsearched": unsearched}
    _show(found, about, as_json, lambda: _print_tag_hits(found, with_query=query is not None))


def _show(hits: Sequence[Hit | TagHit], about: dict[str, Any], as_json: bool, print_them: Callable[[], None]) -> None:
    if about["unsearched"]:
        what = f"warning: recordings that another model embedded, not searched: {about['unsearched']}"
        typer.echo(f"{what}; where their files are there, `singalike index --reindex` embeds them", err=True)
    if as_json:
        emit({**about, "hits": [hit.as_dict() for hit in hits]})
    elif not hits:
        typer.echo("nothing found: the library holds no other such recording")
    else:
        print_them()


def _print_tag_hits(hits: list[TagHit], *, with_query: bool) -> None:
    tags = list(hits[0].tags)
    columns = ["#rank", *(["#score", "#same voice"] if with_query else []), *(f"#{tag}" for tag in tags)]
    rows = []
    for hit in hits:
        close = (f"{hit.score:.3f}", share(hit.probability)) if with_query else ()
        shares = (share(hit.tags[tag]) for tag in tags)
        rows.append((hit.rank, *close, *shares, hit.title, hit.artist, f"{hit.path}{_copies(hit)}"))
    print_table([*columns, "title", "artist", "path"], rows)
    typer.echo("of a tag: the probability that it holds of the voice")


def _copies(hit: Hit | TagHit) -> str:
    n = len(hit.duplicates)
    return f" (+{n} {'copy' if n == 1 else 'copies'})" if n else ""


def _print_hits(hits: list[Hit], *, explain: bool) -> None:
    columns = [
        "#rank",
        "#score",
        "#same voice",
        "title",
        "artist",
        *(["query", "hit"] if explain else []),
        "path",
    ]
    rows = []
    for hit in hits:
        times = ()
        if hit.segments is not None:
            s = hit.segments
            times = (
                _span(s.query_start_seconds, s.query_end_seconds),
                _span(s.hit_start_seconds, s.hit_end_seconds),
            )
        rows.append(
            (
                hit.rank,
                f"{hit.score:.3f}",
                share(hit.probability),
                hit.title,
                hit.artist,
                *times,
                f"{hit.path}{_copies(hit)}",
            )
        )
    print_table(columns, rows)
    typer.echo("score: cosine, higher is closer; same voice: probability, were half of all pairs one voice")


def _span(start_seconds: float, end_seconds: float) -> str:
    return "–".join(f"{int(t // 60)}:{t % 60:04.1f}" for t in (start_seconds, end_seconds))
