"""From measurements to causes, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinyq.analysis.channels import Channels
from tinyq.analysis.difference import Difference
from tinyq.analysis.flowchart import Flowchart
from tinyq.analysis.subject import Subject, weighted
from tinyq.graph import Graph, layer_name
from tinyq.quantization.affine import covered
from tinyq.quantization.op_rules import RULES

UNEVEN, RATIO = 0.25, 10.0
"""Channels are out of balance where the average one uses less than this of the range, and weights differ by this."""
TAIL = 4.0
"""A range is stretched by outliers if it is this many times as wide as the middle 99.99 % of the values."""
CLIPPED = 0.005
"""Share of clipped values from which a range is too narrow."""
MAIN_SHARE = 0.5
"""Share of the sum of isolated errors that the worst layers account for."""
NOTABLE_SHARE = 0.2
"""Share of the sum of isolated errors from which layers matter."""

_NAMED = 3


@dataclass(frozen=True)
class Evidence:
    """Everything that was measured.

    Attributes:
        subject, quantized: What was quantized, and the result.
        chart: The flowchart's steps.
        channels: By operator.
        differences: Tensor index -> cumulative difference.
        errors: Operator index -> relative output error with that operator's weights and outputs alone quantized.
    """

    subject: Subject
    quantized: Graph
    chart: Flowchart
    channels: Mapping[int, Channels]
    differences: Mapping[int, Difference]
    errors: Mapping[int, float]

    def guilty(self, part: str) -> bool:
        """Whether the "weights" or the "activations" lose, be it only together."""
        return self.chart.fails(part) or not (self.chart.fails("weights") or self.chart.fails("activations"))

    def share(self, ops: Iterable[int]) -> float:
        """What some operators have of the sum of all operators' isolated errors."""
        total = sum(self.errors.values())
        return sum(self.errors.get(i, 0.0) for i in ops) / total if total > 0 else 0.0

    def by_error(self, ops: Iterable[int]) -> list[int]:
        """Operators, largest isolated error first."""
        return sorted(ops, key=lambda i: -self.errors.get(i, 0.0))

    @property
    def worst(self) -> tuple[int, ...]:
        """The fewest operators that account for most of the isolated errors, worst first."""
        return worst_of(self.errors)

    def name(self, op: int) -> str:
        return layer_name(self.subject.graph, self.subject.graph.ops[op])


@dataclass(frozen=True)
class Cause:
    """One reason for the loss.

    Attributes:
        kind: "channels-out-of-balance", "outliers", "clipping", "coarse-weights", "few-layers", "too-few-bits",
            "float-model" or "transforms".
        layers: Operator indices, worst first.
        says: One sentence.
    """

    kind: str
    layers: tuple[int, ...]
    says: str


def causes(evidence: Evidence) -> tuple[Cause, ...]:
    """Why quantization loses, most telling first; nothing if it does not."""
    if evidence.chart.fails("float"):
        return (Cause("float-model", (), "The float model itself does not work on these data."),)
    if evidence.chart.fails("transforms"):
        return (Cause("transforms", (), "The transforms changed what the float model computes."),)
    if not evidence.chart.fails("quantized"):
        return ()
    found = [cause for rule in _RULES if (cause := rule(evidence)) is not None]
    return tuple(found) if found else (_too_few_bits(evidence),)


def worst_of(errors: Mapping[int, float]) -> tuple[int, ...]:
    """The fewest keys that account for most of the sum, largest first."""
    order = sorted(errors, key=lambda i: -errors[i])
    total = sum(errors.values())
    taken: list[int] = []
    while order and total > 0 and sum(errors[i] for i in taken) < MAIN_SHARE * total:
        taken.append(order.pop(0))
    return tuple(taken)


