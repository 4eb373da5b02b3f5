"""Hold a quantized model against accelerators."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from tinyq.errors import BadInputError
from tinyq.frontend import load_model
from tinyq.hardware.accelerators import all_accelerators, load_accelerator
from tinyq.hardware.check import Findings
from tinyq.hardware.check import check as check_graph
from tinyq.reporting.models import AcceleratorEntry, AcceleratorList, CheckReport


def check(model: Path, accelerators: tuple[str, ...]) -> tuple[CheckReport, ...]:
    """Check every operator of a quantized model.

    Args:
        model: A quantized ``.tflite`` file.
        accelerators: Ids; empty for all that are known.

    Raises:
        BadInputError: The model is float or damaged, or an accelerator is not known.
        MissingToolError: An accelerator needs a vendor's tool that is not installed.
    """
    chosen = tuple(load_accelerator(a) for a in accelerators) or all_accelerators()
    loaded = load_model(model)
    if loaded.kind != "quantized":
        raise BadInputError(f"{model} is a float model.", "Quantize it first with 'tinyq quantize'.")
    return tuple(_report(check_graph(loaded.graph, a)) for a in chosen)


def list_accelerators() -> AcceleratorList:
    """Every accelerator, sorted by name."""
    return AcceleratorList(accelerators=tuple(AcceleratorEntry(id=a.id, title=a.title) for a in all_accelerators()))


def _report(findings: Findings) -> CheckReport:
    return CheckReport.model_validate({**asdict(findings), "complies": findings.complies})
