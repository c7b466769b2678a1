from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("demucs")

import torch
from htdemucs import network, save_hub, save_pickle

from singalike.errors import MissingWeightsError, ModelMismatchError
from singalike.model.hub import home
from singalike.separate.base import find_separator
from singalike.separate.chunks import separate_array

RATE_HZ = 44_100
TWO, FOUR = ("vocals", "accompaniment"), ("drums", "bass", "vocals", "other")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_hub(tmp_path_factory.mktemp("weights"), network())


@pytest.fixture(scope="module")
def demucs(weights: Path):
    return {stems: find_separator("demucs", weights=weights, stems=stems) for stems in (2, 4)}


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("stems", [2, 4])
def test_stems_add_up(demucs, noise, stems, channels):
    mix = noise(0.3, RATE_HZ, channels)
    made = demucs[stems].separate(mix, sample_rate_hz=RATE_HZ)
    assert tuple(made) == demucs[stems].stems == {2: TWO, 4: FOUR}[stems]
    assert {stem.shape for stem in made.values()} == {mix.shape}
    np.testing.assert_allclose(sum(made.values()), mix, atol=1e-5)
    assert all(np.abs(made[name]).max() > 1e-4 for name in made)


@pytest.mark.parametrize(("rate_hz", "channels", "stems"), [(48_000, 2, 4), (22_050, 1, 2)])
def test_any_rate_and_length_by_chunks(demucs, noise, rate_hz, channels, stems):
    mix = noise(1.3, rate_hz, channels)
    made = separate_array(mix, demucs[stems], sample_rate_hz=rate_hz)
    assert {stem.shape for stem in made.values()} == {mix.shape}
    np.testing.assert_allclose(sum(made.values()), mix, atol=1e-5)


def test_a_segment_is_the_networks_own_output(demucs, noise):
    """Against the network itself, called as the package's command calls it."""
    mix = torch.from_numpy(noise(0.5, RATE_HZ))
    mean, std = mix.mean(0).mean(), mix.mean(0).std()
    with torch.no_grad():
        expected = network()(((mix - mean) / std)[None])[0] * std + mean
    made = demucs[4].separate(mix.numpy(), sample_rate_hz=RATE_HZ)
    for name, index in (("drums", 0), ("bass", 1), ("vocals", 3)):
        np.testing.assert_allclose(made[name], expected[index].numpy(), atol=1e-5)
    residue = mix - expected.sum(0)  # what the network's outputs lack of the mix is in "other"
    np.testing.assert_allclose(made["other"], (expected[2] + residue).numpy(), atol=1e-5)


def test_chunk_overlap_rate_and_determinism(demucs, noise):
    one = demucs[2]
    assert (one.chunk_seconds, one.overlap_seconds, one.sample_rate_hz) == (0.5, 0.125, RATE_HZ)
    mix = noise(0.4, RATE_HZ)
    first, second = (one.separate(mix, sample_rate_hz=RATE_HZ)["vocals"] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ModelMismatchError, match="takes 44100 Hz, not 48000 Hz"):
        one.separate(mix, sample_rate_hz=48_000)


def test_mono_is_both_sides_of_a_stereo_mix(demucs, noise):
    mono = noise(0.4, RATE_HZ, 1)
    one = demucs[2].separate(mono, sample_rate_hz=RATE_HZ)["vocals"]
    both = demucs[2].separate(np.repeat(mono, 2, axis=0), sample_rate_hz=RATE_HZ)["vocals"]
    np.testing.assert_allclose(one[0], both.mean(axis=0), atol=1e-6)


def test_the_old_layout_is_the_same_network(demucs, tmp_path):
    file = save_pickle(tmp_path, network(), half=False)
    for place in (file, tmp_path):  # a file, or its folder
        assert find_separator("demucs", weights=place).fingerprint == demucs[2].fingerprint
    assert find_separator("demucs", weights=save_pickle(tmp_path / "half", network())).fingerprint


def test_the_package_reads_what_these_tests_write(tmp_path):
    """So the layouts are its own, not only ours."""
    from demucs.hf import load_safetensors_model
    from demucs.pretrained import get_model

    pickled = get_model("955717e8", repo=save_pickle(tmp_path, network(), half=False).parent)
    published = load_safetensors_model(save_hub(tmp_path / "hub", network()) / "00000000.safetensors")
    for one in (pickled, published):
        torch.testing.assert_close(one.state_dict(), network().state_dict())


def test_a_bag_takes_each_stem_from_the_network_it_names(tmp_path, noise):
    folder = save_hub(tmp_path / "bag", network(0), network(1), weights=[[1, 1, 1, 0], [0, 0, 0, 1]])
    mix = noise(0.4, RATE_HZ)
    made = find_separator("demucs", weights=folder, stems=4).separate(mix, sample_rate_hz=RATE_HZ)
    for seed, name in ((0, "drums"), (1, "vocals")):
        single = find_separator("demucs", weights=save_hub(tmp_path / f"{seed}", network(seed)), stems=4)
        np.testing.assert_allclose(made[name], single.separate(mix, sample_rate_hz=RATE_HZ)[name], atol=1e-6)


