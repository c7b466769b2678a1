"""A map of the voices: vectors in two dimensions, for the eye only; the scores are the truth.

Distances are cosine distances; the projection is UMAP's with a fixed seed. Where there are too few clips for its
neighbourhoods, or ``umap-learn`` is not installed, the first two principal components stand in, and the map says
so.

References:
    L. McInnes, J. Healy, J. Melville: UMAP: Uniform Manifold Approximation and Projection. arXiv:1802.03426, 2018.
    M. Okabe, K. Ito: Color Universal Design. 2008 (the eight colours told apart by everyone).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singalike.measure.markup import safe

MOST_CLIPS, FEWEST_FOR_UMAP = 2000, 10
UNKNOWN = "unknown"
_WIDTH, _HEIGHT, _MARGIN = 760, 520, 16
_COLUMNS, _ROWS, _LINE, _NAME = 3, 8, 24, 24  # the legend: at most 24 names of at most 24 characters
_TOGETHER = 100  # dots drawn label by label; labels that lie on one another stay visible by turns
_PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a900", "#7a5cc4")
_GREY = "#8a919c"
_STYLE = (
    ".voices text{font:16px system-ui,sans-serif;fill:#1d2127}"
    "@media (prefers-color-scheme:dark){.voices text{fill:#e9e7e2}}"
)


@dataclass(frozen=True)
class VoiceMap:
    """Where the clips lie.

    Attributes:
        positions: (M, 2), without unit.
        picked: (M,) which clips are shown, as rows of the vectors given; rising.
        method: How the map was made, one or two sentences for its reader.
    """

    positions: np.ndarray
    picked: np.ndarray
    method: str


def voice_map(vectors: np.ndarray, *, seed: int = 0, most: int = MOST_CLIPS) -> VoiceMap:
    """Lay out clips in two dimensions.

    Args:
        vectors: (N, D), finite, no row zero; N of at least 1.
        seed: Draws the clips shown, where there are more than ``most``, and starts UMAP.
        most: The largest number of clips on the map.

    Returns:
        The map; equal input and versions give an equal one.
    """
    picked = np.arange(len(vectors))
    said = ""
    if len(vectors) > most:
        picked = np.sort(np.random.default_rng(seed).choice(picked, size=most, replace=False))
        said = f" Shown are {most:,} of the {len(vectors):,} clips, drawn at random."
    shown = np.asarray(vectors, dtype=np.float64)[picked]
    unit = shown / np.linalg.norm(shown, axis=1, keepdims=True)
    if len(unit) < FEWEST_FOR_UMAP:
        why = f"the first two principal components: fewer than {FEWEST_FOR_UMAP} clips are too few for UMAP."
        return VoiceMap(principal_components(unit), picked, f"Projection: {why}{said}")
    try:
        from umap import UMAP  # pyright: ignore[reportMissingImports]
    except ImportError:
        why = "the first two principal components: UMAP needs `pip install umap-learn`."
        return VoiceMap(principal_components(unit), picked, f"Projection: {why}{said}")
    neighbours = min(15, len(unit) - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on tiny sets it tells which start it takes
        layout = UMAP(n_components=2, n_neighbors=neighbours, metric="cosine", random_state=seed, n_jobs=1)
        positions = np.asarray(layout.fit_transform(unit), dtype=np.float64)
    return VoiceMap(positions, picked, f"Projection: UMAP, {neighbours} neighbours, cosine, seed {seed}.{said}")


def principal_components(vectors: np.ndarray) -> np.ndarray:
    """Project vectors (N, D) onto their first two principal components (N, 2), each with its largest value positive."""
    centred = vectors - vectors.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    positions = np.zeros((len(vectors), 2))
    shown = min(2, len(s))
    positions[:, :shown] = u[:, :shown] * s[:shown]
    peaks = positions[np.abs(positions).argmax(axis=0), np.arange(2)]
    return positions * np.where(peaks < 0, -1.0, 1.0)


def map_svg(positions: np.ndarray, labels: Sequence[str], *, alt: str) -> str:
    """Draw clips as dots, coloured by label, with a legend; a self-contained SVG.

    Args:
        positions: (N, 2); both axes keep one scale, so that distances compare.
        labels: N names; empty is unknown and grey. A dot says its name when pointed at.
        alt: The text for those who do not see the picture.

    Returns:
        The SVG's text, every name in it escaped.
    """
    places = _fit(positions)
    names = np.asarray([label or UNKNOWN for label in labels])
    known = sorted(set(names) - {UNKNOWN})
    colour = {**dict(zip(known, _colours(len(known)), strict=True)), UNKNOWN: _GREY}
    everything = [*known, *([UNKNOWN] if UNKNOWN in names else [])]
    order = np.random.default_rng(0).permutation(len(names))
    dots = "".join(
        _group(name, colour[name], places[rows])
        for some in np.array_split(order, -(-len(order) // _TOGETHER))
        for name in everything
        if len(rows := some[names[some] == name])
    )
    legend, height = _legend(everything, colour)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT + height}" role="img" class="voices" '
        f'aria-label="{safe(alt)}"><style>{_STYLE}</style>{dots}{legend}</svg>'
    )


def _colours(count: int) -> list[str]:
    """Return one colour a name: eight that everyone tells apart, beyond that hues round the circle."""
    if count <= len(_PALETTE):
        return list(_PALETTE[:count])
    return [f"hsl({360 * i / count:.0f} 62% {(46, 62)[i % 2]}%)" for i in range(count)]


def _fit(positions: np.ndarray) -> np.ndarray:
    """Scale positions (N, 2), both axes alike, into the picture; y grows downwards."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    room = np.array([_WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN])
    scale = float((room / np.maximum(high - low, 1e-9)).min())
    return (positions - (low + high) / 2) * scale * np.array([1.0, -1.0]) + np.array([_WIDTH / 2, _HEIGHT / 2])


def _group(name: str, colour: str, places: np.ndarray) -> str:
    circles = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>' for x, y in places)
    return f'<g fill="{colour}" fill-opacity=".75"><title>{safe(name)}</title>{circles}</g>'


def _legend(names: list[str], colour: dict[str, str]) -> tuple[str, int]:
    """Return the legend beneath the map and its height; names beyond its room are counted."""
    room = _COLUMNS * _ROWS
    shown = names if len(names) <= room else names[: room - 1]
    entries = []
    for i, name in enumerate(shown):
        short = name if len(name) <= _NAME else name[: _NAME - 1] + "…"
        x, y = _corner(i)
        entries.append(f'<circle cx="{x + 6}" cy="{y - 4}" r="5" fill="{colour[name]}"/>')
        entries.append(f'<text x="{x + 18}" y="{y}">{safe(short)}</text>')
    if len(shown) < len(names):
        x, y = _corner(len(shown))
        entries.append(f'<text x="{x + 18}" y="{y}">and {len(names) - len(shown)} more</text>')
    lines = -(-min(len(names), room) // _COLUMNS)
    return "".join(entries), lines * _LINE + 12


def _corner(i: int) -> tuple[int, int]:
    return _MARGIN + (i % _COLUMNS) * (_WIDTH - 2 * _MARGIN) // _COLUMNS, _HEIGHT + (i // _COLUMNS + 1) * _LINE
