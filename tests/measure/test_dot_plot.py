from __future__ import annotations

import io

import numpy as np
import pytest

from singalike.errors import ConfigError, MissingExtraError
from singalike.measure.dot_plot import Dot, dot_figure

pytest.importorskip("matplotlib")

DOTS = [
    Dot("vocals", "1 s", "mfcc", 0.2, 0.1, 0.4, chance=0.05),
    Dot("vocals", "1 s", "mine", 0.5, 0.45, 0.6, chance=0.05),
    Dot("vocals", "song", "mine", 0.7, 0.75, 0.8),
    Dot("mixture", "song", "mine", 0.3),
]


def bars(axes) -> dict[str, list[tuple[float, float, float]]]:
    """Return for each colour the ends of the intervals and their height."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for lines in axes.collections:
        colour = tuple(lines.get_colors()[0])
        found[colour] = [(line[0][0], line[1][0], line[0][1]) for line in lines.get_segments()]
    return found


def test_every_dot_is_where_its_figure_is():
    vocals, mixture = dot_figure(DOTS, axis="accuracy, %").axes
    assert [vocals.get_title(), mixture.get_title()] == ["vocals", "mixture"]
    assert [label.get_text() for label in vocals.get_yticklabels()] == ["1 s", "song"]
    assert vocals.get_ylim()[0] > vocals.get_ylim()[1]  # the first row is on top
    chance, mfcc, mine = (line.get_xydata() for line in vocals.lines)
    np.testing.assert_allclose(chance, [[5, 0]])
    np.testing.assert_allclose(mfcc[:, 0], [20])
    np.testing.assert_allclose(mine[:, 0], [50, 70])
    assert mfcc[0, 1] < 0 < mine[0, 1] < 0.5  # side by side in one row
    assert mine[1, 1] - mine[0, 1] == 1
    first, second = bars(vocals).values()
    np.testing.assert_allclose(first[0][:2], [10, 40])
    # An interval that does not hold its figure ends there.
    np.testing.assert_allclose([ends[:2] for ends in second], [[45, 60], [70, 80]])
    assert not [line for line in mixture.lines if line.get_marker() == "|"]


def test_the_legend_names_all_once():
    figure = dot_figure(DOTS, axis="accuracy, %")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["mfcc", "mine", "chance"]
    assert "95 % intervals" in figure.get_supxlabel()
    assert figure.axes[0].lines[1].get_marker() != figure.axes[0].lines[2].get_marker()
    assert dot_figure(DOTS[3:], axis="ROC-AUC, %").get_supxlabel() == "ROC-AUC, %"


def test_a_guide_goes_through_all_rows():
    (vocals, _) = dot_figure(DOTS, axis="EER, %", guide="1 s").axes
    lines = [line for line in vocals.lines if line.get_linestyle() == ":"]
    assert [line.get_xdata()[0] for line in lines] == pytest.approx([20, 50])


def test_names_are_no_markup():
    names = [r"$\nothing$", "_hidden", "<b>", "a\x07bell"]
    dots = [Dot(name, name, name, 0.5) for name in names]
    figure = dot_figure(dots, axis="accuracy, %")
    figure.savefig(io.StringIO(), format="svg")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*names[:3], "a\N{REPLACEMENT CHARACTER}bell"]


def test_no_dots_are_no_picture():
    with pytest.raises(ConfigError, match="no figures"):
        dot_figure([], axis="EER, %")


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="matplotlib"):
        dot_figure(DOTS, axis="EER, %")
