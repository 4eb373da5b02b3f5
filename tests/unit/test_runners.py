"""Running models on the host."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from tinyq.errors import BadInputError, UnsupportedError
from tinyq.evaluation import compare, run_float, run_tflm, runners
from tinyq.graph import DType, Graph, Op, Quantization, Tensor, write_graph
from tinyq.graph.options import FullyConnectedOptions, NoOptions, OpaqueOptions

needs_tflm = pytest.mark.skipif(importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is missing")
RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.normal(size=(3, 4)).astype(np.float32)


def dense() -> bytes:
    """Two outputs: x W^T, and its ReLU."""
    f32 = DType.FLOAT32
    tensors = (
        Tensor("x", (1, 4), f32), Tensor("w", (3, 4), f32, data=WEIGHTS), Tensor("y", (1, 3), f32),
        Tensor("z", (1, 3), f32),
    )  # fmt: skip
    ops = (Op("FULLY_CONNECTED", (0, 1, -1), (2,), FullyConnectedOptions()), Op("RELU", (2,), (3,), NoOptions()))
    return write_graph(Graph(tensors, ops, (0,), (2, 3)))


def unary(kind: str, dtype: DType = DType.INT8, shape: tuple[int, ...] = (1, 8), table: str = "") -> bytes:
    q = Quantization.per_tensor(1 / 16, 0) if dtype is not DType.FLOAT32 else None
    tensors = (Tensor("x", shape, dtype, q), Tensor("y", shape, dtype, q))
    options = OpaqueOptions(table) if table else NoOptions()
    return write_graph(Graph(tensors, (Op(kind, (0,), (1,), options),), (0,), (1,)))


def test_float_outputs_equal_numpy_and_come_in_order() -> None:
    x = RANDOM.normal(size=(150, 4)).astype(np.float32)
    seen: list[int] = []
    y, z = run_float(dense(), [x], progress=seen.append)
    np.testing.assert_allclose(y, x @ WEIGHTS.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(z, np.maximum(y, 0))
    assert seen == [64, 128, 150]


def test_mapped_and_integer_values_are_taken(tmp_path: Path) -> None:
    x = RANDOM.integers(-9, 9, (5, 4))
    np.save(tmp_path / "x.npy", x.astype(np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert compare(run_float(dense(), [mapped]), run_float(dense(), [x])).exact


def test_samples_travel_in_parts_of_limited_size() -> None:
    large = np.zeros((10, 1 << 20), np.float32)
    assert [len(part[0]) for part in runners._chunks([large])] == [1] * 10
    assert [len(part[0]) for part in runners._chunks([large[:, :4]])] == [10]


def test_a_damaged_model_is_bad_input_to_litert() -> None:
    content = dense()
    for damaged in (b"", b"nothing", content[:300]):
        with pytest.raises(BadInputError):
            run_float(damaged, [np.zeros((1, 4), np.float32)])


@needs_tflm
def test_tflm_runs_quantized_and_float_models() -> None:
    codes = RANDOM.integers(-128, 128, (100, 8)).astype(np.int8)
    (y,) = run_tflm(unary("RELU"), [codes])
    np.testing.assert_array_equal(y, np.maximum(codes, 0))
    x = RANDOM.normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(run_tflm(dense(), [x])[0], x @ WEIGHTS.T, rtol=1e-5, atol=1e-6)


@needs_tflm
def test_an_operator_that_tflm_lacks_is_named() -> None:
    with pytest.raises(UnsupportedError, match="TFLM has no operator GELU"):
        run_tflm(unary("GELU", DType.FLOAT32, table="GeluOptions"), [np.zeros((1, 8), np.float32)])


@needs_tflm
def test_a_type_that_tflm_lacks_is_reported_with_its_words() -> None:
    with pytest.raises(UnsupportedError, match="TFLM cannot run the model") as caught:
        run_tflm(unary("RELU", DType.UINT8), [np.zeros((1, 8), np.uint8)])
    assert "got UINT8" in caught.value.hint


@needs_tflm
def test_the_arena_grows_until_the_model_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = unary("RELU", shape=(1, 1 << 16))
    x = np.zeros((1, 1 << 16), np.int8)
    monkeypatch.setattr(runners, "_FIRST_ARENA", 1 << 12)
    assert run_tflm(wide, [x])[0].shape == x.shape
    monkeypatch.setattr(runners, "_LARGEST_ARENA", 1 << 14)
    with pytest.raises(BadInputError, match="within 0 MiB"):
        run_tflm(wide, [x])


@needs_tflm
@pytest.mark.skipif("TINYQ_MLPERF_TINY" not in os.environ, reason="TINYQ_MLPERF_TINY names no folder")
def test_keyword_spotting_scores_as_its_authors_say() -> None:
    from tinyq.data import load_data
    from tinyq.evaluation import evaluate
    from tinyq.evaluation.metrics import metric
    from tinyq.graph import read_graph

    folder = Path(os.environ["TINYQ_MLPERF_TINY"]) / "kws"
    content = (folder / "kws_ref_model.tflite").read_bytes()
    graph = read_graph(content)
    data = load_data(str(folder / "kws01_int8.npz"), graph).take(range(300))
    outputs = run_tflm(content, data.inputs)
    assert evaluate(metric("top1"), graph, outputs, data.labels) > 0.87
