from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from singalike.corpus.recordings import Recording  # noqa: E402
from singalike.errors import ConfigError, MissingWeightsError  # noqa: E402
from singalike.train.export import load_network  # noqa: E402
from singalike.train.network import VoiceNetwork  # noqa: E402
from singalike.train.prepare import Part  # noqa: E402
from singalike.train.recentre import CENTRES, between, check_centre, recentre  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402
from singalike.train.run import train  # noqa: E402

RATE_HZ = 16_000
SMALL = [
    "batch_size=3", "steps_per_epoch=1", "max_epochs=2", "crop_seconds=1.0", "window_seconds=1.5", "augment=[]",
    "features=ge2e", "encoder={name: speaker-lstm}", "losses=[{name: am-softmax}]", "initial=''",
    "data.reader=table", "data.commercial_only=false",
    "data.teacher=''", "data.sung_copies=false", "data.validation_share=0.34", "recentre=0.5",
    "pairs=same-singer", "heard_seconds=0.8", "max_speed=1", "trained=[]", "hears_voice=false",
]  # fmt: skip


def _recording(voice: str, kind: str, name: str) -> Recording:
    return Recording(path=Path(f"{name}.wav"), voice=voice, kind=kind)


def _quiet(*_: object) -> None:
    pass


@pytest.mark.parametrize("sung_share", [0.0, 0.75, 1.0])
def test_the_centre_lies_between_singing_and_speaking_whatever_their_numbers(sung_share: float) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(9, 4))
    whose = [("a", "sung")] * 3 + [("b", "sung")] + [("a", "spoken")] * 2 + [("c", "spoken")] * 3
    recordings = [_recording(voice, kind, str(i)) for i, (voice, kind) in enumerate(whose)]
    sung = (vectors[:3].mean(0) + vectors[3]) / 2
    spoken = (vectors[4:6].mean(0) + vectors[6:].mean(0)) / 2
    found = between(vectors, recordings, sung_share=sung_share)
    np.testing.assert_allclose(found, sung_share * sung + (1 - sung_share) * spoken, rtol=1e-5)


@pytest.mark.parametrize("kind", ["sung", "vocals"])
@pytest.mark.parametrize("sung_share", [0.0, 0.75, 1.0])
def test_where_all_do_the_same_the_centre_is_their_mean(kind: str, sung_share: float) -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 4))
    recordings = [_recording(voice, kind, voice) for voice in "abc"]
    np.testing.assert_allclose(between(vectors, recordings, sung_share=sung_share), vectors.mean(0), rtol=1e-5)


def test_the_middle_of_each_recording_is_heard_once(tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = load_recipe("default", ["encoder={name: speaker-lstm}", "features=ge2e", "window_seconds=2.0"])
    network = VoiceNetwork(recipe).eval()
    torch.nn.init.normal_(network.encoder.get_parameter("centre"), std=0.1)
    rng = np.random.default_rng(0)
    lengths, samples = (RATE_HZ, 5 * RATE_HZ), []
    for i, length in enumerate(lengths):
        samples.append(tmp_path / f"{i}.npy")
        np.save(samples[-1], rng.integers(-9000, 9000, length).astype(np.int16))
    copy, short = tmp_path / "copy.npy", tmp_path / "short.npy"
    np.save(copy, np.full(3 * RATE_HZ, 5000, np.int16))
    np.save(short, np.full(400, 5000, np.int16))
    recordings = [_recording("a", "sung", "0"), _recording("b", "spoken", "1")]
    # A sung copy has the original's path; 25 ms are too little to hear.
    part = Part([*recordings, recordings[1], _recording("c", "sung", "2")], [*samples, copy, short], None)

    found = recentre(network, part, recipe=recipe, sung_share=0.25, progress=_quiet)

    assert list(found) == ["centre"]
    torch.testing.assert_close(network.encoder.get_parameter("centre").data, found["centre"])
    units = []
    for path, start, stop in zip(samples, (0, 24_000), (16_000, 56_000), strict=True):
        waveform = torch.from_numpy(np.load(path)[start:stop].astype(np.float32) / 32_767)[None]
        with torch.no_grad():
            units.append(network(network.level(waveform))[0] + network.encoder.get_parameter("centre"))
    assert all(float(unit.norm()) == pytest.approx(1.0, abs=1e-5) for unit in units)
    torch.testing.assert_close(found["centre"], 0.25 * units[0] + 0.75 * units[1], atol=1e-5, rtol=1e-4)


def test_without_anything_to_hear_there_is_no_centre(tmp_path: Path) -> None:
    recipe = load_recipe("default", ["encoder={name: speaker-lstm}", "features=ge2e"])
    np.save(tmp_path / "short.npy", np.full(400, 5000, np.int16))
    part = Part([_recording("c", "sung", "2")], [tmp_path / "short.npy"], None)
    with pytest.raises(ConfigError, match="no recording is as long as min_seconds"):
        recentre(VoiceNetwork(recipe).eval(), part, recipe=recipe, sung_share=0.5, progress=_quiet)


def test_a_run_finds_its_centre_at_its_end_and_is_then_left_as_it_is(choir_folder: Path, tmp_path: Path) -> None:
    run = train("default", data=choir_folder, out=tmp_path / "run", overrides=SMALL)
    trained, centred = (load_network(run, "last", recentred=there)[1].encoder for there in (False, True))
    before, after = (encoder.state_dict() for encoder in (trained, centred))
    assert [name for name in before if not torch.equal(before[name], after[name])] == ["centre"]
    assert float(after["centre"].norm()) > 0.1
    load_network(run, "best")
    written = (run / CENTRES).stat().st_mtime_ns
    train("default", data=choir_folder, out=run, overrides=SMALL, resume=True)
    assert (run / CENTRES).stat().st_mtime_ns == written
    (run / CENTRES).unlink()
    with pytest.raises(MissingWeightsError, match="no centre of checkpoint 'last'"):
        load_network(run, "last")
    train("default", data=choir_folder, out=run, overrides=SMALL, resume=True)
    torch.testing.assert_close(load_network(run, "last")[1].encoder.state_dict()["centre"], after["centre"])


def test_only_encoders_with_a_centre_and_only_recordings() -> None:
    tdnn = VoiceNetwork(load_recipe("torres-cont", ["encoder={name: tdnn, width: 16, aggregate: 16, dimension: 16}"]))
    with pytest.raises(ConfigError, match="needs an encoder with a centre"):
        check_centre(tdnn)
    with pytest.raises(ConfigError, match="are for recordings, not for songs"):
        load_recipe("cola", ["recentre=0.5"])
