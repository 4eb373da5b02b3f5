"""Models that quantization hurts in a known way are diagnosed as that, and what mends them is found by trying."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.analysis_models import network, prepared, unbalanced
from tinyq.analysis.channels import channels
from tinyq.analysis.commands import chosen_by_quantize, explicit, quantize_command
from tinyq.analysis.diagnosis import Cause, Evidence, causes, worst_of
from tinyq.analysis.flowchart import flowchart, lossy
from tinyq.analysis.layers import cumulative, isolated
from tinyq.analysis.measure import Measured, Yardstick, relative_error
from tinyq.analysis.mends import Mend, advice, try_mends
from tinyq.analysis.original import Original
from tinyq.analysis.recipe_text import named_scheme, recipe_text, selectors
from tinyq.analysis.words import summary
from tinyq.quantization.recipe import SCHEMES, Recipe, read_recipe, resolve


def diagnose(
    original: Original, yard: Yardstick, recipe: Recipe
) -> tuple[Evidence, tuple[Cause, ...], tuple[Mend, ...], Mend | None]:
    subject = original.subject(recipe)
    quantized = subject.quantized()
    chart = flowchart(subject.graph, quantized, yard)
    alone = isolated(subject.graph, quantized, yard.samples)
    evidence = Evidence(
        subject,
        quantized,
        chart,
        channels(subject.graph, subject.statistics),
        cumulative(subject.graph, quantized, yard.samples),
        {i: relative_error(v.outputs, yard.reference) for i, v in alone.items() if v is not None},
    )
    found = causes(evidence)
    mends = try_mends(original, recipe, evidence, found, yard)
    return evidence, found, mends, advice(mends, chart.step("quantized").measured)


def test_a_sound_model_has_no_causes_and_needs_no_mend() -> None:
    original, yard = prepared(network())
    evidence, found, mends, advised = diagnose(original, yard, Recipe())
    assert [s.name for s in evidence.chart.steps] == ["float", "quantized", "weights", "activations"]
    assert not any(s.fails for s in evidence.chart.steps)
    assert (found, mends, advised) == ((), (), None)
    assert "next to nothing" in summary(evidence.chart, found, advised, yard)


@pytest.mark.parametrize("scheme", ["w8a8", "w8a8-per-tensor"])
def test_unbalanced_channels_are_named_and_equalization_is_advised(scheme: str) -> None:
    original, yard = prepared(unbalanced())
    recipe = Recipe(scheme=scheme, calibrator="minmax")
    evidence, found, mends, advised = diagnose(original, yard, recipe)
    assert evidence.chart.fails("quantized")
    assert evidence.chart.fails("weights") or scheme == "w8a8"
    assert found[0].kind == "channels-out-of-balance"
    assert mends[0].recipe == recipe.model_copy(update={"transforms": ("equalize",)})
    assert mends[0].measured.error < evidence.chart.step("quantized").measured.error / 5
    assert advised is not None
    assert advised.enough
    assert advised.recipe.transforms == ("equalize",)
    assert advised == mends[0] or scheme == "w8a8-per-tensor"
    says = summary(evidence.chart, found, advised, yard)
    assert "out of balance" in says
    assert "equalization" in says


def test_ranges_that_clip_are_named_and_another_calibrator_is_advised() -> None:
    original, yard = prepared(network(), heavy=True)
    evidence, found, _, advised = diagnose(original, yard, Recipe(calibrator="3-sigma"))
    assert evidence.chart.fails("activations")
    assert not evidence.chart.fails("weights")
    assert found[0].kind == "clipping"
    assert advised is not None
    assert advised.recipe.calibrator not in (None, "3-sigma", "auto")
    assert advised.measured.error < evidence.chart.step("quantized").measured.error / 3


def test_a_range_far_wider_than_its_values_is_named_as_stretched() -> None:
    original, yard = prepared(network())
    evidence, found, _, _ = diagnose(original, yard, Recipe(ranges={"second": (0.0, 3000.0)}))
    assert evidence.chart.fails("activations")
    assert found[0].kind == "outliers"
    assert found[0].layers == (1,)
    assert "second" in found[0].says


def test_four_bits_are_too_coarse_and_rounding_is_tried_before_eight() -> None:
    original, yard = prepared(network())
    evidence, found, mends, advised = diagnose(original, yard, Recipe(scheme="w4a8"))
    assert evidence.chart.fails("weights")
    assert not evidence.chart.fails("activations")
    assert found[0].kind == "coarse-weights"
    names = [m.name for m in mends]
    assert names[0] == "adaptive rounding and bias correction"
    assert names[-1] == "8-bit weights"
    assert mends[0].measured.error < evidence.chart.step("quantized").measured.error
    assert mends[-1].recipe == Recipe(scheme="w8a8")
    assert mends[-1].enough
    assert advised in mends


def test_labels_that_the_float_model_does_not_fit_end_the_search_at_once() -> None:
    from dataclasses import replace

    original, yard = prepared(unbalanced())
    wrong = replace(yard, labels=np.roll(yard.labels, 1) * 0 + (yard.labels + 1) % 5)
    evidence, found, mends, advised = diagnose(original, wrong, Recipe())
    assert [c.kind for c in found] == ["float-model"]
    assert (mends, advised) == ((), None)
    assert "not to blame" in summary(evidence.chart, found, advised, wrong)


def test_a_transform_that_is_not_equivalent_is_found_out() -> None:
    from dataclasses import replace

    original, yard = prepared(network())
    graph = original.graph
    w = graph.tensors[graph.ops[2].inputs[1]]
    broken = graph.replace_tensors({graph.ops[2].inputs[1]: replace(w, data=w.data * np.float32(0.3))})
    subject = replace(original.subject(Recipe()), graph=broken)
    chart = flowchart(broken, subject.quantized(), yard)
    assert chart.fails("transforms")
    evidence = Evidence(subject, subject.quantized(), chart, {}, {}, {})
    assert [c.kind for c in causes(evidence)] == ["transforms"]


def test_without_labels_the_output_error_decides() -> None:
    from dataclasses import replace

    original, yard = prepared(unbalanced())
    bare = replace(yard, labels=None, metric=None)
    evidence, found, _, advised = diagnose(original, bare, Recipe(calibrator="minmax"))
    assert evidence.chart.step("quantized").loss is None
    assert found[0].kind == "channels-out-of-balance"
    assert "relative output error" in summary(evidence.chart, found, advised, bare)
    assert lossy(Measured(0.02, None), bare)
    assert not lossy(Measured(0.005, None), bare)


def test_the_worst_are_the_fewest_that_make_up_half() -> None:
    assert worst_of({0: 1.0, 1: 5.0, 2: 3.0, 3: 1.0}) == (1,)
    assert worst_of({0: 2.0, 1: 3.0, 2: 2.5}) == (1, 2)
    assert worst_of({0: 0.0}) == ()
    assert worst_of({}) == ()


def test_advice_is_the_first_that_is_enough_or_the_best_that_is_clearly_better() -> None:
    def mend(error: float, enough: bool) -> Mend:
        return Mend("m", Recipe(), Measured(error, None), enough)

    now = Measured(0.5, None)
    enough = [mend(0.3, False), mend(0.009, True), mend(0.001, True)]
    assert advice(enough, now) is enough[1]
    poor = [mend(0.3, False), mend(0.1, False)]
    assert advice(poor, now) is poor[1]
    assert advice([mend(0.45, False)], now) is None
    assert advice([], now) is None


def test_commands_have_flags_where_they_suffice_and_a_file_where_not() -> None:
    graph = network()
    words = ["my model.keras", "--data", "d.npz"]
    flags = Recipe(scheme="w4a8", calibrator="kl", transforms=("equalize",), refine=())
    assert quantize_command(flags, words, "q.tflite") == (
        "tinyq quantize 'my model.keras' --data d.npz --scheme w4a8 --calibrator kl --transform equalize --refine none "
        "-o q.tflite"
    )
    assert quantize_command(Recipe(), words, "q.tflite") == "tinyq quantize 'my model.keras' --data d.npz -o q.tflite"
    ranged = Recipe(ranges={"first": (0.0, 1.0)})
    assert "--recipe recipe.yaml" in quantize_command(ranged, words, "q.tflite")
    assert "--recipe mend.yaml" in quantize_command(flags, words, "q.tflite", "mend.yaml")
    assert explicit(Recipe(), graph) == Recipe()
    assert chosen_by_quantize(Recipe(scheme="w4a8"), graph)[1] == ("adaround", "bias-correction")
    assert explicit(Recipe(scheme="w4a8"), graph).refine == ()
    assert explicit(Recipe(), unbalanced()).transforms == ()
    assert explicit(flags, graph).transforms == ("equalize",)


def test_recipes_read_back_as_they_were_written(tmp_path) -> None:
    given = [
        Recipe(),
        Recipe(scheme="w4a8", transforms=(), refine=("adaround",), calibrator="kl", io="float32"),
        Recipe.model_validate(
            {
                "scheme": {"weight_bits": 4, "per_channel": False},
                "layers": [{"select": {"layer": "a: b"}, "scheme": {"activations": "int16"}}],
                "ranges": {"x;y": [-1.0, 2.5]},
            }
        ),
    ]
    for recipe in given:
        file = tmp_path / "recipe.yaml"
        file.write_text(recipe_text(recipe, ["a comment\nof two lines: {}"]))
        assert read_recipe(file) == recipe


def test_selectors_select_one_operator_each() -> None:
    graph = network()
    for index, selector in selectors(graph).items():
        assert [i for i in range(len(graph.ops)) if selector.matches(graph, i)] == [index]
    assert selectors(graph)[0].layer == "first"


def test_schemes_are_named_where_they_have_a_name() -> None:
    from dataclasses import replace

    assert all(named_scheme(s) == name for name, s in SCHEMES.items())
    odd = replace(SCHEMES["w4a8"], scales="power-of-two")
    assert resolve(Recipe(scheme=named_scheme(odd)), network()).schemes[0] == odd
