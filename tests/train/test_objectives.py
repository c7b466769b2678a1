from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.augment import build_chain  # noqa: E402
from singalike.errors import ConfigError  # noqa: E402
from singalike.train.module import TrainingModule  # noqa: E402
from singalike.train.recipe import load_recipe, recipe_names  # noqa: E402

TINY = ["encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}", "features=voice16k", "projection=8"]
PLAIN = build_chain([]), build_chain([])


def _module(recipe: str, *overrides: str) -> TrainingModule:
    return TrainingModule(load_recipe(recipe, [*TINY, *overrides]), augment=PLAIN, voices=4)


def _batch(B: int = 4) -> dict[str, torch.Tensor]:
    waveforms = 0.1 * torch.randn(2, B, 16_000, generator=torch.Generator().manual_seed(0))
    return {"waveforms": waveforms, "voice": torch.arange(B), "draw": torch.tensor(3)}


def test_torres_weights_are_the_published_ones() -> None:
    published = {
        "torres-cont": {"nt-xent": 1},
        "torres-cont-vc": {"nt-xent": 1, "variance": 25, "covariance": 100},
        "torres-unif": {"alignment": 1, "uniformity": 1},
        "torres-vicreg": {"invariance": 25, "variance": 25, "covariance": 100},
        "torres-byol": {"byol": 1},
    }
    assert set(published) == {name for name in recipe_names() if name.startswith("torres-")}
    for name, weights in published.items():
        assert {loss.name: loss.weight for loss in load_recipe(name).losses} == weights


def test_the_sum_is_weighted() -> None:
    module = _module("torres-vicreg")
    logged: dict[str, float] = {}
    module.log = lambda name, value, **_: logged.__setitem__(name, float(value))  # pyright: ignore
    total = module.training_step(_batch(), 0)
    parts = 25 * logged["train/invariance"] + 25 * logged["train/variance"] + 100 * logged["train/covariance"]
    assert float(total.detach()) == pytest.approx(parts, rel=1e-5)
    assert logged["train/loss"] == pytest.approx(parts, rel=1e-5)


def test_byol_teaches_everything_but_its_target() -> None:
    module = _module("torres-byol")
    module.log = lambda *_, **__: None  # pyright: ignore
    module.training_step(_batch(), 0).backward()
    for name, parameter in module.named_parameters():
        assert (parameter.grad is None) == ("target" in name), name


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ("[{name: nt-xents}]", "no loss called 'nt-xents'"),
        ("[{name: nt-xent, temprature: 1}]", "no option temprature"),
        ("[{name: masked-frames}]", "cannot train encoder 'tdnn'"),
        ("[{name: teacher}]", r"needs data\.teacher"),
        ("[{name: nt-xent}, {name: nt-xent}]", "each loss once"),
        ("[]", "at least one"),
    ],
)
def test_a_wrong_objective_says_what_is_wrong(losses: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _module("torres-cont", f"losses={losses}")


def test_byol_needs_a_projection() -> None:
    with pytest.raises(ConfigError, match="projection"):
        _module("torres-byol", "projection=0")
