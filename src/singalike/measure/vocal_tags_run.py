"""The task ``vocal-tags``: one model, one collection of rated segments, to a results folder with a head to keep.

Each segment is one vector, that of its ten seconds. Parts are those of the data, where it has all three; else artists
are dealt 80/10/10. Everything long (embedding) happens before anything is written, and is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singalike.errors import MissingExtraError
from singalike.extras import TRAIN_HINT, needs_extra
from singalike.measure.clips import Clips, Progress
from singalike.measure.cutting import NATIVE
from singalike.measure.outcome import Outcome, about_data, new_document, save_clips
from singalike.measure.results import check_out, write_results
from singalike.measure.vocal_tags_data import TASK, RatedData, VocalTagSettings, parts_of, read_rated_data
from singalike.measure.vocal_tags_plot import PICTURE, save_vocal_tags
from singalike.measure.vocal_tags_vectors import embed_segments
from singalike.model.tag_head import FILE, TagHead

if TYPE_CHECKING:
    from singalike.encoders.published import Baseline

CONDITION = "segments"


def evaluate_vocal_tags(
    embedder: Baseline,
    source: Path,
    out: Path,
    settings: VocalTagSettings,
    *,
    command: str,
    progress: Progress | None = None,
) -> Outcome:
    """Measure which tags of a voice a model's vectors know, and write the results.

    Args:
        embedder: The model.
        source: A table of rated segments (:mod:`singalike.corpus.rated`), or a dataset's root.
        out: The results folder; earlier results of the same model and settings are replaced.
        settings: What is asked.
        command: The command line that repeats this, kept with the results.
        progress: Called as segments are embedded.

    Returns:
        The folder, what was written, and notes. Inputs that failed are in ``document["data"]["failed"]``.

    Raises:
        ConfigError: The request cannot be carried out: data, ratings, parts or results folder.
        InputError: Nothing at all could be embedded.
        MissingExtraError: ``torch`` is not installed.
        ModelMismatchError: The cache holds another model's vectors under this one's name.
    """
    data = read_rated_data(source, settings)
    parts, notes = parts_of(data.segments, seed=settings.seed)
    lengths = {segment.seconds for segment in data.segments}
    document = new_document(
        embedder,
        task=TASK,
        command=command,
        clip_seconds=lengths.pop() if len(lengths) == 1 else None,
        seed=settings.seed,
        settings=settings.as_dict(),
        source=source,
    )
    check_out(out, document)
    embedded = embed_segments(embedder, data.segments, progress=progress)
    clips = embedded.clips[NATIVE]
    document["data"] = {**about_data(data.name, embedded), "tag_holds_from": data.holds_from}
    by_name = {segment.name: segment for segment in data.segments}
    ratings = np.array([list(by_name[name].ratings.values()) for name in clips.keys.tolist()])
    part = np.array([parts[name] for name in clips.keys.tolist()])
    with needs_extra(TRAIN_HINT, who="a tag head"):
        from singalike.evaluate import vocal_tags

        found = vocal_tags.evaluate(
            clips.vectors, clips.keys, clips.voices, ratings, part, data.tags,
            holds_from=data.holds_from, seed=settings.seed,
        )  # fmt: skip
        notes += found.pop("notes")  # pyright: ignore[reportOperatorIssue]
        head = None
        if settings.save_head:
            head = _head(found, clips, ratings, part, data, document, space=embedder.of("mixture").space)
    return _write(out, document, {"condition": CONDITION, **found}, notes, clips, head)


def _head(
    found: dict[str, object],
    clips: Clips,
    ratings: np.ndarray,
    part: np.ndarray,
    data: RatedData,
    document: dict[str, Any],
    *,
    space: str,
) -> TagHead:
    from singalike.evaluate import vocal_tags

    by_tag: dict[str, dict[str, float]] = found["by_tag"]  # pyright: ignore[reportAssignmentType]
    places = [data.tags.index(tag) for tag in by_tag]
    holds = ratings[:, places] >= data.holds_from
    weights, biases = vocal_tags.train_head(clips.vectors, holds, part, seed=document["seed"])
    about = {"data": data.name, "licence": data.licence, "sha256": document["data"]["sha256"],
             "tag_holds_from": data.holds_from, "roc_auc": found["roc_auc"], "pr_auc": found["pr_auc"],
             "created": document["created"]}  # fmt: skip
    areas = np.array([by_tag[tag]["roc_auc"] for tag in by_tag])
    return TagHead(space, tuple(by_tag), weights, biases, areas, about)


def _write(
    out: Path,
    document: dict[str, Any],
    result: dict[str, Any],
    notes: list[str],
    clips: Clips,
    head: TagHead | None,
) -> Outcome:
    """Write everything, ``results.json`` last."""
    save_clips(out, CONDITION, clips)
    try:
        save_vocal_tags(out / PICTURE, result, title=f"{document['model']['name']}, {document['data']['name']}")
    except MissingExtraError as error:  # the figures are worth more than the picture
        notes = [*notes, f"no {PICTURE}: {error}"]
    if head is not None:
        head.save(out / FILE)
    else:
        (out / FILE).unlink(missing_ok=True)  # an earlier one would be of other data
    document["results"], document["notes"] = [result], notes
    write_results(out, document)
    return Outcome(out, document, notes)