def _out_of_balance(evidence: Evidence) -> Cause | None:
    """Channels of very different ranges share one scale: of the activations, or of weights quantized per tensor."""
    uneven = []
    for i, c in evidence.channels.items():
        shared = evidence.guilty("weights") and not evidence.subject.schemes[i].per_channel
        if c.ratio >= RATIO and (c.evenness < UNEVEN or shared):
            uneven.append(i)
    if evidence.share(uneven) < MAIN_SHARE:
        return None
    uneven = evidence.by_error(uneven)
    first = evidence.channels[uneven[0]]
    return Cause(
        "channels-out-of-balance",
        tuple(uneven),
        f"The channels of {_named(evidence, uneven)} are out of balance: in {evidence.name(uneven[0])} the weights of "
        f"one channel reach {first.ratio:,.0f} times as far as those of another, and the average channel of its output "
        f"uses {first.evenness:.0%} of the range that all of them share.",
    )


def _outliers(evidence: Evidence) -> Cause | None:
    if not evidence.guilty("activations"):
        return None
    stretched = {i: _width(evidence, i) / c.core for i, c in evidence.channels.items() if c.core > 0}
    found = evidence.by_error(i for i, factor in stretched.items() if factor >= TAIL)
    if evidence.share(found) < NOTABLE_SHARE:
        return None
    return Cause(
        "outliers",
        tuple(found),
        f"Outliers stretch the ranges of {_named(evidence, found)}: that of {evidence.name(found[0])} is "
        f"{stretched[found[0]]:.1f} times as wide as what holds 99.99 % of its values.",
    )


def _width(evidence: Evidence, op: int) -> float:
    """Width of the range that an operator's output was given; 0 if it stayed float."""
    tensor = evidence.quantized.tensors[evidence.subject.graph.ops[op].outputs[0]]
    if tensor.quantization is None:
        return 0.0
    reach = covered(*tensor.quantization.scalar, evidence.subject.schemes[op].activation_grid)
    return reach.high - reach.low


def _clipping(evidence: Evidence) -> Cause | None:
    if not evidence.guilty("activations"):
        return None
    graph = evidence.subject.graph
    shares = {}
    for i, op in enumerate(graph.ops):
        rule = RULES.get(op.kind)
        difference = evidence.differences.get(op.outputs[0]) if op.outputs else None
        if rule is None or rule.fixed_output is not None or difference is None or rule.same_scale:
            continue
        if difference.clipped is not None and difference.clipped >= CLIPPED:
            shares[i] = difference.clipped
    found = evidence.by_error(shares)
    if evidence.share(found) < NOTABLE_SHARE:
        return None
    return Cause(
        "clipping",
        tuple(found),
        f"The ranges of {_named(evidence, found)} are too narrow: {shares[found[0]]:.1%} of the values of "
        f"{evidence.name(found[0])} are clipped.",
    )


def _coarse_weights(evidence: Evidence) -> Cause | None:
    schemes = evidence.subject.schemes
    narrow = {i: evidence.errors.get(i, 0.0) for i in weighted(evidence.subject.graph) if schemes[i].weight_bits < 8}
    if not narrow or not evidence.guilty("weights"):
        return None
    worst = worst_of(narrow) or tuple(narrow)
    return Cause(
        "coarse-weights",
        worst,
        f"Rounding weights to 4 bits costs precision, most of it in {_named(evidence, worst)}.",
    )


def _few_layers(evidence: Evidence) -> Cause | None:
    worst = evidence.worst
    if not worst or len(worst) > max(1, len(evidence.errors) // 5):
        return None
    return Cause(
        "few-layers",
        worst,
        f"A few layers account for most of it: {_named(evidence, worst)} for {evidence.share(worst):.0%} of the error "
        "that layers cause on their own.",
    )


def _too_few_bits(evidence: Evidence) -> Cause:
    return Cause(
        "too-few-bits",
        evidence.worst,
        "The error is spread over many layers, and neither channels nor outliers nor clipping explain it: the types "
        "are too narrow for this model.",
    )


def _named(evidence: Evidence, ops: Sequence[int]) -> str:
    names = list(dict.fromkeys(evidence.name(i) for i in ops))
    if len(names) > _NAMED:
        rest = len(names) - _NAMED + 1
        names = [*names[: _NAMED - 1], f"{rest} more layers"]
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


_RULES: tuple[Callable[[Evidence], Cause | None], ...] = (
    _out_of_balance, _outliers, _clipping, _coarse_weights, _few_layers,
)  # fmt: skip
