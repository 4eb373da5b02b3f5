"""``tinyq compare`` tells which layer is wrong, with both runtimes, and how far each is from the float model."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.emulated.conftest import tflm_root
from tests.graphs import Types
from tests.graphs.dead_channels import network_with_dead_channels
from tests.graphs.floats import classifier
from tests.graphs.int8 import small_network
from tinyq.api.comparison import CompareSettings, compare
from tinyq.api.conversion import ConvertSettings, convert
from tinyq.errors import BadInputError, ShortfallError
from tinyq.firmware.layer_map import FILE, read_layer_map
from tinyq.graph import write_graph
from tinyq.reporting.compare_models import CompareReport

M4 = "mps2-an386"


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small network, which came quantized."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "model.tflite").write_bytes(write_graph(small_network()))
    convert(ConvertSettings(model=folder / "model.tflite", data=None, board=M4, out=folder / "out"))
    return folder / "out"


def with_wrong_kernel(out: Path, copy: Path, layer: int) -> Path:
    """A copy of the folder in which what computes one layer leaves its last value one off."""
    shutil.copytree(out, copy, ignore=shutil.ignore_patterns("build*"))
    source = copy / "firmware" / "model" / "model.c"
    text = source.read_text()
    entry = read_layer_map(out / "firmware")[layer]
    last = f"((int8_t *)at(LAYER_{layer}_OUTPUT))[{entry.output_bytes - 1}]"
    text, replaced = re.subn(
        rf"(void run_layer_{layer}\w*\(void\)\n{{\n.*?)\n}}", rf"\1\n    {last} ^= 1;\n}}", text, flags=re.S
    )
    assert replaced == 1
    source.write_text(text)
    return copy


def test_layers_that_are_right_are_found_right(int8: Path) -> None:
    report = compare(CompareSettings(int8, samples=2))
    assert report.first_differing is None
    report.require()
    layers = read_layer_map(int8 / "firmware")
    assert [each.index for each in report.layers] == list(range(len(layers)))
    for each, layer in zip(report.layers, layers, strict=True):
        assert each.elements == 2 * layer.output_bytes
        assert each.kernel == layer.kernel
        assert (each.differing, each.max_difference, each.first, each.arises) == (0, 0, None, False)
        assert each.float_ is None
        assert each.instructions > 0
    assert "no float model" in report.notes[0]
    assert CompareReport.model_validate_json((int8 / "compare.json").read_text()) == report


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_wrong_kernel_is_found_at_its_layer(int8: Path, tmp_path: Path, layer: int) -> None:
    report = compare(CompareSettings(with_wrong_kernel(int8, tmp_path / "out", layer), samples=3))
    assert report.first_differing == layer
    found = report.layers[layer]
    assert found.arises
    assert (found.differing, found.max_difference) == (3, 1)
    assert found.first is not None
    assert found.first.sample == 0
    assert found.first.index == tuple(size - 1 for size in found.output_shape[1:])
    assert abs(found.first.target - found.first.host) == 1
    # what follows may differ too, but the fault is not there
    assert [each.index for each in report.layers if each.arises] == [layer]
    with pytest.raises(ShortfallError, match=rf"Layer {layer} \(.*\) is the first to differ .*: 3 of .* by 1 at most"):
        report.require()


def test_the_interpreter_gives_the_same_layers(int8: Path) -> None:
    report = compare(CompareSettings(int8, samples=1, runtime="tflm", tflm_root=tflm_root("cortex-m4")))
    assert report.runtime == "tflm"
    assert report.first_differing is None
    assert all("TFLM" in each.kernel for each in report.layers)


def test_the_float_model_is_compared_layer_by_layer(tmp_path: Path) -> None:
    model, data, out = tmp_path / "model.tflite", tmp_path / "data.npz", tmp_path / "out"
    model.write_bytes(write_graph(classifier()))
    shape = classifier().tensors[classifier().inputs[0]].shape
    np.savez(data, x=np.random.default_rng(0).normal(size=(40, *shape[1:])).astype(np.float32))
    convert(ConvertSettings(model=model, data=str(data), board=M4, out=out, transforms=(), refinements=()))
    report = compare(CompareSettings(out, samples=4))
    assert report.first_differing is None
    assert report.samples_from.startswith("unseen")
    measured = [each.float_ for each in report.layers if each.float_ is not None]
    assert len(measured) == len(report.layers)
    for real in measured:
        assert real.sqnr_db is not None
        assert real.sqnr_db > 12
        assert real.cosine > 0.97
    assert report.notes == ()
    # given by hand, another float model: other weights, far away
    other = tmp_path / "other.tflite"
    other.write_bytes(write_graph(classifier(seed=5)))
    far = compare(CompareSettings(out, samples=4, float_model=other))
    last = far.layers[0].float_
    assert last is not None
    assert last.sqnr_db is None or last.sqnr_db < 6
    with pytest.raises(BadInputError, match="no float model"):
        compare(CompareSettings(out, float_model=out / "model.tflite"))


def test_layers_without_their_constant_channels_are_compared_in_the_others(tmp_path: Path) -> None:
    """What folding left out of the firmware is known; what it computes is held against those channels of the model."""
    graph = network_with_dead_channels(np.random.default_rng(2), Types())
    (tmp_path / "model.tflite").write_bytes(write_graph(graph))
    convert(ConvertSettings(model=tmp_path / "model.tflite", data=None, board=M4, out=tmp_path / "out"))
    report = compare(CompareSettings(tmp_path / "out", samples=4))
    assert report.first_differing is None
    layers = read_layer_map(tmp_path / "out" / "firmware")
    left_out = [each.channels_left_out for each in report.layers]
    assert sum(left_out) > 0
    for each, layer, count in zip(report.layers, layers, left_out, strict=True):
        size = graph.tensors[layer.tensor].dtype.numpy.itemsize
        whole = int(np.prod(each.output_shape))
        assert layer.output_bytes == whole * size * (each.output_shape[-1] - count) // each.output_shape[-1]
        assert each.elements == 4 * layer.output_bytes // size


def test_damaged_folders_are_refused(int8: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(int8, out, ignore=shutil.ignore_patterns("build*"))
    (out / "firmware" / FILE).write_text(json.dumps({"layers": [{"index": 0}]}))
    with pytest.raises(BadInputError, match=r"layers\.json is damaged"):
        compare(CompareSettings(out))
    (out / "firmware" / FILE).unlink()
    with pytest.raises(BadInputError, match=r"layers\.json cannot be read"):
        compare(CompareSettings(out))
    (out / "model.tflite").write_bytes(write_graph(small_network(seed=9)))
    with pytest.raises(BadInputError, match="is not the file that was converted"):
        compare(CompareSettings(out))
