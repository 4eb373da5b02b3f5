"""Mutations of bytes, reproducible from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WORD = re.compile(rb"[\w.-]+")


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One to eight changes of one of the seeds."""
    content = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not content:
            break
        at = rng.randrange(len(content))
        match rng.randrange(9):
            case 0:
                content[at] ^= 1 << rng.randrange(8)
            case 1:
                content[at] = rng.randrange(256)
            case 2 | 3:  # where flatbuffers hold offsets, sizes and enumerations
                width = rng.choice((1, 2, 4))
                at -= at % width
                content[at : at + width] = (rng.choice(_INTERESTING) & ((1 << 8 * width) - 1)).to_bytes(width, "little")
            case 4:
                width = rng.choice((1, 2, 4))
                at -= at % width
                value = int.from_bytes(content[at : at + width], "little") + rng.choice((-4, -1, 1, 4, 16))
                content[at : at + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")
            case 5:
                del content[at : at + rng.choice((1, 4, 16, 256))]
            case 6:  # a word for another, which keeps text readable
                words, others = list(_WORD.finditer(content)), _WORD.findall(rng.choice(seeds))
                if words and others:
                    word = rng.choice(words)
                    content[word.start() : word.end()] = rng.choice(others)
            case 7:
                content[at:at] = rng.randbytes(rng.choice((1, 4, 16)))
            case _:  # a piece from elsewhere
                other = rng.choice(seeds)
                start, size = rng.randrange(len(other)), rng.choice((4, 16, 64))
                content[at : at + size] = other[start : start + size]
    return bytes(content)
