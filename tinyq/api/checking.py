"""Hold a quantized model against accelerators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tinyq.api.progress import Progress, silent
from tinyq.errors import BadInputError, ShortfallError
from tinyq.frontend import load_model
from tinyq.graph import Graph
from tinyq.hardware.accelerators import Accelerator, all_accelerators, load_accelerator
from tinyq.hardware.check import check as check_graph
from tinyq.hardware.findings import Failure, Findings
from tinyq.quantization.recipe import SchemePart
from tinyq.reporting.check_models import AcceleratorEntry, AcceleratorList, CheckReport


def check(model: Path, accelerators: tuple[str, ...], progress: Progress = silent) -> tuple[CheckReport, ...]:
    """Check every operator and tensor of a quantized model.

    Args:
        model: A quantized ``.tflite`` file.
        accelerators: Ids; empty for all that are known.
        progress: Told of every accelerator.

    Raises:
        BadInputError: The model is float or damaged, or an accelerator is not known.
        MissingToolError: An accelerator has no rules, and the vendor's tool is not installed.
    """
    chosen = tuple(load_accelerator(a) for a in dict.fromkeys(accelerators)) or all_accelerators()
    loaded = load_model(model)
    if loaded.kind != "quantized":
        raise BadInputError(
            f"{model} is a float model; accelerators run quantized ones.",
            "Quantize it first with 'tinyq quantize', or use 'tinyq convert --accelerator'.",
        )
    reports = []
    for index, accelerator in enumerate(chosen):
        progress("check", index, len(chosen))
        reports.append(check_report(loaded.graph, accelerator))
    progress("check", len(chosen), len(chosen))
    return tuple(reports)


def check_report(graph: Graph, accelerator: Accelerator) -> CheckReport:
    """A graph on one accelerator, as it is reported.

    Raises:
        MissingToolError: The accelerator has no rules, and the vendor's tool is not installed.
    """
    findings = check_graph(graph, accelerator)
    ops = [{**asdict(op), "complies": op.complies} for op in findings.ops]
    return CheckReport.model_validate(
        {
            **asdict(findings),
            "ops": ops,
            "verdict": findings.verdict,
            "complies": findings.complies,
            "commands": _commands(findings, accelerator),
        }
    )


def require_compliance(reports: Iterable[CheckReport]) -> None:
    """Judge checks.

    Raises:
        ShortfallError: Some operator is not on the accelerator, or slower than it could be, or nobody knows.
    """
    failing = [r.accelerator for r in reports if not r.complies]
    if failing:
        raise ShortfallError(
            f"The model does not comply with {', '.join(failing)}.",
            "'tinyq check MODEL --accelerator NAME' names each rule and its mend.",
        )


def list_accelerators() -> AcceleratorList:
    """Every accelerator, sorted by name."""
    return AcceleratorList(accelerators=tuple(_entry(a) for a in all_accelerators()))


def scheme_words(scheme: str | SchemePart) -> str:
    """A scheme as a recipe writes it."""
    if isinstance(scheme, str):
        return scheme
    return ", ".join(f"{name}: {value}" for name, value in scheme.model_dump(exclude_none=True).items()).lower()


def _entry(accelerator: Accelerator) -> AcceleratorEntry:
    rules = sum(len(entry.rule) for entry in accelerator.operator) + len(accelerator.tensor) + len(accelerator.model)
    return AcceleratorEntry(
        id=accelerator.id,
        title=accelerator.title,
        kind=accelerator.kind,
        rules=rules,
        scheme=scheme_words(accelerator.scheme),
        source=accelerator.source.document,
        url=accelerator.source.url,
    )


def _commands(findings: Findings, accelerator: Accelerator) -> tuple[str, ...]:
    """What to type for the mends that tinyq has."""
    failures: list[Failure] = [*findings.failures]
    failures += [f for op in findings.ops if not op.neutral for f in op.failures]
    failures += [f for tensor in findings.tensors for f in tensor.failures]
    wanted = list(dict.fromkeys(f.options.strip() for f in failures if f.options))
    schemes = [o for o in wanted if o.startswith("--scheme")]
    others = [o for o in wanted if not o.startswith("--scheme")]
    if not wanted:
        return ()
    if len(schemes) > 1 or (schemes and accelerator.scheme != "w8a8"):
        schemes = [f"--accelerator {accelerator.id}"]  # its own scheme fulfils all of its rules
    return (f"tinyq quantize FLOAT_MODEL --data DATA {' '.join((*schemes, *others))} -o QUANTIZED.tflite",)
