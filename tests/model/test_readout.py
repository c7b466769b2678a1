"""A model with two encoders, exported: both through the graph, both in one library, each on what it is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")
pytest.importorskip("lightning")

from noise_songs import RATE_HZ, coloured, write_songs  # noqa: E402
from singalike.audio.encode import write_audio  # noqa: E402
from singalike.cli import app  # noqa: E402
from singalike.errors import ConfigError, ModelMismatchError  # noqa: E402
from singalike.measure.embedders import find_embedder  # noqa: E402
from singalike.measure.results import read_results, read_vectors  # noqa: E402
from singalike.model.card import Card  # noqa: E402
from singalike.model.compare import compare  # noqa: E402
from singalike.model.hub import load_model  # noqa: E402
from singalike.train.export import export_network  # noqa: E402
from singalike.train.network import Exportable, VoiceNetwork  # noqa: E402
from singalike.train.recipe import load_recipe  # noqa: E402
from tiny_model import write_model  # noqa: E402

D = 12


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[VoiceNetwork, Path]:
    """Two small encoders that nearly agree, as after training, and the model folder made of them."""
    torch.manual_seed(0)
    recipe = load_recipe(
        "kim-cross", ["encoder.width=16", f"encoder.dimension={D}", "crop_seconds=1.0", "hop_seconds=0.5"]
    )
    network = VoiceNetwork(recipe).eval()
    vocal, mix = network.encoder.vocal, network.encoder.mix
    vocal.set_statistics(0.3, 0.25)
    with torch.no_grad():
        waveforms = torch.from_numpy(np.stack([coloured(colour, 9, seconds=3.0) for colour in range(8)]))
        vocal.train()
        for _ in range(30):  # statistics of batches, so that sounds lie apart
            vocal(network.images(network.level(waveforms)))
        vocal.eval()
        mix.load_state_dict(vocal.state_dict())
        mix.last[0].weight.add_(0.02 * torch.randn_like(mix.last[0].weight))
        mix.set_statistics(0.31, 0.25)
    folder = tmp_path_factory.mktemp("models") / "two"
    export_network(network, recipe, folder, name="two", training=[])
    return network, folder


@pytest.fixture(scope="module")
def folder(exported: tuple[VoiceNetwork, Path]) -> Path:
    return exported[1]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "one")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four colours of noise, a take of each in vocals/, another in mixes/."""
    folder = tmp_path_factory.mktemp("sounds")
    for colour in range(4):
        for take, kind in enumerate(("vocals", "mixes")):
            samples = coloured(colour, take, seconds=2.2)
            write_audio(folder / kind / f"{colour}.wav", samples, sample_rate_hz=RATE_HZ)
    return folder


def _run(*arguments: object) -> tuple[int, Any]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    return result.exit_code, json.loads(result.stdout)


