"""Ranges without data: moments through the graph, and what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyq.evaluation import run_float
from tinyq.graph import DType, Graph, Op, Tensor, write_graph
from tinyq.graph.batch_norm import BatchNorm
from tinyq.graph.options import (
    AddOptions,
    ConcatenationOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    MulOptions,
    NoOptions,
    PoolOptions,
    ReducerOptions,
    ReshapeOptions,
    SoftmaxOptions,
)
from tinyq.quantization.affine import Range
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.data_free import batch_norm_ranges, data_free_ranges, surviving
from tinyq.quantization.data_free_moments import Moments, propagate, through
from tinyq.quantization.ptq import calibrate, plan
from tinyq.quantization.statistics import observe

RANDOM = np.random.default_rng(0)
INPUT, CONV, POOL, FLAT, LOGITS, PROBABILITIES = 0, 3, 4, 5, 8, 9


def floats(name: str, *shape: int, data: NDArray[Any] | None = None) -> Tensor:
    return Tensor(name, shape, DType.FLOAT32, data=None if data is None else data.astype(np.float32))


def network(activation: Any = "RELU") -> Graph:
    """A convolution, behind which a normalization is folded, a pool, a dense layer, a softmax."""
    shape = Tensor("shape", (2,), DType.INT32, data=np.array([1, 36], np.int32))
    weights, dense = RANDOM.normal(size=(4, 3, 3, 2)), RANDOM.normal(size=(5, 36)) / 6
    tensors = (
        floats("x", 1, 6, 6, 2), floats("w", 4, 3, 3, 2, data=weights), floats("b", 4, data=np.arange(4.0)),
        floats("conv", 1, 6, 6, 4), floats("pool", 1, 3, 3, 4), floats("flat", 1, 36),
        floats("dw", 5, 36, data=dense), floats("db", 5, data=np.ones(5)), floats("logits", 1, 5), floats("p", 1, 5),
        shape,
    )  # fmt: skip
    ops = (
        Op("CONV_2D", (0, 1, 2), (CONV,), ConvOptions(activation=activation)),
        Op("AVERAGE_POOL_2D", (CONV,), (POOL,), PoolOptions(2, 2, 2, 2)),
        Op("RESHAPE", (POOL, 10), (FLAT,), ReshapeOptions()),
        Op("FULLY_CONNECTED", (FLAT, 6, 7), (LOGITS,), FullyConnectedOptions()),
        Op("SOFTMAX", (LOGITS,), (PROBABILITIES,), SoftmaxOptions()),
    )
    return Graph(tensors, ops, (INPUT,), (PROBABILITIES,))


def norm(gamma: list[float], beta: list[float], tensor: int = CONV) -> BatchNorm:
    zero, one = np.zeros(len(gamma)), np.ones(len(gamma))
    return BatchNorm(tensor, "bn", np.array(gamma), np.array(beta), zero, one, 0.0)


NORM = norm([1.0, -0.5, 0.25, 0.1], [0.0, 1.0, -2.0, -1.0])


def only(kind: str, options: Any, inputs: list[Tensor], out: tuple[int, ...]) -> Graph:
    """One operator, whose inputs are the graph's unless they are constants."""
    given = tuple(i for i, t in enumerate(inputs) if not t.is_constant)
    op = Op(kind, tuple(range(len(inputs))), (len(inputs),), options)
    return Graph((*inputs, floats("out", *out)), (op,), given, (len(inputs),))


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("NONE", Range(-6.0, 6.0)), ("RELU", Range(0.0, 6.0)), ("RELU6", Range(0.0, 6.0)), ("RELU_N1_TO_1", Range(-1, 1))],
)
def test_a_normalized_tensor_reaches_alpha_deviations_through_its_activation(activation: str, expected: Range) -> None:
    assert batch_norm_ranges(network(activation), [NORM], {})[CONV] == expected
    wide = norm([1.0, 2.0, 1.0, 1.0], [0.0, 3.0, 0.0, 0.0])
    high = batch_norm_ranges(network("RELU6"), [wide], {}, alpha=4.0)[CONV].high
    assert high == 6.0
    assert batch_norm_ranges(network("RELU"), [wide], {}, alpha=4.0)[CONV].high == 11.0