def test_the_fingerprint_is_the_weights(demucs, tmp_path):
    other = find_separator("demucs", weights=save_hub(tmp_path, network(1)))
    assert other.fingerprint != demucs[2].fingerprint
    assert demucs[2].fingerprint == demucs[4].fingerprint  # the stems are told apart by their names


def test_weights_at_home_are_found(tmp_path, monkeypatch, demucs):
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path))
    save_hub(home() / "separators" / "htdemucs", network())
    assert find_separator("demucs").fingerprint == demucs[2].fingerprint


def test_without_weights_it_says_what_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path))

    def refuse(*_, **__):
        raise OSError("no network here")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", refuse)
    with pytest.raises(MissingWeightsError, match="cannot be fetched: no network here") as caught:
        find_separator("demucs")
    assert caught.value.where == str(tmp_path / "separators" / "htdemucs")
    assert "htdemucs.yaml" in caught.value.hint
    assert "adefossez/HTDemucs" in caught.value.hint


def test_the_hub_fills_the_folder(tmp_path, monkeypatch, demucs):
    monkeypatch.setenv("SINGALIKE_HOME", str(tmp_path / "home"))
    hub = save_hub(tmp_path / "hub", network())

    def download(repository: str, file: str, *, local_dir: Path) -> str:
        assert repository == "adefossez/HTDemucs"
        local_dir.mkdir(parents=True, exist_ok=True)
        (local_dir / file).write_bytes((hub / file).read_bytes())
        return str(local_dir / file)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    assert find_separator("demucs").fingerprint == demucs[2].fingerprint
    monkeypatch.delattr("huggingface_hub.hf_hub_download")
    assert find_separator("demucs").fingerprint == demucs[2].fingerprint  # from now on without a network


def test_folders_that_are_no_checkpoint(tmp_path, weights):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MissingWeightsError, match=r"0 bags \(.yaml\) and 0 models"):
        find_separator("demucs", weights=empty)
    (empty / "htdemucs.yaml").write_text("models: ['abc']\n")
    with pytest.raises(MissingWeightsError, match=r"no abc.safetensors or abc-….th"):
        find_separator("demucs", weights=empty)
    for text, reason in (("models: 3\n", "names no models"), ("a: [\n", "is no YAML")):
        (empty / "htdemucs.yaml").write_text(text)
        with pytest.raises(ModelMismatchError, match=reason):
            find_separator("demucs", weights=empty)
    bag = save_hub(tmp_path / "bag", network(), weights=[[1.0, 1.0]])
    with pytest.raises(ModelMismatchError, match="does not fit its models"):
        find_separator("demucs", weights=bag)


def test_damaged_and_foreign_networks(tmp_path):
    file = save_pickle(tmp_path / "a", network())
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelMismatchError, match=r"expected .* but got") as caught:
        find_separator("demucs", weights=file)
    assert caught.value.where == str(file)
    torn = save_hub(tmp_path / "b", network()) / "00000000.safetensors"
    torn.write_bytes(torn.read_bytes()[:1000])
    with pytest.raises(ModelMismatchError, match="no Demucs checkpoint"):
        find_separator("demucs", weights=torn)
    speech = network(sources=["speech", "noise"])
    with pytest.raises(ModelMismatchError, match="separates 2 channels into speech, noise"):
        find_separator("demucs", weights=save_hub(tmp_path / "c", speech))


def test_no_code_in_a_checkpoint_runs(tmp_path):
    """A pickle that would call a function, and metadata that name a class of their own."""
    ran = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return Path.touch, (ran,)

    content = {"klass": Trap(), "args": [], "kwargs": {}, "state": {}}
    torch.save(content, tmp_path / "trap.th")
    with pytest.raises(ModelMismatchError, match="wants to run code"):
        find_separator("demucs", weights=tmp_path / "trap.th")

    from safetensors.torch import save_file

    metadata = {"klass": "pathlib.Path.touch", "args": json.dumps([str(ran)]), "kwargs": "{}"}
    save_file({"x": torch.zeros(1)}, tmp_path / "trap.safetensors", metadata=metadata)
    with pytest.raises(ModelMismatchError, match=r"holds a pathlib.Path.touch, not one of demucs.htdemucs.HTDemucs"):
        find_separator("demucs", weights=tmp_path / "trap.safetensors")
    assert not ran.exists()


def test_the_segment_of_the_published_network():
    """Its 39/5 s: the JSON of the hub holds it as a fraction."""
    from singalike.separate.checkpoints import _fraction

    text = '{"segment": {"_type": "fraction", "numerator": 39, "denominator": 5}, "channels": 48}'
    assert json.loads(text, object_hook=_fraction) == {"segment": Fraction(39, 5), "channels": 48}
