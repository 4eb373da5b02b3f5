"""Data of unknown origin: parsed apart, within limits; and folders of sounds."""

from __future__ import annotations

import io
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tinyq.data import load_data
from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, Tensor


def waveform_model(*shape: int) -> Graph:
    tensor = Tensor("audio", (1, *shape), DType.FLOAT32)
    return Graph((tensor,), (), (0,), (0,))


def write_wav(file: Path, samples: np.ndarray, rate: int = 16000, width: int = 2) -> None:
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())


def test_an_archive_arrives_as_it_was_saved(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(0, 1, (7, 5)).astype(np.float32)
    np.savez_compressed(tmp_path / "d.npz", x=x, y=np.arange(7))
    data = load_data(str(tmp_path / "d.npz"))
    assert np.array_equal(data.inputs[0], x)
    assert np.array_equal(data.labels, np.arange(7))


def test_an_archive_that_claims_a_petabyte_is_refused(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 48,)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue() + b"\0" * 64)
    with pytest.raises(BadInputError):
        load_data(str(tmp_path / "bomb.npz"))


def test_sounds_become_values_between_minus_one_and_one(tmp_path: Path) -> None:
    for label, level in (("no", -16384), ("yes", 8192)):
        (tmp_path / label).mkdir()
        write_wav(tmp_path / label / "a.wav", np.full(100, level, np.int16))
    write_wav(tmp_path / "yes" / "long.wav", np.stack([np.full(300, 1000), np.full(300, 3000)], 1).astype(np.int16))
    write_wav(tmp_path / "yes" / "bytes.wav", np.full(5, 192, np.uint8), width=1)
    data = load_data(str(tmp_path), waveform_model(200, 1))
    assert data.inputs[0].shape == (4, 200, 1)
    assert data.labels is not None
    assert data.labels.tolist() == [0, 1, 1, 1]
    no, yes, eight_bits, long = data.inputs[0][:, :, 0]
    assert (no[:100] == -0.5).all()
    assert (yes[:100] == 0.25).all()
    assert not yes[100:].any()
    assert (eight_bits[:5] == 0.5).all()
    assert (long == np.float32(2000 / 32768)).all()


def test_sounds_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(10, np.int16))
    write_wav(tmp_path / "b.wav", np.zeros(10, np.int16), rate=8000)
    with pytest.raises(BadInputError, match="8000 Hz"):
        load_data(str(tmp_path), waveform_model(10))
    (tmp_path / "b.wav").write_bytes(b"RIFF nonsense")
    with pytest.raises(BadInputError, match=r"b\.wav"):
        load_data(str(tmp_path), waveform_model(10))


def test_a_model_of_features_takes_no_waveform(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(10, np.int16))
    with pytest.raises(BadInputError, match="waveform"):
        load_data(str(tmp_path), waveform_model(49, 10, 1))
