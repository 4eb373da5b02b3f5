"""Reading data and checking them against a model."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tinyq.data import Dataset, are_codes, load_data, sample_shape, split, to_codes, to_values
from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, Op, Quantization, Signature, Tensor, write_graph
from tinyq.graph.options import NoOptions


def model(
    *shapes: tuple[int, ...], output: tuple[int, ...] = (1, 3), head: str = "SOFTMAX", names: tuple[str, ...] = ()
) -> Graph:
    """A graph with inputs and an output of some shapes."""
    tensors = [Tensor(names[i] if names else f"in{i}", s, DType.FLOAT32) for i, s in enumerate(shapes)]
    tensors.append(Tensor("out", output, DType.FLOAT32))
    op = Op(head, tuple(range(len(shapes))), (len(shapes),), NoOptions())
    return Graph(tuple(tensors), (op,), tuple(range(len(shapes))), (len(shapes),))


def save(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


IMAGE = model((1, 4, 4, 1))
X = np.arange(160, dtype=np.float32).reshape(10, 4, 4, 1)
Y = np.arange(10) % 3


def test_npz_with_labels(tmp_path: Path) -> None:
    spec = save(tmp_path / "d.npz", x=X, y=Y)
    data = load_data(spec, IMAGE)
    np.testing.assert_array_equal(data.inputs[0], X)
    assert data.labels is not None and data.labels.dtype == np.int64
    assert len(data) == 10 and data.source == spec and len(data.sha256) == 64
    part = data.take([3, 1])
    np.testing.assert_array_equal(part.inputs[0], X[[3, 1]])
    np.testing.assert_array_equal(part.labels, [0, 1])


def test_npy_is_mapped_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", X)
    data = load_data(str(tmp_path / "d.npy"), IMAGE)
    assert isinstance(data.inputs[0], np.memmap)
    assert data.labels is None


def test_several_inputs_by_name_by_signature_and_by_number(tmp_path: Path) -> None:
    graph = replace(
        model((1, 2), (1, 5), names=("serving_default_a:0", "t7")),
        signatures=(Signature("s", (("left", 0), ("right", 1)), ()),),
    )
    a, b = np.zeros((3, 2), np.float32), np.ones((3, 5), np.float32)
    for arrays in ({"x0": a, "x1": b}, {"a": a, "t7": b}, {"right": b, "left": a}, {"a": a, "right": b}):
        data = load_data(save(tmp_path / "d.npz", **arrays), graph)
        assert [x.shape for x in data.inputs] == [(3, 2), (3, 5)]
    with pytest.raises(BadInputError, match=r"hold 'x', but the model takes 'left', 'right'"):
        load_data(save(tmp_path / "d.npz", x=a), graph)
    with pytest.raises(BadInputError, match="different numbers of samples: 3 of x0, 2 of x1"):
        load_data(save(tmp_path / "d.npz", x0=a, x1=b[:2]), graph)


@pytest.mark.parametrize("shape", [(10, 4, 4), (10, 1, 4, 4), (10, 4, 4, 1, 1)])
def test_dimensions_of_one_may_be_missing(tmp_path: Path, shape: tuple[int, ...]) -> None:
    data = load_data(save(tmp_path / "d.npz", x=X.reshape(shape)), IMAGE)
    np.testing.assert_array_equal(data.inputs[0], X)


@pytest.mark.parametrize(
    ("graph", "x", "message", "hint"),
    [
        (IMAGE, np.zeros((10, 4, 5, 1)), "shape 4x5x1 but the model's input 'in0' takes 4x4x1", "Nx4x4x1"),
        (IMAGE, np.zeros((4, 4, 1)), "takes 4x4x1", "counts the samples"),
        (model((1, 4, 5, 3)), np.zeros((9, 3, 4, 5)), "takes 4x5x3", r"transpose\(0, 2, 3, 1\)"),
        (IMAGE, np.zeros((10, 16)), "takes 4x4x1", "Nx4x4x1"),
        (IMAGE, np.zeros((0, 4, 4, 1)), "no samples", "at least one"),
        (IMAGE, np.array(["a"]), "instead of numbers", "Store"),
        (IMAGE, np.zeros((3, 4, 4, 1), complex), "complex128 instead of numbers", "Store"),
        (IMAGE, np.float32(1), "takes 4x4x1", ""),
    ],
)
def test_unfit_samples_are_refused(tmp_path: Path, graph: Graph, x: NDArray[Any], message: str, hint: str) -> None:
    with pytest.raises(BadInputError, match=message) as caught:
        load_data(save(tmp_path / "d.npz", x=x), graph)
    assert __import__("re").search(hint, caught.value.hint)


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")])
def test_the_sample_that_is_not_finite_is_named(tmp_path: Path, value: float, word: str) -> None:
    x = X.copy()
    x[7, 2, 2, 0] = value
    np.save(tmp_path / "d.npy", x)
    with pytest.raises(BadInputError, match=f"Sample 7 of x holds .*{word}"):
        load_data(str(tmp_path / "d.npy"), IMAGE)
    with pytest.raises(BadInputError, match="Sample 7 of x holds"):
        load_data(save(tmp_path / "d.npz", x=x.astype(np.float64)))


def test_float64_that_overflows_float32_is_not_finite(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="Sample 0 of x holds an infinite value"):
        load_data(save(tmp_path / "d.npz", x=np.full((2, 4, 4, 1), 1e300)), IMAGE)


def test_types_become_native_float32_or_stay_integers(tmp_path: Path) -> None:
    for given_type, expected in [("f8", "f4"), ("f2", "f4"), ("?", "f4"), (">f4", "f4"), (">i2", "i2"), ("u1", "u1")]:
        data = load_data(save(tmp_path / "d.npz", x=np.ones((2, 4, 4, 1), given_type)), IMAGE)
        assert data.inputs[0].dtype == np.dtype(expected)
        assert data.inputs[0].dtype.isnative


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    marker = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (marker,))

    trap = np.array([Trap()], dtype=object)
    np.save(tmp_path / "d.npy", trap, allow_pickle=True)
    for spec in (save(tmp_path / "d.npz", x=trap), save(tmp_path / "e.npz", x=X, y=trap), str(tmp_path / "d.npy")):
        with pytest.raises(BadInputError, match="holds Python objects"):
            load_data(spec, IMAGE)
    assert not marker.exists()


def test_damaged_and_foreign_files(tmp_path: Path) -> None:
    whole = Path(save(tmp_path / "d.npz", x=X)).read_bytes()
    np.save(tmp_path / "d.npy", X)
    npy = (tmp_path / "d.npy").read_bytes()
    for name, content in {
        "cut.npz": whole[:200], "flipped.npz": whole[:180] + bytes(40) + whole[220:], "cut.npy": npy[:200],
        "head.npy": npy[:6], "text.csv": b"1,2,3", "empty.npz": b"", "tail.npz": whole[-100:],
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInputError):
            load_data(str(tmp_path / name), IMAGE)
    with pytest.raises(BadInputError, match="There are no data at"):
        load_data(str(tmp_path / "none.npz"), IMAGE)
    with pytest.raises(BadInputError, match="holds no samples"):
        load_data(save(tmp_path / "y.npz", y=Y), IMAGE)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (Y[:9], "10 samples but 9 labels"),
        (np.int64(3), "single number"),
        (Y + 1, "Label 2 is 3, outside the model's classes 0..2"),
        (Y - 1, "Label 0 is -1, outside"),
        (Y + 0.5, "Label 0 is 0.5, but the model's 3 outputs call for classes"),
        (np.array(list("abcdefghij")), "type <U1"),
        (np.where(Y == 1, np.nan, Y), "Label 1 is not a finite number"),
    ],
)
def test_unfit_labels_are_refused(tmp_path: Path, labels: Any, message: str) -> None:
    with pytest.raises(BadInputError, match=message) as caught:
        load_data(save(tmp_path / "d.npz", x=X, y=labels), IMAGE)
    if np.array_equal(labels, Y + 1):
        assert "count from 1" in caught.value.hint


def test_classes_come_in_several_forms(tmp_path: Path) -> None:
    for y in (Y, Y.astype(np.float32), Y.astype(np.uint8), Y[:, None], np.eye(3)[Y], np.eye(3, dtype=bool)[Y]):
        labels = load_data(save(tmp_path / "d.npz", x=X, y=y), IMAGE).labels
        assert labels is not None and labels.dtype == np.int64
        np.testing.assert_array_equal(labels, Y)


def labels_of(tmp_path: Path, graph: Graph, y: Any) -> NDArray[Any]:
    labels = load_data(save(tmp_path / "d.npz", x=X, y=y), graph).labels
    assert labels is not None
    return labels


def test_targets_stay_targets(tmp_path: Path) -> None:
    targets = np.linspace(0, 1, 30).reshape(10, 3)
    assert labels_of(tmp_path, IMAGE, targets).dtype == np.float32
    regression = model((1, 4, 4, 1), output=(1, 1), head="FULLY_CONNECTED")
    assert labels_of(tmp_path, regression, targets[:, :1]).shape == (10,)
    sigmoid = model((1, 4, 4, 1), output=(1, 1), head="LOGISTIC")
    assert labels_of(tmp_path, sigmoid, targets[:, 0]).dtype == np.float32
    assert labels_of(tmp_path, sigmoid, (Y > 0).astype(np.float32)).dtype == np.int64
    with pytest.raises(BadInputError, match=r"outside the model's classes 0\.\.1"):
        labels_of(tmp_path, sigmoid, Y)
    anomalies = model((1, 4, 4, 1), output=(1, 4, 4, 1))
    assert labels_of(tmp_path, anomalies, Y > 0).shape == (10,)


def test_images_by_class(tmp_path: Path) -> None:
    for name, value in {"b/2.png": 200, "a/1.png": 0, "b/1.jpg": 255, "a/notes.txt": 1}.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        if file.suffix == ".txt":
            file.write_text("no image")
        else:
            Image.fromarray(np.full((8, 6), value, np.uint8)).convert("RGB").save(file)
    graph = model((1, 4, 4, 1), output=(1, 2))
    data = load_data(str(tmp_path), graph)
    assert data.inputs[0].shape == (3, 4, 4, 1) and data.inputs[0].dtype == np.float32
    np.testing.assert_array_equal(data.labels, [0, 1, 1])
    np.testing.assert_array_equal(data.inputs[0][:, 0, 0, 0], [0, 255, 200])
    scaled = load_data(f"{tmp_path}?scale=-1..1", graph)
    np.testing.assert_allclose(scaled.inputs[0][:, 0, 0, 0], [-1, 1, 200 / 127.5 - 1], rtol=1e-6)
    np.testing.assert_allclose(load_data(str(tmp_path), graph, image_scale="0..1").inputs[0].max(), 1)
    assert load_data(str(tmp_path), model((1, 4, 4, 3), output=(1, 2))).inputs[0].shape == (3, 4, 4, 3)
    assert data.sha256 == scaled.sha256
    (tmp_path / "b/2.png").rename(tmp_path / "b/3.png")
    assert load_data(str(tmp_path), graph).sha256 != data.sha256
    (tmp_path / "a/1.png").write_bytes((tmp_path / "b/3.png").read_bytes()[:50])
    with pytest.raises(BadInputError, match=r"1\.png is no sound image"):
        load_data(str(tmp_path), graph)


def test_a_flat_folder_has_no_labels_and_errors_are_clear(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no images"):
        load_data(str(tmp_path), IMAGE)
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(tmp_path / "z.png")
    data = load_data(str(tmp_path), IMAGE)
    assert data.labels is None and len(data) == 1
    with pytest.raises(BadInputError, match="There is no image scale"):
        load_data(str(tmp_path), IMAGE, image_scale="0..2")
    with pytest.raises(BadInputError, match="takes no images: it is 640"):
        load_data(str(tmp_path), model((1, 640)))
    with pytest.raises(BadInputError, match="only for folders"):
        load_data(save(tmp_path / "d.npz", x=X), IMAGE, image_scale="0..1")
    (tmp_path / "c").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "c" / "z.png")
    with pytest.raises(BadInputError, match="both in subfolders and beside"):
        load_data(str(tmp_path), IMAGE)


def test_functions_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "probe_data.py").write_text(
        textwrap.dedent("""
        import numpy as np
        x = np.ones((4, 4, 4, 1))
        def plain(): return x
        def labelled(): return x, [0, 1, 2, 0]
        def named(): return {"in0": x, "y": np.zeros(4, int)}
        def three(): return 1, 2, 3
        def ragged(): return [[1], [2, 3]]
        def fails(): raise KeyError("gone")
        value = 3
        """)
    )
    before = list(sys.path)
    assert load_data("probe_data:plain", IMAGE).labels is None
    first, second = load_data("probe_data:labelled", IMAGE), load_data("probe_data:labelled", IMAGE)
    np.testing.assert_array_equal(first.labels, [0, 1, 2, 0])
    assert first.sha256 == second.sha256 != load_data("probe_data:plain", IMAGE).sha256
    np.testing.assert_array_equal(load_data("probe_data:named", IMAGE).labels, [0] * 4)
    for name, message in {
        "three": "returned 3 things", "ragged": "no array", "fails": r"failed \(KeyError: 'gone'\)",
        "value": "is not a function", "absent": "could not be imported",
    }.items():  # fmt: skip
        with pytest.raises(BadInputError, match=message):
            load_data(f"probe_data:{name}", IMAGE)
    with pytest.raises(BadInputError, match="could not be imported"):
        load_data("no_such_module:f", IMAGE)
    assert sys.path == before


@given(size=st.integers(1, 1500), seed=st.integers(0, 5))
def test_a_split_is_disjoint_and_whole(size: int, seed: int) -> None:
    parts = split(size, seed=seed)
    assert len(parts.calibration) == max(1, min(200, size // 2))
    assert sorted([*parts.calibration, *parts.evaluation]) == list(range(size))
    again = split(size, seed=seed)
    np.testing.assert_array_equal(parts.evaluation, again.evaluation)


def test_a_split_is_shuffled_and_checked() -> None:
    assert not np.array_equal(split(100).evaluation, np.sort(split(100).evaluation))
    assert not np.array_equal(split(100, seed=1).calibration, split(100, seed=2).calibration)
    assert len(split(10, 10).evaluation) == 0
    for size, count in [(0, None), (5, 6), (5, 0)]:
        with pytest.raises(BadInputError):
            split(size, count)


def quantized(scale: float, zero_point: int, dtype: DType = DType.INT8) -> Tensor:
    return Tensor("q", (1, 8), dtype, Quantization.per_tensor(scale, zero_point))


def test_codes_are_told_from_values() -> None:
    tensor = quantized(0.5, 3)
    codes = np.array([[1, 2]], np.int8)
    assert are_codes(codes, tensor)
    assert to_codes(codes, tensor) is codes
    np.testing.assert_array_equal(to_codes(codes, tensor, integers_are_codes=False), [[5, 7]])
    for other in (np.int16, np.uint8, np.int64, np.float32):
        np.testing.assert_array_equal(to_codes(codes.astype(other), tensor), [[5, 7]])
    np.testing.assert_array_equal(to_values(codes, tensor), [[-1, -0.5]])
    np.testing.assert_array_equal(to_values(codes, tensor, integers_are_codes=False), [[1, 2]])
    np.testing.assert_array_equal(to_values(codes, Tensor("f", (1, 2), DType.FLOAT32)), [[1, 2]])


def test_halves_round_away_from_zero_and_codes_saturate() -> None:
    values = np.array([0.5, 1.5, -0.5, -1.5, 0.49999997, 1e30, -1e30, 126.4, 3e9])
    expected = [1, 2, -1, -2, 0, 127, -128, 126, 127]
    np.testing.assert_array_equal(to_codes(values, quantized(1.0, 0)), expected)
    assert to_codes(values, quantized(1.0, 0, DType.INT16)).max() == 32767


@given(scale=st.floats(2.0**-13, 10, width=32), zero_point=st.integers(-128, 127), seed=st.integers(0, 100))
def test_every_code_survives_the_way_through_values(scale: float, zero_point: int, seed: int) -> None:
    tensor = quantized(scale, zero_point)
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(to_codes(to_values(codes, tensor), tensor), codes)


def test_codes_equal_those_of_tflm_quantize_operator() -> None:
    pytest.importorskip("tflite_micro")
    from tinyq.evaluation import run_tflm

    for scale, zero_point, dtype in [(0.5, -3, DType.INT8), (0.1, 7, DType.INT8), (0.003, 0, DType.INT16)]:
        tensor = quantized(scale, zero_point, dtype)
        source = Tensor("x", (1, 8), DType.FLOAT32)
        graph = Graph((source, tensor), (Op("QUANTIZE", (0,), (1,), NoOptions()),), (0,), (1,))
        halves = (np.arange(-256, 256) + 0.5).astype(np.float32) * np.float32(scale)
        random = np.random.default_rng(0).normal(0, 60 * scale, 512).astype(np.float32)
        values = np.concatenate([halves, np.nextafter(halves, np.float32(0)), random]).reshape(-1, 8)
        np.testing.assert_array_equal(to_codes(values, tensor), run_tflm(write_graph(graph), [values])[0])


def test_sample_shape_drops_a_batch_of_one_only() -> None:
    assert [sample_shape(Tensor("t", s, DType.FLOAT32)) for s in [(1, 3), (4, 3), (1,), ()]] == [(3,), (4, 3), (), ()]


def test_a_dataset_is_frozen() -> None:
    data = Dataset((X,), None, "x", "")
    with pytest.raises(AttributeError):
        data.source = "y"  # type: ignore[misc]
