"""What tinyq relies on in packages that promise no stable interface; a failure here says what an update changed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tests.graphs.int8 import small_network
from tinyq.graph import write_graph


def test_litert_keeps_the_tensor_indices_of_the_file_and_every_activation() -> None:
    from ai_edge_litert.interpreter import Interpreter

    graph = classifier()
    interpreter = Interpreter(
        model_content=write_graph(graph), experimental_preserve_all_tensors=True, num_threads=1
    )  # fmt: skip
    interpreter.allocate_tensors()
    details = {d["index"]: d for d in interpreter.get_tensor_details()}
    for index, tensor in enumerate(graph.tensors):
        assert details[index]["name"] == tensor.name
        assert tuple(details[index]["shape"]) == tensor.shape
    interpreter.set_tensor(graph.inputs[0], np.ones((1, 8, 8, 1), np.float32))
    interpreter.invoke()
    kept = [interpreter.get_tensor(op.outputs[0]).copy() for op in graph.ops]
    assert all(np.isfinite(values).all() for values in kept)
    # what flows into the pool is still there after the pool: its maximum is the pool's maximum
    pool = next(i for i, op in enumerate(graph.ops) if op.kind == "MAX_POOL_2D")
    assert kept[pool].max() == pytest.approx(kept[pool - 1].max(), rel=1e-6)


def test_litert_generates_a_schema_with_the_classes_that_are_written() -> None:
    from ai_edge_litert import schema_py_generated as schema

    for name in ("ModelT", "SubGraphT", "TensorT", "OperatorT", "OperatorCodeT", "BufferT", "QuantizationParametersT"):
        assert hasattr(getattr(schema, name)(), "Pack")
    for name in ("BufferStart", "BufferAddData", "BufferEnd"):
        assert callable(getattr(schema, name))
    assert (schema.BuiltinOperator.CONV_2D, schema.TensorType.INT8, schema.TensorType.INT4) == (3, 9, 17)


def test_tflm_takes_a_model_and_codes_and_gives_codes() -> None:
    runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime", reason="tflite-micro is not installed")
    graph = small_network()
    interpreter = runtime.Interpreter.from_bytes(write_graph(graph), arena_size=1 << 20)
    shape = graph.tensors[graph.inputs[0]].shape
    assert tuple(interpreter.get_input_details(0)["shape"]) == shape
    interpreter.set_input(np.zeros(shape, np.int8), 0)
    interpreter.invoke()
    output = interpreter.get_output(0)
    assert output.dtype == np.int8
    assert output.shape == graph.tensors[graph.outputs[0]].shape


def test_tflm_says_which_operator_it_lacks_only_where_it_always_did() -> None:
    pytest.importorskip("tflite_micro", reason="tflite-micro is not installed")
    from dataclasses import replace

    from tinyq.errors import UnsupportedError
    from tinyq.evaluation import run_tflm

    graph = small_network()
    ops = (*graph.ops[:-1], replace(graph.ops[-1], kind="CUSTOM:Nonsense"))
    x = np.zeros((1, *graph.tensors[graph.inputs[0]].shape[1:]), np.int8)
    with pytest.raises(UnsupportedError, match="Nonsense"):
        run_tflm(write_graph(replace(graph, ops=ops)), [x])
