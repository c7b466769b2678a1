from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.augment import build_chain  # noqa: E402
from singalike.corpus.recordings import Recording  # noqa: E402
from singalike.encoders.published.ge2e import Ge2e  # noqa: E402
from singalike.errors import ConfigError, MissingExtraError  # noqa: E402
from singalike.train.initial import begin_with_ge2e  # noqa: E402
from singalike.train.module import TrainingModule  # noqa: E402
from singalike.train.objectives import Margin, Taught  # noqa: E402
from singalike.train.prepare import Part  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402
from singalike.train.teacher import centred  # noqa: E402

PLAIN = build_chain([]), build_chain([])


@pytest.fixture
def part() -> Part:
    recordings = [Recording(path=Path(f"{i}.wav"), voice=f"v{i // 2}") for i in range(6)]
    vectors = np.abs(np.random.default_rng(0).normal(size=(6, 256))).astype(np.float32)
    return Part(recordings, [], vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_training_begins_where_the_teacher_is(part: Part) -> None:
    try:
        Ge2e()
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert part.teacher is not None
    module = TrainingModule(load_recipe("default"), augment=PLAIN, voices=3, taught=256)
    begin_with_ge2e(module, part)
    encoder = module.network.encoder
    np.testing.assert_allclose(encoder.centre.detach().numpy(), part.teacher.mean(0), rtol=1e-5)
    margin, taught = module.objectives["am-softmax"], module.objectives["teacher"]
    assert isinstance(margin, Margin)
    assert isinstance(taught, Taught)
    expected = centred(part.teacher).reshape(3, 2, 256).mean(1)
    np.testing.assert_allclose(margin.prototypes.weight.detach().numpy(), expected, atol=1e-6)
    assert module.average is not None
    for name, value in module.network.state_dict().items():
        assert torch.equal(value, module.average.module.state_dict()[name])
    unheard = torch.randn(2, 256)
    assert torch.equal(taught.linear(unheard), unheard)


def test_another_encoder_cannot_begin_there(part: Part) -> None:
    module = TrainingModule(load_recipe("voices-tdnn"), augment=PLAIN, voices=3, taught=256)
    with pytest.raises(ConfigError, match="speaker-lstm"):
        begin_with_ge2e(module, part)


def test_centred_vectors_are_apart(part: Part) -> None:
    assert part.teacher is not None
    apart = centred(part.teacher)
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), 1.0, rtol=1e-5)
    assert (apart @ apart.T).mean() < (part.teacher @ part.teacher.T).mean() - 0.4
