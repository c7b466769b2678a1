"""``tags``: what a tag head says of the voices of files, without a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singalike.cli.inputs import embed_all, find_audio
from singalike.cli.options import AnySound, Json, ModelName, Readout
from singalike.cli.output import emit, exit_for, list_failures, print_table, share

if TYPE_CHECKING:
    from singalike.model.tag_head import TagHead

TagHeadFile = Annotated[
    Path | None,
    typer.Option("--tag-head", metavar="FILE", help="A trained tag head; without it the model folder's tags.npz."),
]


def open_tag_head(model: str | None, given: Path | None) -> TagHead:
    """Return the head given, else that of the model's folder."""
    from singalike.model.hub import find_model
    from singalike.model.tag_head import load_tag_head

    return load_tag_head(find_model(model), given)


def tags(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio files, or folders of them.")],
    threshold: Annotated[
        float, typer.Option("--threshold", metavar="P", help="Show tags of at least this probability.")
    ] = 0.5,
    tag_head: TagHeadFile = None,
    model: ModelName = None,
    readout: Readout = None,
    any_sound: AnySound = False,
    as_json: Json = False,
) -> None:
    """Say which tags the voices of recordings have: husky, bright, male, ….

    The tags are those that the tag head was trained on; --json gives all of them.
    """
    from singalike.library.tag_search import check_threshold
    from singalike.model.hub import load_model

    check_threshold(threshold)
    head, encoder = open_tag_head(model, tag_head), load_model(model, readout=readout, any_sound=any_sound)
    head.require(encoder.fingerprint)
    files, failed = find_audio(paths)
    done, bad = embed_all(encoder, files)
    failed += bad
    found = {path: _sorted(head, head.predict(embedding.vector[None])[0].tolist()) for path, embedding in done}
    if as_json:
        recordings = [{"path": path, "tags": shares} for path, shares in found.items()]
        emit({"model": encoder.fingerprint, "recordings": recordings, "failed": [one.as_dict() for one in failed]})
    else:
        shown = {path: [f"{tag} {share(p)}" for tag, p in own.items() if p >= threshold] for path, own in found.items()}
        print_table(["file", "tags"], [(path, ", ".join(words) or "–") for path, words in shown.items()])
        list_failures(failed)
    exit_for(failed)


def _sorted(head: TagHead, shares: list[float]) -> dict[str, float]:
    """Return the probabilities by tag, the highest first."""
    return dict(sorted(zip(head.tags, shares, strict=True), key=lambda one: (-one[1], one[0])))
