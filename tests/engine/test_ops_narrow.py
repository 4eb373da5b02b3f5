"""Weights that need 2 or 3 bits lie in flash in as many, and give TFLM's codes, which has them as int4."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.engine.cores import run_on_core
from tests.engine.harness import Case, assert_bit_exact, assert_equal_to_tflm, cases_of
from tests.graphs import deep_conv_2d, narrow
from tinyq.codegen import generate
from tinyq.codegen.weights_narrow import pack
from tinyq.graph import DType, Graph

CORE, BOARD = "cortex-m4", "mps2-an386"


def _layer(graph: Graph, core: str = "host", optimize: str = "balanced") -> str:
    return generate(graph, core=core, optimize=optimize).layers[0].kernel


def _is_packed(kernel: str, bits: int) -> bool:
    return f"s8w{bits}" in kernel or f"{bits}-bit weights" in kernel


def _cases(bits: int, core: str, optimize: str = "balanced") -> list[Case]:
    """Those models whose weights need as many bits, and not fewer by accident."""
    found = [g for g in narrow.many(20, 1, bits) if _is_packed(_layer(g, core, optimize), bits)]
    assert len(found) > 110
    return cases_of(found, samples=3)


@pytest.mark.parametrize("bits", [2, 3])
def test_op_is_bit_exact_with_tflm(bits: int) -> None:
    assert_bit_exact(_cases(bits, "host"))


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_op_is_bit_exact_with_tflm_on_a_core_with_dsp(bits: int) -> None:
    cases = _cases(bits, CORE)
    texts = [generate(c.graph, core=CORE).files["model.c"] for c in cases]
    for function in ("tq_conv_s8_dsp(", "tq_depthwise_conv_s8_dsp(", f"tq_matmul_s8w{bits}("):
        assert sum(function in text for text in texts) >= 10, function
    shifted_left = re.compile(r"_shift\[\d+\] = \{[^}]*-\d")
    if bits < 4:  # sums so small that they are scaled up
        for form in ("NONNEGATIVE", "= tq_depthwise_tile_s8"):
            assert any(form in text and shifted_left.search(text) for text in texts), form
    assert_equal_to_tflm(cases, run_on_core(cases, BOARD))


@pytest.mark.parametrize("bits", [2, 3])
def test_op_is_bit_exact_with_tflm_on_a_core_that_loads_aligned_words_alone(bits: int) -> None:
    cases = _cases(bits, "cortex-m0")
    assert_equal_to_tflm(cases, run_on_core(cases, "mps2-an385-m0"))


@pytest.mark.parametrize(("bits", "low", "high"), [(2, -2, 1), (2, -1, 1), (3, -4, 3), (3, -2, 2), (4, -7, 7)])
def test_codes_decide_the_width(bits: int, low: int, high: int) -> None:
    for graph in narrow.many(2, 3, 2):
        weights = graph.tensors[1]
        codes = np.random.default_rng(0).integers(low, high, weights.shape, np.int8, endpoint=True)
        codes.reshape(-1)[:2] = (low, high)[: codes.size]
        changed = graph.replace_tensors({1: replace(weights, data=codes)})
        for core in ("host", CORE):
            assert _is_packed(_layer(changed, core), bits)


@pytest.mark.parametrize("bits", [2, 3])
def test_flash_holds_no_more_bits_than_needed(bits: int) -> None:
    for graph in narrow.many(8, 5, bits):
        weights = graph.tensors[1]
        wide = graph.replace_tensors({1: replace(weights, dtype=DType.INT8)})
        row = weights.shape[3] if graph.ops[0].kind == "DEPTHWISE_CONV_2D" else weights.elements // weights.shape[0]
        spared = weights.elements // row * (row - -(-row * bits // 8))
        sizes = [generate(g, core="host").constant_bytes for g in (wide, graph)]
        assert sizes[0] - sizes[1] == spared


@pytest.mark.parametrize("bits", [2, 3, 4])
@pytest.mark.parametrize("optimize", ["balanced", "speed", "size"])
def test_every_aim_packs_what_is_large(bits: int, optimize: str) -> None:
    rng = np.random.default_rng(3)
    large = [g for g in (narrow.narrowed(deep_conv_2d(rng), bits) for _ in range(40)) if g.tensors[1].elements > 4000]
    assert len(large) > 5
    for graph in large:
        weights = generate(graph, core=CORE, optimize=optimize).constant_bytes - 12 * graph.tensors[1].shape[0]
        assert weights < graph.tensors[1].elements * (bits + 0.6) / 8


@pytest.mark.parametrize("bits", [2, 3])
def test_packing_reads_back(bits: int) -> None:
    limit = 1 << (bits - 1)
    rows = np.random.default_rng(bits).integers(-limit, limit, (5, 13), np.int8)
    packed = pack(rows, bits)
    assert packed.shape == (5, -(-13 * bits // 8))
    for codes, held in zip(rows, packed, strict=True):
        number = int.from_bytes(held.tobytes(), "little")
        fields = [number >> bits * k & (2 * limit - 1) for k in range(13)]
        assert [f - 2 * limit if f >= limit else f for f in fields] == codes.tolist()
        assert number >> bits * 13 == 0
