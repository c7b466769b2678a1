"""CAM++ against the published layout and a plain computation on it, with random numbers in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from cam_layout import DIMENSION, LAYOUT, random_state, vector  # noqa: E402
from singalike.encoders import CamTDNN, build_encoder  # noqa: E402
from singalike.features import preset  # noqa: E402


def _network(**options: Any) -> CamTDNN:
    """Ours with the random state."""
    network = CamTDNN(bands=80, **options)
    assert network.load_state_dict(random_state(), strict=False).missing_keys == ["centre"]
    return network


def _images(count: int, frames: int) -> Tensor:
    """Louder towards the end, so that no segment is like another."""
    noise = torch.randn(count, 1, 80, frames, generator=torch.Generator().manual_seed(frames))
    return noise * torch.linspace(0.2, 3.0, frames)


@pytest.fixture(scope="module")
def network() -> CamTDNN:
    return _network().eval()


def test_names_and_shapes_are_those_of_the_published_layout(network: CamTDNN) -> None:
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert shapes.pop("centre") == (DIMENSION,)
    assert shapes == LAYOUT
    assert len(shapes) == 937  # the tensors of campplus_cn_en_common.pt


def test_the_number_of_parameters(network: CamTDNN) -> None:
    published = sum(p.numel() for name, p in network.named_parameters() if name != "centre")
    assert published == 6_848_544
    # 512 numbers a vector take 0.3 M more: the 7.18 M of the paper's table 1, to a hundredth.
    wide = sum(p.numel() for p in CamTDNN(bands=80, dimension=512).parameters())
    assert round(wide / 1e6, 2) == 7.18


# Frames of 20 ms: 50 (one segment), 100 (one whole one), 130 (two, of 100 and 30), 200 (two whole ones).
@pytest.mark.parametrize("frames", [99, 200, 260, 399])
def test_vectors_are_those_of_the_publication(network: CamTDNN, frames: int) -> None:
    image = _images(1, frames)
    with torch.no_grad():
        ours = network(image)[0].numpy()
    expected = vector(random_state(), image[0, 0].numpy())
    np.testing.assert_allclose(ours, expected / np.linalg.norm(expected), atol=1e-5)


def test_the_length_of_a_segment_is_heard() -> None:
    image = _images(1, 200)
    with torch.no_grad():
        ours = _network(segment_frames=30).eval()(image)[0].numpy()
    short, usual = (vector(random_state(), image[0, 0].numpy(), segment=length) for length in (30, 100))
    np.testing.assert_allclose(ours, short / np.linalg.norm(short), atol=1e-5)
    assert np.abs(ours - usual / np.linalg.norm(usual)).max() > 1e-3


def test_the_mean_of_all_twice_is_that_of_one_segment(network: CamTDNN) -> None:
    whole = _network(segment_frames=0).eval()
    with torch.no_grad():
        torch.testing.assert_close(whole(_images(1, 200)), network(_images(1, 200)), atol=1e-6, rtol=0)
        assert (whole(_images(1, 210)) - network(_images(1, 210))).abs().max() > 1e-4


def test_a_vector_does_not_depend_on_its_batch_mates(network: CamTDNN) -> None:
    images = _images(2, 230)
    with torch.no_grad():
        both = network(images)
        for image, vector_of_both in zip(images, both, strict=True):
            torch.testing.assert_close(network(image[None])[0], vector_of_both, atol=1e-6, rtol=0)
    assert (both[0] - both[1]).abs().max() > 1e-3


def test_four_frames_are_enough(network: CamTDNN) -> None:
    with torch.no_grad():
        assert network(_images(2, 4)).isfinite().all()


def test_the_centre_is_taken_off_unit_vectors() -> None:
    network = _network().eval()
    with torch.no_grad():
        plain = network(_images(2, 60))
        network.centre.fill_(0.25)
        torch.testing.assert_close(network(_images(2, 60)), plain - 0.25)
    torch.testing.assert_close(plain.norm(dim=-1), torch.ones(2))


def _statistics(network: CamTDNN) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.named_buffers() if name != "nuisances"}


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("fresh", [True, False])
def test_statistics_are_kept_where_they_are_to_be(kept: bool, fresh: bool) -> None:
    network = _network(keep_statistics=kept)
    if not fresh:
        network.eval().train()
    before = _statistics(network)
    network(_images(2, 40))
    moved = {name for name, value in _statistics(network).items() if not torch.equal(value, before[name])}
    assert moved == (set() if kept else set(before))
    assert network.training
    assert not network.eval().training


def test_with_statistics_kept_training_hears_what_inference_does() -> None:
    network, images = _network(keep_statistics=True), _images(2, 40)
    with torch.no_grad():
        torch.testing.assert_close(network.train()(images), network.eval()(images))


def test_gradients_reach_every_parameter() -> None:
    network = _network(keep_statistics=True).train()
    (network(_images(2, 40)) * _images(2, 40)[:, 0, 0, :1]).square().sum().backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_it_is_built_by_name() -> None:
    encoder = build_encoder("cam-tdnn", preset("kaldi16k"), {"segment_frames": 0, "keep_statistics": True})
    assert isinstance(encoder, CamTDNN)
    assert (encoder.dimension, encoder.keep_statistics) == (DIMENSION, True)
    assert set(encoder.state_dict()) == {*LAYOUT, "centre"}
