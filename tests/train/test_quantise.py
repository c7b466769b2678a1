from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.extra import numpy as hnp  # noqa: E402
from torch import nn  # noqa: E402

from singalike.train.quantise import FEWEST, SCALE, dequantise, dequantised_state, quantise, quantised_state  # noqa: E402

WEIGHTS = hnp.arrays(
    "float32",
    st.sampled_from([(1, 1), (3, 40), (2, 8, 5, 2), (3, 67), (2, 32, 3)]),
    elements=st.floats(-(2.0**60), 2.0**60, width=32, allow_subnormal=True),
)


@settings(deadline=None)
@given(WEIGHTS)
def test_no_weight_moves_by_more_than_half_a_step(array: np.ndarray) -> None:
    weight = torch.from_numpy(array)
    levels, scale = quantise(weight)
    assert levels.dtype == torch.int8
    assert levels.shape == weight.shape
    assert int(levels.to(torch.int16).abs().max()) <= 127
    moved = (weight.double() - dequantise(levels, scale).double()).abs().reshape(*scale.shape, -1)
    assert bool((moved <= 0.5001 * scale.double()[:, :, None]).all())  # float32 rounds the quotient and the product


@pytest.mark.parametrize(
    ("shape", "groups"), [((5, 64), 1), ((5, 128), 2), ((5, 40, 1), 1), ((5, 32, 3, 1), 2), ((5, 90), 2), ((5, 97), 1)]
)
def test_a_row_is_cut_into_equal_groups_of_at_most_64_where_it_can_be(shape: tuple[int, ...], groups: int) -> None:
    _, scale = quantise(torch.ones(shape))
    assert scale.shape == (5, groups)


def test_every_group_has_its_own_scale() -> None:
    weight = torch.zeros(2, 128)
    weight[0, :3] = torch.tensor([1.0, -0.5, 0.25])
    weight[0, 64:66] = torch.tensor([1e-3, -2e-3])
    levels, scale = quantise(weight)
    assert levels[0, :3].tolist() == [127, -64, 32]  # -63.5 is rounded to even
    assert levels[0, 64:66].tolist() == [64, -127]
    torch.testing.assert_close(scale[0], torch.tensor([1.0, 2e-3]) / 127)
    assert not dequantise(levels, scale)[1].any()


def test_what_has_few_values_is_kept_exactly() -> None:
    levels = torch.arange(-127, 128, dtype=torch.float32).repeat(2, 1)
    levels[:, ::51] = 127.0  # in every group of 51
    again, scale = quantise(levels)
    assert bool((scale == 1).all())
    assert torch.equal(dequantise(again, scale), levels)


@pytest.fixture
def network() -> nn.ModuleDict:
    torch.manual_seed(0)
    return nn.ModuleDict(
        {
            "wide": nn.Conv1d(64, 32, 3),
            "square": nn.Conv2d(16, 32, 3, bias=False),
            "linear": nn.Linear(64, 64),
            "narrow": nn.Linear(63, 65),
            "norm": nn.BatchNorm1d(FEWEST),
            "lstm": nn.LSTM(64, 64),
            "words": nn.Embedding(64, 64),
        }
    )


def test_convolutions_and_linear_layers_are_rounded_and_nothing_else(network: nn.ModuleDict) -> None:
    stored = quantised_state(network)
    rounded = {name for name, tensor in stored.items() if tensor.dtype == torch.int8}
    assert rounded == {"wide.weight", "square.weight", "linear.weight"}
    assert set(stored) - set(network.state_dict()) == {name + SCALE for name in rounded}
    for name, tensor in network.state_dict().items():
        assert name in rounded or torch.equal(stored[name], tensor)


def test_a_stored_state_is_loaded_back(network: nn.ModuleDict) -> None:
    state = dequantised_state(quantised_state(network))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(state)
    assert 0 < (before["linear.weight"] - network["linear"].weight).abs().max() < 0.01
    assert all(torch.equal(tensor, before[name]) for name, tensor in dequantised_state(before).items())


def test_rounding_twice_is_rounding_once(network: nn.ModuleDict) -> None:
    once = quantised_state(network)
    network.load_state_dict(dequantised_state(once))
    twice = quantised_state(network)
    assert torch.equal(once["wide.weight"], twice["wide.weight"])
