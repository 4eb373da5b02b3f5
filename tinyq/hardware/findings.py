"""What a check of a model against an accelerator finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyq.hardware.accelerators import Confidence, Otherwise
from tinyq.hardware.tensor_facts import Role

Placement = Literal["accelerator", "software", "unsupported", "unknown"]
Verdict = Literal["complies", "partly", "unsupported", "unknown"]


@dataclass(frozen=True)
class Failure:
    """A rule that an operator, a tensor or a model breaks.

    Attributes:
        rule: Its name.
        why: The sentence that explains it.
        otherwise: What breaking it leads to.
        detail: The numbers in question.
        mend: What can be done, empty if nothing is known.
        options: Options of ``tinyq quantize`` and ``tinyq convert`` that do it, empty if none do.
        source: The document that the rule is from.
        confidence: Whether that document states it, or it follows from what it states.
    """

    rule: str
    why: str
    otherwise: Otherwise
    detail: str
    mend: str
    options: str
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
        failures: Every rule for operators that it breaks.
        tensors: Its tensors that break rules themselves.
        cycles: The vendor's estimate, None where there is none.
    """

    index: int
    kind: str
    layer: str
    placement: Placement
    kernel: str
    neutral: bool
    failures: tuple[Failure, ...]
    tensors: tuple[int, ...] = ()
    cycles: int | None = None

    @property
    def complies(self) -> bool:
        """Nothing is lost at this operator."""
        return self.neutral or (self.placement == "accelerator" and not self.failures and not self.tensors)


@dataclass(frozen=True)
class TensorFinding:
    """One tensor.

    Attributes:
        index: Position in the graph.
        name: Its name.
        layer: The layer that writes it, or that has it as weights or bias.
        role: What it is for.
        placement: ``accelerator`` if an operator that runs there touches it.
        crosses: It is handed between the accelerator and software.
        failures: Every rule for tensors that it breaks.
    """

    index: int
    name: str
    layer: str
    role: Role
    placement: Placement
    crosses: bool
    failures: tuple[Failure, ...]


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
    """A model on an accelerator.

    Attributes:
        accelerator, title: Its names.
        method: Who placed the operators.
        ops, tensors: One entry each.
        failures: Every rule for whole models that it breaks.
        estimate: The vendor's, where there is one.
        notes: What else is worth knowing, one sentence each.
    """

    accelerator: str
    title: str
    method: str
    ops: tuple[OpFinding, ...]
    tensors: tuple[TensorFinding, ...] = ()
    failures: tuple[Failure, ...] = ()
    estimate: VendorEstimate | None = None
    notes: tuple[str, ...] = ()

    @property
    def complies(self) -> bool:
        """Every operator runs on the accelerator at full speed, but for neutral ones."""
        return self.verdict == "complies"

    @property
    def verdict(self) -> Verdict:
        """``unsupported``: the model cannot run there at all; ``partly``: some of it is slower or elsewhere."""
        if any(f.otherwise == "unsupported" for f in self.failures) or self.count("unsupported"):
            return "unsupported"
        if self.count("unknown"):
            return "unknown"
        return "complies" if not self.failures and all(op.complies for op in self.ops) else "partly"

    def count(self, placement: Placement) -> int:
        """How many operators run somewhere."""
        return sum(op.placement == placement for op in self.ops)
