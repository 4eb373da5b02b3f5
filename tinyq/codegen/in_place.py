"""Tensors that are computed in place of another one.

Where a kernel may write its output over an input of which it is the last reader, both share a buffer, and so do all
tensors of a chain of such operators. The input must begin some bytes behind the output (its lead); where it does not,
it is moved up in the buffer first, which takes little time beside a layer's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Life:
    """A tensor's bytes, and the first and last step at which it is needed."""

    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Link:
    """At a step, ``output`` may be written over ``source`` if that begins ``lead`` bytes or more behind it."""

    step: int
    source: int
    output: int
    lead: int


@dataclass(frozen=True)
class Move:
    """Bytes to bring to a higher place in the arena before a step."""

    tensor: int
    size: int
    source: int
    target: int


@dataclass(frozen=True)
class Chain:
    """Tensors of one buffer, each but the first computed in place of the one before.

    Attributes:
        tensors: In order.
        size: Bytes of the buffer, a multiple of the alignment.
        first, last: The first and last step at which it is needed.
        offsets: Of each tensor when it is written, in the buffer.
        moves: By step; offsets in the buffer.
    """

    tensors: tuple[int, ...]
    size: int
    first: int
    last: int
    offsets: tuple[int, ...]
    moves: Mapping[int, Move]


def chains(lives: Mapping[int, Life], links: Sequence[Link], alignment: int) -> tuple[Chain, ...]:
    """Tensors in buffers so that as few bytes as possible are needed at the fullest step, as far as a search finds.

    All links are taken first; then those are dropped one by one without which the fullest step gets less full, as where
    a small tensor would keep a large buffer. No links at all are taken if that is no worse.

    Args:
        lives: By tensor.
        links: At most one per step; those with the same source are alternatives.
        alignment: Of all tensors, bytes.
    """
    taken = {link.source: link for link in reversed(links)}
    best = list(taken.values())
    fullest = _fullness(_joined(lives, best, alignment))
    improved = True
    while improved:
        improved = False
        for link in list(best):
            rest = [other for other in best if other is not link]
            fullness = _fullness(_joined(lives, rest, alignment))
            if fullness < fullest:
                best, fullest, improved = rest, fullness, True
    separate = _joined(lives, [], alignment)
    return separate if _fullness(separate)[0] <= fullest[0] else _joined(lives, best, alignment)


def _fullness(found: Sequence[Chain]) -> tuple[int, int]:
    """Bytes at the fullest step, and the sum over all steps."""
    changes: dict[int, int] = {}
    for chain in found:
        changes[chain.first] = changes.get(chain.first, 0) + chain.size
        changes[chain.last + 1] = changes.get(chain.last + 1, 0) - chain.size
    live = fullest = 0
    for step in sorted(changes):
        live += changes[step]
        fullest = max(fullest, live)
    return fullest, sum(chain.size * (chain.last - chain.first + 1) for chain in found)


def _joined(lives: Mapping[int, Life], links: Sequence[Link], alignment: int) -> tuple[Chain, ...]:
    following = {link.source: link for link in links}
    starts = lives.keys() - {link.output for link in links}
    found = []
    for tensor in sorted(starts, key=list(lives).index):
        sequence: list[Link] = []
        at = tensor
        while at in following:
            sequence.append(following[at])
            at = following[at].output
        found.append(_chain(lives, tensor, sequence, alignment))
    return tuple(found)


def _chain(lives: Mapping[int, Life], start: int, links: Sequence[Link], alignment: int) -> Chain:
    """Place tensors from the end of the buffer downwards; move one to the end again where no room is left below it."""

    def up(size: int) -> int:
        return -(-size // alignment) * alignment

    tensors = (start, *(link.output for link in links))
    sizes = [up(lives[t].size) for t in tensors]
    leads = [up(link.lead) for link in links]
    size = max(sizes)
    for before, lead in zip(sizes, leads, strict=False):
        size = max(size, lead + before)
    offsets, moves = [size - sizes[0]], {}
    for i, link in enumerate(links):
        at = offsets[i]
        if at < leads[i]:
            moves[link.step] = Move(link.source, lives[link.source].size, at, size - sizes[i])
            at = size - sizes[i]
        offsets.append(min(at - leads[i], size - sizes[i + 1]))
    first = min(lives[t].first for t in tensors)
    last = max(lives[t].last for t in tensors)
    return Chain(tensors, size, first, last, tuple(offsets), moves)
