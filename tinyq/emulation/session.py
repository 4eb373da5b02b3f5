"""One conversation with a target over a byte stream: requests, retries, and results received whole or not at all."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tinyq.emulation.counter import Calibration, calibrate
from tinyq.emulation.device import NOT_MEASURED, Hello, Inference, LayerResult
from tinyq.emulation.fault import parse_fault
from tinyq.emulation.protocol import UNSOLICITED, Decoder, ErrorCode, Frame, Message, encode
from tinyq.errors import FailedError

_MOST_DOUBLINGS = 6
_WHOLE_ATTEMPTS = 40
_LARGEST_CHUNK, _SMALLEST_CHUNK = 4096, 64
_CHUNKS_BEFORE_GROWTH = 8


class Transport(Protocol):
    """A byte stream to the target, and perhaps a memory that both sides see."""

    def write(self, data: bytes) -> None:
        """Send all bytes. Raises FailedError if the target is gone or takes none."""
        ...

    def read(self, timeout: float) -> bytes:
        """Some bytes, or none after ``timeout`` seconds. Raises FailedError if the target is gone."""
        ...

    def store(self, data: bytes) -> bool:
        """Put bytes at the start of the board's window memory; False if there is none."""
        ...

    def close(self) -> None:
        """Let go of the target; may be called again."""
        ...


class TargetError(Exception):
    """An ERROR message in answer to a request."""

    def __init__(self, code: int, detail: int) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class _Facts:
    """What HELLO tells beyond :class:`Hello`."""

    hello: Hello
    window_bytes: int
    largest_reply: int
    counter_driver: str


