"""``precision: bfloat16`` is the encoder's, in training; everything that is kept is float32."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from torch import Tensor, dtype  # noqa: E402

from cam_layout import write_checkpoint  # noqa: E402
from singalike.augment import build_chain  # noqa: E402
from singalike.encoders.published.campplus import CHECKPOINT  # noqa: E402
from singalike.train import accompaniments, voice_detector  # noqa: E402
from singalike.train.export import load_network  # noqa: E402
from singalike.train.module import TrainingModule  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402
from singalike.train.run import train  # noqa: E402

TINY = ["encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}", "features=voice16k", "projection=8"]
PLAIN = build_chain([]), build_chain([])


def _module(precision: str) -> TrainingModule:
    torch.manual_seed(0)
    recipe = load_recipe("torres-cont", [*TINY, f"precision={precision}"])
    module = TrainingModule(recipe, augment=PLAIN, voices=4)
    module.log = lambda *_, **__: None  # pyright: ignore
    return module


def _batch() -> dict[str, Tensor]:
    waveforms = 0.1 * torch.randn(2, 4, 16_000, generator=torch.Generator().manual_seed(0))
    return {"waveforms": waveforms, "voice": torch.arange(4), "draw": torch.tensor(3)}


def _seen(module: TrainingModule) -> dict[str, dtype]:
    """The kinds of numbers that the encoder's first convolution takes and gives, in the step that comes next."""
    seen: dict[str, dtype] = {}
    first = next(part for part in module.network.encoder.modules() if isinstance(part, torch.nn.Conv2d))
    first.register_forward_hook(lambda _, taken, given: seen.update(taken=taken[0].dtype, given=given.dtype))
    return seen


@pytest.mark.parametrize(("precision", "kind"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_the_encoder_s_alone_and_only_in_training(precision: str, kind: dtype) -> None:
    module = _module(precision)
    seen = _seen(module)
    loss = module.train().training_step(_batch(), 0)
    assert seen == {"taken": torch.float32, "given": kind}  # the front-end's images are float32
    assert loss.dtype == torch.float32
    loss.backward()
    assert {p.dtype for p in module.parameters()} == {torch.float32}
    assert {p.grad.dtype for p in module.parameters() if p.grad is not None} == {torch.float32}
    with torch.no_grad():
        module.eval().validation_step(_batch(), 0)
    assert seen["given"] == torch.float32
    assert module._validation[0]["h1"].dtype == torch.float32


def test_the_loss_is_nearly_that_of_float32() -> None:
    exact, near = (float(_module(p).train().training_step(_batch(), 0).detach()) for p in ("float32", "bfloat16"))
    assert near != exact
    assert near == pytest.approx(exact, rel=0.05)


@pytest.mark.slow
def test_the_shipped_model_s_recipe_trains_as_it_is(
    choir_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From CAM++'s weights (random ones here), taught by what it said, in bfloat16, its statistics kept."""
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(accompaniments, "_BANDS", 12)
    for name, number in (("_VOICES", 30), ("_PIECES", 30), ("_NOISES", 8)):
        monkeypatch.setattr(voice_detector, name, number)
    checkpoint = write_checkpoint(tmp_path / "home" / "baselines" / CHECKPOINT)
    smaller = ["batch_size=3", "steps_per_epoch=2", "max_epochs=1", "crop_seconds=0.8", "heard_seconds=0.5"]
    smaller += [
        "data.reader=table",
        "data.commercial_only=false",
        "data.validation_share=0.34",
        "data.sung_copies=false",
    ]
    run = train("default", data=choir_folder, out=tmp_path / "run", overrides=smaller)
    figures = dict(pair.split("=") for pair in (run / "log.txt").read_text().split() if "=" in pair)
    assert {"train/beginning", "val/eer"} <= set(figures)
    assert all(torch.isfinite(torch.tensor(float(value))) for value in figures.values())
    assert len(voice_detector.take_voice(run, "last").weights) == 192
    recipe, network = load_network(run, "last")
    assert recipe.precision == "bfloat16"
    state = network.encoder.state_dict()
    assert {value.dtype for value in state.values()} == {torch.float32, torch.int64}
    began = torch.load(checkpoint, weights_only=True)
    moved = {name for name, value in began.items() if not torch.equal(value, state[name])}
    assert "head.conv1.weight" in moved
    # The weights' average is one of the statistics too; that of equal numbers is off by a rounding.
    kept = ("xvector.block2.tdnnd1.linear1.weight", "xvector.dense.linear.weight")  # are not among what is `trained`
    for name in (*kept, *(name for name in moved if "running" in name or "tracked" in name)):
        torch.testing.assert_close(state[name], began[name], rtol=1e-6, atol=1e-6)
