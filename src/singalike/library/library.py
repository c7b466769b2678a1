"""The class :class:`Library`: a folder that remembers voices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from singalike.library import add as adding
from singalike.library import identify as identifying
from singalike.library import search as searching
from singalike.library import tag_search, voices
from singalike.library.background import read_among
from singalike.library.index import VectorIndex, open_index
from singalike.library.query import resolve
from singalike.library.rerank import DUPLICATE_COSINE
from singalike.library.results import Enrolment, Failure, Hit, Identification, Recording, Summary, Voice
from singalike.library.scan import normalise
from singalike.library.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singalike.library.add import Progress
    from singalike.library.tag_search import TagHit
    from singalike.model.card import Calibration
    from singalike.model.encoder import Model
    from singalike.model.tag_head import TagHead


class Library:
    """A folder of embedded recordings and enrolled voices.

    It holds ``library.sqlite``, the truth, and ``index.faiss``, a cache. Several processes may use one
    library at once; within a process, give each thread its own ``Library``. Vocals and full mixes may be
    together in one.

    Parameters
    ----------
    folder : path
        Made by :meth:`add` or :meth:`enroll`; everything else raises ConfigError where there is none.
    model : Model, optional
        What embeds. Default: the shipped model, loaded when first needed. All vectors of a library are of one
        model; another is refused with ModelMismatchError until :meth:`reindex`. With a model of read-outs for vocals
        and mixes, one library may hold entries of both, added by ``Library``s whose models read out the one or the
        other; a query of either finds both. A model loaded without a ``readout`` leaves entries as they are, and
        reads out new ones as mixes.

    Examples
    --------
    >>> with Library("voices") as library:                   # doctest: +SKIP
    ...     library.add("~/Music")
    ...     library.search("song.mp3", k=10)
    """

    def __init__(self, folder: str | Path, *, model: Model | None = None) -> None:
        self.folder = normalise(folder)
        self._model = model
        self._store: Store | None = None
        self._index: VectorIndex | None = None

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._open())

    def close(self) -> None:
        """Close the database; the next call opens it again."""
        if self._store is not None:
            self._store.close()
        self._store = self._index = None

    def add(self, *paths: str | Path, progress: Progress | None = None) -> Summary:
        """Bring the library up to date with files and folders.

        New files are embedded, changed ones again (keeping their id), moved ones found by their content
        (keeping their id); entries under a named folder whose files are gone are removed. See
        ``singalike.library.add``.

        Parameters
        ----------
        *paths : path
            Folders are walked for audio files; a file named itself is always tried.
        progress : callable, optional
            Called as ``progress(done, total, path)`` after each file, when its rows are safe on the disk.

        Returns
        -------
        Summary
            Counts, and the files that failed; they never stop the others.

        Raises
        ------
        ConfigError
            A named folder does not exist, cannot be read, or is empty though there are entries of it (nothing is
            removed then); many different recordings in a row got the same vector; the library cannot be written.
        ModelMismatchError
            The library's vectors were made by another model.
        """
        store = self._open_for_model(create=True)
        summary = adding.add(store, self._get_model, paths, progress, self._readout)
        self._fresh_index(store)
        return summary

    def remove(self, *paths: str | Path) -> int:
        """Remove the entries of these files, or under these folders, existing or not; return how many."""
        return adding.remove(self._open(), map(normalise, paths))

    def reindex(self, progress: Progress | None = None) -> Summary:
        """Embed everything again that another model embedded: recordings and enrolled voices.

        Interrupted, it goes on where it was when called again; until it is through, the library belongs to
        the old model. Ids are kept, and read-outs, where the new model has them. What cannot be embedded (its
        file is gone) is listed as failed, and is not searched.
        """
        store, model = self._open(), self._get_model()
        summary = adding.reindex(store, model, progress)
        summary.failed += identifying.reembed(store, model)
        store.adopt(model.fingerprint)
        self._fresh_index(store)
        return summary

    def search(
        self,
        query: str | Path,
        *,
        k: int = 10,
        explain: bool = False,
        max_per_artist: int | None = None,
        max_per_album: int | None = None,
        keep_duplicates: bool = False,
    ) -> list[Hit]:
        """Find the recordings whose voices are closest to that of the file `query`.

        Parameters
        ----------
        query : path
            Any audio file; one whose content is in the library already is not embedded again.
        k : int > 0
            At most so many hits.
        explain : bool
            Give each hit the pair of segments that match best.
        max_per_artist, max_per_album : int > 0, optional
            At most so many hits of one artist or album (by the files' tags).
        keep_duplicates : bool
            Do not fold copies of one recording into one hit, nor leave out the query's own entry.

        Returns
        -------
        list of Hit
            Closest first; empty for an empty library.

        Raises
        ------
        ConfigError
            There is no library; an argument is out of range.
        ModelMismatchError
            The library's vectors were made by another model.
        InputError
            The query cannot be read or embedded.
        """
        limits = searching.limits_from(
            k, max_per_artist=max_per_artist, max_per_album=max_per_album, keep_duplicates=keep_duplicates
        )
        store = self._open_for_model()
        asked = resolve(store, self._get_model, query, readout=self._readout)
        index = self._fresh_index(store)
        calibration = read_among(self._calibration(store), index.sample())
        return searching.search(store, index, asked, limits, calibration=calibration, explain=explain)

    def search_tags(
        self,
        tags: Sequence[str],
        *,
        head: TagHead,
        query: str | Path | None = None,
        k: int = 10,
        threshold: float | None = None,
        max_per_artist: int | None = None,
        max_per_album: int | None = None,
        keep_duplicates: bool = False,
    ) -> list[TagHit]:
        """Find recordings by what a tag head hears in their voices, most probable first.

        Parameters
        ----------
        tags : sequence of str
            All of them are to hold.
        head : TagHead
            A head trained on the library's model; see ``singalike.model.tag_head``.
        query : path, optional
            With a query, the recordings that have all tags are ranked by how close their voices are to it.
        threshold : float in [0, 1], optional
            The least probability of each tag; default: 0, or .5 with a query.
        k, max_per_artist, max_per_album, keep_duplicates
            As in :meth:`search`.

        Raises
        ------
        ConfigError
            There is no library, or no such tag; an argument is out of range.
        ModelMismatchError
            The library's vectors, or the head, are of another model.
        InputError
            The query cannot be read or embedded.
        """
        limits = searching.limits_from(
            k, max_per_artist=max_per_artist, max_per_album=max_per_album, keep_duplicates=keep_duplicates
        )
        head.find(tags)  # an unknown tag is refused before anything is embedded
        store = self._open_for_model()
        if query is None:
            alike = limits.of(self._calibration(store))
            return tag_search.rank_by_tags(store, head, tags, alike, threshold=threshold or 0.0)
        asked = resolve(store, self._get_model, query, readout=self._readout)
        least = tag_search.HOLDS if threshold is None else threshold
        calibration = read_among(self._calibration(store), self._fresh_index(store).sample())
        return tag_search.search_among_tags(store, asked, head, tags, limits, threshold=least, calibration=calibration)

    def enroll(self, name: str, *paths: str | Path) -> Enrolment:
        """Remember recordings of one voice by name; a name that is enrolled already gets more of them.

        Stored all together or not at all. ``Enrolment.warnings`` names recordings that disagree with the
        others.

        Raises
        ------
        ConfigError
            The name is empty or "unknown"; a named folder cannot be read.
        """
        return identifying.enroll(self._open_for_model(create=True), self._get_model, name, paths, self._readout)

    def identify(self, query: str | Path, *, k: int = 3, threshold: float | None = None) -> Identification:
        """Say which enrolled voice sings in the file `query`, or "unknown".

        Parameters
        ----------
        query : path
            Any audio file.
        k : int > 0
            How many candidates to list.
        threshold : float in [-1, 1], optional
            The score below which nobody is named. Default: that of the model card's calibration.

        Raises
        ------
        ConfigError
            No voice is enrolled; the model has no calibration and no threshold is given.
        InputError
            The query cannot be read or embedded.
        """
        searching.at_least_one("k", k)
        store = self._open_for_model()
        asked = resolve(store, self._get_model, query, readout=self._readout)
        calibration = self._calibration(store)
        return identifying.identify(store, asked, k=k, threshold=threshold, calibration=calibration)

    def forget(self, name: str) -> int:
        """Erase a voice for good, bytes included; return how many exemplars it had (0: no such voice)."""
        return voices.forget(self._open(), name.strip())

    def voices(self) -> list[Voice]:
        """Return the enrolled voices by name."""
        return voices.voices(self._open())

    def recordings(self) -> list[Recording]:
        """Return all entries by id."""
        return self._open().recordings()

    def unsearched(self) -> int:
        """Return how many entries no search finds: another model embedded them than the library's.

        A re-index that was interrupted leaves such, and a recording whose file was gone while it ran. ``reindex`` and
        :meth:`add` embed them again.
        """
        store = self._open()
        own = store.fingerprint()
        return len(store.stale(own)) if own is not None else 0

    def failures(self) -> list[Failure]:
        """Return the files that could not be added; each :meth:`add` that meets one tries it again."""
        return self._open().failures()

    def _open(self, *, create: bool = False) -> Store:
        if self._store is None:
            self._store = Store(self.folder, create=create)
        return self._store

    def _open_for_model(self, *, create: bool = False) -> Store:
        """Open, and refuse a foreign model at once, not only when something has to be embedded."""
        store = self._open(create=create)
        if self._model is not None:
            store.require(self._model.fingerprint)
        return store

    def _get_model(self) -> Model:
        if self._model is None:
            from singalike.model.hub import load_model

            self._model = load_model()
        return self._model

    @property
    def duplicate_cosine(self) -> float:
        """The cosine from which two recordings may be copies of one, by the model."""
        calibration = self._get_model().card.calibration
        return calibration.duplicate_cosine if calibration else DUPLICATE_COSINE

    @property
    def _readout(self) -> str | None:
        """The read-out that was asked for; None, and what is known is taken as it is, where none was."""
        return self._model.asked if self._model is not None else None

    def _calibration(self, store: Store) -> Calibration | None:
        model = self._get_model()
        store.require(model.fingerprint)
        return model.card.calibration

    def _fresh_index(self, store: Store) -> VectorIndex:
        if self._index is None or self._index.revision != store.revision():
            self._index = open_index(store)
        return self._index
