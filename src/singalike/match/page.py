"""The page to listen to mixes: query, match, mix, and what was done. Its recordings lie beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from singalike.atomic import draft
from singalike.demo.style import CSS
from singalike.errors import ConfigError

MIX, QUERY, MATCH = "mix.wav", "query.flac", "match.flac"

_MORE_CSS = (
    "audio { width: 100%; } .heard { display: grid; grid-template-columns: 9em 1fr; gap: 8px; align-items: center; }"
)

_TITLE = "<title>singalike crossmix</title>"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{title}
<style>{css}</style>
</head>
<body>
<main>
<h1>Sung to another song</h1>
<p class="lead">The voice of <b>{query}</b> is not altered; the accompaniment was brought to its tempo and beat.</p>
{sections}
<footer>singalike {version} · model {model}</footer>
</main>
</body>
</html>
"""

_SECTION = """<h2>{title}</h2>
<div class="panel">{picture}
<div class="heard">
<span>voice</span><audio controls preload="none" src="{folder}{query}"></audio>
<span>match</span><audio controls preload="none" src="{folder}{match}"></audio>
<span><b>both</b></span><audio controls preload="none" src="{folder}{mix}"></audio>
</div></div>
<p class="note">{done}</p>"""


def check_page(path: Path) -> None:
    """Make sure that a page that is there already is one of ours.

    Raises:
        ConfigError: It is not, or lies in what is no folder.
    """
    if path.parent.exists() and not path.parent.is_dir():
        raise ConfigError("this is a file", where=path.parent, hint="--out names a folder")
    if path.exists() and not (path.is_file() and _TITLE.encode() in path.read_bytes()):
        raise ConfigError("this page is not of mixes", where=path, hint="name another --out")


def write_page(path: Path, mixes: Sequence[tuple[dict[str, Any], str, str]]) -> None:
    """Write a page of mixes that share a query.

    Args:
        path: The page.
        mixes: Of each its sheet, its folder relative to the page (``""``, or ``"1-name/"``), and its picture (SVG).
    """
    first = mixes[0][0]
    html = _PAGE.format(
        css=CSS + _MORE_CSS,
        title=_TITLE,
        query=_name(first["query"]["path"]),
        sections="\n".join(_section(*one) for one in mixes),
        version=escape(first["singalike"]),
        model=escape(first["model"]),
    )
    with draft(path) as place:
        place.write_text(html, encoding="utf-8")


def _section(sheet: dict[str, Any], folder: str, picture: str) -> str:
    title = f"with {_name(sheet['match']['path'])} · cosine {sheet['cosine']:.3f}"
    return _SECTION.format(
        title=title,
        picture=picture,
        folder=quote(folder),
        query=QUERY,
        match=MATCH,
        mix=MIX,
        done=escape(_done(sheet)),
    )


def _done(sheet: dict[str, Any]) -> str:
    """Say what was done in one line."""
    moved = f", moved by {sheet['key_shift']:+d} semitones" if sheet["key_shift"] else ", in its own key"
    return (
        f"{sheet['match_bpm']:.1f} beats a minute (counted {sheet['fold']:g} times) to {sheet['query_bpm']:.1f}: "
        f"{sheet['stretch']:.3f} times as long{moved}; its first {-sheet['offset_seconds']:.3f} s left out. "
        f"Gains: voice {sheet['vocal_gain']:.2f}, accompaniment {sheet['accompaniment_gain']:.2f}, "
        f"all {sheet['mix_gain']:.2f}; true peak {sheet['true_peak_dbtp']:.1f} dBTP. "
        f"Voice: {sheet['query']['how']}; accompaniment: {sheet['match']['how']}."
    )


def _name(path: str) -> str:
    """Return a file's name, and its folder's where it is called as every stem is."""
    file = Path(path)
    shown = f"{file.parent.name}/{file.name}" if file.stem in ("vocals", "mixture", "mix") else file.name
    return escape("".join(c if c.isprintable() else "�" for c in shown))
