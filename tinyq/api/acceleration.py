"""The accelerator's part of a conversion: the check, and the model that the vendor's compiler makes."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.api.checking import check_report
from tinyq.api.progress import Progress, silent
from tinyq.errors import BadInputError
from tinyq.graph import Graph
from tinyq.hardware import vela
from tinyq.hardware.accelerators import VelaOracle, all_accelerators, load_accelerator
from tinyq.reporting.check_models import CheckReport
from tinyq.reporting.models import AccelerationReport


@dataclass(frozen=True)
class Accelerated:
    """A quantized model on an accelerator.

    Attributes:
        check: Operator by operator, tensor by tensor.
        compiled: The model that the vendor's compiler made, if that was asked for.
    """

    check: CheckReport
    compiled: bytes | None = None

    @property
    def summary(self) -> AccelerationReport:
        """The check in a line."""
        counted = [op for op in self.check.ops if not op.neutral]
        estimate = self.check.estimate
        return AccelerationReport(
            accelerator=self.check.accelerator,
            verdict=self.check.verdict,
            complies=self.check.complies,
            operators=len(counted),
            at_full_speed=sum(op.complies for op in counted),
            cycles=estimate.cycles if estimate is not None else None,
            method=estimate.method if estimate is not None else self.check.method,
            compiled_bytes=len(self.compiled) if self.compiled is not None else None,
        )


def accelerate(
    graph: Graph, name: str | None, compiled: bool = False, progress: Progress = silent
) -> Accelerated | None:
    """Check a quantized model for an accelerator, and compile it if asked; None without an accelerator.

    Raises:
        BadInputError: There is no such accelerator, or its compiler cannot take the model.
        MissingToolError: The compiler is needed and not installed.
    """
    if name is None:
        return None
    accelerator = load_accelerator(name)
    progress("check", 0, 1)
    check = check_report(graph, accelerator)
    content = None
    if compiled:
        oracle = require_compiler(name)
        content = vela.compile_model(
            graph, oracle.accelerator, oracle.system_config, oracle.memory_mode, keep_names=True
        ).compiled
    progress("check", 1, 1)
    return Accelerated(check, content)


def require_compiler(name: str | None) -> VelaOracle:
    """The compiler of an accelerator.

    Raises:
        BadInputError: No accelerator is named, or tinyq knows no compiler for it.
        MissingToolError: It is not installed.
    """
    accelerator = load_accelerator(name) if name is not None else None
    if accelerator is None or accelerator.oracle is None:
        have = ", ".join(a.id for a in all_accelerators() if a.oracle is not None)
        raise BadInputError(
            "A compiled model needs an accelerator whose compiler tinyq can call"
            + (f", which {accelerator.id} is not." if accelerator is not None else "."),
            f"Give --accelerator with one of {have}.",
        )
    vela.require()
    return accelerator.oracle
