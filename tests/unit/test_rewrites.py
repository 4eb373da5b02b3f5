"""Rewrites compute what the operators computed that they replace, as LiteRT's float kernels say."""

from __future__ import annotations

from math import erf

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.graphs.builder import GraphBuilder
from tinyq.graph import DType, Graph, write_graph
from tinyq.graph.options import Options, StridedSliceOptions
from tinyq.quantization.recipe import Recipe, resolve
from tinyq.quantization.rewrites import rewrite
from tinyq.quantization.scheme import left_float

SHAPE = (1, 3, 2)


def run(graph: Graph, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=write_graph(graph))
    interpreter.allocate_tensors()
    for detail, x in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    found: NDArray[np.float32] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy()
    return found


def unary(kind: str, shape: tuple[int, ...] = SHAPE) -> Graph:
    b = GraphBuilder()
    x = b.tensor(shape, DType.FLOAT32)
    return b.graph([x], [b.op(kind, [x], b.tensor(shape, DType.FLOAT32))])


def tile(shape: tuple[int, ...], repeats: tuple[int, ...]) -> Graph:
    b = GraphBuilder()
    x = b.tensor(shape, DType.FLOAT32)
    whole = tuple(n * r for n, r in zip(shape, repeats, strict=True))
    return b.graph([x], [b.op("TILE", [x, b.int32(repeats)], b.tensor(whole, DType.FLOAT32))])


@pytest.mark.parametrize("kind", ["NEG", "SQUARE"])
def test_products_take_the_place_of_operators_without_integer_kernels(kind: str) -> None:
    graph = unary(kind)
    changed = rewrite(graph)
    x = np.random.default_rng(0).normal(0, 1, SHAPE).astype(np.float32)
    assert [op.kind for op in changed.ops] == ["MUL"]
    assert np.array_equal(run(changed, x), run(graph, x))


@pytest.mark.parametrize(
    ("shape", "repeats", "kinds"),
    [
        ((1, 1, 4), (1, 3, 1), {"BROADCAST_TO"}),
        ((1, 3, 4), (1, 2, 1), {"CONCATENATION"}),
        ((1, 3, 4), (2, 3, 2), {"CONCATENATION"}),
        ((1, 3, 1), (1, 2, 5), {"CONCATENATION"}),
    ],
)
def test_tiles_become_what_tflm_has(shape: tuple[int, ...], repeats: tuple[int, ...], kinds: set[str]) -> None:
    graph = tile(shape, repeats)
    changed = rewrite(graph)
    x = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    assert {op.kind for op in changed.ops} == kinds
    assert np.array_equal(run(changed, x), np.tile(x, repeats))


@pytest.mark.parametrize("dropped", [0, 1])
def test_slices_of_five_dimensions_become_slices_of_fewer(dropped: int) -> None:
    b = GraphBuilder()
    shape = (3, 4, 2, 2, 5)
    x = b.tensor(shape, DType.FLOAT32)
    begin, end, steps = b.int32([1, 3, 0, 0, 0]), b.int32([2, 0, 2, 2, 5]), b.int32([1, -2, 1, 1, 1])
    options = StridedSliceOptions(shrink_axis_mask=dropped, end_mask=4)
    y = b.tensor((1, 2, 2, 2, 5)[dropped:], DType.FLOAT32)
    graph = b.graph([x], [b.op("STRIDED_SLICE", [x, begin, end, steps], y, options)])
    changed = rewrite(graph)
    values = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    assert [op.kind for op in changed.ops] == ["RESHAPE", "STRIDED_SLICE", "RESHAPE"]
    assert len(changed.tensors[changed.ops[1].inputs[0]].shape) == 3
    assert np.array_equal(run(changed, values), values[1:2, 3:0:-2].reshape(graph.tensors[y].shape))


def test_gelu_is_as_close_as_it_says() -> None:
    graph = rewrite(unary("GELU", (1, 2000)))
    x = np.linspace(-8, 8, 2000, dtype=np.float32)[None]
    exact = np.array([0.5 * v * (1 + erf(v / 2**0.5)) for v in x[0]])
    assert np.abs(run(graph, x)[0] - exact).max() < 0.021


def test_selections_of_equal_shapes_alone_become_select_v2() -> None:
    for condition in (SHAPE, (1,)):
        b = GraphBuilder()
        c = b.tensor(condition, DType.BOOL)
        x, y, z = (b.tensor(SHAPE, DType.FLOAT32) for _ in range(3))
        graph = rewrite(b.graph([c, x, y], [b.op("SELECT", [c, x, y], z)]))
        assert [op.kind for op in graph.ops] == ["SELECT_V2" if condition == SHAPE else "SELECT"]


def test_what_is_left_alone_is_the_same_object() -> None:
    graph = unary("EXP")
    assert rewrite(graph) is graph


def softplus() -> Graph:
    b = GraphBuilder()
    x, e, p, y = (b.tensor(SHAPE, DType.FLOAT32) for _ in range(4))
    one = b.tensor((), DType.FLOAT32, None, np.array(1.0, np.float32))
    b.op("EXP", [x], e)
    b.op("ADD", [e, one], p, _add())
    b.op("LOG", [p], y)
    b.op("RELU", [y], b.tensor(SHAPE, DType.FLOAT32))
    return b.graph([x], [len(b.tensors) - 1])


def _add() -> Options:
    from tinyq.graph.options import AddOptions

    return AddOptions()


def test_constants_join_what_stays_float() -> None:
    graph = softplus()
    schemes = resolve(Recipe(), graph).schemes
    assert [s.activations for s in schemes] == ["float32", "float32", "float32", "int8"]
    said = left_float(graph, schemes)
    assert len(said) == 2
    assert said[0].startswith("EXP stays float")
