"""Which operators of a model an accelerator runs, and why not the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tinyq.graph import Graph, Op, layer_name
from tinyq.hardware import rules, rules_facts
from tinyq.hardware.accelerators import Accelerator, Confidence, Operator, Otherwise, Rule, Source, VelaOracle

Placement = Literal["accelerator", "software", "unsupported"]


@dataclass(frozen=True)
class Failure:
    """A rule that an operator breaks.

    Attributes:
        rule: Its name.
        why: The sentence that explains it.
        otherwise: What the operator's breaking it leads to.
        detail: The numbers in question.
        mend: What can be done, empty if nothing is known.
        source: The document that the rule is from.
        confidence: Whether that document states it, or it follows from what it states.
    """

    rule: str
    why: str
    otherwise: Otherwise
    detail: str
    mend: str
    source: str
    confidence: Confidence


@dataclass(frozen=True)
class OpFinding:
    """One operator.

    Attributes:
        index: Position in the graph.
        kind, layer: Operator and layer name.
        placement: Where it runs.
        kernel: What runs it, as far as that is known.
        neutral: It only copies or renames data, so that its placement does not matter.
        failures: Every rule that it breaks.
        cycles: The vendor's estimate, None where there is none.
    """

    index: int
    kind: str
    layer: str
    placement: Placement
    kernel: str
    neutral: bool
    failures: tuple[Failure, ...]
    cycles: int | None = None

    @property
    def complies(self) -> bool:
        """Nothing is lost at this operator."""
        return self.neutral or (self.placement == "accelerator" and not self.failures)


@dataclass(frozen=True)
class VendorEstimate:
    """What the vendor's compiler expects of the whole model."""

    cycles: int
    sram_bytes: int
    flash_bytes: int
    method: str
    error: str = "not measured"


@dataclass(frozen=True)
class Findings:
    """A model on an accelerator."""

    accelerator: str
    title: str
    ops: tuple[OpFinding, ...]
    estimate: VendorEstimate | None = None

    @property
    def complies(self) -> bool:
        """Every operator runs on the accelerator at full speed, but for neutral ones."""
        return all(op.complies for op in self.ops)

    def count(self, placement: Placement) -> int:
        """How many operators run somewhere."""
        return sum(op.placement == placement for op in self.ops)


def check(graph: Graph, accelerator: Accelerator) -> Findings:
    """Place every operator of a quantized model.

    Raises:
        MissingToolError: The accelerator needs the vendor's compiler, which is not installed.
        BadInputError: The vendor's compiler cannot take the model.
    """
    if isinstance(accelerator.oracle, VelaOracle):
        return _ask_vela(graph, accelerator, accelerator.oracle)
    ops = tuple(_find(graph, i, op, accelerator) for i, op in enumerate(graph.ops))
    return Findings(accelerator.id, accelerator.title, ops)


def _find(graph: Graph, index: int, op: Op, accelerator: Accelerator) -> OpFinding:
    layer = layer_name(graph, op)
    entry = accelerator.find(op.kind)
    if entry is None:
        neutral = op.kind in accelerator.neutral
        failure = _failure("operator", accelerator.absent, accelerator.source)
        return OpFinding(index, op.kind, layer, "software", "", neutral, () if neutral else (failure,))
    facts = rules_facts.facts_of(graph, op).as_dict()
    broken = [rule for rule in entry.rule if not _holds(rule.requires, facts)]
    failures = tuple(_broken(rule, facts, accelerator) for rule in broken)
    placement = _placement(failures)
    kernel = _kernel(entry, facts) if placement == "accelerator" else ""
    return OpFinding(index, op.kind, layer, placement, kernel, False, failures)


def _placement(failures: Sequence[Failure]) -> Placement:
    outcomes = {f.otherwise for f in failures}
    if "unsupported" in outcomes:
        return "unsupported"
    return "software" if "software" in outcomes else "accelerator"


def _holds(condition: str, facts: dict[str, Any]) -> bool:
    return bool(rules.parse(condition, rules_facts.NAMES).evaluate(facts))


def _kernel(entry: Operator, facts: dict[str, Any]) -> str:
    return next((path.kernel for path in entry.path if _holds(path.when, facts)), "")


def _broken(rule: Rule, facts: dict[str, Any], accelerator: Accelerator) -> Failure:
    source = rule.source or accelerator.source
    detail = rules.parse(rule.requires, rules_facts.NAMES).detail(facts)
    return Failure(rule.id, rule.why, rule.otherwise, detail, rule.mend, source.document, source.confidence)


def _failure(rule: str, why: str, source: Source) -> Failure:
    return Failure(rule, why, "software", "", "", source.document, source.confidence)


def _ask_vela(graph: Graph, accelerator: Accelerator, oracle: VelaOracle) -> Findings:
    from tinyq.hardware import vela

    report = vela.compile_model(graph, oracle.accelerator, oracle.system_config, oracle.memory_mode)
    document = f"Vela {report.version}"
    ops = []
    for op, verdict in zip(graph.ops, report.ops, strict=True):
        failures = tuple(
            Failure(r.name, r.sentence, "software", r.detail, vela.mend(r.name), document, "stated")
            for r in verdict.reasons
        )
        placement: Placement = "accelerator" if verdict.placement in ("npu", "elided") else "software"
        kernel = {"npu": "NPU", "elided": "nothing to do", "both": "NPU and CPU"}.get(verdict.placement, "")
        neutral = verdict.placement == "elided"
        ops.append(
            OpFinding(
                verdict.index, op.kind, layer_name(graph, op), placement, kernel, neutral, failures, verdict.cycles
            )
        )
    estimate = VendorEstimate(
        report.cycles, report.sram_bytes, report.flash_bytes, f"{document}'s own estimate for {oracle.system_config}"
    )
    return Findings(accelerator.id, accelerator.title, tuple(ops), estimate)
