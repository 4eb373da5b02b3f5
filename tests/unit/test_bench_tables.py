"""The tables of the benchmark of the engine: ratios, what was not measured, and the published baseline."""

from __future__ import annotations

from benchmarks.engine import BASELINE, CORES_SHOWN, Row, cell, line, published
from benchmarks.measurement import Measurement, random_codes
from benchmarks.reference_models import MODELS
from tests.graphs.int8 import small_network


def test_every_model_has_a_published_baseline_on_every_core() -> None:
    assert BASELINE.is_file()
    for model in MODELS:
        for core in CORES_SHOWN:
            baseline = published(model.key, core)
            assert baseline.instructions
            assert baseline.weights
            assert (baseline.code is not None) == (core == "cortex-m4")
            assert baseline.cycles is None


def test_cells_show_ratios_where_there_is_something_to_compare_with() -> None:
    baseline = Measurement(instructions=2_000_000, weights=50_000)
    row = Row("KWS", "speed", Measurement(instructions=500_000, cycles=700_000, equal=3, total=3), baseline)
    assert cell(row, "instructions") == "500,000 (0.25)"
    assert cell(row, "cycles") == "700,000"
    assert cell(row, "weights") == "not measured"
    assert line(row).endswith("| not measured | 3/3 |")
    assert line(Row("KWS", "TFLM", baseline, None)).startswith("| KWS | TFLM | 2,000,000 | not measured |")


def test_random_inputs_cover_the_type_and_repeat() -> None:
    codes = random_codes(small_network(), 20)
    assert codes.shape == (20, 8, 8, 3)
    assert (codes.min(), codes.max()) == (-128, 127)
    assert (codes == random_codes(small_network(), 20)).all()
