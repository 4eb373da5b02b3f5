"""Whole generated programs: several inputs and outputs, shared tensors, names, determinism, and what is refused."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from tests import graphs
from tests.engine.harness import Case, assert_bit_exact, cases_of, run_engine, run_engine_on_host, run_tflm
from tests.graphs import GraphBuilder
from tinyq.codegen import generate
from tinyq.codegen.kernel import supported_kinds
from tinyq.errors import BadInputError, UnsupportedError
from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.graph.options import AddOptions, ConcatenationOptions, MulOptions, NoOptions, ReshapeOptions

SHAPE = (1, 4, 4, 3)


def _add(b: GraphBuilder, x: int, y: int) -> int:
    return b.op("ADD", (x, y), b.int8(SHAPE, 0.07, -3), AddOptions("RELU"))


def _mul(b: GraphBuilder, x: int, y: int) -> int:
    return b.op("MUL", (x, y), b.int8(SHAPE, 0.05, 9), MulOptions())


def residual() -> Graph:
    """Two inputs that are read late, two outputs of which one is also read, and a result that nobody reads."""
    b = GraphBuilder()
    x, y = b.int8(SHAPE, 0.05, 3), b.int8(SHAPE, 0.04, -7)
    first = _add(b, x, y)
    _mul(b, first, first)
    second = _mul(b, first, y)
    third = _add(b, second, x)
    return b.graph([x, y], [second, third])


def input_as_output() -> Graph:
    """An input that is also an output, one that no operator reads, and an output that is given twice."""
    b = GraphBuilder()
    x, y, unread = b.int8(SHAPE, 0.05, 3), b.int8(SHAPE, 0.04, -7), b.int8((5,), 0.1, 0)
    total = _add(b, x, y)
    return b.graph([x, y, unread], [x, total, total, unread])


def aliases() -> Graph:
    """Reshapes of an input, of a result, of a reshape and of a constant; some are outputs, all are read later on."""
    b = GraphBuilder()
    flat = (int(np.prod(SHAPE)),)

    def reshape(x: int, shape: graphs.Shape) -> int:
        tensor = b.tensors[x]
        y = b.tensor(shape, DType.INT8, tensor.quantization)
        return b.op("RESHAPE", (x, b.int32(shape)), y, ReshapeOptions(shape))

    x = b.int8(SHAPE, 0.05, 3)
    flat_input = reshape(x, flat)
    doubled = _add(b, x, x)
    again = reshape(reshape(doubled, flat), SHAPE)
    constant = b.int8(flat, 0.02, 5, np.arange(flat[0], dtype=np.int8))
    product = _mul(b, again, reshape(constant, SHAPE))
    back = reshape(flat_input, SHAPE)
    return b.graph([x], [flat_input, _add(b, product, back)])


def constants() -> Graph:
    """A constant that two operators share, and a concatenation of constants with an input."""
    b = GraphBuilder()
    x = b.int8(SHAPE, 0.05, 3)
    constant = b.int8(SHAPE, 0.05, 3, np.arange(48, dtype=np.int8).reshape(SHAPE))
    total = _mul(b, _add(b, x, constant), constant)
    joined = b.op("CONCATENATION", (constant, x, constant), b.int8((3, 4, 4, 3), 0.05, 3), ConcatenationOptions(0))
    return b.graph([x], [total, joined])


@pytest.mark.parametrize("make", [residual, input_as_output, aliases, constants])
def test_program_is_bit_exact_with_tflm(make: object) -> None:
    assert callable(make)
    assert_bit_exact(cases_of([make()], samples=5))


def test_many_small_networks_are_bit_exact_with_tflm() -> None:
    rng = np.random.default_rng(5)
    assert_bit_exact(cases_of([_network(rng) for _ in range(8)], samples=3))


def _network(rng: np.random.Generator) -> Graph:
    """A chain of random operators over random earlier results, so that lifetimes cross."""
    b = GraphBuilder()
    inputs = [
        b.int8(SHAPE, graphs.some_scale(rng), graphs.some_zero_point(rng)) for _ in range(int(rng.integers(1, 4)))
    ]
    known = list(inputs)
    for _ in range(12):
        x, y = (known[int(i)] for i in rng.integers(0, len(known), 2))
        known.append((_add if rng.random() < 0.6 else _mul)(b, x, y))
    return b.graph(inputs, [known[-1], known[-4]])


def test_outputs_of_constants() -> None:
    b = GraphBuilder()
    x = b.int8(SHAPE, 0.05, 3)
    data = np.arange(6, dtype=np.int8)
    constant = b.int8((6,), 0.1, 0, data)
    graph = b.graph([x], [_add(b, x, x), constant])
    outputs = run_engine_on_host(graph, [np.zeros(SHAPE, np.int8)])
    np.testing.assert_array_equal(outputs[1], data)


def test_model_without_layers() -> None:
    b = GraphBuilder()
    x, y = b.int8((2, 3), 0.1, 0), b.int8((6,), 0.1, 0)
    b.op("RESHAPE", (x, b.int32((6,))), y, ReshapeOptions((6,)))
    codes = np.arange(6, dtype=np.int8).reshape(2, 3)
    np.testing.assert_array_equal(run_engine_on_host(b.graph([x], [y]), [codes])[0], codes.reshape(6))


def test_observer_sees_each_layer() -> None:
    graph = residual()
    code = generate(graph, core="host")
    case = cases_of([graph], 1)[0]
    run = run_engine([case])[0][0]
    assert [layer.kind for layer in code.layers] == ["ADD", "MUL", "MUL", "ADD"]
    assert [len(seen) for seen in run.layers] == [layer.output_bytes for layer in code.layers]
    # each layer's tensor as an output of its own gives the same in TFLM
    everything = dataclasses.replace(graph, outputs=tuple(layer.tensor for layer in code.layers))
    expected = run_tflm([Case(everything, case.samples)])[0][0]
    assert [bytes(e.tobytes()) for e in expected] == list(run.layers)


def test_output_is_the_same_every_time() -> None:
    rng = np.random.default_rng(3)
    graph = graphs.conv_2d(rng)
    first, second = (generate(graph, core="cortex-m4") for _ in range(2))
    assert dict(first.files) == dict(second.files)
    assert first.plan == second.plan


HOSTILE = [
    "*/ int injected; /*", '"quotes" \'and\' more', "line\nbreak\r\n#error injected", "back\\", "back\\\n#error x",
    "??/\n#error trigraph", "ümläut ✓ \u202e", "/*", "//", "*/", "%s%n{{ 7 }}{% raw %}", "", " ", "9lives", "int",
    "a" * 500, "main", "\x00\x07",
]  # fmt: skip


@pytest.mark.parametrize("extra", [[], ["-trigraphs"]])
def test_hostile_names_are_harmless(extra: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.engine import harness

    monkeypatch.setattr(harness, "STRICT", (*harness.STRICT, *extra))
    cases = []
    for name in HOSTILE:
        graph = constants()
        named = [dataclasses.replace(t, name=f"{name}/Relu;{name}{i}") for i, t in enumerate(graph.tensors)]
        cases.append(Case(dataclasses.replace(graph, tensors=tuple(named)), [[np.ones(SHAPE, np.int8)]]))
    runs = run_engine(cases)
    for run in runs[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(run[0].outputs, runs[0][0].outputs, strict=True))


def test_names_of_layers_do_not_collide() -> None:
    graph = residual()
    same = tuple(dataclasses.replace(t, name="same") for t in graph.tensors)
    assert_bit_exact(cases_of([dataclasses.replace(graph, tensors=same)], samples=1))


def test_equal_constants_are_kept_once() -> None:
    graph = constants()
    code = generate(graph, core="host")
    assert code.constant_bytes == 48
    assert sum(layer.constant_bytes for layer in code.layers) == code.constant_bytes
    assert len(re.findall(r"static const int8_t \w+\[48\]", code.files["model.c"])) == 1


def test_pointwise_kernel_is_taken_where_it_fits() -> None:
    kernels = set()
    for graph in graphs.many(graphs.conv_2d, 40, 2, True):
        kernels.add(generate(graph, core="host").layers[0].kernel)
    assert kernels == {"tq_matmul_s8 (portable, 1x1)", "tq_conv_s8 (portable)"}


def test_interface_header_tells_sizes_and_quantization() -> None:
    header = generate(residual(), core="host", model_hash="0123456789abcdef").files["model.h"]
    for line in (
        '#define MODEL_HASH "0123456789abcdef"',
        "MODEL_INPUTS = 2,",
        "MODEL_LAYERS = 4,",
        "#define MODEL_INPUT_1_BYTES 48",
        "#define MODEL_INPUT_1_SCALE 0.04f",
        "#define MODEL_INPUT_1_ZERO_POINT (-7)",
    ):
        assert line in header


def test_unknown_operator_is_refused_by_name() -> None:
    b = GraphBuilder()
    x, y = b.int8(SHAPE, 0.1, 0), b.tensor(SHAPE, DType.INT8, Quantization.per_tensor(0.1, 0), name="scope/odd/Cos")
    b.op("COS", (x,), y)
    with pytest.raises(UnsupportedError, match=r"(?s)'scope/odd'.*COS.*'scope/odd/Cos'"):
        generate(b.graph([x], [y]), core="cortex-m4")


def test_what_tflm_refuses_is_refused() -> None:
    rng = np.random.default_rng(0)
    pool = graphs.pool(rng, "MAX_POOL_2D")
    wrong_scale = pool.replace_tensors(
        {1: dataclasses.replace(pool.tensors[1], quantization=Quantization.per_tensor(7.0, 0))}
    )
    with pytest.raises(UnsupportedError, match="scale or zero point"):
        generate(wrong_scale, core="host")
    softmax = graphs.softmax(rng)
    wrong_zero = softmax.replace_tensors(
        {1: dataclasses.replace(softmax.tensors[1], quantization=Quantization.per_tensor(1 / 256, 0))}
    )
    with pytest.raises(UnsupportedError, match="zero point 0"):
        generate(wrong_zero, core="host")


@pytest.mark.parametrize("make", [graphs.conv_2d, graphs.depthwise_conv_2d, graphs.fully_connected])
def test_wrong_shapes_are_refused(make: object) -> None:
    assert callable(make)
    graph = make(np.random.default_rng(1))
    index = graph.outputs[0]
    tensor = graph.tensors[index]
    wrong = dataclasses.replace(tensor, shape=(*tensor.shape[:-2], tensor.shape[-2] + 1, tensor.shape[-1]))
    with pytest.raises(UnsupportedError):
        generate(graph.replace_tensors({index: wrong}), core="host")


def test_float_weights_are_refused() -> None:
    graph = graphs.conv_2d(np.random.default_rng(1))
    weights = graph.tensors[1]
    assert weights.data is not None
    floats = dataclasses.replace(weights, dtype=DType.FLOAT32, data=weights.data.astype(np.float32))
    with pytest.raises(UnsupportedError, match="float32, not int8"):
        generate(graph.replace_tensors({1: floats}), core="host")


def test_variables_start_at_their_zero_point() -> None:
    b = GraphBuilder()
    x = b.int8(SHAPE, 0.1, 0)
    b.tensors.append(Tensor("state", SHAPE, DType.INT8, Quantization.per_tensor(0.1, 5), is_variable=True))
    y = _add(b, x, 1)
    assert_bit_exact(cases_of([b.graph([x], [y])], samples=3))


def test_empty_and_missing_tensors_are_refused() -> None:
    b = GraphBuilder()
    x, nowhere = b.int8(SHAPE, 0.1, 0), b.int8(SHAPE, 0.1, 0)
    y = _add(b, x, nowhere)
    with pytest.raises(UnsupportedError, match="nothing writes"):
        generate(b.graph([x], [y]), core="host")
    empty = Graph((Tensor("nothing", (0, 3), DType.INT8),), (), (0,), (0,))
    with pytest.raises(UnsupportedError, match="no elements"):
        generate(empty, core="host")


def test_unknown_core_and_aim_are_refused() -> None:
    with pytest.raises(BadInputError, match="cortex-m99"):
        generate(residual(), core="cortex-m99")
    with pytest.raises(BadInputError, match="fastest"):
        generate(residual(), core="host", optimize="fastest")


def test_supported_operators() -> None:
    assert {"CONV_2D", "RESHAPE", "SOFTMAX"} <= set(supported_kinds())
    assert Op("CONV_2D", (), (), NoOptions()).kind in supported_kinds()
