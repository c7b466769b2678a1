"""The paper's figures: spot values read from the printed tables, and how many there are."""

from __future__ import annotations

from collections import Counter

import pytest

from singalike.measure.paper import paper_dataset, paper_figures, paper_models, paper_row, paper_rows

BASELINES = {"GE2E", "F-ResNet", "H/ASP", "Wav2Vec-base", "XLSR-53"}
TRAINED = {"VICReg", "UNIF", "CONT", "CONT-VC", "BYOL"}
OUT_OF_DOMAIN = ("VCTK", "NUS-48E", "M4Singer", "VocalSet")


def one(table: int, model: str, dataset: str, metric: str, khz: float | None) -> float:
    (found,) = (
        f.percent
        for f in paper_rows(table)
        if (f.model, f.dataset, f.metric, f.input_khz) == (model, dataset, metric, khz)
    )
    return found


@pytest.mark.parametrize(
    ("model", "dataset", "metric", "khz", "percent"),
    [
        ("GE2E", "test", "eer", 16, 27.24),
        ("CONT", "test", "eer", 44.1, 2.16),
        ("CONT", "test", "mnr", 44.1, 0.48),
        ("BYOL", "test", "eer", 16, 5.88),
        ("H/ASP", "VCTK", "eer", 16, 0.28),
        ("F-ResNet", "VCTK", "mnr", 16, 0.08),
        ("XLSR-53", "NUS-48E", "mnr", 16, 28.52),
        ("H/ASP", "NUS-48E", "eer", 16, 13.99),
        ("CONT", "NUS-48E", "eer", 44.1, 24.51),
        ("BYOL", "M4Singer", "eer", 44.1, 12.28),
        ("BYOL", "M4Singer", "mnr", 44.1, 3.77),
        ("F-ResNet", "M4Singer", "eer", 16, 14.21),
        ("CONT-VC", "VocalSet", "eer", 16, 31.03),
        ("CONT-VC", "VocalSet", "eer", 44.1, 29.74),
        ("BYOL", "VocalSet", "mnr", 44.1, 21.25),
        ("VICReg", "VocalSet", "mnr", 16, 28.21),
    ],
)
def test_table_3_as_printed(model, dataset, metric, khz, percent):
    assert one(3, model, dataset, metric, khz) == percent


@pytest.mark.parametrize(
    ("model", "dataset", "percent"),
    [
        ("H/ASP", "VCTK", 99.93),
        ("VICReg", "VCTK", 52.52),
        ("H/ASP", "NUS-48E", 98.32),
        ("XLSR-53", "M4Singer", 98.62),
        ("CONT", "VocalSet", 77.42),
        ("BYOL", "VocalSet", 81.01),
        ("XLSR-53", "VocalSet", 86.05),
    ],
)
def test_table_4_as_printed(model, dataset, percent):
    assert one(4, model, dataset, "accuracy", None) == percent


def test_every_cell_is_there_once():
    # Table 3: ten models on five datasets by two metrics at 16 kHz; at 44.1 kHz only the five trained ones.
    assert Counter(f.input_khz for f in paper_rows(3)) == {16: 100, 44.1: 50}
    assert {f.model for f in paper_rows(3) if f.input_khz == 44.1} == TRAINED
    # Table 4: ten models on four datasets.
    assert len(paper_rows(4)) == 40
    for table in (3, 4):
        cells = [(f.model, f.dataset, f.metric, f.input_khz) for f in paper_rows(table)]
        assert len(cells) == len(set(cells))
        assert {f.model for f in paper_rows(table)} == BASELINES | TRAINED == set(paper_models())
        assert all(0 < f.percent < 100 for f in paper_rows(table))
    assert paper_rows(1) == ()


def test_the_last_columns_average_to_the_sum_by_hand():
    # Columns "Vocalset, EER, 44.1" and "Vocalset" of table 4, added by hand from the page.
    shown = [f.percent for f in paper_rows(3) if (f.dataset, f.metric, f.input_khz) == ("VocalSet", "eer", 44.1)]
    assert sum(shown) == pytest.approx(33.12 + 31.19 + 30.61 + 29.74 + 29.76)
    shown = [f.percent for f in paper_rows(4) if f.dataset == "VocalSet"]
    assert sum(shown) == pytest.approx(45.66 + 49.52 + 74.65 + 79.19 + 86.05 + 49.69 + 67.52 + 77.42 + 75.20 + 81.01)


def test_native_is_each_models_own_rate():
    native = paper_figures("similarity", "VocalSet", "native")
    narrow = paper_figures("similarity", "VocalSet", "16 kHz")
    assert native["CONT"] == {"eer": 30.61, "mnr": 22.6}
    assert narrow["CONT"] == {"eer": 32.16, "mnr": 23.64}
    assert native["GE2E"] == narrow["GE2E"] == {"eer": 40.45, "mnr": 35.34}
    assert paper_figures("singers", "VocalSet", "native")["BYOL"] == {"accuracy": 81.01}
    assert paper_figures("singers", "VocalSet", "16 kHz") == {}


@pytest.mark.parametrize("name", ["VocalSet", "vocalset", "Vocal-Set"])
def test_a_dataset_of_the_paper_by_any_spelling(name):
    assert paper_dataset(name) == "VocalSet"


@pytest.mark.parametrize("name", ["RAVDESS song", "test", "", "VCT"])
def test_other_data_are_not_the_papers(name):
    assert paper_dataset(name) is None


def test_models_find_their_rows():
    assert paper_row("torres-cont-vc") == paper_row("contrastive-vc") == "CONT-VC"
    assert paper_row("h-asp") == "H/ASP"
    assert paper_row("default") is None
    assert all(paper_dataset(name) == name for name in OUT_OF_DOMAIN)