# --- the graph --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [11_025, 22_050, 60_001])
def test_the_graph_equals_each_encoder(exported: tuple[VoiceNetwork, Path], length: int) -> None:
    network, folder = exported
    x = 0.1 * torch.randn(3, length, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        images = network.images(network.level(x))
        expected = {
            name: torch.nn.functional.normalize(getattr(network.encoder, name)(images), dim=-1).numpy()
            for name in ("vocal", "mix")
        }
        stacked = Exportable(network)(x).numpy()
    for place, (name, vectors) in enumerate(expected.items()):
        np.testing.assert_allclose(load_model(folder, readout=name).encode(x.numpy()), vectors, atol=1e-5)
        np.testing.assert_allclose(stacked[place], vectors, atol=1e-6)
    assert np.abs(expected["vocal"] - expected["mix"]).max() > 1e-3
    both = load_model(folder, readout="both").encode(x.numpy())
    halves = np.concatenate([expected["vocal"], expected["mix"]], 1) / np.sqrt(2)
    np.testing.assert_allclose(both, halves, atol=1e-5)


def test_the_card_names_them(folder: Path) -> None:
    card = Card.load(folder)
    assert (card.readouts, card.dimension, card.domains) == (["vocal", "mix"], D, ["vocals", "mix"])
    assert json.loads((folder / "card.json").read_text())["readouts"] == ["vocal", "mix"]


# --- in python --------------------------------------------------------------------------------------------------------


def test_vocal_and_mix_are_one_space_and_both_another(folder: Path, sounds: Path) -> None:
    found = {name: load_model(folder, readout=name) for name in ("vocal", "mix", "both")}
    assert found["vocal"].fingerprint == found["mix"].fingerprint == Card.load(folder).fingerprint
    assert found["both"].fingerprint != found["mix"].fingerprint
    assert len(found["both"].fingerprint) == 64
    assert [model.dimension for model in found.values()] == [D, D, 2 * D]
    for name, model in found.items():
        recording = model.embed_recording(sounds / "vocals" / "0.wav")
        assert (recording.vector.shape, recording.windows.vectors.shape[1]) == ((model.dimension,), model.dimension)
        assert (recording.readout, recording.fingerprint) == (name, model.fingerprint)
        assert len(recording.windows.vectors) > 1
        np.testing.assert_allclose(np.linalg.norm(recording.windows.vectors, axis=1), 1, rtol=1e-5)
        assert float(np.linalg.norm(recording.vector)) == pytest.approx(1, rel=1e-5)


def test_cosines_of_both_are_the_mean_of_the_two(folder: Path) -> None:
    a, b = (coloured(colour, 0, seconds=1.0) for colour in (1, 3))
    cosines = {
        name: float(np.dot(*(load_model(folder, readout=name).embed(x, sample_rate_hz=RATE_HZ) for x in (a, b))))
        for name in ("vocal", "mix", "both")
    }
    assert cosines["both"] == pytest.approx((cosines["vocal"] + cosines["mix"]) / 2, abs=1e-5)
    assert cosines["vocal"] != pytest.approx(cosines["mix"], abs=1e-5)


def test_without_asking_it_is_the_mix(folder: Path, sounds: Path) -> None:
    assert load_model(folder).readout == "mix"
    path = sounds / "mixes" / "1.wav"
    assert np.array_equal(load_model(folder).embed(path), load_model(folder, readout="mix").embed(path))


def test_reading_leaves_the_model_as_it_was(folder: Path, sounds: Path) -> None:
    model, path = load_model(folder, readout="vocal"), sounds / "mixes" / "1.wav"
    before = model.embed(path)
    assert np.array_equal(model.reading("mix").embed(path), load_model(folder, readout="mix").embed(path))
    assert model.readout == "vocal"
    assert np.array_equal(model.embed(path), before)


def test_readouts_that_are_not_there_are_refused(folder: Path, one: Path) -> None:
    with pytest.raises(ConfigError, match="no read-out 'drums'") as caught:
        load_model(folder, readout="drums")
    assert "vocal, mix, both" in str(caught.value.hint)
    with pytest.raises(ConfigError, match="one read-out, not 'mix'"):
        load_model(one, readout="mix")
    with pytest.raises(ConfigError, match="one read-out"):
        load_model(one).reading("both")
    with pytest.raises(ConfigError, match="mfcc has one read-out"):
        find_embedder("mfcc", readout="vocal")
    assert load_model(one).readout == ""


def test_compare_takes_vocals_and_mix_but_not_both(folder: Path, sounds: Path) -> None:
    vocal, mix, both = (load_model(folder, readout=name) for name in ("vocal", "mix", "both"))
    path = sounds / "vocals" / "2.wav"
    a, b, c = (model.embed_recording(path) for model in (vocal, mix, both))
    assert compare(a, b, model=mix).cosine == pytest.approx(float(a.vector @ b.vector))
    for pair, model in (((b, c), mix), ((b, c), both), ((a, b), both)):
        with pytest.raises(ModelMismatchError, match="cannot be compared"):
            compare(*pair, model=model)


# --- commands ---------------------------------------------------------------------------------------------------------


def test_embed_writes_the_readout_asked_for(folder: Path, sounds: Path, tmp_path: Path) -> None:
    path, kept = sounds / "vocals" / "0.wav", {}
    for name in ("vocal", "mix", "both"):
        out = tmp_path / f"{name}.npz"
        code, document = _run("embed", path, "--out", out, "--model", folder, "--readout", name)
        assert (code, document["dimension"]) == (0, 2 * D if name == "both" else D)
        kept[name] = np.load(out)
        expected = load_model(folder, readout=name)
        np.testing.assert_array_equal(kept[name]["vectors"][0], expected.embed(path))
        assert str(kept[name]["model"]) == document["model"] == expected.fingerprint
    assert not np.array_equal(kept["vocal"]["vectors"], kept["mix"]["vectors"])


def test_commands_refuse_readouts_that_are_not_there(folder: Path, one: Path, sounds: Path, tmp_path: Path) -> None:
    path, out = sounds / "vocals" / "0.wav", tmp_path / "x.npz"
    for given in (
        ["--model", folder, "--readout", "drums"],
        ["--model", one, "--readout", "mix"],
        ["--readout", "mix"],
    ):
        code, document = _run("embed", path, "--out", out, *given)
        assert (code, document["error"]["code"]) == (2, "config")
        assert not out.exists()


def test_compare_by_each_readout(folder: Path, sounds: Path) -> None:
    a, b = (sounds / "vocals" / f"{colour}.wav" for colour in (0, 3))
    for name in ("vocal", "mix", "both"):
        model = load_model(folder, readout=name)
        code, document = _run("compare", a, b, "--model", folder, "--readout", name)
        assert code == 0
        assert document["cosine"] == pytest.approx(float(model.embed(a) @ model.embed(b)), abs=1e-6)


def test_a_query_of_one_kind_finds_entries_of_the_other(folder: Path, sounds: Path, tmp_path: Path) -> None:
    library, asked = tmp_path / "library", ("--model", folder)
    code, document = _run("index", sounds / "mixes", "--library", library, *asked, "--readout", "mix")
    assert (code, document["recordings"]) == (0, 4)
    vocal, mix = (load_model(folder, readout=name) for name in ("vocal", "mix"))
    for colour in range(4):
        query = sounds / "vocals" / f"{colour}.wav"
        code, document = _run("search", query, "--library", library, *asked, "--readout", "vocal")
        assert code == 0
        first = document["hits"][0]
        assert Path(first["path"]) == sounds / "mixes" / f"{colour}.wav"
        assert first["score"] == pytest.approx(float(vocal.embed(query) @ mix.embed(first["path"])), abs=1e-5)
    code, document = _run("search", query, "--library", library, *asked, "--readout", "both")
    assert (code, document["error"]["code"]) == (2, "model-mismatch")


def test_info_shows_them(folder: Path, one: Path) -> None:
    shown = CliRunner().invoke(app, ["info", str(folder)]).stdout
    assert "--readout vocal, mix" in " ".join(shown.split())
    assert "both (24)" in " ".join(shown.split())
    assert _run("info", folder)[1]["readouts"] == ["vocal", "mix"]
    assert "readout" not in CliRunner().invoke(app, ["info", str(one)]).stdout


def test_query_by_singer_hears_vocals_and_mixtures_by_their_own_encoders(folder: Path, tmp_path: Path) -> None:
    data = write_songs(tmp_path / "data", artists=3, songs=2)
    kept = {}
    for name in ("", "vocal", "mix"):
        out = tmp_path / f"results-{name}"
        code, document = _run(
            "evaluate", folder, "--data", data, "--task", "query-by-singer", "--out", out,
            *(["--readout", name] if name else []),
        )  # fmt: skip
        assert code == 0
        assert document["model"]["name"] == (f"two ({name})" if name else "two")
        kept[name] = {domain: read_vectors(out, domain)["vectors"] for domain in ("vocals", "mixture")}
    for domain, own, other in (("vocals", "vocal", "mix"), ("mixture", "mix", "vocal")):
        np.testing.assert_array_equal(kept[""][domain], kept[own][domain])
        assert not np.array_equal(kept[""][domain], kept[other][domain])
    first = read_vectors(tmp_path / "results-", "vocals")
    assert (first["voices"][0], float(first["starts_seconds"][0])) == ("artist0", 0.0)
    samples = coloured(0, 0, seconds=2.4)[:RATE_HZ]
    expected = load_model(folder, readout="vocal").embed(samples, sample_rate_hz=RATE_HZ)
    assert float(expected @ first["vectors"][0]) > 0.99  # from a file of 16 bits, resampled as a whole
    conditions = [found["condition"] for found in read_results(tmp_path / "results-")["results"]]
    assert any("vocals" in condition and "mixture" in condition for condition in conditions)


@pytest.mark.parametrize("readout", ["", "vocal"])
def test_a_tag_head_is_for_the_space_of_both_encoders(folder: Path, tmp_path: Path, readout: str) -> None:
    rows = ["path,voice,start_seconds,seconds,bright"]
    for who in range(20):
        write_audio(tmp_path / f"{who}.wav", coloured(who % 2, who, seconds=1.0), sample_rate_hz=RATE_HZ)
        rows += [f"{who}.wav,singer{who},{start},0.5,{who % 2}" for start in (0, 0.5)]
    (tmp_path / "rated.csv").write_text("\n".join(rows) + "\n")
    asked = ["--readout", readout] if readout else []
    out = tmp_path / "out"
    told = ("--data", tmp_path / "rated.csv", "--task", "vocal-tags", "--out", out, "--save-head", *asked)
    code, _ = _run("evaluate", folder, *told)
    assert code == 0
    kept = read_vectors(out, "segments")["vectors"]
    samples = coloured(0, 0, seconds=1.0)[: RATE_HZ // 2]
    expected = load_model(folder, readout=readout or "mix").embed(samples, sample_rate_hz=RATE_HZ)
    assert float(expected @ kept[0]) > 0.99  # a rated segment is of a song: heard as a mix unless asked
    for own in ("vocal", "mix"):
        head = ("--tag-head", out / "tags.npz")
        code, found = _run("tags", tmp_path / "1.wav", "--model", folder, "--readout", own, *head)
        assert code == 0
        assert list(found["recordings"][0]["tags"]) == ["bright"]
    assert _run("tags", tmp_path / "1.wav", "--model", folder, "--readout", "both", *head)[0] == 2
