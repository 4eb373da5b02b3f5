"""The host's side of the serial protocol: frames and messages. ``docs/protocol.md`` describes both.

A frame is, before COBS encoding: version, type, sequence number (16 bits), payload, CRC-32 of all before it; numbers
are little-endian. On the wire a zero byte stands before and after it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

VERSION = 1
UNSOLICITED = 0xFFFF
"""Sequence number of what the target sends unasked: faults, and word of damaged frames."""

MAXIMUM_FRAME = 1 << 16
_HEADER = struct.Struct("<BBH")
_CRC = struct.Struct("<I")


class Message(IntEnum):
    """Message types; see ``messages.h`` of the firmware."""

    HELLO = 1
    CALIBRATE = 2
    INPUT = 3
    LOAD = 4
    INFER = 5
    OUTPUT = 6
    LAYERS = 7
    STACK = 8
    ACCEPTED = 9
    FAULT = 10
    ERROR = 11
    RESET = 12


class ErrorCode(IntEnum):
    """What an ERROR message says."""

    DAMAGED = 1
    UNKNOWN = 2
    RANGE = 3
    INPUT = 4
    MODEL = 5
    UNAVAILABLE = 6
    ABANDONED = 7
    STACK = 8
    STATE = 9


@dataclass(frozen=True)
class Frame:
    """One message: type, sequence number and payload."""

    type: int
    sequence: int
    payload: bytes = b""


def cobs_encode(data: bytes) -> bytes:
    """Consistent overhead byte stuffing: the same bytes without a zero, at most one byte in 254 longer."""
    out = bytearray()
    blocks = data.split(b"\0")
    for block in blocks:
        rest = block
        while len(rest) >= 254:
            out += b"\xff" + rest[:254]
            rest = rest[254:]
        out += bytes([len(rest) + 1]) + rest
    return bytes(out)


def cobs_decode(data: bytes) -> bytes | None:
    """The bytes behind an encoding, or None if it is none."""
    out = bytearray()
    position = 0
    while position < len(data):
        code = data[position]
        block = data[position + 1 : position + code]
        if code == 0 or len(block) != code - 1 or 0 in block:
            return None
        out += block
        position += code
        if code != 0xFF and position < len(data):
            out.append(0)
    return bytes(out)


def encode(frame: Frame) -> bytes:
    """A frame as it goes over the wire, delimiters included."""
    body = _HEADER.pack(VERSION, frame.type, frame.sequence) + frame.payload
    return b"\0" + cobs_encode(body + _CRC.pack(zlib.crc32(body))) + b"\0"


def decode(encoded: bytes) -> Frame | None:
    """The frame between two delimiters, or None if it is damaged."""
    raw = cobs_decode(encoded)
    if raw is None or len(raw) < _HEADER.size + _CRC.size:
        return None
    body, (crc,) = raw[: -_CRC.size], _CRC.unpack(raw[-_CRC.size :])
    if zlib.crc32(body) != crc:
        return None
    version, kind, sequence = _HEADER.unpack_from(body)
    if version != VERSION:
        return None
    return Frame(kind, sequence, body[_HEADER.size :])


class Decoder:
    """Cuts a byte stream into frames; damaged ones are counted and left out.

    Attributes:
        damaged: How many pieces between delimiters were no frame.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._buffer = bytearray()
        self._overrun = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with these bytes."""
        pieces = data.split(b"\0")
        for piece in pieces[:-1]:
            self._append(piece)
            yield from self._close()
        self._append(pieces[-1])

    def _append(self, piece: bytes) -> None:
        # noise without a delimiter must not pile up
        self._overrun = self._overrun or len(self._buffer) + len(piece) > MAXIMUM_FRAME
        if not self._overrun:
            self._buffer += piece

    def _close(self) -> Iterator[Frame]:
        encoded, overrun = bytes(self._buffer), self._overrun
        self._buffer.clear()
        self._overrun = False
        if not encoded and not overrun:
            return
        frame = None if overrun else decode(encoded)
        if frame is None:
            self.damaged += 1
        else:
            yield frame
