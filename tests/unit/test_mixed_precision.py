"""Bit widths layer by layer: what may be chosen, what is chosen, and that the recipe gives just that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.analysis_models import network, prepared
from tinyq.analysis.choice import Budget, Point, choose
from tinyq.analysis.measure import Measured
from tinyq.analysis.mixed_precision import Mixed, mixed_precision, point_recipe, with_widths
from tinyq.analysis.original import Original
from tinyq.analysis.resources import Resources, resources
from tinyq.errors import BadInputError
from tinyq.graph import DType, macs
from tinyq.quantization.recipe import Recipe, resolve
from tinyq.quantization.scheme import check


@pytest.fixture(scope="module")
def measured() -> tuple[Original, Mixed]:
    original, yard = prepared(network())
    return original, mixed_precision(original.subject(Recipe()), yard, yard.samples, Budget())


def test_every_point_is_something_that_tflm_runs_and_its_recipe_gives_it(measured: tuple[Original, Mixed]) -> None:
    original, mixed = measured
    subject = original.subject(Recipe(calibrator="kl"))
    widths = [tuple(p.widths.values()) for p in mixed.points]
    assert len(set(widths)) == len(widths)
    for point in mixed.points:
        check(subject.graph, point.schemes)
        recipe = point_recipe(Recipe(calibrator="kl"), subject, point)
        resolved = resolve(recipe, subject.graph)
        assert resolved.schemes == point.schemes
        assert resolved.io is DType.INT8
        assert recipe.calibrator == "kl"


def test_the_points_reach_from_the_widest_to_the_narrowest(measured: tuple[Original, Mixed]) -> None:
    _, mixed = measured
    uniform = {w: [p for p in mixed.points if set(p.widths.values()) == {w}] for w in ((8, 16), (8, 8), (4, 8))}
    (wide,), (eight,), (narrow,) = uniform.values()
    assert mixed.points[mixed.base] == eight
    assert wide.measured.error < eight.measured.error < narrow.measured.error
    assert narrow.resources.flash < eight.resources.flash < wide.resources.flash  # biases of 64 bits
    assert wide.resources.ram > eight.resources.ram == narrow.resources.ram
    assert wide.resources.cost == 2 * eight.resources.cost
    assert mixed.chosen is not None


def test_points_that_another_beats_in_everything_are_not_efficient(measured: tuple[Original, Mixed]) -> None:
    _, mixed = measured

    def beats(a: Point, b: Point) -> bool:
        x = (a.measured.error, a.resources.flash, a.resources.ram, a.resources.cost)
        y = (b.measured.error, b.resources.flash, b.resources.ram, b.resources.cost)
        return x != y and all(i <= j for i, j in zip(x, y, strict=True))

    assert any(p.efficient for p in mixed.points)
    for p in mixed.points:
        assert p.efficient == (not any(beats(o, p) for o in mixed.points))


def test_a_sensitive_layer_keeps_its_bits_longest(measured: tuple[Original, Mixed]) -> None:
    _, mixed = measured
    four = {i: e for (i, w), e in mixed.sensitivities.items() if w == (4, 8)}
    assert set(four) == set(mixed.points[0].widths)
    for (i, w), error in mixed.sensitivities.items():
        if w == (8, 8):
            assert error < four[i]


def test_operators_without_weights_follow_what_they_read() -> None:
    original, _ = prepared(network())
    subject = original.subject(Recipe())
    kinds = [op.kind for op in subject.graph.ops]
    pool, reshape = kinds.index("MAX_POOL_2D"), kinds.index("RESHAPE")
    wide = with_widths(subject, {0: (8, 8), 1: (8, 8), 2: (8, 16), len(kinds) - 1: (8, 8)})
    assert wide[pool].activations == wide[reshape].activations == "int16"
    assert wide[0].activations == wide[len(kinds) - 1].activations == "int8"
    eight = with_widths(subject, {2: (4, 8)})
    assert eight[pool].activations == "int8"
    assert (eight[2].weight_bits, eight[2].per_channel) == (4, True)
    dense = with_widths(subject, {len(kinds) - 1: (4, 8)})[-1]
    assert (dense.weight_bits, dense.per_channel) == (4, False)


def test_four_bit_layers_of_the_recipe_may_become_wider() -> None:
    original, _ = prepared(network())
    subject = original.subject(Recipe(scheme="w4a8"))
    last = len(subject.graph.ops) - 1
    found = with_widths(subject, {last: (8, 16)})[last]
    assert (found.weight_bits, found.activations, found.per_channel) == (8, "int16", True)


def test_float_layers_stay_float_and_a_model_of_nothing_else_is_refused() -> None:
    original, yard = prepared(network())
    rules = [{"select": {"layer": "second"}, "scheme": "float"}]
    subject = original.subject(Recipe.model_validate({"layers": rules}))
    mixed = mixed_precision(subject, yard, yard.samples, Budget())
    assert all(1 not in p.widths and p.schemes[1].activations == "float32" for p in mixed.points)
    with pytest.raises(BadInputError, match="other bit widths"):
        mixed_precision(original.subject(Recipe(scheme="float")), yard, yard.samples, Budget())


def test_resources_are_bytes_of_constants_planned_activations_and_weighted_macs() -> None:
    original, _ = prepared(network())
    subject = original.subject(Recipe())
    quantized = subject.quantized()
    found = resources(quantized)
    weights = sum(subject.graph.tensors[op.inputs[1]].elements for op in subject.graph.ops if len(op.inputs) == 3)
    biases = sum(subject.graph.tensors[op.inputs[2]].elements for op in subject.graph.ops if len(op.inputs) == 3)
    shape = next(quantized.tensors[op.inputs[1]].nbytes for op in quantized.ops if op.kind == "RESHAPE")
    assert found.flash == weights + 4 * biases + shape
    assert found.ram == 2 * 8 * 8 * 12  # a layer's input and output
    assert found.cost == sum(macs(subject.graph, op) for op in subject.graph.ops)


def point(error: float, flash: int, ram: int, cost: int = 100, loss: float | None = None) -> Point:
    return Point({}, (), Resources(flash, ram, cost), Measured(error, None), loss)


POINTS = (
    point(0.001, 110, 200, 200, -0.01),
    point(0.01, 100, 100, loss=0.0),
    point(0.03, 70, 100, loss=0.004),
    point(0.2, 50, 100, loss=0.03),
)


@pytest.mark.parametrize(
    ("budget", "chosen"),
    [
        (Budget(), 0),
        (Budget(flash=105), 1),
        (Budget(flash=80), 2),
        (Budget(flash=1000), 1),  # RAM and cost are not limited, but no more than those of 8 bits
        (Budget(flash=1000, ram=1000, cost=1000), 0),
        (Budget(flash=10), None),
        (Budget(error=0.05), 2),
        (Budget(error=0.005), 0),
        (Budget(error=0.0001), None),
        (Budget(loss=0.01), 2),
        (Budget(loss=-0.005), 0),
        (Budget(error=0.3, ram=90), None),
        (Budget(error=0.005, ram=150), None),
    ],
)
def test_the_choice_meets_the_budget_best(budget: Budget, chosen: int | None) -> None:
    assert choose(POINTS, 1, budget) == chosen


def test_a_limit_on_a_loss_that_is_unknown_is_not_met() -> None:
    assert choose([replace(p, loss=None) for p in POINTS], 1, Budget(loss=0.5)) is None
