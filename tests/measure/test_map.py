"""The map: two dimensions, said how, drawn safely."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest

from singalike.measure.map import map_svg, principal_components, voice_map

SVG = "{http://www.w3.org/2000/svg}"


def two_heaps(each: int, dimensions: int = 16) -> np.ndarray:
    chance = np.random.default_rng(0)
    middles = np.repeat(np.eye(dimensions)[:2], each, axis=0)
    return middles + 0.05 * chance.normal(size=(2 * each, dimensions))


def test_principal_components_agree_with_the_covariances_eigenvectors():
    points = np.random.default_rng(1).normal(size=(40, 5)) * [5, 3, 1, 1, 1]
    _, vectors = np.linalg.eigh(np.cov(points.T))
    expected = (points - points.mean(axis=0)) @ vectors[:, [-1, -2]]
    found = principal_components(points)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)
    assert (found.max(axis=0) >= -found.min(axis=0)).all()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_few_clips_are_laid_out_by_principal_components_and_it_is_said(count):
    vectors = np.random.default_rng(0).normal(size=(count, 4))
    layout = voice_map(vectors)
    assert layout.positions.shape == (count, 2)
    assert np.isfinite(layout.positions).all()
    assert layout.picked.tolist() == list(range(count))
    assert "principal components" in layout.method
    assert "fewer than 10" in layout.method


def test_without_umap_principal_components_and_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    layout = voice_map(two_heaps(20))
    assert "pip install umap-learn" in layout.method
    assert np.ptp(layout.positions[:20, 0]) < abs(layout.positions[:20, 0].mean() - layout.positions[20:, 0].mean())


def test_umap_is_given_unit_vectors_and_the_seed(monkeypatch):
    asked = {}

    class FakeUmap:
        def __init__(self, **options):
            asked.update(options)

        def fit_transform(self, unit):
            asked["norms"] = np.linalg.norm(unit, axis=1)
            return unit[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=FakeUmap))
    layout = voice_map(7 * two_heaps(6), seed=3)
    assert "UMAP, 11 neighbours, cosine, seed 3" in layout.method
    assert (asked["metric"], asked["random_state"], asked["n_neighbors"]) == ("cosine", 3, 11)
    np.testing.assert_allclose(asked["norms"], 1)
    assert "drawn at random" not in layout.method


def test_many_clips_are_thinned_and_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    vectors = two_heaps(60)
    layout = voice_map(vectors, most=50)
    assert "50 of the 120 clips" in layout.method
    assert layout.positions.shape == (50, 2)
    assert (np.diff(layout.picked) > 0).all()
    assert layout.picked.max() < 120
    np.testing.assert_array_equal(layout.picked, voice_map(vectors, most=50).picked)
    assert not np.array_equal(layout.picked, voice_map(vectors, most=50, seed=1).picked)


@pytest.mark.slow
def test_umap_repeats_itself_and_keeps_two_heaps_apart():
    pytest.importorskip("umap")
    vectors = two_heaps(30)
    layout = voice_map(vectors)
    assert "UMAP" in layout.method
    np.testing.assert_array_equal(layout.positions, voice_map(vectors).positions)
    distance = np.linalg.norm(layout.positions[:, None] - layout.positions[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert ((distance.argmin(axis=1) < 30) == (np.arange(60) < 30)).all()


def drawn(positions: np.ndarray, labels: list[str]) -> ET.Element:
    return ET.fromstring(map_svg(positions, labels, alt='a "map" & more'))


def test_every_clip_is_a_dot_in_the_picture_in_its_labels_colour():
    positions = np.random.default_rng(0).normal(size=(30, 2)) * [100, 1] + 7
    root = drawn(positions, ["ann"] * 10 + ["bob"] * 15 + [""] * 5)
    assert (root.get("role"), root.get("aria-label")) == ("img", 'a "map" & more')
    groups = {g.findtext(f"{SVG}title"): g for g in root.iter(f"{SVG}g")}
    assert {name: len(g.findall(f"{SVG}circle")) for name, g in groups.items()} == {"ann": 10, "bob": 15, "unknown": 5}
    assert len({g.get("fill") for g in groups.values()}) == 3
    _, _, width, height = map(float, root.get("viewBox").split())
    for circle in root.iter(f"{SVG}circle"):
        assert 0 <= float(circle.get("cx")) <= width
        assert 0 <= float(circle.get("cy")) <= height
    assert {text.text for text in root.iter(f"{SVG}text")} == {"ann", "bob", "unknown"}


def test_labels_that_lie_on_one_another_are_drawn_by_turns():
    root = drawn(np.zeros((400, 2)), ["sung"] * 200 + ["spoken"] * 200)
    titles = [g.findtext(f"{SVG}title") for g in root.iter(f"{SVG}g")]
    assert titles == ["spoken", "sung"] * 4
    assert sum(len(g.findall(f"{SVG}circle")) for g in root.iter(f"{SVG}g")) == 400


def test_both_axes_have_one_scale_and_y_points_up():
    root = drawn(np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]]), ["a"] * 3)
    places = [(float(c.get("cx")), float(c.get("cy"))) for c in root.find(f"{SVG}g").findall(f"{SVG}circle")]
    corner = (min(x for x, _ in places), max(y for _, y in places))
    right, top = (max(places), min(places, key=lambda place: place[1]))
    assert sorted(places) == sorted([corner, right, top])
    assert (right[1], top[0]) == (corner[1], corner[0])
    assert right[0] - corner[0] == pytest.approx(corner[1] - top[1], abs=0.2)


def test_one_clip_is_in_the_middle():
    root = drawn(np.zeros((1, 2)), ["a"])
    circle = root.find(f"{SVG}g/{SVG}circle")
    assert (circle.get("cx"), circle.get("cy")) == ("380.0", "260.0")


def test_many_labels_have_colours_of_their_own_and_a_legend_that_counts_the_rest():
    root = drawn(np.random.default_rng(0).normal(size=(40, 2)), [f"singer {i:02}" for i in range(40)])
    assert len({g.get("fill") for g in root.iter(f"{SVG}g")}) == 40
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[:2] == ["singer 00", "singer 01"]
    assert texts[-1] == "and 17 more"
    assert len(texts) == 24


def test_names_cannot_break_out_of_the_drawing():
    evil = "</title><script>alert(1)</script>\x00\udc80"
    text = map_svg(np.zeros((1, 2)), [evil], alt='"><script>')
    assert "<script>" not in text
    text.encode()
    assert ET.fromstring(text).find(f"{SVG}g/{SVG}title").text.startswith("</title><script>")
