"""Loading models of every format."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import BadInputError, MissingToolError, UnsupportedError
from tinyq.evaluation import run_float, run_tflm
from tinyq.frontend import LoadedModel, convert, load_model, stock_quantize
from tinyq.frontend.detect import detect
from tinyq.frontend.extra import ENVIRONMENT
from tinyq.frontend.keras_config import refuse_code
from tinyq.frontend.naming import readable
from tinyq.frontend.source import unique
from tinyq.frontend.tflite import Examined
from tinyq.graph import DType, read_graph

needs_keras = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="the keras extra is missing")
EXTRA = ("RESHAPE", "SHAPE", "STRIDED_SLICE", "PACK")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).with_name("frontend_models.py")
    done = subprocess.run([sys.executable, str(script), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


TOGETHER = [
    ("nested.keras", "keras"), ("sequence.keras", "keras"), ("functional.h5", "hdf5"), ("legacy.h5", "hdf5"),
    ("functional", "saved_model"), ("dynamic.keras", "keras"), ("loop.keras", "keras"),
    ("stream.keras", "keras"), ("keeping.keras", "keras"), ("flex.keras", "keras"),
    ("cut", "saved_model"),
]  # fmt: skip


def convert_each(items: Iterator[tuple[str, str]]) -> Iterator[Any]:
    for path, form in items:
        try:
            yield convert.convert(path, form, False)  # type: ignore[arg-type]
        except BadInputError as error:
            yield error


@pytest.fixture(scope="module")
def converted(models: Path) -> dict[str, Any]:
    """What becomes of some models, in one child process to import TensorFlow once."""
    (models / "cut").mkdir()
    (models / "cut" / "saved_model.pb").write_bytes((models / "functional" / "saved_model.pb").read_bytes()[:500])
    items = [(str(models / name), form) for name, form in TOGETHER]
    answers = isolation.stream(convert_each, items, memory_bytes=None, env=ENVIRONMENT)
    return {name: answer for (name, _), answer in zip(TOGETHER, answers, strict=True)}


def expected(folder: Path, name: str) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    with np.load(folder / f"{name}.npz") as stored:
        names = sorted(stored.files)
        return [stored[n] for n in names if n[0] == "x"], [stored[n] for n in names if n[0] == "y"]


def check(
    model: LoadedModel, folder: Path, name: str, order: tuple[int, ...] = (0, 1), tolerance: float = 1e-5
) -> None:
    inputs, outputs = expected(folder, name)
    results = run_float(model.tflite, [inputs[i] for i in order[: len(inputs)]])
    by_shape = {r.shape: r for r in results}
    for output in outputs:
        np.testing.assert_allclose(by_shape[output.shape], output, rtol=0, atol=tolerance)


def names(model: LoadedModel | Examined, indices: tuple[int, ...]) -> list[str]:
    return [model.graph.tensors[i].name for i in indices]


@needs_keras
def test_a_functional_keras_3_model(models: Path) -> None:
    model = load_model(models / "functional.keras")
    assert (model.kind, model.origin, model.notes) == ("float", "keras", ())
    assert names(model, model.graph.inputs) == ["image", "extra"]
    assert names(model, model.graph.outputs) == ["kind", "place"]
    assert [name for name, _ in model.graph.signatures[0].inputs] == ["image", "extra"]
    assert all(t.shape[0] == 1 for t in map(model.graph.tensors.__getitem__, model.graph.inputs))
    assert not [op.kind for op in model.graph.ops if op.kind in EXTRA]
    found = {part.split("/")[0] for op in model.graph.ops for part in names(model, op.outputs)[0].split(";")}
    assert found == {"conv2d", "bn", "relu6", "conv2d_1", "conv2d_1_1", "pool", "dense", "join", "kind", "place"}
    assert read_graph(model.tflite).signatures == model.graph.signatures
    check(model, models, "functional")


@needs_keras
def test_nested_and_shared_layers_keep_their_paths(models: Path, converted: dict[str, Any]) -> None:
    model, _ = converted["nested.keras"]
    written = [names(model, op.outputs)[0] for op in model.graph.ops]
    assert any(name.startswith("block/inner/") for name in written)
    assert len([name for name in written if name.startswith("shared/")]) == 2
    assert len(set(written)) == len(written)
    check(model, models, "nested")


@needs_keras
def test_a_sequential_model_of_one_dimension(models: Path, converted: dict[str, Any]) -> None:
    model, _ = converted["sequence.keras"]
    assert names(model, model.graph.inputs) == ["signal"]
    assert names(model, model.graph.outputs) == ["logits"]
    check(model, models, "sequence")


@needs_keras
@pytest.mark.parametrize(("file", "name"), [("functional.h5", "functional"), ("legacy.h5", "legacy")])
def test_hdf5_of_both_keras_versions(models: Path, converted: dict[str, Any], file: str, name: str) -> None:
    model, notes = converted[file]
    assert (model.kind, notes, detect(models / file)) == ("float", (), "hdf5")
    assert names(model, model.graph.inputs) == ["image", "extra"]
    assert "conv2d/" in ";".join(t.name for t in model.graph.tensors)
    check(model, models, name)


@needs_keras
def test_a_saved_model(models: Path, converted: dict[str, Any]) -> None:
    model, notes = converted["functional"]
    assert (model.kind, notes, detect(models / "functional")) == ("float", (), "saved_model")
    assert names(model, model.graph.inputs) == ["extra", "image"]
    check(model, models, "functional", order=(1, 0))


@needs_keras
def test_a_tflite_with_a_dynamic_batch_becomes_static(models: Path) -> None:
    raw = (models / "batch.tflite").read_bytes()
    assert {"SHAPE", "PACK"} <= {op.kind for op in read_graph(raw).ops}
    model = load_model(models / "batch.tflite")
    assert model.kind == "float"
    assert not {"SHAPE", "STRIDED_SLICE", "PACK"} & {op.kind for op in model.graph.ops}
    check(model, models, "nested")


@needs_keras
@pytest.mark.parametrize(("stored", "tolerance"), [("int8", 0.05), ("float16", 0.005)])
def test_small_weights_are_written_out_and_said(models: Path, stored: str, tolerance: float) -> None:
    model = load_model(models / f"weights-{stored}.tflite")
    assert model.kind == "float"
    assert f"stores its weights as {stored}" in model.notes[0]
    assert {t.dtype for t in model.graph.tensors} <= {DType.FLOAT32, DType.INT32}
    check(model, models, "wide", tolerance=tolerance)


@needs_keras
def test_a_quantized_model_stays_as_it_is(models: Path) -> None:
    model = load_model(models / "ends.tflite")
    assert model.kind == "quantized"
    assert model.tflite == (models / "ends.tflite").read_bytes()
    assert [model.graph.tensors[i].dtype for i in model.graph.inputs + model.graph.outputs] == [DType.FLOAT32] * 2
    with pytest.raises(BadInputError, match="quantized already"):
        stock_quantize(models / "ends.tflite", [np.zeros((1, 8, 8, 4), np.float32)])


@needs_keras
def test_the_stock_quantizer_gives_full_integer_models(models: Path) -> None:
    inputs, outputs = expected(models, "nested")
    content = stock_quantize(load_model(models / "batch.tflite").tflite, inputs)
    graph = read_graph(content)
    ends = [graph.tensors[i] for i in (*graph.inputs, *graph.outputs)]
    assert [t.dtype for t in ends] == [DType.INT8] * 2
    from tinyq.data import to_codes, to_values

    result = to_values(run_tflm(content, [to_codes(inputs[0], ends[0])])[0], ends[1])
    np.testing.assert_allclose(result, outputs[0], atol=0.05)


@needs_keras
@pytest.mark.parametrize("name", ["lambda2.h5", "lambda3.h5", "lambda2.keras", "lambda3.keras"])
def test_code_in_a_file_is_refused(models: Path, name: str) -> None:
    with pytest.raises(BadInputError, match="Layer 'evil' is a Lambda") as caught:
        load_model(models / name)
    assert "--trust" in caught.value.hint


@needs_keras
def test_code_is_run_if_trusted(models: Path) -> None:
    model = load_model(models / "lambda3.keras", trust=True)
    np.testing.assert_array_equal(run_float(model.tflite, [np.zeros((2, 4), np.float32)])[0], np.ones((2, 4)))


@needs_keras
def test_foreign_classes_and_functions_are_refused(models: Path) -> None:
    with pytest.raises(BadInputError, match="'foreign' is of the custom class Evil"):
        load_model(models / "custom.keras")
    with pytest.raises(BadInputError, match=r"a call of tf\.io\.write_file"):
        load_model(models / "write.h5")


@needs_keras
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("dynamic.keras", BadInputError, r"Dimension 1 of the model's input 'wave' has no fixed size \(\?x\?x8\)"),
        ("flex.keras", UnsupportedError, "TensorFlow Lite lacks: MatrixInverse"),
        ("keeping.keras", UnsupportedError, r"Layer 'gru.*' \(GRU\) keeps its state"),
        ("cut", BadInputError, "cut could not be loaded"),
    ],
)
def test_what_cannot_be_converted(
    converted: dict[str, Any], name: str, error: type[BadInputError], message: str
) -> None:
    assert type(converted[name]) is error
    assert re.search(message, converted[name].message)


@needs_keras
def test_loops_are_written_out(models: Path, converted: dict[str, Any]) -> None:
    """LSTM layers become operators of their own, which start from zeros with each sample."""
    (found, _), seen = converted["loop.keras"], np.load(models / "loop.npz")
    kinds = [op.kind for op in found.graph.ops]
    assert kinds.count("UNIDIRECTIONAL_SEQUENCE_LSTM") == 2
    assert "WHILE" not in kinds
    assert "model_reset()" in found.notes[0]
    for mine, expected in zip(run_float(found.tflite, [seen["x"]]), (seen["lstm"], seen["rnn"]), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6)


@needs_keras
def test_states_that_a_stream_keeps_are_kept(models: Path, converted: dict[str, Any]) -> None:
    (found, _), seen = converted["stream.keras"], np.load(models / "stream.npz")
    np.testing.assert_allclose(run_float(found.tflite, [seen["x"]])[0], seen["y"], rtol=1e-4, atol=1e-6)


@needs_keras
def test_weights_without_a_model(models: Path) -> None:
    with pytest.raises(BadInputError, match="weights but no model"):
        load_model(models / "alone.weights.h5")


@needs_keras
def test_truncated_files(models: Path, tmp_path: Path) -> None:
    for name in ("functional.keras", "legacy.h5", "batch.tflite"):
        content = (models / name).read_bytes()
        for part in (2, 100):
            (tmp_path / name).write_bytes(content[: len(content) // part])
            with pytest.raises(BadInputError):
                load_model(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello, world, this is text", "is no model"),
        (b"PK\x03\x04rubbish", "damaged archive"),
        (b"\x80\x02}q\x00X\x00\x00\x00", "looks like a pickle"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(40), "damaged|subgraphs"),
    ],
)
def test_what_is_no_model(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        load_model(file)


def test_no_file_a_plain_folder_and_an_archive_of_arrays(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no model at"):
        load_model(tmp_path / "none.keras")
    with pytest.raises(BadInputError, match=r"holds no saved_model\.pb"):
        load_model(tmp_path)
    np.savez(tmp_path / "x.npz", x=np.zeros(3))
    with pytest.raises(BadInputError, match="is a NumPy archive"):
        load_model(tmp_path / "x.npz")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "saved_model.pb").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingToolError, match="needs tensorflow") as caught:
        load_model(tmp_path)
    assert "pip install 'tinyq[keras]'" in caught.value.hint


def test_names_are_found_by_the_longest_scope() -> None:
    scopes = {"m_1": "", "m_1/conv_1": "conv", "m_1/conv_1_1": "conv_1"}
    name = "StatefulPartitionedCall/m_1/conv_1_1/Relu;m_1/conv_1/BiasAdd:0;m_1/conv_1/BiasAdd;1234"
    assert readable(name, scopes) == "conv_1/Relu;conv/BiasAdd"
    assert readable("model_2/dense/MatMul", {}) == "dense/MatMul"
    assert readable("tfl.quantize", {}) == "tfl.quantize"
    assert unique(["a", "b", "a", "a_1", "a"]) == ("a", "b", "a_1", "a_1_1", "a_2")


def test_harmless_configurations_pass() -> None:
    refuse_code({
        "class_name": "Functional", "module": "keras", "config": {"layers": [
            {"class_name": "TFOpLambda", "config": {"name": "n", "function": "nn.relu6"}},
            {"class_name": "TFOpLambda", "config": {"name": "n", "function": "expand_dims"}},
            {"class_name": "SlicingOpLambda", "config": {"function": "__operators__.getitem"}},
            {"class_name": "Dense", "module": "keras.layers", "registered_name": None,
             "config": {"name": "lambda", "bias_initializer": {"class_name": "Zeros", "module": "keras.initializers"}}},
        ]},
    })  # fmt: skip
    for function in ("py_function", "io.read_file", "raw_ops.WriteFile", ""):
        config = [{"class_name": "TFOpLambda", "config": {"name": "n", "function": function}}]
        if function:
            with pytest.raises(BadInputError, match="a call of tf"):
                refuse_code(config)


@needs_keras
@pytest.mark.skipif("TINYQ_MLPERF_TINY" not in os.environ, reason="TINYQ_MLPERF_TINY names no folder")
def test_the_keyword_spotting_saved_model() -> None:
    model = load_model(Path(os.environ["TINYQ_MLPERF_TINY"]) / "kws" / "kws_ref_model")
    assert (model.kind, len(model.graph.ops)) == ("float", 12)
    assert names(model, model.graph.inputs + model.graph.outputs) == ["input_1", "dense"]
