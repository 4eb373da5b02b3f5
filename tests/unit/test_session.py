"""Calibration, fault reports and conversations, without an emulator."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyq.emulation.counter import calibrate
from tinyq.emulation.fault import parse_fault
from tinyq.emulation.protocol import Decoder, Frame, Message, encode
from tinyq.emulation.session import Session
from tinyq.errors import FailedError

UNKNOWN = (1 << 32) - 1
LOOPS = (1, 1048579, 3145731)
OVERHEAD = 7


def ticks(instructions: int, slope: Fraction, phase: Fraction) -> int:
    """Of a timer that counts whole ticks, from a start anywhere between two."""
    return int((instructions + OVERHEAD) * slope + phase)


slopes = st.sampled_from([Fraction(16, 5), Fraction(64, 25), Fraction(512, 125), Fraction(256, 125), Fraction(2)])
phases = st.fractions(0, Fraction(99, 100), max_denominator=1000)


@given(slopes, st.tuples(phases, phases, phases, phases), st.integers(1, 400_000_000))
def test_counts_are_exact_with_two_ticks_for_an_instruction(
    slope: Fraction, phase: tuple[Fraction, ...], count: int
) -> None:
    found = calibrate(tuple((n, ticks(n, slope, p)) for n, p in zip(LOOPS, phase, strict=False)))
    assert found is not None
    assert found.exact
    assert found.ticks_per_instruction == slope
    assert found.instructions(ticks(count, slope, phase[3])) == count


def test_slow_timer_is_within_one_instruction() -> None:
    found = calibrate(tuple((n, ticks(n, Fraction(8, 5), Fraction(1, 2))) for n in LOOPS))
    assert found is not None
    assert not found.exact
    assert all(abs(found.instructions(ticks(n, Fraction(8, 5), Fraction(0))) - n) <= 1 for n in (5, 1000, 7_696_891))


@pytest.mark.parametrize(
    "loops",
    [
        ((1, 0), (1048579, 0), (3145731, 0)),  # no counter
        ((1, 10), (1048579, 5_000_000), (3145731, 5_100_000)),  # wall-clock time of a machine that was busy elsewhere
        ((1, 10), (1048579, 100), (3145731, 90)),
        ((1, 10), (1048579, 2_000_000), (3145731, (1 << 64) - 1)),
    ],
)
def test_what_does_not_follow_the_instructions_is_no_counter(loops: tuple[tuple[int, int], ...]) -> None:
    assert calibrate(loops) is None


def test_overflow_counts_as_not_counted() -> None:
    found = calibrate(tuple((n, ticks(n, Fraction(16, 5), Fraction(0))) for n in LOOPS))
    assert found is not None
    assert found.instructions((1 << 64) - 1) == 0


def fault_payload(status: tuple[int, ...], frame: int = 0x20001000, count: int = 8) -> bytes:
    registers = (1, 2, 3, 4, 5, 0x101, 0x200, 0x01000000)
    return struct.pack("<5I8I", 3, 0xFFFFFFF9, frame, 0x20000000, count, *registers) + struct.pack(
        f"<{len(status)}I", *status
    )


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (
            fault_payload((0x8200, 1 << 30, 0, 0xCAFE0000)),
            "data access at an address where nothing is (address 0xcafe0000)",
        ),
        (fault_payload((1 << 25, 1 << 30, 0, 0)), "division by zero"),
        (fault_payload((1 << 24, 1 << 30, 0, 0)), "unaligned access"),
        (fault_payload((0x82, 1 << 30, 0x10, 0)), "memory protection forbids (address 0x00000010)"),
        (fault_payload(()), "keeps no cause"),
        (fault_payload((0, 2, 0, 0)), "vector table cannot be read"),
        (fault_payload((0, 0, 0, 0), count=0), "HardFault: stack overflow"),
        (fault_payload((0, 0, 0, 0), frame=0x20000080), "HardFault: stack overflow"),
        (fault_payload((1 << 20, 0, 0, 0)), "HardFault: stack overflow"),
    ],
)
def test_fault_in_words(payload: bytes, text: str) -> None:
    fault = parse_fault(payload)
    assert fault is not None
    names = {0x200: "act", 0x100: "main"}
    said = fault.describe(names.get)
    assert text in said
    if "overflow" not in text:
        assert said.endswith("at pc 0x00000200 (act), called from 0x00000100 (main)")


def test_malformed_fault_is_none() -> None:
    assert parse_fault(b"123") is None


class Scripted:
    """A transport whose other side is a function from request to replies; ``lost`` requests get no answer."""

    def __init__(self, lost: int = 0, status: int = 0) -> None:
        self._decoder = Decoder()
        self._out = b""
        self._lost = lost
        self._status = status
        self.seen: list[Frame] = []

    def write(self, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            self.seen.append(frame)
            if self._lost:
                self._lost -= 1
                continue
            self._out += encode(Frame(frame.type, (frame.sequence - 1) % 65535, b"stale")) + self._reply(frame)

    def _reply(self, frame: Frame) -> bytes:
        if frame.type == Message.HELLO:
            text = b"\x02ab\x03aot\x04none"
            numbers = struct.pack("<BiIIHHHHIHI", 0, self._status, 96, 0, 1024, 0, 0, 1, 4, 1, 4)
            return encode(Frame(frame.type, frame.sequence, text + numbers))
        if frame.type == Message.CALIBRATE:
            payload = struct.pack("<IQIQIQ", 1, 0, 5, 0, 9, 0)
            return encode(Frame(frame.type, frame.sequence, payload))
        if frame.type == Message.STACK:
            return encode(Frame(Message.ERROR, frame.sequence, struct.pack("<BI", 2, 8)))
        return b""

    def read(self, timeout: float) -> bytes:
        data, self._out = self._out, b""
        return data

    def store(self, data: bytes) -> bool:
        return False

    def close(self) -> None:
        pass


def test_lost_requests_are_repeated_and_stale_replies_ignored() -> None:
    transport = Scripted(lost=2)
    session = Session(transport, timeout=2, answer_timeout=0.01)
    hello = session.hello()
    assert (hello.model_hash, hello.runtime, hello.counter) == ("ab", "aot", "not measured")
    assert (hello.input_bytes, hello.output_bytes, hello.arena_bytes) == ((4,), (4,), 96)
    assert session.retries == 2
    assert len({f.sequence for f in transport.seen[:3]}) == 1


def test_silence_is_an_error_with_the_time_waited() -> None:
    with pytest.raises(FailedError, match="no answer within 0 s while answering HELLO"):
        Session(Scripted(lost=10**6), timeout=0.05, answer_timeout=0.01).hello()


def test_refused_request_is_an_error() -> None:
    with pytest.raises(FailedError, match=r"refused a request \(UNKNOWN\)"):
        Session(Scripted(), timeout=2, answer_timeout=0.01).stack_bytes()


def test_model_that_cannot_be_set_up_is_an_error() -> None:
    with pytest.raises(FailedError, match=r"could not be set up on the target \(error -3\)"):
        Session(Scripted(status=-3), timeout=2, answer_timeout=0.01).hello()


class Counting(Scripted):
    """A model that keeps a sum of what it is given, on a target that is reset, once, after some inferences."""

    def __init__(self, reset_after: int) -> None:
        super().__init__()
        self._reset_after = reset_after
        self._sum = self._input = 0
        self._inferences = UNKNOWN

    def _reply(self, frame: Frame) -> bytes:
        if frame.type == Message.HELLO:
            numbers = struct.pack("<BiIIHHHHIHI", 0, 0, 96, 0, 1024, 0, 1, 1, 4, 1, 4)
            return encode(Frame(frame.type, frame.sequence, b"\x02ab\x03aot\x04none" + numbers))
        if frame.type == Message.RESET:
            self._sum = self._inferences = 0
        elif frame.type == Message.INPUT:
            self._input = struct.unpack("<I", frame.payload[4:])[0]
        elif frame.type == Message.INFER:
            _, counted = struct.unpack("<II", frame.payload)
            if counted != self._inferences:
                return encode(Frame(Message.ERROR, frame.sequence, struct.pack("<BI", 9, self._inferences)))
            self._inferences += 1
            self._sum += self._input
            output = struct.pack("<I", self._sum)
            self._reset_after -= 1
            if self._reset_after == 0:
                self._sum, self._inferences = 0, UNKNOWN
            return encode(Frame(frame.type, frame.sequence, struct.pack("<QII", 0, 0, zlib.crc32(output)) + output))
        return super()._reply(frame) or encode(Frame(frame.type, frame.sequence))


@pytest.mark.parametrize("reset_after", [-1, 2, 3])
def test_a_sequence_starts_anew_and_is_repeated_if_the_target_forgot_it(reset_after: int) -> None:
    session = Session(Counting(reset_after), timeout=2, answer_timeout=0.01)
    for _ in range(2):
        outputs = session.infer([struct.pack("<4I", 1, 2, 3, 4)]).outputs
        assert struct.unpack("<4I", outputs[0]) == (1, 3, 6, 10)
    assert struct.unpack("<I", session.infer([struct.pack("<I", 7)]).outputs[0]) == (7,)