def test_without_data_all_but_the_input_is_known() -> None:
    graph = network()
    found = batch_norm_ranges(graph, [NORM], {})
    assert set(found) == {CONV, POOL, FLAT, LOGITS, PROBABILITIES}
    assert found[POOL] == found[FLAT] == found[CONV]
    assert found[PROBABILITIES] == Range(0.0, 1.0)
    assert batch_norm_ranges(graph, [NORM], {INPUT: Range(-1, 2)})[INPUT] == Range(-1, 2)
    assert batch_norm_ranges(graph, [], {}) == {}


def test_moments_of_a_dense_layer_are_those_of_a_simulation() -> None:
    graph = network()
    got = propagate(graph, [NORM], {}, 6.0)[LOGITS]
    flat = np.maximum(RANDOM.normal(size=(50_000, 36)) * np.tile(NORM.output_std, 9) + np.tile(NORM.output_mean, 9), 0)
    weights, bias = graph.tensors[6].data, graph.tensors[7].data
    assert weights is not None
    logits = flat @ weights.T + bias
    np.testing.assert_allclose(got.mean, logits.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(got.std, logits.std(axis=0), rtol=0.03)
    np.testing.assert_allclose(got.high, got.mean + 6 * got.std)


@pytest.mark.parametrize("depthwise", [False, True])
def test_moments_of_a_convolution_are_those_of_litert(depthwise: bool) -> None:
    weights = RANDOM.normal(size=(1, 3, 3, 4) if depthwise else (4, 3, 3, 2))
    kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    options = DepthwiseConvOptions(padding="VALID", depth_multiplier=2) if depthwise else ConvOptions(padding="VALID")
    inputs = [floats("x", 1, 3, 3, 2), floats("w", *weights.shape, data=weights), floats("b", 4, data=np.arange(4.0))]
    graph = only(kind, options, inputs, (1, 1, 1, 4))
    given = Moments.normal(np.array([1.0, -2.0]), np.array([0.5, 3.0]), 6.0)
    got = propagate(graph, [], {0: given}, 6.0)[3]
    samples = (RANDOM.normal(size=(20_000, 3, 3, 2)) * given.std + given.mean).astype(np.float32)
    values = run_float(write_graph(graph), [samples])[0].reshape(-1, 4)
    assert np.all(np.abs(got.mean - values.mean(axis=0)) < 5 * got.std / np.sqrt(len(values)))
    np.testing.assert_allclose(got.std, values.std(axis=0), rtol=0.03)


def pair(kind: str, options: Any) -> Moments:
    graph = only(kind, options, [floats("a", 1, 3), floats("b", 1, 3)], (1, 3))
    a = Moments.normal(np.array([1.0, 0.0, -1.0]), np.array([1.0, 2.0, 0.5]), 3.0)
    b = Moments.normal(np.array([2.0, 2.0, 0.0]), np.array([1.0, 0.1, 0.5]), 3.0)
    return propagate(graph, [], {0: a, 1: b}, 3.0)[2]


def test_sums_differences_and_products() -> None:
    total, difference, product = pair("ADD", AddOptions()), pair("SUB", AddOptions()), pair("MUL", MulOptions())
    np.testing.assert_allclose(total.mean, [3, 2, -1])
    np.testing.assert_allclose(difference.mean, [-1, -2, -1])
    np.testing.assert_allclose(total.std, np.hypot([1, 2, 0.5], [1, 0.1, 0.5]))
    np.testing.assert_allclose(difference.std, total.std)
    np.testing.assert_allclose(product.mean, [2, 0, 0])
    np.testing.assert_allclose(product.std**2, [1 * 1 + 1 * 4 + 1 * 1, 4 * 0.01 + 4 * 4, 0.25 * 0.25 + 0.25 * 1])
    assert np.all(pair("ADD", AddOptions(activation="RELU")).low == 0)


def test_a_sum_with_constants_shifts() -> None:
    constant = floats("c", 3, data=np.array([1.0, 2.0, 3.0]))
    graph = only("ADD", AddOptions(), [floats("a", 1, 2, 3), constant], (1, 2, 3))
    got = propagate(graph, [], {0: Moments.uniform(Range(0, 1), 3)}, 6.0)[2]
    assert (got.low.tolist(), got.high.tolist()) == ([1, 2, 3], [2, 3, 4])


def test_channels_are_joined_and_kept_apart() -> None:
    parts = [floats("a", 1, 2, 1), floats("b", 1, 2, 2)]
    given = {0: Moments.uniform(Range(0, 1), 1), 1: Moments.uniform(Range(2, 3), 2)}
    joined = propagate(only("CONCATENATION", ConcatenationOptions(axis=2), parts, (1, 2, 3)), [], given, 6.0)[2]
    assert joined.high.tolist() == [1, 3, 3]
    rows = [floats("a", 1, 1, 2), floats("b", 1, 2, 2)]
    given[0] = Moments.uniform(Range(0, 1), 2)
    stacked = propagate(only("CONCATENATION", ConcatenationOptions(axis=1), rows, (1, 3, 2)), [], given, 6.0)[2]
    assert (stacked.low.tolist(), stacked.high.tolist()) == ([0, 0], [3, 3])


def test_padding_brings_zeros_in_and_means_keep_channels() -> None:
    amounts = Tensor("n", (3, 2), DType.INT32, data=np.array([[0, 0], [1, 1], [0, 0]], np.int32))
    given = {0: Moments.uniform(Range(2, 3), 2)}
    padded = propagate(only("PAD", NoOptions(), [floats("a", 1, 2, 2), amounts], (1, 4, 2)), [], given, 6.0)[2]
    assert (padded.low.tolist(), padded.high.tolist()) == ([0, 0], [3, 3])
    axes = Tensor("n", (1,), DType.INT32, data=np.array([1], np.int32))
    mean = propagate(only("MEAN", ReducerOptions(), [floats("a", 1, 2, 2), axes], (1, 2)), [], given, 6.0)[2]
    assert mean.range == Range(2, 3)


def test_what_an_unknown_operator_gives_is_unknown() -> None:
    graph = only("CUMSUM", NoOptions(), [floats("a", 1, 3)], (1, 3))
    assert set(propagate(graph, [], {0: Moments.uniform(Range(0, 1), 3)}, 6.0)) == {0}


def test_moments_behind_a_function_are_those_of_a_simulation() -> None:
    given = Moments.normal(np.array([0.0, 2.0, -1.0]), np.array([1.0, 3.0, 0.3]), 6.0)
    samples = RANDOM.normal(size=(200_000, 3)) * given.std + given.mean

    def hard_swish(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(x * np.clip(x + 3, 0, 6) / 6)

    got, values = through(given, hard_swish), hard_swish(samples)
    np.testing.assert_allclose(got.mean, values.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(got.std, values.std(axis=0), rtol=0.02)
    assert got.low[0] == pytest.approx(-0.375, abs=0.01)  # the least value lies between the ends


def test_ranges_come_from_inputs_normalizations_and_samples_in_this_order() -> None:
    graph = network()
    samples = RANDOM.normal(size=(8, 6, 6, 2)).astype(np.float32)
    statistics = observe(write_graph(graph), graph, (samples,))
    planned, seen = plan(graph), statistics[CONV]
    assert data_free_ranges(planned, statistics) == calibrate(statistics, calibrator("mse"), planned)
    by_extremes = data_free_ranges(planned, statistics, choose=calibrator("minmax"))
    assert by_extremes[CONV] == Range(seen.minimum, seen.maximum)
    mixed = data_free_ranges(planned, statistics, batch_norms=[NORM], inputs={INPUT: Range(-9, 9)})
    assert mixed[CONV] == Range(0.0, 6.0)
    assert mixed[INPUT] == Range(-9, 9)
    assert mixed[LOGITS] == data_free_ranges(planned, statistics)[LOGITS]


def test_conversions_get_the_range_of_what_they_convert() -> None:
    graph = network()
    statistics = observe(write_graph(graph), graph, (RANDOM.normal(size=(2, 6, 6, 2)).astype(np.float32),))
    planned = plan(graph, io=DType.INT16)
    found = data_free_ranges(planned, statistics, inputs={INPUT: Range(-9, 9)})
    copies = [t for t, source in planned.copies.items() if source == INPUT]
    assert copies
    assert all(found[t] == Range(-9, 9) for t in copies)


def test_normalizations_survive_what_leaves_their_output_alone() -> None:
    graph = network()
    weights, bias = graph.tensors[1], graph.tensors[2]
    assert weights.data is not None
    assert bias.data is not None
    halved = {1: replace(weights, data=weights.data / 2)}
    moved = {2: replace(bias, data=bias.data * 2)}
    assert surviving([NORM], graph, graph) == (NORM,)
    assert surviving([NORM], graph, graph.replace_tensors(halved)) == (NORM,)  # undoes a change of its input
    assert surviving([NORM], graph, graph.replace_tensors(moved)) == ()
    silent = graph.replace_tensors({2: replace(bias, data=bias.data * 0)})
    assert surviving([NORM], silent, silent.replace_tensors(halved)) == ()
