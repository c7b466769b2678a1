from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from singalike.errors import ConfigError, MissingExtraError
from singalike.evaluate import verification
from singalike.evaluate.verification import det_curve, normal_deviate
from singalike.measure.plots import Curve, det_figure, save_det

pytest.importorskip("matplotlib")


def curve(label: str, *, distance: float, seed: int = 0) -> Curve:
    chance = np.random.default_rng(seed)
    labels = np.arange(400) < 200
    scores = chance.normal(size=400) + distance * labels
    return Curve(label, *det_curve(scores, labels), eer=verification.eer(scores, labels), trials=400)


def test_the_curve_drawn_is_the_curve_given():
    given = [curve("native", distance=2.0), curve("16 kHz", distance=1.0)]
    (axes,) = det_figure(given, title="a model").axes
    lines = {str(line.get_label()).partition(":")[0]: line for line in axes.lines}
    for one in given:
        np.testing.assert_array_equal(lines[one.label].get_xdata(), normal_deviate(one.false_accepts))
        np.testing.assert_array_equal(lines[one.label].get_ydata(), normal_deviate(one.false_rejects))
    assert axes.get_title() == "a model"


def test_equal_error_rates_are_marked_and_named():
    given = [curve("native", distance=2.0), curve("16 kHz", distance=1.0)]
    (axes,) = det_figure(given).axes
    points = [line.get_xydata().ravel() for line in axes.lines if line.get_marker() == "o"]
    expected = [np.repeat(normal_deviate(np.array([one.eer])), 2) for one in given]
    np.testing.assert_allclose(points, expected)
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == [f"{one.label}: EER {one.eer:.1%}, n = 400" for one in given]


def test_both_axes_are_normal_deviates_of_per_cent():
    (axes,) = det_figure([curve("native", distance=2.0)]).axes
    for axis in (axes.xaxis, axes.yaxis):
        shown = [float(label.get_text()) / 100 for label in axis.get_ticklabels()]
        np.testing.assert_allclose(axis.get_ticklocs(), normal_deviate(np.array(shown)))
    assert axes.get_xlim() == axes.get_ylim()


def test_a_perfect_system_can_be_drawn():
    labels = np.arange(20) < 10
    perfect = Curve("native", *det_curve(labels.astype(float), labels), eer=0.0, trials=20)
    (axes,) = det_figure([perfect]).axes
    assert not [line for line in axes.lines if line.get_marker() == "o"]


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_pictures_are_written_whole(tmp_path, suffix, start):
    path = tmp_path / f"det{suffix}"
    path.write_bytes(b"before")
    save_det(path, [curve("native", distance=2.0)])
    assert path.read_bytes().startswith(start)
    assert path.stat().st_size > 5000
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_shows_its_curve(tmp_path):
    from matplotlib.image import imread

    pictures = []
    for distance in (0.5, 3.0):
        save_det(tmp_path / "det.png", [curve("native", distance=distance)])
        pictures.append(imread(tmp_path / "det.png"))
    assert pictures[0].shape == pictures[1].shape
    assert (pictures[0] != pictures[1]).any()


def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    (tmp_path / "det.png").write_bytes(b"before")
    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(OSError, match="No space"):
        save_det(tmp_path / "det.png", [curve("native", distance=2.0)])
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


def test_no_curve_and_no_matplotlib_are_errors_that_say_so(monkeypatch):
    with pytest.raises(ConfigError, match="no DET curve"):
        det_figure([])
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"singalike\[plots\]"):
        det_figure([curve("native", distance=2.0)])


def test_matplotlib_is_loaded_late_and_without_pyplot():
    program = (
        "import sys, numpy as np; from singalike.measure.plots import Curve, det_figure;"
        "assert 'matplotlib' not in sys.modules;"
        "det_figure([Curve('x', np.array([.1, .5]), np.array([.5, .1]), .3, 4)]);"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
