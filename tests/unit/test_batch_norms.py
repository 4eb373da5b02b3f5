"""What batch normalizations remember is found again in the converted model, and inputs are made up from it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import BadInputError
from tinyq.evaluation import run_float
from tinyq.frontend import LoadedModel, differentiable, synthesize
from tinyq.frontend.convert import convert
from tinyq.frontend.distill import distill
from tinyq.frontend.extra import ENVIRONMENT
from tinyq.frontend.tflite import Examined
from tinyq.graph import DType, Graph, Op, Tensor, read_graph, write_graph
from tinyq.graph.batch_norm import BatchNorm
from tinyq.graph.options import NoOptions

pytestmark = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="the keras extra is missing")

LAYERS = ("early", "thin", "late", "flat", "last")


@dataclass(frozen=True)
class Built:
    """What the child made: converted models, and what Keras says of the layers of each."""

    models: Mapping[str, Examined]
    inputs: NDArray[np.float32]
    parameters: Mapping[str, Mapping[str, list[NDArray[Any]]]]
    outputs: Mapping[str, Mapping[str, NDArray[Any]]]
    many: Graph
    many_values: Mapping[int, NDArray[Any]]
    distilled: tuple[tuple[float, tuple[NDArray[np.float32], ...]], ...]


def normalized(library: Any) -> tuple[Any, dict[str, Any]]:
    """Normalizations behind a bias, without gamma, without beta, behind an activation, of vectors and at the end."""
    layers = library.layers
    ends: dict[str, Any] = {}
    entry = layers.Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", bias_initializer="random_normal", name="conv2d")(entry)
    ends["early"] = x = layers.ReLU(name="relu")(layers.BatchNormalization(name="early")(x))
    x = layers.DepthwiseConv2D(3, strides=2, use_bias=False, name="conv2d_1")(x)
    ends["thin"] = x = layers.ReLU(6.0, name="relu6")(layers.BatchNormalization(center=False, name="thin")(x))
    x = layers.Conv2D(6, 1, activation="relu", name="point")(x)
    ends["late"] = x = layers.BatchNormalization(epsilon=0.01, name="late")(x)
    x = layers.Dense(5, name="dense")(layers.Flatten(name="flatten")(layers.AveragePooling2D(3, name="pool")(x)))
    ends["flat"] = x = layers.ReLU(name="relu2")(layers.BatchNormalization(scale=False, name="flat")(x))
    ends["last"] = layers.BatchNormalization(name="last")(layers.Dense(3, name="answer")(x))
    return library.Model(entry, ends["last"], name="normalized"), ends


def many() -> Any:
    """Operators of most kinds."""
    import keras

    layers = keras.layers
    entry = keras.Input((8, 8, 4), name="entry")
    x = layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu6")(entry)
    x = layers.LeakyReLU(0.2)(layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(x))
    x = layers.Concatenate()([layers.MaxPooling2D(2)(x), layers.AveragePooling2D(3, strides=2, padding="same")(x)])
    x = layers.ZeroPadding2D(1)(layers.Subtract()([x, keras.ops.tanh(x)]))
    x = layers.Maximum()([keras.ops.sigmoid(x), layers.Multiply()([x, x])])
    x = layers.Minimum()([x, layers.Permute((2, 1, 3))(x)])
    x = layers.Add()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return keras.Model(entry, layers.Softmax()(layers.Dense(7)(layers.Reshape((16,))(x))))


def build(folder: str) -> Built:
    """The child's part: all that needs TensorFlow."""
    import keras
    import tensorflow as tf
    import tf_keras

    random = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    inputs = random.normal(size=(8, 8, 8, 3)).astype(np.float32)
    models: dict[str, Examined] = {}
    parameters: dict[str, dict[str, list[NDArray[Any]]]] = {}
    outputs: dict[str, dict[str, NDArray[Any]]] = {}
    for library, name in ((keras, "new.keras"), (tf_keras, "old.h5")):
        model, ends = normalized(library)
        for layer in LAYERS:
            weights = model.get_layer(layer).get_weights()
            model.get_layer(layer).set_weights([random.uniform(0.5, 1.5, w.shape) for w in weights])
        values = library.Model(model.input, list(ends.values())).predict(inputs, verbose=0)
        parameters[name] = {layer: model.get_layer(layer).get_weights() for layer in LAYERS}
        outputs[name] = dict(zip(LAYERS, values, strict=True))
        model.save(f"{folder}/{name}")
        models[name], _ = convert(f"{folder}/{name}", "keras" if name == "new.keras" else "hdf5", False)
        if library is keras:
            model.export(f"{folder}/saved", verbose=False)
            models["saved"], _ = convert(f"{folder}/saved", "saved_model", False)
            parameters["saved"], outputs["saved"] = parameters[name], outputs[name]
    graph = read_graph(tf.lite.TFLiteConverter.from_keras_model(many()).convert())
    samples = random.normal(size=(3, 8, 8, 4)).astype(np.float32)
    values, _ = differentiable.run(graph, {graph.inputs[0]: tf.constant(samples)})
    found = models["new.keras"]
    twice = [tuple(distill(iter([1, 79]), found.graph, found.batch_norms[:1], [None], 16, 80, 3)) for _ in range(2)]
    assert all(np.array_equal(a[1][0], b[1][0]) for a, b in zip(*twice, strict=True))
    inside = {t: v.numpy() for t, v in values.items()}
    return Built(models, inputs, parameters, outputs, graph, inside, twice[0])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("normalized")
    return isolation.call(build, str(folder), memory_bytes=None, env=ENVIRONMENT)


