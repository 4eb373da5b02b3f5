"""Place buffers with known lifetimes in one arena, as small as can be.

Dynamic storage allocation is NP-hard, but the instances that neural networks make are small and mostly easy: the bytes
that are live at the fullest step are a lower bound, and it is nearly always reached. The planner tries a few fixed
orders, then climbs over orders from the buffers that stick out at the top, then, where that misses the bound, looks for
a better plan by a bounded depth-first search. All steps are counted, none is timed, and the random choices are seeded:
the same buffers give the same plan everywhere.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_CLIMB_STEPS = 60_000  # buffers placed while climbing, over all tries
_SEARCH_STEPS = 4_000  # buffers placed in the depth-first search
_SEARCH_BUFFERS = 64  # beyond that the search does not get anywhere
_SEED = 1


@dataclass(frozen=True)
class Buffer:
    """Bytes that are needed from op step ``first`` to op step ``last``, both inclusive."""

    name: str
    size: int
    first: int
    last: int

    def overlaps(self, other: Buffer) -> bool:
        """Whether both are live at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class MemoryPlan:
    """Where each buffer lies.

    Attributes:
        buffers: As given.
        offsets: Byte offset of each buffer, a multiple of ``alignment``.
        size: Bytes of the arena; a multiple of ``alignment``.
        lower_bound: Bytes that are live at the fullest step: no plan can be smaller.
        peak_step: The first step at which ``lower_bound`` bytes are live.
        alignment: Bytes.
    """

    buffers: tuple[Buffer, ...]
    offsets: tuple[int, ...]
    size: int
    lower_bound: int
    peak_step: int
    alignment: int

    @property
    def is_optimal(self) -> bool:
        """Whether the plan is known to be as small as can be."""
        return self.size == self.lower_bound

    def live(self, step: int) -> tuple[Buffer, ...]:
        """The buffers that are live at a step, largest first."""
        found = [b for b in self.buffers if b.size and b.first <= step <= b.last]
        return tuple(sorted(found, key=lambda b: -b.size))


def plan_memory(buffers: Sequence[Buffer], alignment: int = 16) -> MemoryPlan:
    """Place buffers so that none that are live together share a byte.

    Never larger than :func:`plan_greedy`. Takes milliseconds for the 30 buffers of a usual network, below a second for
    a few hundred.

    Raises:
        ValueError: A size is negative, a lifetime ends before it starts, or the alignment is no positive number.
    """
    problem = _Problem(buffers, alignment)
    best = problem.place(problem.orders()[0])
    for order in problem.orders()[1:]:
        if best.size == problem.lower_bound:
            break
        best = min(best, problem.place(order), key=lambda p: p.size)
    if best.size > problem.lower_bound:
        best = _climb(problem, best)
    if best.size > problem.lower_bound:
        best = _search(problem, best)
    return problem.plan(best)


def plan_greedy(buffers: Sequence[Buffer], alignment: int = 16) -> MemoryPlan:
    """What TFLM's ``GreedyMemoryPlanner`` does: largest buffer first, each at the lowest offset that is free."""
    problem = _Problem(buffers, alignment)
    return problem.plan(problem.place(problem.orders()[0]))


@dataclass(frozen=True)
class _Placed:
    order: tuple[int, ...]
    offsets: tuple[int, ...]
    size: int


