"""A query, a library: which accompaniments suit the voice, and what each would need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singalike.errors import InputError, UnreadableError
from singalike.library import Failure, Hit, Library
from singalike.match.alignment import Alignment, Heard, align, listen
from singalike.match.crossmix import Settings, mix
from singalike.match.neighbours import find_neighbours
from singalike.match.page import check_page, write_page
from singalike.match.parts import Parts, open_parts
from singalike.match.sheet import PAGE, Likeness, check_out, write_crossmix
from singalike.model.compare import compare
from singalike.model.hub import load_model
from singalike.model.readout import BOTH
from singalike.separate.base import Separator

if TYPE_CHECKING:
    from singalike.model.embedding import Embedding
    from singalike.model.encoder import Model

_AS_IT_IS = Settings()
QUERY_OPTION, MATCH_OPTION = "--query-tempo BPM", "singalike crossmix ... --tempo BPM"


@dataclass(frozen=True)
class Answer:
    """A song that suits.

    Attributes:
        hit: The song, and how close its voice is.
        alignment: What its accompaniment would need.
        folder: Where the mix is; None where none was made.
    """

    hit: Hit
    alignment: Alignment
    folder: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready."""
        hit = {name: value for name, value in self.hit.as_dict().items() if name != "segments"}
        return {**hit, **self.alignment.as_dict(), "folder": None if self.folder is None else str(self.folder)}


@dataclass(frozen=True)
class Answers:
    """What :func:`find_matches` found, closest first."""

    answers: list[Answer]
    left_out: list[Path]
    failed: list[Failure]


@dataclass(frozen=True)
class Asked:
    """The song that is asked about, listened to."""

    parts: Parts
    heard: Heard

    @property
    def voice(self) -> Path:
        """The file of its voice, or itself."""
        return self.parts.files.get("vocals", self.parts.path)

    def read_by(self, model: Model) -> Model:
        """Return the model that reads out the query: as a vocal if it is one and the model has an encoder for these."""
        return _reading(model, "vocal") if "vocals" in self.parts.files else model


@dataclass(frozen=True)
class Options:
    """How songs are opened and listened to.

    Attributes:
        separator: Takes apart songs without ready stems; None: they are listened to as they are.
        query_is_vocal: The query is a vocal alone.
        query_bpm, match_bpm: Tempi that somebody says.
    """

    separator: Separator | None = None
    query_is_vocal: bool = False
    query_bpm: float | None = None
    match_bpm: float | None = None


def ask(query: Path, options: Options) -> Asked:
    """Open the query and listen to it.

    Raises:
        InputError: It cannot be used, or no beat is heard in it.
    """
    parts = open_parts(query, separator=options.separator, is_vocal=options.query_is_vocal)
    return Asked(parts, listen(parts, voice=True, bpm=options.query_bpm, option=QUERY_OPTION))


def find_matches(
    query: Path,
    library: Path,
    options: Options,
    *,
    k: int,
    out: Path | None = None,
    model: Model | None = None,
    settings: Settings = _AS_IT_IS,
    progress: Callable[[int, int, object], None] = lambda done, of, what: None,
) -> Answers:
    """Find the accompaniments that suit a voice, and mix those that can be if ``out`` is named.

    A song that cannot be listened to is a failure and the others go on; one whose tempo is too far away is an answer
    that says so.

    Args:
        query: A song, a folder of its stems, or a vocal.
        library: A library's folder.
        options: How songs are opened and listened to.
        k: At most so many answers.
        out: Where mixes go; None: none are made.
        model: The library's; None: the shipped one.
        settings: How they are mixed.
        progress: Called after each song with how many are done, of how many, and which.

    Raises:
        InputError: The query cannot be used.
        ConfigError: The library has no answers; ``out`` holds somebody else's files where a mix or the page goes.
    """
    if out is not None:
        check_page(out / PAGE)
    asked = ask(query, options)
    with Library(library, model=asked.read_by(model or load_model())) as opened:
        found = find_neighbours(opened, asked.voice, k=k, own=(query, *asked.parts.files.values()))
    answers, failed, sheets = [], [], []
    for done, hit in enumerate(found.hits, start=1):
        try:
            if not hit.path.exists():
                raise UnreadableError(
                    "no such file", where=hit.path, hint="`singalike index` brings a library up to date"
                )
            parts, alignment = _fit(asked, hit.path, options)
            folder = None
            if out is not None and not alignment.refused:
                folder = out / f"{hit.rank}-{hit.path.parent.name}-{hit.path.stem}"
                check_out(folder)
                mixed = mix(asked.parts, parts, alignment, settings)
                likeness = Likeness(hit.score, found.model)
                sheets.append(
                    (write_crossmix(folder, asked.parts, parts, alignment, settings, mixed, likeness), folder.name)
                )
            answers.append(Answer(hit, alignment, folder))
        except InputError as error:
            failed.append(Failure.of(hit.path, error))
        progress(done, len(found.hits), hit.path)
    if out is not None and sheets:
        write_page(out / PAGE, [(sheet, f"{name}/", "") for sheet, name in sheets])
    return Answers(answers, found.left_out, failed)


def crossmix(
    query: Path, match: Path, out: Path, options: Options, settings: Settings, *, model: Model | None = None
) -> dict[str, Any]:
    """Mix the voice of one song with the accompaniment of another into a folder; return its sheet.

    Args:
        query, match: Songs, or folders of stems.
        out: See :func:`singalike.match.sheet.write_crossmix`.
        options: How they are opened and listened to.
        settings: How they are mixed.
        model: Says how close the voices are; None: the shipped one.

    Raises:
        InputError: A song cannot be used, no beat is heard in it, or the stretch is refused.
        ConfigError: ``out`` holds somebody else's files.
    """
    check_out(out)
    asked = ask(query, options)
    parts, alignment = _fit(asked, match, options)
    mixed = mix(asked.parts, parts, alignment, settings)
    model = model or load_model()
    voice = asked.read_by(model).embed_recording(asked.voice)
    likeness = compare(voice, _embedded(parts, model), model=model)
    found = Likeness(likeness.cosine, likeness.fingerprint)
    return write_crossmix(out, asked.parts, parts, alignment, settings, mixed, found)


def _fit(asked: Asked, match: Path, options: Options) -> tuple[Parts, Alignment]:
    parts = open_parts(match, separator=options.separator)
    return parts, align(asked.heard, listen(parts, voice=False, bpm=options.match_bpm, option=MATCH_OPTION))


def _embedded(parts: Parts, model: Model) -> Embedding:
    """Return the vector of a song: of its mix, or of its voice where the mix is no file."""
    kind, name = ("mix", "mix") if "mix" in parts.files else ("vocal", "vocals")
    return _reading(model, kind).embed_recording(parts.files[name])


def _reading(model: Model, kind: str) -> Model:
    """Return the model with the encoder for a kind; itself where it has one encoder, or reads out both."""
    return model if not model.card.readouts or model.readout == BOTH else model.reading(kind)
