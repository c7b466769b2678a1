"""The main job on the virtual choir: sing, index, search, enroll, identify, compare, report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from singalike.demo.folder import MARKER, prepare_folder
from singalike.demo.map import project
from singalike.demo.page import write_page
from singalike.demo.results import Found, Identified, Pair, Results, Searched, Settings
from singalike.demo.stage import HELD_OUT, LIBRARY, MIX, STRANGER, VOCALS, Take, count_songs, perform
from singalike.errors import InputError
from singalike.library import Library
from singalike.library.store import Store
from singalike.model.compare import compare
from singalike.model.encoder import Model
from singalike.model.hub import load_model

HITS = 5

_GUESSED_THRESHOLD = 0.5  # for a model whose card has no calibration; the report says so

Progress = Callable[[int, int, object], None]


def run_demo(
    out: Path,
    *,
    singers: int,
    songs: int,
    seed: int,
    model: str | Model | None = None,
    progress: Progress | None = None,
) -> Results:
    """Do it all in the folder ``out``, and write ``report.html`` and ``demo.json`` there.

    Args:
        out: a new or empty folder, or one of an earlier demo, which is done anew.
        singers: at least 2.
        songs: songs a singer, one of them held out: at least 2.
        seed: which choir.
        model: a model, or the name or folder of one; the shipped one if None.
        progress: called with (steps done, steps in all, what was just done).

    Raises:
        ConfigError: ``out`` holds something else; there is no such model.
        InputError: the model cannot take one of the recordings.
    """
    began = time.perf_counter()
    encoder = load_model(model) if model is None or isinstance(model, str) else model
    settings = Settings(singers, songs, seed, encoder.card.name, encoder.fingerprint, _option(model))
    out = prepare_folder(out)
    steps = _Steps(_count_steps(singers, songs), progress)
    takes = perform(out / "choir", singers=singers, songs=songs, seed=seed, sung=steps.done)
    with Library(out / "library", model=encoder) as library:
        _index(library, out / "choir" / LIBRARY, steps)
        searches = _search(library, takes, steps)
        threshold, identities = _identify(library, encoder, takes, steps)
    vectors = _vectors(out / "library", encoder, takes)
    positions, explained = project(vectors)
    names = list(dict.fromkeys(take.singer for take in takes if take.role == LIBRARY))
    results = Results(
        settings=settings,
        threshold=threshold,
        calibrated=encoder.card.calibration is not None,
        takes=takes,
        positions=positions,
        explained=explained,
        names=names,
        matrix=voice_matrix(names, takes, vectors),
        searches=searches,
        identities=identities,
        pairs=_compare(takes, encoder),
        seconds=time.perf_counter() - began,
        report=out / "report.html",
    )
    write_page(results)
    (out / MARKER).write_text(json.dumps(results.as_dict(), indent=2) + "\n", encoding="utf-8")
    return results


def voice_matrix(names: list[str], takes: list[Take], vectors: np.ndarray) -> np.ndarray:
    """Return (S, S): the mean cosine of the row's singer's takes in the library to the column's held out.

    Args:
        names: the S singers.
        takes: all N takes.
        vectors: theirs (N, D), unit norm.
    """

    def rows(singer: str, role: str) -> np.ndarray:
        return vectors[[i for i, take in enumerate(takes) if (take.singer, take.role) == (singer, role)]]

    return np.array([[(rows(a, LIBRARY) @ rows(b, HELD_OUT).T).mean() for b in names] for a in names])


class _Steps:
    """Counts what is done and passes it on."""

    def __init__(self, of: int, progress: Progress | None) -> None:
        self._of, self._count, self._progress = of, 0, progress

    def done(self, what: object) -> None:
        self._count += 1
        if self._progress is not None:
            self._progress(self._count, self._of, what)


def _count_steps(singers: int, songs: int) -> int:
    """Songs sung, recordings indexed, searches, identifications (two a singer and stranger)."""
    sung = count_songs(singers, songs)
    indexed = 2 * singers * (songs - 1)
    return sung + indexed + 2 * singers + (2 * sung - indexed)


def _option(model: str | Model | None) -> str | None:
    return model if isinstance(model, str) else None


def _index(library: Library, folder: Path, steps: _Steps) -> None:
    summary = library.add(folder, progress=lambda done, of, path: steps.done(path))
    if summary.failed:
        first = summary.failed[0]
        raise InputError(f"the model does not take it: {first.what}", where=first.path, hint=first.hint)


def _search(library: Library, takes: list[Take], steps: _Steps) -> list[Searched]:
    """Search by every held-out take."""
    at = {take.path: take for take in takes}
    searches = []
    for take in takes:
        if take.role == HELD_OUT:
            hits = library.search(take.path, k=HITS, keep_duplicates=True)
            found = [Found(at[hit.path], hit.score, hit.probability) for hit in hits]
            searches.append(Searched(take, found))
            steps.done(take.title)
    return searches


def _identify(library: Library, encoder: Model, takes: list[Take], steps: _Steps) -> tuple[float, list[Identified]]:
    """Enroll the library's singers by their vocals, then ask about every held-out and strangers' take."""
    for name in dict.fromkeys(take.singer for take in takes if take.role == LIBRARY):
        own = (t.path for t in takes if (t.singer, t.role, t.kind) == (name, LIBRARY, VOCALS))
        library.enroll(name, *own)
    threshold = None if encoder.card.calibration else _GUESSED_THRESHOLD
    identities: list[Identified] = []
    used = _GUESSED_THRESHOLD
    for take in takes:
        if take.role != LIBRARY:
            said = library.identify(take.path, k=1, threshold=threshold)
            used = said.threshold
            best = said.candidates[0]
            identities.append(Identified(take, said.name, best.name, best.score, best.probability))
            steps.done(take.title)
    return used, identities


def _vectors(library: Path, encoder: Model, takes: list[Take]) -> np.ndarray:
    """Return (N, D): the library's vectors where it has them, the encoder's for the other takes."""
    store = Store(library, create=False)
    try:
        _, ids, vectors = store.all_vectors()
        paths = {recording.id: recording.path for recording in store.recordings()}
    finally:
        store.close()
    known = {paths[id]: vector for id, vector in zip(ids.tolist(), vectors, strict=True)}
    return np.stack([known[t.path] if t.path in known else encoder.embed_recording(t.path).vector for t in takes])


def _compare(takes: list[Take], encoder: Model) -> list[Pair]:
    """Compare four pairs that show what the scores mean: two of one voice, two of different ones."""

    def first(**wanted: str) -> Take:
        return next(t for t in takes if all(getattr(t, key) == value for key, value in wanted.items()))

    vocals = first(role=LIBRARY, kind=VOCALS)
    held_out = first(role=HELD_OUT, kind=VOCALS, singer=vocals.singer)
    other = next(
        t for t in takes if (t.role, t.kind, t.song) == (LIBRARY, VOCALS, held_out.song) and t.singer != vocals.singer
    )
    stranger = first(role=STRANGER, kind=MIX)
    chosen = [
        ("one voice, two songs", vocals, held_out),
        (
            "one voice, two songs, one with a band",
            vocals,
            first(role=HELD_OUT, kind=MIX, singer=vocals.singer),
        ),
        ("two voices, the same song", held_out, other),
        ("two voices, with bands", first(role=LIBRARY, kind=MIX, singer=vocals.singer), stranger),
    ]
    return [Pair(what, a, b, compare(a.path, b.path, model=encoder)) for what, a, b in chosen]