class _Problem:
    """The buffers in a form that is quick to place: aligned sizes, and for each buffer those that conflict with it."""

    def __init__(self, buffers: Sequence[Buffer], alignment: int) -> None:
        if alignment < 1:
            raise ValueError(f"alignment must be positive, not {alignment}")
        for b in buffers:
            if b.size < 0 or b.last < b.first:
                raise ValueError(f"impossible buffer {b}")
        self.buffers = tuple(buffers)
        self.alignment = alignment
        self.sizes = [-(-b.size // alignment) * alignment for b in buffers]
        self.indices = [i for i, size in enumerate(self.sizes) if size]
        self.lower_bound, self.peak_step, self.pressure = self._bound()
        self.conflicts = self._conflicts()

    def _bound(self) -> tuple[int, int, list[int]]:
        """Live bytes at the fullest step, that step, and for each buffer the most bytes live during its life."""
        changes: dict[int, int] = {}
        for i in self.indices:
            b = self.buffers[i]
            changes[b.first] = changes.get(b.first, 0) + self.sizes[i]
            changes[b.last + 1] = changes.get(b.last + 1, 0) - self.sizes[i]
        steps = sorted(changes)
        live, total = [], 0
        for step in steps:
            total += changes[step]
            live.append(total)
        pressure = [0] * len(self.buffers)
        for i in self.indices:
            b = self.buffers[i]
            pressure[i] = max(live[bisect_left(steps, b.first) : bisect_left(steps, b.last + 1)])
        bound = max(live, default=0)
        return bound, steps[live.index(bound)] if live else 0, pressure

    def _conflicts(self) -> list[list[int]]:
        conflicts: list[list[int]] = [[] for _ in self.buffers]
        active: list[int] = []
        for i in sorted(self.indices, key=lambda i: self.buffers[i].first):
            active = [j for j in active if self.buffers[j].last >= self.buffers[i].first]
            for j in active:
                conflicts[i].append(j)
                conflicts[j].append(i)
            active.append(i)
        return conflicts

    def orders(self) -> list[tuple[int, ...]]:
        """The fixed orders; the first is greedy by size as TFLM does it, of equals the last one first."""

        def life(i: int) -> int:
            return self.buffers[i].last - self.buffers[i].first + 1

        keys: list[Callable[[int], tuple[int, ...]]] = [
            lambda i: (-self.sizes[i], -i),
            lambda i: (-self.sizes[i], self.buffers[i].first, i),
            lambda i: (-self.pressure[i], -self.sizes[i], i),
            lambda i: (-self.pressure[i], -life(i), -self.sizes[i], i),
            lambda i: (-life(i), -self.sizes[i], i),
            lambda i: (-self.sizes[i] * life(i), i),
            lambda i: (self.buffers[i].first, -life(i), i),
        ]
        return [tuple(sorted(self.indices, key=key)) for key in keys]

    def place(self, order: Sequence[int]) -> _Placed:
        """Each buffer in turn at the lowest offset that is free of the conflicting ones before it."""
        offsets = [-1] * len(self.buffers)
        sizes, top = self.sizes, 0
        for i in order:
            taken = sorted((offsets[j], offsets[j] + sizes[j]) for j in self.conflicts[i] if offsets[j] >= 0)
            need, at = sizes[i], 0
            for start, end in taken:
                if start - at >= need:
                    break
                at = max(at, end)
            offsets[i] = at
            top = max(top, at + need)
        return _Placed(tuple(order), tuple(max(0, o) for o in offsets), top)

    def plan(self, placed: _Placed) -> MemoryPlan:
        bound, peak = self.lower_bound, self.peak_step
        return MemoryPlan(self.buffers, placed.offsets, placed.size, bound, peak, self.alignment)


def _climb(problem: _Problem, start: _Placed) -> _Placed:
    """Hill climbing: exchange, in the order, a buffer that ends at the top (or one below it) with an earlier one."""
    rng = random.Random(_SEED)
    best = current = start
    for _ in range(_CLIMB_STEPS // max(1, len(start.order))):
        order = list(current.order)
        position = {i: p for p, i in enumerate(order)}
        # walk down from a buffer at the top through the buffers that hold it up
        at = rng.choice([i for i in order if current.offsets[i] + problem.sizes[i] == current.size])
        while rng.random() < 0.5:
            below = [j for j in problem.conflicts[at] if current.offsets[j] + problem.sizes[j] == current.offsets[at]]
            if not below:
                break
            at = rng.choice(below)
        other = rng.choice(problem.conflicts[at] or order)
        if rng.random() < 0.5:
            a, b = position[at], position[other]
            order[a], order[b] = order[b], order[a]
        else:
            order.remove(at)
            order.insert(rng.randrange(position[other] + 1), at)
        candidate = problem.place(order)
        # equal moves drift over plateaus, a rare worse one leaves a local minimum
        if candidate.size <= current.size or rng.random() < 0.02:
            current = candidate
        if current.size < best.size:
            best = current
            if best.size == problem.lower_bound:
                break
    return best


def _search(problem: _Problem, start: _Placed) -> _Placed:
    """Depth-first search for plans below the best known one, within a budget of steps.

    Push every buffer of a plan down: each then lies directly on the highest of the conflicting buffers below it. So it
    is enough to place buffers by ascending offset, each on top of what is there at its steps. A branch is left when the
    bytes still to come at some step cannot end below the best plan, or when a buffer was passed over that would have
    fitted wholly underneath (moving it there costs nothing, and another branch does).
    """
    if len(problem.indices) > _SEARCH_BUFFERS:
        return start
    sizes = problem.sizes
    lives = {i: (problem.buffers[i].first, problem.buffers[i].last) for i in problem.indices}
    steps = sorted({first for first, _ in lives.values()})  # enough: each set of conflicting buffers meets at one
    spans = {i: (bisect_left(steps, first), bisect_left(steps, last + 1)) for i, (first, last) in lives.items()}
    tops = [0] * len(steps)
    waiting = [sum(sizes[i] for i, (a, b) in spans.items() if a <= s < b) for s in range(len(steps))]
    offsets: dict[int, int] = {}
    best, budget = start, _SEARCH_STEPS

    def descend(floor: int) -> bool:
        """Place one more buffer at or above ``floor``; True when the search is over."""
        nonlocal best, budget
        if len(offsets) == len(spans):  # smaller than the best, or the branch would have been left
            placed = tuple(offsets.get(i, 0) for i in range(len(sizes)))
            best = _Placed(tuple(offsets), placed, max(o + sizes[i] for i, o in offsets.items()))
            return best.size == problem.lower_bound
        if any(rest and max(top, floor) + rest >= best.size for top, rest in zip(tops, waiting, strict=True)):
            return False
        lands = {i: max(tops[a:b]) for i, (a, b) in spans.items() if i not in offsets}
        ceiling = min(at + sizes[i] for i, at in lands.items())
        tried = set()
        for i in sorted(lands, key=lambda i: (lands[i], -sizes[i], i)):
            (a, b), at = spans[i], lands[i]
            if not floor <= at < ceiling or (twin := (at, sizes[i], a, b)) in tried:
                continue
            tried.add(twin)
            budget -= 1
            if budget < 0:
                return True
            below = tops[a:b]
            offsets[i] = at
            tops[a:b] = [at + sizes[i]] * (b - a)
            waiting[a:b] = [w - sizes[i] for w in waiting[a:b]]
            over = descend(at)
            tops[a:b] = below
            waiting[a:b] = [w + sizes[i] for w in waiting[a:b]]
            del offsets[i]
            if over:
                return True
        return False

    descend(0)
    return best