@pytest.mark.parametrize("name", ["new.keras", "old.h5", "saved"])
def test_every_normalization_is_found_with_its_parameters_and_its_tensor(built: Built, name: str) -> None:
    model = built.models[name]
    assert [n.layer.split("/")[-1].removesuffix("_1") for n in model.batch_norms] == list(LAYERS)
    for norm, layer in zip(model.batch_norms, LAYERS, strict=True):
        held = [norm.mean, norm.variance]
        held = held if layer == "thin" else [norm.beta, *held]
        held = held if layer == "flat" else [norm.gamma, *held]
        for ours, theirs in zip(held, built.parameters[name][layer], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        assert norm.epsilon == pytest.approx(0.01 if layer == "late" else 0.001)
        (values,) = run_float(write_graph(replace(model.graph, outputs=(norm.tensor,))), [built.inputs])
        np.testing.assert_allclose(values, built.outputs[name][layer], atol=2e-5)


def test_the_absent_factors_are_one_and_zero(built: Built) -> None:
    found = dict(zip(LAYERS, built.models["new.keras"].batch_norms, strict=True))
    assert np.all(found["flat"].gamma == 1)
    assert np.all(found["thin"].beta == 0)


def test_moments_of_the_output_are_those_of_a_batch_with_the_remembered_ones(built: Built) -> None:
    norm = built.models["new.keras"].batch_norms[0]
    batch = np.random.default_rng(1).normal(size=(100_000, 4)) * np.sqrt(norm.variance) + norm.mean
    normalized_batch = norm.gamma * (batch - norm.mean) / np.sqrt(norm.variance + norm.epsilon) + norm.beta
    np.testing.assert_allclose(normalized_batch.mean(axis=0), norm.output_mean, atol=0.02)
    np.testing.assert_allclose(normalized_batch.std(axis=0), norm.output_std, rtol=0.02)


def test_a_differentiable_run_equals_litert_in_every_activation(built: Built) -> None:
    graph = built.many
    assert set(built.many_values) == differentiable.reached(graph)
    assert len({op.kind for op in graph.ops} & differentiable.OPERATIONS.keys()) >= 15
    samples = built.many_values[graph.inputs[0]]
    for op in graph.ops:
        out = op.outputs[0]
        if len(built.many_values[out]) == len(samples):  # not where blocks are moved to the batch
            (expected,) = run_float(write_graph(replace(graph, outputs=(out,))), [samples])
            np.testing.assert_allclose(built.many_values[out], expected, atol=1e-5, err_msg=op.kind)


def test_distilled_inputs_fit_better_step_by_step(built: Built) -> None:
    (before, first), (after, last) = built.distilled
    assert last[0].shape == first[0].shape == (16, 8, 8, 3)
    assert after < 0.25 * before


def loaded(built: Built, **changes: Any) -> LoadedModel:
    model = built.models["new.keras"]
    whole = LoadedModel(model.kind, model.tflite, model.graph, "keras", "", (), model.batch_norms)
    return replace(whole, **changes)


def test_made_up_inputs_stay_within_bounds_and_tell_how_far(built: Built) -> None:
    told: list[tuple[int, int]] = []
    made = synthesize(loaded(built), samples=4, bounds=[(0.0, 1.0)], progress=lambda *a: told.append(a))
    assert made.inputs[0].shape == (4, 8, 8, 3)
    assert 0.0 <= made.inputs[0].min() < made.inputs[0].max() <= 1.0
    assert made.mismatch is not None
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert "5 batch normalizations" in made.notes[0]


def test_a_model_that_remembers_nothing_is_refused_unless_guessing_is_asked_for(built: Built) -> None:
    with pytest.raises(BadInputError, match="no batch normalizations"):
        synthesize(loaded(built, batch_norms=()))
    with pytest.raises(BadInputError, match=r"\.tflite does not keep"):
        synthesize(loaded(built, batch_norms=(), origin="tflite"))
    guessed = [synthesize(loaded(built, batch_norms=()), samples=5, seed=s, guess=True) for s in (1, 1, 2)]
    assert guessed[0].inputs[0].shape == (5, 8, 8, 3)
    assert np.array_equal(guessed[0].inputs[0], guessed[1].inputs[0])
    assert not np.array_equal(guessed[0].inputs[0], guessed[2].inputs[0])
    assert guessed[0].mismatch is None
    assert "guesses" in guessed[0].notes[0]


def test_quantized_models_and_other_inputs_are_refused(built: Built) -> None:
    with pytest.raises(BadInputError, match="quantized already"):
        synthesize(loaded(built, kind="quantized"))
    model = loaded(built)
    whole = model.graph.replace_tensors({model.graph.inputs[0]: Tensor("ids", (1, 4), DType.INT32)})
    with pytest.raises(BadInputError, match="'ids' is int32"):
        synthesize(replace(model, graph=whole))


def test_what_stands_behind_an_unknown_operator_is_not_reached() -> None:
    tensors = tuple(Tensor(n, (1, 4), DType.FLOAT32) for n in "abcd")
    ops = tuple(Op(k, (i,), (i + 1,), NoOptions()) for i, k in enumerate(("RELU", "CUMSUM", "RELU")))
    assert differentiable.reached(Graph(tensors, ops, (0,), (3,))) == {0, 1}
    one = np.ones(4)
    hidden = BatchNorm(3, "hidden", one, one, one, one, 1e-3)
    model = LoadedModel("float", b"", Graph(tensors, ops, (0,), (3,)), "keras", "", (), (hidden,))
    with pytest.raises(BadInputError, match="no batch normalizations"):
        synthesize(model)


def test_files_without_normalizations_have_none(tmp_path: Path, built: Built) -> None:
    from tinyq.frontend import load_model

    path = tmp_path / "model.tflite"
    path.write_bytes(built.models["new.keras"].tflite)
    assert load_model(path).batch_norms == ()
