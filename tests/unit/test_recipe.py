"""Recipes: reading, refusing, and what each layer gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graphs.floats import classifier
from tinyq.errors import BadInputError
from tinyq.graph import DType, layer_name
from tinyq.quantization.affine import Range
from tinyq.quantization.ptq import plan
from tinyq.quantization.recipe import SCHEMES, Recipe, read_recipe, resolve

GRAPH = classifier()
LAYERS = [layer_name(GRAPH, op) for op in GRAPH.ops]


def recipe(tmp_path: Path, text: str, name: str = "recipe.yaml") -> Recipe:
    path = tmp_path / name
    path.write_text(text)
    return read_recipe(path)


def test_an_empty_recipe_is_w8a8(tmp_path: Path) -> None:
    got = resolve(recipe(tmp_path, ""), GRAPH)
    assert set(got.schemes) == {SCHEMES["w8a8"]}
    assert got.io is DType.INT8


def test_later_rules_win_and_add_to_earlier_ones(tmp_path: Path) -> None:
    text = f"""
    scheme: w8a8
    layers:
      - select: {{op: conv_2d}}
        scheme: {{weight_bits: 4}}
      - select: {{layer: "{LAYERS[0]}"}}
        scheme: {{weight_range: mse}}
      - select: {{index: 1}}
        scheme: 16x8
    """
    got = resolve(recipe(tmp_path, text), GRAPH).schemes
    assert (got[0].weight_bits, got[0].weight_range) == (4, "mse")
    assert got[1].activations == "int16"
    assert got[2] == SCHEMES["w8a8"]


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    yaml = recipe(tmp_path, "scheme: w4a8\nranges: {image: [-1, 2]}\n")
    json = recipe(tmp_path, '{"scheme": "w4a8", "ranges": {"image": [-1, 2]}}', "recipe.json")
    assert yaml == json
    assert resolve(yaml, GRAPH).ranges == {GRAPH.inputs[0]: Range(-1, 2)}


def test_dense_layers_get_four_bits_per_tensor_unless_asked_otherwise(tmp_path: Path) -> None:
    dense = next(i for i, op in enumerate(GRAPH.ops) if op.kind == "FULLY_CONNECTED")
    assert not resolve(Recipe(scheme="w4a8"), GRAPH).schemes[dense].per_channel
    text = "scheme: w4a8\nlayers: [{select: {op: FULLY_CONNECTED}, scheme: {per_channel: true}}]"
    with pytest.raises(BadInputError, match="one scale per tensor"):
        plan(GRAPH, resolve(recipe(tmp_path, text), GRAPH).schemes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("layers: [{select: {layer: frist}, scheme: w4a8}]", "first"),
        ("layers: [{select: {op: CONV_3D}, scheme: w4a8}]", "CONV_2D"),
        ("layers: [{select: {index: 99}, scheme: w4a8}]", "0 to"),
        ("layers: [{select: {tensor: nothing}, scheme: w4a8}]", "nothing"),
        ("ranges: {imagee: [0, 1]}", "image"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInputError) as error:
        resolve(recipe(tmp_path, text), GRAPH)
    assert says in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "scheme: w3a3",
        "colour: red",
        "layers: [{select: {layer: a, op: b}, scheme: w8a8}]",
        "layers: [{select: {}, scheme: w8a8}]",
        "ranges: {image: [2, 1]}",
        "- just\n- a list",
        "a: [unclosed",
        "!!python/object/apply:os.system [echo hello]",
    ],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInputError) as error:
        recipe(tmp_path, text)
    assert error.value.hint


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_recipe(tmp_path / "none.yaml")


def test_all_int16_layers_have_int16_ends_unless_asked_otherwise() -> None:
    assert resolve(Recipe(scheme="16x8"), GRAPH).io is DType.INT16
    assert resolve(Recipe(scheme="16x8", io="int8"), GRAPH).io is DType.INT8
