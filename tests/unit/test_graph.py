"""Reading and writing .tflite files, sound and damaged ones."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graphs.floats import Builder, classifier
from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, Op, Quantization, Tensor, load_graph, read_graph, with_float_weights, write_graph
from tinyq.graph.options import NoOptions, OpaqueOptions
from tinyq.graph.reader import unpack_int4
from tinyq.graph.writer import pack_int4

SOUND = write_graph(classifier())


def same(a: Graph, b: Graph) -> bool:
    return (
        a.ops == b.ops
        and (a.inputs, a.outputs, a.signatures) == (b.inputs, b.outputs, b.signatures)
        and all(
            (x.name, x.shape, x.dtype, x.is_variable) == (y.name, y.shape, y.dtype, y.is_variable)
            and np.array_equal(np.asarray(x.data), np.asarray(y.data))
            for x, y in zip(a.tensors, b.tensors, strict=True)
        )
    )


def test_a_graph_survives_writing_and_reading() -> None:
    graph = classifier()
    assert same(read_graph(write_graph(graph)), graph)
    assert write_graph(read_graph(SOUND)) == SOUND


def test_a_graph_survives_pickling() -> None:
    graph = classifier()
    _ = graph.producers, graph.consumers
    assert same(pickle.loads(pickle.dumps(graph)), graph)


def test_options_that_tinyq_does_not_interpret_survive() -> None:
    options = OpaqueOptions("LeakyReluOptions", (("alpha", 0.25),))
    b = Builder()
    x = b.activation((1, 4))
    graph = b.graph([x], [b.op("LEAKY_RELU", [x], (1, 4), options)])
    assert read_graph(write_graph(graph)).ops[0].options == options


def test_a_custom_operator_keeps_its_name_and_bytes() -> None:
    b = Builder()
    x = b.activation((1, 4))
    graph = b.graph([x], [b.op("CUSTOM:Mine", [x], (1, 4), OpaqueOptions(custom=b"\x01\x02\xff"))])
    read = read_graph(write_graph(graph)).ops[0]
    assert read.kind == "CUSTOM:Mine"
    assert read.options.custom == b"\x01\x02\xff"


def test_every_constant_starts_at_a_multiple_of_16_bytes() -> None:
    content = write_graph(classifier())
    for tensor in classifier().tensors:
        if tensor.data is not None and tensor.nbytes >= 16:
            assert content.index(tensor.data.tobytes()) % 16 == 0


@given(st.lists(st.integers(-8, 7), max_size=33))
def test_int4_is_packed_two_to_a_byte(values: list[int]) -> None:
    packed = pack_int4(np.array(values, np.int8))
    assert packed.size == (len(values) + 1) // 2
    assert unpack_int4(packed, len(values)).tolist() == values


@pytest.mark.parametrize("length", [0, 4, 15, 16, 40, len(SOUND) // 2, len(SOUND) - 8])
def test_a_truncated_file_is_bad_input(length: int) -> None:
    with pytest.raises(BadInputError):
        read_graph(SOUND[:length])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(8, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_file_is_read_or_refused_but_never_crashes(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(SOUND)
    for position, value in changes:
        damaged[position] = value
    try:
        read_graph(bytes(damaged))
    except BadInputError as error:
        assert error.hint


def test_parsing_in_a_child_gives_the_same_graph_and_the_same_errors() -> None:
    assert same(load_graph(SOUND), read_graph(SOUND))
    with pytest.raises(BadInputError, match="not a TensorFlow Lite model"):
        load_graph(b"PK\x03\x04" + bytes(100))


def test_a_tensor_that_nothing_writes_is_bad_input() -> None:
    b = Builder()
    x, ghost = b.activation((1, 4)), b.activation((1, 4))
    out = b.op("ADD", [x, ghost], (1, 4), NoOptions())
    with pytest.raises(BadInputError, match="nothing wrote"):
        read_graph(write_graph(b.graph([x], [out])))


def test_small_stored_weights_become_float() -> None:
    graph = classifier()
    conv = graph.ops[0]
    weights = graph.tensors[conv.inputs[1]]
    codes = np.clip(np.rint(weights.data / 0.02), -127, 127).astype(np.int8)
    stored = replace(weights, dtype=DType.INT8, data=codes, quantization=Quantization.per_tensor(0.02, 0))
    wide = with_float_weights(graph.replace_tensors({conv.inputs[1]: stored})).tensors[conv.inputs[1]]
    assert wide.dtype is DType.FLOAT32
    assert wide.quantization is None
    assert wide.data == pytest.approx(codes * np.float32(0.02))


def test_half_precision_weights_behind_dequantize_become_float() -> None:
    half = Tensor("w16", (4, 3), DType.FLOAT16, data=np.arange(12, dtype=np.float16).reshape(4, 3))
    graph = classifier()
    dense = next(op for op in graph.ops if op.kind == "FULLY_CONNECTED")
    count = len(graph.tensors)
    wide = Tensor("w32", graph.tensors[dense.inputs[1]].shape, DType.FLOAT32)
    half = replace(half, shape=wide.shape, data=np.ones(wide.shape, np.float16))
    changed = replace(dense, inputs=(dense.inputs[0], count + 1, dense.inputs[2]))
    ops = tuple(changed if op is dense else op for op in graph.ops)
    at = ops.index(changed)
    ops = (*ops[:at], Op("DEQUANTIZE", (count,), (count + 1,), NoOptions()), *ops[at:])
    result = with_float_weights(replace(graph, tensors=(*graph.tensors, half, wide), ops=ops))
    assert [op.kind for op in result.ops] == [op.kind for op in graph.ops]
    new_dense = next(op for op in result.ops if op.kind == "FULLY_CONNECTED")
    assert result.tensors[new_dense.inputs[1]].dtype is DType.FLOAT32


def test_a_float_graph_without_them_is_returned_as_it_is() -> None:
    graph = classifier()
    assert with_float_weights(graph) is graph
