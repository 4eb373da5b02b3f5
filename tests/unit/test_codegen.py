"""The parts of code generation that need no compiler: arithmetic, geometry, C text, choice, memory."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import graphs
from tinyq.codegen import arithmetic, generate, kernel, literals, shapes
from tinyq.codegen.choose import choose
from tinyq.codegen.kernel import Emission, Node, Target
from tinyq.codegen.ops.conv import Conv

INT32 = st.integers(-(2**31), 2**31 - 1)


@given(st.integers(-(2**31) + 1, 2**31 - 2), st.integers(0, 31))
def test_division_by_powers_of_two_rounds_half_away(x: int, exponent: int) -> None:
    exact = Fraction(abs(x), 2**exponent)
    expected = int(exact + Fraction(1, 2)) * (1 if x >= 0 else -1)
    assert arithmetic.divide_by_power_of_two(x, exponent) == expected


@given(st.floats(2.0**-30, 2.0**30))
def test_multiplier_and_shift_are_the_factor(factor: float) -> None:
    multiplier, shift = arithmetic.quantize_multiplier(factor)
    assert 2**30 <= multiplier < 2**31
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(factor, rel=2.0**-31)


@pytest.mark.parametrize(
    ("factor", "expected"), [(0.0, (0, 0)), (1.0, (2**30, 1)), (0.5, (2**30, 0)), (2.0**-40, (0, 0))]
)
def test_multipliers_at_the_edges(factor: float, expected: tuple[int, int]) -> None:
    assert arithmetic.quantize_multiplier(factor) == expected


@given(st.integers(-(2**20), 2**20), st.floats(1e-5, 1.0))
def test_scaled_codes_are_near_the_product(x: int, factor: float) -> None:
    scaled = arithmetic.scale_code(x, *arithmetic.quantize_multiplier(factor))
    assert abs(scaled - x * factor) <= 0.75 + 1e-3  # two roundings


@given(st.integers(-(2**31) + 1, 0))
def test_fixed_point_exponential(x: int) -> None:
    assert arithmetic.exp_on_negative(x, 5) / 2**31 == pytest.approx(np.exp(x / 2**26), abs=1e-6)


@given(st.integers(-(2**31) + 1, 2**31 - 1))
def test_fixed_point_logistic(x: int) -> None:
    assert arithmetic.logistic(x) / 2**31 == pytest.approx(1 / (1 + np.exp(-x / 2**27)), abs=1e-6)


@given(st.text())
def test_comments_cannot_be_left(text: str) -> None:
    safe = literals.comment(text)
    assert safe.isascii()
    assert "\n" not in safe
    assert all(mark not in f"/* {safe} */"[2:-2] for mark in ("*/", "/*", "??"))


@given(st.text())
def test_identifiers_are_identifiers(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]{0,40}", literals.identifier(text))


@given(st.lists(INT32, min_size=1, max_size=50))
def test_arrays_hold_their_numbers(values: list[int]) -> None:
    text = literals.array(np.array(values, np.int32))
    found = [-(2**31) if t == "INT32_MIN" else int(t) for t in re.split(r",\s*", text.strip().rstrip(","))]
    assert found == values
    assert all(len(line) <= literals.LINE_LENGTH for line in text.splitlines())


@given(st.floats(width=32))
def test_float_literals_read_back(value: float) -> None:
    text = literals.number(np.float32(value))
    known = {"NAN": float("nan"), "INFINITY": float("inf"), "-INFINITY": float("-inf")}
    read = known[text] if text in known else float(np.float32(text.removesuffix("f")))
    np.testing.assert_equal(read, value)
    assert text in known or text.endswith("f")


SIZES = st.lists(st.integers(1, 4), max_size=5)


@given(SIZES, st.lists(st.booleans(), min_size=5, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5))
def test_broadcast_visits_the_right_elements(sizes: list[int], drop_a: list[bool], drop_b: list[bool]) -> None:
    shape_a = tuple(1 if d else s for s, d in zip(sizes, drop_a, strict=False))
    shape_b = tuple(1 if d else s for s, d in zip(sizes, drop_b, strict=False))
    shape = np.broadcast_shapes(shape_a, shape_b)
    assert shapes.broadcast_shape(shape_a, shape_b) == shape
    plan = shapes.broadcast(shape, (shape_a, shape_b))
    for side, operand in enumerate((shape_a, shape_b)):
        offsets = np.zeros((), int)
        for loop in (*plan.rows, shapes.Loop(plan.columns, plan.steps)):
            offsets = offsets[..., None] + np.arange(loop.size) * loop.strides[side]
        elements = np.arange(int(np.prod(operand))).reshape(operand)
        np.testing.assert_array_equal(offsets.reshape(-1), np.broadcast_to(elements, shape).reshape(-1))


def test_windows() -> None:
    assert shapes.window("SAME", 10, 3, 2) == shapes.Window(5, 0)
    assert shapes.window("SAME", 10, 4, 1) == shapes.Window(10, 1)
    assert shapes.window("VALID", 10, 3, 2, 2) == shapes.Window(3, 0)


class FasterConv(Conv):
    """A kernel as another module would add it."""

    variant = "faster"

    def objection(self, node: Node, target: Target) -> str:
        has_dsp = target.core is not None and target.core.has_dsp
        return super().objection(node, target) or ("" if has_dsp else "the core has no DSP extension")

    def cost(self, node: Node, target: Target) -> float:
        return 1.0

    def emit(self, node: Node, target: Target) -> Emission:
        return super().emit(node, target)


def test_cheapest_kernel_without_objection_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graphs.conv_2d(np.random.default_rng(0))
    kernel.supported_kinds()  # all modules are loaded before the list is replaced
    monkeypatch.setattr(kernel, "_KERNELS", [*kernel._KERNELS, FasterConv()])
    choice = choose(Node(graph, 0), Target.of("cortex-m4"))
    assert choice.kernel.variant == "faster"
    assert "estimated 1 cycles" in choice.reason
    assert choose(Node(graph, 0), Target.of("cortex-m3")).kernel.variant != "faster"
    assert choose(Node(graph, 0), Target.of("host")).kernel.variant != "faster"
    code = generate(graph, core="cortex-m7")
    assert code.layers[0].kernel == "tq_conv_s8 (faster)"
    assert "tq_conv_s8 (faster): estimated 1 cycles" in code.files["model.c"]


def test_lifetimes_never_overlap_in_the_arena() -> None:
    for graph in graphs.many(graphs.add, 20, 3):
        plan = generate(graph, core="host").plan
        placed = list(zip(plan.buffers, plan.offsets, strict=True))
        for i, (a, at_a) in enumerate(placed):
            for b, at_b in placed[:i]:
                apart = at_a + a.size <= at_b or at_b + b.size <= at_a
                assert apart or a.last < b.first or b.last < a.first
