from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Generator, Tensor  # noqa: E402

from singalike.encoders import build_encoder  # noqa: E402
from singalike.encoders.cnn_transformer import CnnTransformer, draw_spans  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.features import preset  # noqa: E402
from singalike.losses import masked_l1  # noqa: E402


@pytest.fixture
def tiny() -> CnnTransformer:
    torch.manual_seed(0)
    return CnnTransformer(8, channels=2, dimension=12, width=16, layers=2, heads=2)


def _images(items: int = 3, frames: int = 100, seed: int = 0) -> Tensor:
    return torch.randn(items, 2, 8, frames, generator=Generator().manual_seed(seed))


def _seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_built_by_name_has_the_size_of_the_method() -> None:
    encoder = build_encoder("cnn-transformer", preset("torres2023"), {})
    assert isinstance(encoder, CnnTransformer)
    assert encoder.dimension == 512
    attention_and_feed = 6 * (4 * 384 * 384 + 8 * 384 * 384)
    assert attention_and_feed < sum(p.numel() for p in encoder.parameters()) < 1.3 * attention_and_feed
    with torch.no_grad():
        assert encoder(torch.randn(1, 3, 128, 345)).shape == (1, 512)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ConfigError, match="5 heads"):
        build_encoder("cnn-transformer", preset("voice16k"), {"heads": 5})


@pytest.mark.parametrize("frames", [4, 7, 99, 400])
def test_any_length_gives_one_vector(tiny: CnnTransformer, frames: int) -> None:
    images = _images(frames=frames)
    assert tiny(images).shape == (3, 12)
    assert tiny.steps(images).shape == (3, frames // 4, 16)
    assert torch.isfinite(tiny(images)).all()


def test_an_embedding_does_not_depend_on_batch_mates_in_training_either(tiny: CnnTransformer) -> None:
    tiny.train()
    images = _images()
    together = tiny(images)
    torch.testing.assert_close(tiny(images[1:2]), together[1:2], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(tiny(images.flip(0)).flip(0), together, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(tiny.eval()(images), together, atol=1e-5, rtol=1e-5)


def test_the_embedding_map_keeps_lengths_of_what_it_lets_through(tiny: CnnTransformer) -> None:
    weight = tiny.embedding.weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(12), atol=1e-5, rtol=0)


def test_steps_know_the_order_of_frames(tiny: CnnTransformer) -> None:
    """Without positions, attention and pooling would give a song and its shuffled steps one vector."""
    images = _images(1, 80)
    shuffled = images.unflatten(3, (20, 4))[..., torch.randperm(20, generator=_seeded()), :].flatten(3)
    assert (tiny(images) - tiny(shuffled)).abs().max() > 1e-3


@pytest.mark.parametrize("start", [0.02, 0.08, 0.3])
def test_the_share_hidden_is_the_expected_one(start: float) -> None:
    mask = draw_spans(4000, 60, start=start, span=10, generator=_seeded())
    reach = np.minimum(np.arange(60) + 1, 10)  # steps that could have started a span over step i
    expected = 1 - (1 - start) ** reach
    # An item without any start gets one anywhere: it hides a step that `reach` of 60 draws could have hidden.
    expected = expected + (1 - start) ** 60 * reach / 60
    np.testing.assert_allclose(mask.float().mean(0).numpy(), expected, atol=0.035)
    assert float(mask.float().mean()) == pytest.approx(expected.mean(), abs=0.01)


def test_at_least_one_span_of_each_item_is_hidden_and_spans_are_whole() -> None:
    mask = draw_spans(500, 30, start=0.0, span=6, generator=_seeded()).numpy()
    for row in mask:
        first = int(row.argmax())
        assert row[first : first + 6].all()
        assert row.sum() == min(6, 30 - first)
    assert draw_spans(3, 1, start=0.08, span=10, generator=_seeded()).all()
    assert draw_spans(3, 9, start=1.0, span=1, generator=_seeded()).all()


def test_masking_is_drawn_from_the_generator(tiny: CnnTransformer) -> None:
    first, again, other = (tiny.masked(_images(), _seeded(seed)) for seed in (5, 5, 6))
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(first[2], other[2])


def test_targets_are_the_normalised_frames_of_each_step(tiny: CnnTransformer) -> None:
    images = 3.0 * _images(frames=42) + 5.0
    images[1, :, 6] = -18.0  # a band in which nothing is heard
    prediction, target, mask = tiny.masked(images, _seeded())
    assert prediction.shape == target.shape == (3, 10, 4 * 8)
    assert mask.shape == (3, 10)
    assert mask.dtype == torch.bool
    bands = images.mean(1)[..., :40].numpy()
    for item, step, frame, band in ((0, 0, 0, 0), (2, 9, 3, 7), (1, 4, 2, 5)):
        row = bands[item, band]
        expected = (row[4 * step + frame] - row.mean()) / row.std()
        assert float(target[item, step, 8 * frame + band]) == pytest.approx(expected, abs=1e-4)
    assert target[1].unflatten(1, (4, 8))[..., 6].abs().max() < 1e-2


def test_a_prediction_sees_nothing_of_what_is_hidden(tiny: CnnTransformer) -> None:
    images = _images()
    prediction, target, mask = tiny.masked(images, _seeded())
    assert mask.any()
    assert not mask.all()
    hidden = mask.repeat_interleave(4, 1)[:, None, None]
    altered, new_target, same_mask = tiny.masked(torch.where(hidden, 7.0 + images.flip(3), images), _seeded())
    assert torch.equal(mask, same_mask)
    assert torch.equal(prediction, altered)
    assert not torch.equal(target, new_target)


def test_hidden_frames_are_learned_from_the_others(tiny: CnnTransformer) -> None:
    time = torch.arange(160) / 160
    phases = torch.rand(4, 2, 8, 1, generator=_seeded())
    images = torch.sin(2 * torch.pi * (20 * time + phases))
    adam = torch.optim.Adam(tiny.parameters(), 3e-3)
    losses = []
    for _ in range(25):
        loss = masked_l1(*tiny.masked(images, _seeded(1)))
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]
    assert tiny.hidden_frame.grad is not None
    assert tiny.hidden_frame.grad.abs().max() > 0


def test_silence_has_a_vector_and_finite_gradients(tiny: CnnTransformer) -> None:
    silence = torch.full((2, 2, 8, 50), -18.4)
    loss = masked_l1(*tiny.masked(silence, _seeded())) + tiny(silence).square().mean()
    loss.backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in tiny.parameters())


@pytest.mark.slow
def test_the_exported_graph_equals_the_module_at_other_lengths(tiny: CnnTransformer) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    from singalike.train.export import TOLERANCE
    from singalike.train.graph import _graph

    dynamic = {0: torch.export.Dim("batch"), 3: torch.export.Dim("frames", min=8)}
    graph = _graph(tiny, _images(2), ("images", "vector"), dynamic)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    for items, frames in ((1, 100), (3, 61), (2, 203)):
        images = _images(items, frames, seed=frames)
        (ours,) = session.run(None, {"images": images.numpy()})
        with torch.no_grad():
            assert np.abs(ours - tiny(images).numpy()).max() <= TOLERANCE
