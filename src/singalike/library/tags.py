"""Title, artist and album of an audio file, as its tags say (read by tinytag)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ARTIST_SEPARATOR = "; "


@dataclass(frozen=True)
class Tags:
    """Text tags; an absent one is empty. Several artists are joined by :data:`ARTIST_SEPARATOR`."""

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""


def read_tags(path: Path) -> Tags:
    """Read the tags of `path`; a file without readable tags has empty ones.

    Tags are a courtesy: whatever is wrong with them must not keep a decodable recording out of a library,
    so no error of the tag reader passes.
    """
    from tinytag import TinyTag

    try:
        tag = TinyTag.get(path, duration=False)
    except Exception:
        return Tags()
    artists = [tag.artist or "", *(tag.other.get("artist") or [])]
    return Tags(
        title=_clean(tag.title),
        artist=ARTIST_SEPARATOR.join(dict.fromkeys(filter(None, map(_clean, artists)))),
        album=_clean(tag.album),
        album_artist=_clean(tag.albumartist),
    )


def _clean(text: str | None) -> str:
    """Drop what SQLite or a terminal cannot take: NUL bytes and lone surrogates."""
    return (text or "").replace("\0", " ").encode("utf-8", "replace").decode("utf-8").strip()
