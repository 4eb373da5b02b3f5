"""What is measured of layers: by themselves, in the whole model, and with weights or activations alone quantized."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.analysis_models import network, prepared, samples, unbalanced
from tinyq.analysis.channels import channels
from tinyq.analysis.difference import BINS, Meter
from tinyq.analysis.layers import cumulative, isolated
from tinyq.analysis.measure import relative_error
from tinyq.analysis.original import Original
from tinyq.analysis.partial import activations_only, one_layer, weights_only
from tinyq.analysis.runs import run_graph, run_graphs
from tinyq.errors import BadInputError
from tinyq.graph import DType, Quantization, Tensor
from tinyq.quantization.affine import INT8, decode, encode
from tinyq.quantization.recipe import Recipe


def tensor(scale: float, zero_point: int, dtype: DType = DType.INT8) -> Tensor:
    return Tensor("t", (1, 4), dtype, Quantization.per_tensor(scale, zero_point))


def test_a_meter_gives_what_the_definitions_say() -> None:
    rng = np.random.default_rng(0)
    held = tensor(0.02, 5)
    meter, reals, values = Meter(held), [], []
    for _ in range(7):
        real = rng.normal(0, 1.5, (1, 50))
        codes = encode(real, held.quantization, INT8, DType.INT8)
        meter.add(real.astype(np.float32), codes)
        reals.append(real.astype(np.float32).astype(np.float64))
        values.append(decode(codes, held.quantization))
    f, q = np.concatenate(reals, axis=1).ravel(), np.concatenate(values, axis=1).ravel()
    found = meter.result()
    assert found.sqnr_db == pytest.approx(10 * np.log10(np.sum(f**2) / np.sum((f - q) ** 2)), rel=1e-5)
    assert found.cosine == pytest.approx(f @ q / np.linalg.norm(f) / np.linalg.norm(q), rel=1e-6)
    assert found.max_error == pytest.approx(np.abs(f - q).max(), rel=1e-5)
    low, high = 0.02 * (-128 - 5 - 0.5), 0.02 * (127 - 5 + 0.5)
    assert found.clipped == pytest.approx(np.mean((f < low) | (f >= high)))
    assert found.clipped > 0
    used = np.unique(np.rint(q / 0.02))
    assert found.unused == pytest.approx(1 - used.size / 256)
    h = found.histogram
    assert (h.low, h.high) == (pytest.approx(low), pytest.approx(high))
    expected, _ = np.histogram(f, BINS, (low, high))
    assert np.abs(h.float_counts - expected).sum() <= 2  # values on a border
    assert h.float_counts.sum() + h.below + h.above == f.size == h.quantized_counts.sum()


def test_a_meter_of_equal_values_finds_no_noise() -> None:
    meter = Meter(tensor(0.5, 0, DType.INT16))
    meter.add(np.array([0.5, -1.0, 2.0]), np.array([1, -2, 4], np.int16))
    found = meter.result()
    assert (found.sqnr_db, found.max_error, found.clipped) == (None, 0.0, 0.0)
    assert found.cosine == pytest.approx(1)
    assert found.unused is None  # three values say nothing of 65,536 codes


def test_a_meter_of_a_float_tensor_knows_no_codes() -> None:
    meter = Meter(Tensor("t", (1, 2), DType.FLOAT32))
    meter.add(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    found = meter.result()
    assert (found.clipped, found.unused, found.histogram) == (None, None, None)
    assert found.max_error == 0.5


def test_weights_alone_are_those_of_the_quantized_model() -> None:
    original, _ = prepared(network())
    subject = original.subject(Recipe(scheme="w4a8"))
    quantized = subject.quantized()
    found = weights_only(subject.graph, quantized)
    assert found.ops == subject.graph.ops
    for op in subject.graph.ops:
        for t in op.inputs[1:3]:
            held = quantized.tensors[t]
            if held.quantization is not None:
                assert found.tensors[t].dtype is DType.FLOAT32
                assert np.allclose(found.tensors[t].data, decode(held.data, held.quantization), rtol=1e-6)


def test_weights_and_activations_together_make_the_quantized_model() -> None:
    original, yard = prepared(network())
    subject = original.subject(Recipe())
    quantized = subject.quantized()
    both = activations_only(weights_only(subject.graph, quantized), quantized)
    assert [op.kind for op in both.ops].count("QUANTIZE") == 1 + len(subject.graph.ops)
    models = [both, quantized, subject.graph]
    emulated, integer, real = (o[0] for o in run_graphs(models, yard.samples))
    step = quantized.tensors[quantized.outputs[0]].quantization.scalar[0]
    assert np.abs(emulated - integer).max() <= 3 * step
    assert np.mean(np.abs(emulated - integer)) < 0.25 * np.mean(np.abs(integer - real))


def test_one_constant_for_two_layers_keeps_the_form_of_each() -> None:
    graph = network()
    first = graph.ops[0]
    again = type(first)(first.kind, (graph.inputs[0], *first.inputs[1:]), (len(graph.tensors),), first.options)
    from dataclasses import replace

    extra = replace(graph.tensors[first.outputs[0]], name="again")
    graph = replace(
        graph, tensors=(*graph.tensors, extra), ops=(*graph.ops, again), outputs=(*graph.outputs, len(graph.tensors))
    )
    original, yard = prepared(graph)
    subject = original.subject(Recipe(ranges={"again": (-1.0, 30.0)}))
    found = run_graph(weights_only(subject.graph, subject.quantized()), yard.samples)
    assert relative_error(found, yard.reference) < 1e-3


def test_a_layer_with_a_ruined_range_stands_out_alone_and_makes_all_after_it_worse() -> None:
    original, yard = prepared(network())
    graph = original.graph
    quantized = original.subject(Recipe(ranges={"second": (0.0, 0.3)})).quantized()
    alone = isolated(graph, quantized, yard.samples)
    errors = {i: relative_error(v.outputs, yard.reference) for i, v in alone.items()}
    assert errors.pop(1) > 20 * max(errors.values())
    assert alone[1].output.clipped > 0.2
    assert alone[2].output.clipped < 0.01  # what it reads is float
    whole = cumulative(graph, quantized, yard.samples)
    noise = [whole[op.outputs[0]].sqnr_db for op in graph.ops]
    assert noise[0] > 25
    assert max(noise[1:]) < 15
    assert alone[2].output.sqnr_db > noise[2] + 10


def test_of_one_layer_weights_outputs_and_inputs_of_the_model_are_quantized() -> None:
    graph = network()
    quantized = Original(graph, samples(graph)).subject(Recipe()).quantized()
    for index, op in enumerate(graph.ops):
        found = one_layer(graph, quantized, index)
        assert set(found.codes) == {*op.outputs, *(graph.inputs if index == 0 else ())}
        changed = [i for i, t in enumerate(graph.tensors) if found.graph.tensors[i].data is not t.data]
        assert set(changed) == ({*op.inputs[1:3]} if len(op.inputs) == 3 else set())
        for tensor, codes in found.codes.items():
            assert found.graph.tensors[codes].quantization == quantized.tensors[tensor].quantization


def test_layers_left_float_are_compared_but_not_quantized_alone() -> None:
    original, yard = prepared(network())
    rule = {"select": {"layer": "second"}, "scheme": "float"}
    subject = original.subject(Recipe.model_validate({"layers": [rule]}))
    quantized = subject.quantized()
    assert 1 not in isolated(subject.graph, quantized, yard.samples)
    whole = cumulative(subject.graph, quantized, yard.samples)
    assert whole[subject.graph.ops[1].outputs[0]].unused is None


def test_graphs_are_taken_one_by_one_and_one_that_cannot_run_is_none() -> None:
    graph = network()
    x = samples(graph, 3)
    seen: list[object] = []

    def graphs():
        yield graph
        assert len(seen) == 1  # the answer is there before the next is asked for
        yield activations_only(graph, graph)  # nothing is quantized: the same model
        from dataclasses import replace

        yield graph.replace_tensors(
            {graph.ops[0].inputs[1]: replace(graph.tensors[0], data=np.zeros((1, 8, 8, 2), "f4"))}
        )

    for outputs in run_graphs(graphs(), x):
        seen.append(outputs)
    assert seen[2] is None
    assert np.array_equal(seen[0][0], seen[1][0])


def test_channels_out_of_balance_are_told_from_balanced_and_dead_ones() -> None:
    from dataclasses import replace

    balanced, _ = prepared(network())
    uneven, _ = prepared(unbalanced())
    even = channels(*balanced.transformed(()))
    odd = channels(*uneven.transformed(()))
    assert even[0].ratio < 10 < odd[0].ratio
    assert even[0].evenness > 0.5
    assert odd[0].evenness < 0.35
    graph = network()
    w = graph.tensors[graph.ops[0].inputs[1]]
    data = w.data.copy()
    data[3], data[4] = 0, 1e-20
    dead, _ = prepared(graph.replace_tensors({graph.ops[0].inputs[1]: replace(w, data=data)}))
    found = channels(*dead.transformed(()))[0]
    assert found.dead == 2
    assert found.ratio < 10


def test_a_range_given_for_a_tensor_holds_for_its_copies_too() -> None:
    original, _ = prepared(network())
    rule = {"select": {"layer": "first"}, "scheme": "float"}
    subject = original.subject(Recipe.model_validate({"ranges": {"first": (0.0, 2.0)}, "layers": [rule]}))
    quantized = subject.quantized()
    scales = [
        t.quantization.scalar[0] for t in quantized.tensors if t.quantization and t.name.startswith("model/first")
    ]
    assert scales == [pytest.approx(2.0 / 255)]


def test_a_transform_that_does_not_exist_is_named() -> None:
    original, _ = prepared(network())
    with pytest.raises(BadInputError, match="no transform 'nonsense'"):
        original.subject(Recipe(transforms=("nonsense",)))
