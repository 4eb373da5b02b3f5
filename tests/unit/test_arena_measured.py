"""The model of TFLM's arena against TFLM on emulated targets, operator by operator.

Each number was had by running ``AllocateTensors`` of TFLM (August 2026, GCC 12.2) under QEMU: what
``arena_used_bytes()`` returned, and the smallest arena with which it succeeded, found by trying.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.graphs.int8 import Int8Builder, bottleneck_network, small_network
from tests.models import mlperf_tiny
from tinyq.firmware.deployed import deployed_graph
from tinyq.footprint.arena import arena_model
from tinyq.footprint.tflm_kernels import Kernels
from tinyq.graph import DType, Graph, Tensor, read_graph
from tinyq.graph.options import (
    ConcatenationOptions,
    ConvOptions,
    DepthwiseConvOptions,
    MulOptions,
    NoOptions,
    SubOptions,
)

SHAPE = (1, 9, 7, 8)
Build = Callable[[Int8Builder, int], int]

BUILDS = {
    "M3 reference": Kernels("reference"),
    "M3 CMSIS-NN": Kernels("cmsis-nn", "scalar"),
    "M4 CMSIS-NN": Kernels("cmsis-nn", "dsp"),
    "M55 CMSIS-NN": Kernels("cmsis-nn", "mve", "speed"),
}

# (used, smallest) for each of the builds
MEASURED = {
    "small": ((3332, 3344), (3380, 3392), (3380, 3392), (6980, 6992)),
    "bottleneck": ((6244, 6256), (6292, 6304), (6292, 6304), (9620, 9632)),
    "logistic": ((1364, 1376), (1364, 1376), (1364, 1376), (1364, 1376)),
    "relu": ((1380, 1392), (1380, 1392), (1380, 1392), (1380, 1392)),
    "relu6": ((1364, 1376), (1364, 1376), (1364, 1376), (1364, 1376)),
    "mean": ((980, 992), (980, 992), (980, 992), (980, 992)),
    "maxpool": ((964, 976), (964, 976), (964, 976), (964, 976)),
    "avgpool": ((964, 976), (964, 976), (996, 1008), (964, 976)),
    "mul": ((1396, 1408), (1396, 1408), (1396, 1408), (1396, 1408)),
    "sub": ((1412, 1424), (1412, 1424), (1412, 1424), (1412, 1424)),
    "concat": ((2388, 2400), (2388, 2400), (2388, 2400), (2388, 2400)),
    "pad": ((1764, 1776), (1764, 1776), (1764, 1776), (1764, 1776)),
    "quantize": ((1380, 1392), (1380, 1392), (1380, 1392), (1380, 1392)),
    "dw5": ((1524, 1536), (1524, 1536), (1924, 1936), (13924, 13936)),
    "dw3s2": ((1172, 1184), (1172, 1184), (1172, 1184), (5636, 5648)),
    "conv5": ((1908, 1920), (2708, 2720), (2708, 2720), (2740, 2752)),
    "conv_pt": ((1908, 1920), (2196, 2208), (2196, 2208), (2228, 2240)),
    "conv1": ((1908, 1920), (1908, 1920), (1908, 1920), (1908, 1920)),
    "conv1s2": ((1348, 1360), (1348, 1360), (1348, 1360), (1348, 1360)),
    "dequantize": ((2864, 2864), (2864, 2864), (2864, 2864), (2864, 2864)),
    "fc_pc": ((1844, 1856), (1860, 1872), (1860, 1872), (2020, 2032)),
    "fc": ((1524, 1536), (1540, 1552), (1540, 1552), (1700, 1712)),
    "row": ((708, 848), (804, 848), (804, 848), (740, 848)),
    "row5s2": ((660, 848), (820, 848), (820, 848), (708, 848)),
    "row4s3": ((660, 848), (788, 848), (788, 848), (708, 848)),
    "dw1x16": ((1636, 1648), (1636, 1648), (1636, 1648), (1844, 1856)),
}
DEPLOYED = {
    "small": ((3332, 3344), (3380, 3392), (3380, 3392), (6980, 6992)),
    "bottleneck": ((5092, 5104), (5140, 5152), (5140, 5152), (9620, 9632)),
}
REAL = {
    "kws": ((22772, 22784), (22820, 22832), (22820, 22832), (27348, 27360)),
    "ad": ((2260, 2704), (2580, 3024), (2580, 3024), (9268, 9712)),
    "resnet": ((54340, 54352), (54980, 54992), (54996, 55008), None),
}


def unary(kind: str, scale: float = 0.05, zero_point: int = 3) -> Build:
    return lambda b, x: b.op(kind, [x], b.activation(SHAPE, scale, zero_point), NoOptions())


def dequantize(b: Int8Builder, x: int) -> int:
    b.tensors.append(Tensor("floats", SHAPE, DType.FLOAT32))
    return b.op("DEQUANTIZE", [x], len(b.tensors) - 1, NoOptions())


def pad(b: Int8Builder, x: int) -> int:
    rows = np.array([[0, 0], [1, 2], [1, 1], [0, 0]], np.int32)
    b.tensors.append(Tensor("paddings", rows.shape, DType.INT32, None, rows))
    return b.op("PAD", [x, len(b.tensors) - 1], b.same(x, (1, 12, 9, 8)), NoOptions())


def row(stride: int, taps: int) -> Build:
    def build(b: Int8Builder, x: int) -> int:
        b.tensors[x] = replace(b.tensors[x], shape=(1, 1, 16, 8))
        out = b.activation((1, 1, -(-16 // stride), 6))
        return b.op("CONV_2D", [x, b.weights((6, 1, taps, 8), 0)], out, ConvOptions(1, stride))

    return build


def one_channel(b: Int8Builder, x: int) -> int:
    b.tensors[x] = replace(b.tensors[x], shape=(1, 9, 7, 1))
    weights = b.weights((1, 3, 3, 16), 3)
    inputs = [x, weights, b.bias(x, weights, 16)]
    return b.op("DEPTHWISE_CONV_2D", inputs, b.activation((1, 9, 7, 16)), DepthwiseConvOptions(depth_multiplier=16))


SINGLE: dict[str, Build] = {
    "logistic": unary("LOGISTIC", 1 / 256, -128),
    "relu": unary("RELU"),
    "relu6": unary("RELU6"),
    "quantize": unary("QUANTIZE", 0.1, 0),
    "dequantize": dequantize,
    "mean": lambda b, x: b.mean(x),
    "maxpool": lambda b, x: b.max_pool(x, 3),
    "avgpool": lambda b, x: b.average_pool(x, 3),
    "mul": lambda b, x: b.op("MUL", [x, x], b.activation(SHAPE), MulOptions()),
    "sub": lambda b, x: b.op("SUB", [x, x], b.activation(SHAPE), SubOptions()),
    "concat": lambda b, x: b.op("CONCATENATION", [x, x, x], b.same(x, (1, 9, 7, 24)), ConcatenationOptions(3)),
    "pad": pad,
    "dw5": lambda b, x: b.depthwise(x, 5),
    "dw3s2": lambda b, x: b.depthwise(x, 3, 2),
    "dw1x16": one_channel,
    "conv5": lambda b, x: b.conv(x, 13, 5),
    "conv_pt": lambda b, x: b.conv(x, 13, 3, per_channel=False),
    "conv1": lambda b, x: b.conv(x, 13, 1),
    "conv1s2": lambda b, x: b.conv(x, 13, 1, 2),
    "row": row(1, 3),
    "row5s2": row(2, 5),
    "row4s3": row(3, 4),
    "fc": lambda b, x: b.dense(b.flatten(x), 40),
    "fc_pc": lambda b, x: b.dense(b.flatten(x), 40, per_channel=True),
}


def graph_of(name: str) -> Graph:
    if name in SINGLE:
        b = Int8Builder()
        x = b.activation(SHAPE)
        return b.graph([x], [SINGLE[name](b, x)])
    return {"small": small_network, "bottleneck": bottleneck_network}[name]()


def modelled(graph: Graph) -> dict[str, tuple[int, int]]:
    models = {name: arena_model(graph, kernels) for name, kernels in BUILDS.items()}
    return {name: (m.used_bytes, m.required_bytes) for name, m in models.items()}


def by_build(measured: tuple[tuple[int, int] | None, ...]) -> dict[str, tuple[int, int]]:
    return {name: m for name, m in zip(BUILDS, measured, strict=True) if m is not None}


@pytest.mark.parametrize("name", MEASURED)
def test_operators(name: str) -> None:
    assert modelled(graph_of(name)) == by_build(MEASURED[name])


@pytest.mark.parametrize("name", DEPLOYED)
def test_deployed_networks(name: str) -> None:
    assert modelled(deployed_graph(graph_of(name))) == by_build(DEPLOYED[name])


@pytest.mark.parametrize("name", REAL)
def test_real_networks(name: str) -> None:
    expected = by_build(REAL[name])
    found = modelled(read_graph(mlperf_tiny(name)))
    assert {build: found[build] for build in expected} == expected
