"""The report's pictures: the map of the voices as SVG, the comparison of all singers as a coloured table."""

from __future__ import annotations

from html import escape

import numpy as np

from singalike.demo.stage import HELD_OUT, MIX, STRANGER, Take

_WIDTH, _HEIGHT, _MARGIN = 860, 520, 36
_RADIUS = 6.5


def hues(names: list[str]) -> dict[str, int]:
    """Give each name a hue in degrees, evenly spread round the circle."""
    return {name: round(360 * i / max(len(names), 1)) for i, name in enumerate(names)}


def map_svg(takes: list[Take], positions: np.ndarray, names: list[str]) -> str:
    """Draw every take at its position (N, 2): colour by singer, disc for vocals, square for mixes.

    Held-out takes are hollow, strangers are grey. Both axes have one scale, so that distances compare.
    Singers' names stand at the middle of their takes, and each mark says its title when pointed at.
    """
    places = _fit(positions)
    hue = hues(names)
    marks = [_mark(take, x, y, hue) for take, (x, y) in zip(takes, places, strict=True)]
    labels = []
    for name, (x, y) in _spread_labels({n: _middle(n, takes, places) for n in names}).items():
        labels.append(f'<text class="voice" style="--h:{hue[name]}" x="{x:.1f}" y="{y:.1f}">{escape(name)}</text>')
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Map of the voices">'
        f"{''.join(marks)}{''.join(labels)}</svg>"
    )


def _fit(positions: np.ndarray) -> np.ndarray:
    """Scale positions (N, 2), both axes alike, into the picture; y grows downwards."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    room = np.array([_WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN])
    scale = float((room / np.maximum(high - low, 1e-9)).min())
    centred = (positions - (low + high) / 2) * scale * np.array([1.0, -1.0])
    return centred + np.array([_WIDTH / 2, _HEIGHT / 2])


def _middle(name: str, takes: list[Take], places: np.ndarray) -> tuple[float, float]:
    x, y = places[[take.singer == name for take in takes]].mean(axis=0)
    return float(x), float(y)


def _spread_labels(wanted: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Move labels down until none lies on another."""
    placed: dict[str, tuple[float, float]] = {}
    for name, (x, y) in sorted(wanted.items(), key=lambda item: item[1][1]):
        while any(abs(x - px) < 110 and abs(y - py) < 15 for px, py in placed.values()):
            y += 3
        placed[name] = (x, y)
    return placed


def _mark(take: Take, x: float, y: float, hue: dict[str, int]) -> str:
    r = _RADIUS
    kinds = [
        "mark",
        *(["hollow"] if take.role == HELD_OUT else []),
        *(["stranger"] if take.role == STRANGER else []),
    ]
    shape = (
        f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r}" height="{2 * r}" rx="1.5"/>'
        if take.kind == MIX
        else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>'
    )
    title = escape(f"{take.title} ({take.role})")
    style = f"--h:{hue.get(take.singer, 0)}"
    return f'<g class="{" ".join(kinds)}" style="{style}">{shape}<title>{title}</title></g>'


def heat_map(names: list[str], matrix: np.ndarray) -> str:
    """Draw the (S, S) mean cosines as a table: row the library's recordings, column the held-out ones."""
    low, high = float(matrix.min()), float(matrix.max())
    shades = (matrix - low) / max(high - low, 1e-9)
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in names)
    rows = []
    for i, name in enumerate(names):
        cells = "".join(_cell(matrix[i, j], shades[i, j], own=i == j) for j in range(len(names)))
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return f'<table class="heat"><thead><tr><td></td>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _cell(cosine: float, shade: float, *, own: bool) -> str:
    kinds = ("strong " if shade > 0.6 else "") + ("own" if own else "")
    return f'<td class="{kinds}" style="--v:{shade:.3f}">{cosine:.2f}</td>'
