"""Frames: ours, and those of the firmware's C code compiled for the host."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyq import resources
from tinyq.emulation.protocol import (
    MAXIMUM_FRAME,
    Decoder,
    Frame,
    Message,
    cobs_decode,
    cobs_encode,
    decode,
    encode,
)

frames = st.builds(Frame, st.integers(0, 254), st.integers(0, 0xFFFF), st.binary(max_size=1200))
blocks = st.sampled_from([b"\0", b"\1", b"x" * 253, b"x" * 254, b"x" * 255])
zeros = st.lists(blocks, max_size=8).map(b"".join)


@given(st.binary(max_size=2000) | zeros)
def test_cobs_round_trip(data: bytes) -> None:
    encoded = cobs_encode(data)
    assert 0 not in encoded
    assert len(encoded) <= len(data) + len(data) // 254 + 1
    assert cobs_decode(encoded) == data


@given(st.binary(max_size=40) | zeros)
def test_cobs_refuses_what_is_no_encoding(data: bytes) -> None:
    decoded = cobs_decode(data)
    # after a full block the empty last one may be left out
    assert decoded is None or cobs_encode(decoded) in (data, data + b"\1")


@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 50), max_size=5))
def test_frames_survive_any_cutting_of_the_stream(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(map(encode, sent))
    decoder, received = Decoder(), []
    for cut in cuts:
        received += decoder.feed(stream[:cut])
        stream = stream[cut:]
    received += decoder.feed(stream)
    assert received == sent
    assert decoder.damaged == 0


def damage(stream: bytes, random_source: random.Random, places: int) -> bytes:
    """Flip, drop or repeat some bytes."""
    data = bytearray(stream)
    for _ in range(places):
        position = random_source.randrange(len(data))
        match random_source.randrange(3):
            case 0:
                data[position] ^= 1 << random_source.randrange(8)
            case 1:
                del data[position]
            case _:
                data.insert(position, data[position])
    return bytes(data)


@given(st.lists(frames, min_size=1, max_size=4), st.randoms(use_true_random=False), st.integers(1, 3))
@settings(max_examples=300)
def test_damage_never_yields_a_wrong_frame(sent: list[Frame], source: random.Random, places: int) -> None:
    stream = damage(b"".join(map(encode, sent)), source, places)
    received = list(Decoder().feed(stream))
    # whatever arrives was sent, in that order
    rest = iter(sent)
    assert all(any(frame == candidate for candidate in rest) for frame in received)


@given(frames, st.data())
def test_every_single_bit_counts(frame: Frame, data: st.DataObject) -> None:
    encoded = bytearray(encode(frame).strip(b"\0"))
    bit = data.draw(st.integers(0, 8 * len(encoded) - 1))
    encoded[bit // 8] ^= 1 << bit % 8
    assert decode(bytes(encoded)) is None


def test_other_version_is_no_frame() -> None:
    import zlib

    body = struct.pack("<BBH", 2, Message.HELLO, 1)
    assert decode(cobs_encode(body + struct.pack("<I", zlib.crc32(body)))) is None


def test_noise_without_delimiter_does_not_pile_up() -> None:
    decoder = Decoder()
    for _ in range(4):
        assert list(decoder.feed(b"\1" * MAXIMUM_FRAME)) == []
    assert list(decoder.feed(b"\0" + encode(Frame(1, 2)))) == [Frame(1, 2)]
    assert decoder.damaged == 1


@pytest.fixture(scope="session")
def host_codec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no host C compiler")
    source = resources.folder("templates") / "project" / "src"
    program = tmp_path_factory.mktemp("codec") / "codec"
    strict = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-fsanitize=address,undefined"]
    subprocess.run(
        [compiler, *strict, "-I", str(source), str(source / "frame.c"), str(Path(__file__).with_name("host_frame.c")),
         "-o", str(program)],
        check=True,
    )  # fmt: skip
    return program


def through(codec: Path, stream: bytes) -> list[Frame]:
    """What the C code answers to a stream."""
    ran = subprocess.run([codec], input=stream, capture_output=True, check=True, timeout=60)
    decoder = Decoder()
    answers = list(decoder.feed(ran.stdout))
    assert decoder.damaged == 0
    return answers


def some_frames(source: random.Random, count: int) -> list[Frame]:
    def payload() -> bytes:
        size = source.choice([0, 1, 4, 253, 254, 255, 600, 5000])
        alphabet = source.choice([b"\0", b"\0\1", bytes(range(256)), b"\1"])
        return bytes(source.choices(alphabet, k=size))

    return [Frame(source.randrange(255), source.randrange(1 << 16), payload()) for _ in range(count)]


def test_firmware_reads_and_writes_the_same_frames(host_codec: Path) -> None:
    sent = some_frames(random.Random(1), 200)
    assert through(host_codec, b"".join(map(encode, sent))) == sent


def test_firmware_drops_what_is_damaged(host_codec: Path) -> None:
    source = random.Random(2)
    sent = some_frames(source, 300)
    stream = b""
    for frame in sent:
        encoded = encode(frame)
        stream += damage(encoded, source, 2) if source.random() < 0.5 else encoded
    ours = [*Decoder().feed(stream)]
    theirs = [frame for frame in through(host_codec, stream) if frame.type != 255]
    assert theirs == ours
    assert 100 < len(ours) < 250