class Session:
    """A :class:`~tinyq.emulation.device.Device` over a transport.

    Args:
        transport: The byte stream.
        timeout: Seconds that the target may work on one request.
        answer_timeout: Seconds after which a request that was not acknowledged is sent again.
        counts_instructions: Whether the target's timer advances with instructions, as under QEMU.
        symbol_at: Names the function at an address, for fault reports.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        timeout: float = 60.0,
        answer_timeout: float = 2.0,
        counts_instructions: bool = True,
        symbol_at: Callable[[int], str | None] = lambda _: None,
    ) -> None:
        self._transport = transport
        self._timeout = timeout
        self._answer_timeout = min(answer_timeout, timeout)
        self._counts_instructions = counts_instructions
        self._symbol_at = symbol_at
        self._decoder = Decoder()
        self._pending: list[Frame] = []
        self._sequence = 0
        self._facts: _Facts | None = None
        self._calibration: Calibration | None = None
        self._chunk = _LARGEST_CHUNK
        self._sound_chunks = 0
        self._retries = 0

    @property
    def retries(self) -> int:
        """How often a request had to be sent again."""
        return self._retries

    def hello(self) -> Hello:
        """What runs on the target; asks once, and calibrates its counter."""
        return self._known().hello

    def infer(self, inputs: Sequence[bytes]) -> Inference:
        """Run one inference; or several, of a model that keeps states, from the first to the last."""
        facts = self._known()
        steps = _steps(inputs, facts.hello)
        for _ in range(_WHOLE_ATTEMPTS):
            found = self._from_the_start(steps, facts)
            if found:
                outputs = zip(*(one.outputs for one in found), strict=True)
                return Inference(
                    tuple(b"".join(parts) for parts in outputs),
                    max(one.instructions for one in found),
                    found[-1].stack_bytes,
                )
        raise _unreliable()

    def _from_the_start(self, steps: Sequence[bytes], facts: _Facts) -> list[Inference]:
        """All inferences of a sequence; none if one of them got lost, so that what the model keeps is not known."""
        if facts.hello.states:
            self._asked(Message.RESET)
        found: list[Inference] = []
        for number, data in enumerate(steps):
            one = self._attempt(data, number, facts)
            if one is None:
                return []
            found.append(one)
        return found

    def _attempt(self, data: bytes, number: int, facts: _Facts) -> Inference | None:
        """One inference, or None if it did not come about or its outputs did not come through."""
        self._send_inputs(data, facts)
        request = struct.pack("<I", zlib.crc32(data))
        if facts.hello.states:
            request += struct.pack("<I", number)
        try:
            ticks, stack, crc, first = _inference(self._request(Message.INFER, request, "running an inference"))
            raw = self._rest_of_output(first, sum(facts.hello.output_bytes), facts.largest_reply)
        except TargetError as error:
            # the inputs are not there (any more): a reset, or a frame that got lost
            if error.code not in (ErrorCode.INPUT, ErrorCode.RANGE, ErrorCode.STATE):
                raise self._refusal(error) from error
            return None
        if zlib.crc32(raw) != crc:
            return None
        return Inference(_split(raw, facts.hello.output_bytes), self._instructions(ticks), stack)

    def layers(self, inputs: Sequence[bytes]) -> list[LayerResult]:
        """Run one inference layer by layer."""
        facts = self._known()
        if not facts.hello.observes:
            raise FailedError(
                "The firmware cannot tell of single layers.", "Build it with -DTINYQ_OBSERVE=ON (observe=True)."
            )
        data = _steps(inputs, facts.hello)[0]
        if not facts.hello.layers:
            return []
        for _ in range(_WHOLE_ATTEMPTS):
            if facts.hello.states:
                self._asked(Message.RESET)
            self._send_inputs(data, facts)
            try:
                return [self._layer(i, data, facts) for i in range(facts.hello.layers)] + self._finish(facts)
            except TargetError as error:
                if error.code not in (ErrorCode.INPUT, ErrorCode.RANGE, ErrorCode.ABANDONED):
                    raise self._refusal(error) from error
        raise _unreliable()

    def stack_bytes(self) -> int:
        """Most bytes of stack that were ever in use."""
        used: int = struct.unpack_from("<I", self._asked(Message.STACK))[0]
        return used

    def close(self) -> None:
        """End the conversation and let go of the target."""
        self._transport.close()

    def _known(self) -> _Facts:
        if self._facts is None:
            facts, status = _hello(self._asked(Message.HELLO))
            if status:
                raise FailedError(
                    f"The model could not be set up on the target (error {status}).",
                    "Generate and build the firmware again; with TFLM its arena may be too small for this library.",
                )
            text = NOT_MEASURED
            if self._counts_instructions:
                self._calibration = _calibration(self._asked(Message.CALIBRATE))
                text = _counter_text(self._calibration, facts.counter_driver)
            hello = Hello(**{**vars(facts.hello), "counter": text})
            self._facts = _Facts(hello, facts.window_bytes, facts.largest_reply, facts.counter_driver)
        return self._facts

    def _instructions(self, ticks: int) -> int:
        return self._calibration.instructions(ticks) if self._calibration is not None else 0

    def _send_inputs(self, data: bytes, facts: _Facts) -> None:
        if len(data) <= facts.window_bytes and self._transport.store(data):
            self._asked(Message.LOAD, struct.pack("<III", 0, 0, len(data)))
            return
        position = 0
        while position < len(data):
            piece = data[position : position + self._chunk]
            before = self._retries
            self._asked(Message.INPUT, struct.pack("<I", position) + piece)
            position += len(piece)
            self._adapt_chunk(self._retries > before)

    def _adapt_chunk(self, troubled: bool) -> None:
        """Short frames get through a bad line where long ones do not."""
        if troubled:
            self._chunk = max(_SMALLEST_CHUNK, self._chunk // 2)
            self._sound_chunks = 0
            return
        self._sound_chunks += 1
        if self._sound_chunks >= _CHUNKS_BEFORE_GROWTH:
            self._chunk = min(_LARGEST_CHUNK, self._chunk * 2)
            self._sound_chunks = 0

    def _rest_of_output(self, first: bytes, total: int, largest: int) -> bytes:
        raw = bytearray(first)
        while len(raw) < total:
            length = min(largest, total - len(raw))
            piece = self._request(Message.OUTPUT, struct.pack("<II", len(raw), length), "reading an output")
            if len(piece) != length:
                raise TargetError(ErrorCode.RANGE, 0)
            raw += piece
        return bytes(raw)

    def _layer(self, index: int, data: bytes, facts: _Facts) -> LayerResult:
        for _ in range(_WHOLE_ATTEMPTS):
            request = struct.pack("<II", index, zlib.crc32(data))
            answer = self._request(Message.LAYERS, request, f"running layer {index}")
            reached, ticks, size, crc = struct.unpack("<IQII", answer)
            if reached != index:
                raise TargetError(ErrorCode.ABANDONED, reached)
            output = self._rest_of_output(b"", size, facts.largest_reply)
            if zlib.crc32(output) == crc:
                return LayerResult(index, output, self._instructions(ticks))
        raise _unreliable()

    def _finish(self, facts: _Facts) -> list[LayerResult]:
        self._request(Message.LAYERS, struct.pack("<II", facts.hello.layers, 0), "ending an inference")
        return []

    def _asked(self, message: Message, payload: bytes = b"") -> bytes:
        """As ``_request``, where no error is expected."""
        try:
            return self._request(message, payload, f"answering {message.name}")
        except TargetError as error:
            raise self._refusal(error) from error

    def _request(self, message: Message, payload: bytes, doing: str) -> bytes:
        """Send a request until it is answered.

        Raises:
            TargetError: The target answered with an error.
            FailedError: It faulted, is gone, or gave no answer in time.
        """
        self._sequence = (self._sequence + 1) % UNSOLICITED
        frame = encode(Frame(message, self._sequence, payload))
        self._transport.write(frame)
        # only now: an emulator that starts has its own time for that
        end = time.monotonic() + self._timeout
        attempt = 0
        while True:
            # ever more patiently, so that a slow target is not buried in repetitions
            patience = self._answer_timeout * 2 ** min(attempt, _MOST_DOUBLINGS)
            until = min(end, time.monotonic() + patience)
            while (left := until - time.monotonic()) > 0:
                answer = self._next_frame(left)
                if answer is None:
                    continue
                if answer.sequence == UNSOLICITED and answer.type == Message.ERROR:
                    break  # something was damaged, likely our request
                if answer.sequence != self._sequence:
                    continue
                if answer.type == Message.ACCEPTED:
                    # it works on it; the result may get lost, so ask again at last
                    until = min(end, time.monotonic() + 2 * patience)
                elif answer.type == Message.ERROR:
                    raise TargetError(*struct.unpack("<BI", answer.payload))
                elif answer.type == message:
                    return answer.payload
            if time.monotonic() >= end:
                break
            attempt += 1
            self._retries += 1
            self._transport.write(frame)
        raise FailedError(
            f"The target gave no answer within {self._timeout:.0f} s while {doing}.",
            "It hangs, or needs longer: allow more time, or look at it with a debugger.",
        )

    def _next_frame(self, timeout: float) -> Frame | None:
        if not self._pending:
            self._pending += self._decoder.feed(self._transport.read(timeout))
        if not self._pending:
            return None
        frame = self._pending.pop(0)
        if frame.type == Message.FAULT:
            fault = parse_fault(frame.payload)
            what = fault.describe(self._symbol_at) if fault is not None else "unknown fault"
            raise FailedError(
                f"The target stopped with a fault ({what}).",
                "If the model's code was not changed, this is an error in tinyq: please report it with the model.",
            )
        return frame

    def _refusal(self, error: TargetError) -> FailedError:
        name = ErrorCode(error.code).name if error.code in list(ErrorCode) else str(error.code)
        if error.code == ErrorCode.MODEL:
            detail = error.detail - (1 << 32) if error.detail >> 31 else error.detail
            return FailedError(f"The model failed on the target (error {detail}).", "Generate the firmware again.")
        if error.code == ErrorCode.STACK:
            return FailedError("The stack of the target overflowed.", "Build with a larger -DSTACK_BYTES.")
        return FailedError(
            f"The target refused a request ({name}).", "Build the firmware again with this version of tinyq."
        )


def _unreliable() -> FailedError:
    return FailedError(
        "No result came from the target whole, in spite of many attempts.", "Check the line: baud rate, cable, noise."
    )


def _steps(inputs: Sequence[bytes], hello: Hello) -> list[bytes]:
    """The bytes of all inputs, for each inference."""
    sizes = tuple(map(len, inputs))
    count = sizes[0] // hello.input_bytes[0] if hello.states and sizes and hello.input_bytes else 1
    if count < 1 or sizes != tuple(count * size for size in hello.input_bytes):
        raise FailedError(
            f"The firmware's model takes inputs of {hello.input_bytes} bytes, not {sizes}.",
            "Build the firmware of this very model.",
        )
    return [
        b"".join(data[n * size : (n + 1) * size] for data, size in zip(inputs, hello.input_bytes, strict=True))
        for n in range(count)
    ]


def _split(raw: bytes, sizes: Sequence[int]) -> tuple[bytes, ...]:
    pieces = []
    for size in sizes:
        pieces.append(raw[:size])
        raw = raw[size:]
    return tuple(pieces)


def _inference(payload: bytes) -> tuple[int, int, int, bytes]:
    """Ticks, stack, CRC of the outputs, and their first bytes."""
    ticks, stack, crc = struct.unpack_from("<QII", payload)
    return ticks, stack, crc, payload[16:]


def _calibration(payload: bytes) -> Calibration | None:
    values = struct.unpack("<IQIQIQ", payload)
    return calibrate(((values[0], values[1]), (values[2], values[3]), (values[4], values[5])))


def _counter_text(calibration: Calibration | None, driver: str) -> str:
    if calibration is None:
        return NOT_MEASURED
    exact = "exact" if calibration.exact else "within one instruction"
    return f"executed instructions, {calibration.ticks_per_instruction} ticks of {driver} each, {exact}"


def _hello(payload: bytes) -> tuple[_Facts, int]:
    """The facts, and the status of ``model_init``."""
    position = 0

    def take(form: str) -> int:
        nonlocal position
        value: int = struct.unpack_from("<" + form, payload, position)[0]
        position += struct.calcsize("<" + form)
        return value

    def text() -> str:
        nonlocal position
        length = take("B")
        position += length
        return payload[position - length : position].decode("ascii", "replace")

    try:
        model_hash, runtime, driver = text(), text(), text()
        observes, status, arena = bool(take("B")), take("i"), take("I")
        window, reply, layers, states = take("I"), take("H"), take("H"), take("H")
        inputs = tuple(take("I") for _ in range(take("H")))
        outputs = tuple(take("I") for _ in range(take("H")))
    except struct.error as error:
        raise FailedError("The target's greeting is malformed.", "Build the firmware again.") from error
    hello = Hello(model_hash, runtime, inputs, outputs, arena, NOT_MEASURED, layers, states, observes)
    return _Facts(hello, window, reply, driver), status
