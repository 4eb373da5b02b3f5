"""Arm's Vela compiler as the oracle for Ethos-U.

Vela 5.2 has two cores. Regor (C++) compiles, and its placement of each operator is the verdict; for an operator that it
leaves to the CPU it prints the first reason. The older core (Python) has one function for each constraint, whose
docstring is the sentence for people: run over all of them, it says every reason, for U55 and U65. Neither has a stable
interface, so the version is pinned and the tests pin what is used here. Everything runs in a child process.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any, Literal

from tinyq import isolation
from tinyq.errors import BadInputError, MissingToolError
from tinyq.graph import Graph, write_graph

VERSION = "5.2.0"
_PACKAGE = "ethos-u-vela"
_HINT = "Install it: pip install 'tinyq[vela]'"

_WARNING = re.compile(
    r"Warning \((?P<kind>[^)]*)\) operator: (?P<op>\S+), ofm: '(?P<ofm>[^']*)'\nReason: (?P<why>.*?)(?=\n\n|\Z)", re.S
)

_MENDS = {
    "constraint_batch_size": "Export the model with batch size 1.",
    "constraint_depth_multiplier": "Use a depth multiplier of 1, or one input channel.",
    "constraint_depthwise_conv_stride": "Use strides of 1 to 3.",
    "constraint_faf": "Use ReLU, ReLU6, tanh or a sigmoid as the activation.",
    "constraint_matching_in_out_quant": "Give input and output the same scale and zero point.",
    "constraint_stride_range": "Use strides of 1 to 3.",
    "constraint_tens_dtype": "Quantize the model to 8 or 16 bits.",
    "constraint_tens_quant_none_check": "Quantize the model to 8 bits.",
    "constraint_tens_quant_per_axis": "Quantize this tensor with one scale.",
    "constraint_weights_const": "Fold what computes the weights, so that they are constant.",
    "constraint_weights_limit": "Clip the weights: the sum of their magnitudes is too large for one output.",
    "constraint_weights_type": "Quantize the weights to 8 bits.",
}


@dataclass(frozen=True)
class Reason:
    """Why an operator stays on the CPU: constraint, sentence, and the numbers in question."""

    name: str
    sentence: str
    detail: str


@dataclass(frozen=True)
class OpVerdict:
    """Vela on one operator of the model; ``elided`` means that nothing is left to compute."""

    index: int
    placement: Literal["npu", "cpu", "both", "elided"]
    cycles: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class VelaReport:
    """Vela on a model.

    Attributes:
        ops: One entry for each operator.
        cycles: Estimated cycles of one inference.
        sram_bytes: Peak use of SRAM.
        flash_bytes: Read-only memory: encoded weights, scales and commands.
        compiled: The ``.tflite`` that Vela made.
        version: Of Vela.
    """

    ops: tuple[OpVerdict, ...]
    cycles: int
    sram_bytes: int
    flash_bytes: int
    compiled: bytes
    version: str


def compile_model(
    graph: Graph, accelerator: str, system_config: str, memory_mode: str, keep_names: bool = False
) -> VelaReport:
    """Compile a quantized model for an Ethos-U.

    Args:
        graph: The model.
        accelerator: "ethos-u55-128" and so on.
        keep_names: Tensors keep their names in the compiled model; reasons may then go to the wrong operator.
        system_config, memory_mode: Sections of the ``vela.ini`` that comes with Vela.

    Raises:
        MissingToolError: Vela is not installed, or not the version that tinyq works with.
        BadInputError: Vela cannot take the model.
    """
    require()
    if not keep_names:  # Vela tells operators apart by the names of their outputs
        unique = tuple(replace(t, name=f"t{i}") for i, t in enumerate(graph.tensors))
        graph = replace(graph, tensors=unique, signatures=())
    return isolation.call(
        _compile,
        write_graph(graph),
        accelerator,
        system_config,
        memory_mode,
        subject="the model in Vela",
        timeout=300.0,
    )


def mend(constraint: str) -> str:
    """What can be done about a constraint, empty if nothing is known."""
    return _MENDS.get(constraint, "")


def mended_constraints() -> tuple[str, ...]:
    """The constraints for which :func:`mend` has something to say."""
    return tuple(_MENDS)


def require() -> None:
    """Make sure that the right Vela is there.

    Raises:
        MissingToolError: It is not.
    """
    if importlib.util.find_spec("ethosu") is None:
        raise MissingToolError("Checking for Ethos-U needs Arm's Vela compiler, which is not installed.", _HINT)
    found = metadata.version(_PACKAGE)
    if found != VERSION:
        raise MissingToolError(f"Checking for Ethos-U works with Vela {VERSION}, but {found} is installed.", _HINT)


def _compile(content: bytes, accelerator: str, system_config: str, memory_mode: str) -> VelaReport:
    """Runs in the child."""
    from ethosu import regor
    from ethosu.vela import architecture_features

    ini = f"{architecture_features.CONFIG_FILES_PATH}/Arm/vela.ini"
    with _captured():
        arch = architecture_features.ArchitectureFeatures(
            vela_config_files=[ini],
            system_config=system_config,
            memory_mode=memory_mode,
            accelerator_config=accelerator,
            max_blockdep=architecture_features.ArchitectureFeatures.MAX_BLOCKDEP,
            verbose_config=False,
            arena_cache_size=None,
        )
    with open(ini, encoding="utf-8") as file:  # noqa: PTH123 - the path is Vela's
        system = (
            f"[architecture]\nmacs={arch.num_macs_per_cycle}\ncores={arch.ncores}\n"
            f"[vela]\nsystem_config_name={arch.system_config}\nmemory_mode_name={arch.memory_mode}\n{file.read()}"
        )
    family = "".join(part.capitalize() for part in accelerator.split("-")[:-1])
    with _captured() as log:
        try:
            model = regor.compile(family, content, "TFLITE", system, options=_options(arch), verbose=True)
        except RuntimeError as error:
            raise BadInputError(
                f"Vela cannot compile the model ({error}).", "Check that it is an integer model with fixed shapes."
            ) from error
    warnings = {m["ofm"]: m for m in _WARNING.finditer(log[0])}
    explained = _explain(content, arch) if not arch.is_ethos_u85_system else {}
    verdicts = tuple(_verdicts(content, model, warnings, explained))
    memories = model.perf_report.memories
    return VelaReport(
        verdicts,
        int(model.perf_report.totalCycles),
        int(memories["Sram"].peakUsage) if "Sram" in memories else 0,
        int(model.perf_report.readOnlyPeakUsage),
        bytes(model.model),
        metadata.version(_PACKAGE),
    )


def _options(arch: Any) -> str:
    return (
        "\n[compiler]\nenable_db=true\noutput_format=TFLite\ncop_format=COP1\n"
        f"\n[scheduler]\noptimize=Performance\narena_size_limit={arch.arena_cache_size}\ndisable_feature=\n"
        "cpu_tensor_alignment=16\ntensor_allocator=HillClimb\n\n[graph]\n"
    )


def _verdicts(
    content: bytes, model: Any, warnings: dict[str, re.Match[str]], explained: dict[str, tuple[Reason, ...]]
) -> Iterator[OpVerdict]:
    """Follow each operator of the file through Regor's database to what it became."""
    tables = {
        name: [dict(zip(table.header, row, strict=True)) for row in table.data]
        for name, table in model.opt_database.tables.items()
    }
    on_npu = {row["optimised_id"] for row in tables["queue"]}
    grouped = {row["id"] for row in tables["group"]}
    sources = {int(row["ext_key"]): row["id"] for row in tables["source"] if row["ext_key"] != ""}
    for index, output in enumerate(_outputs(content)):
        rows = [row for row in tables["perf"] if row["source_id"] == sources.get(index)]
        npu = [row for row in rows if row["optimised_id"] in on_npu or row["id"] in grouped]
        placement: Literal["npu", "cpu", "both", "elided"] = "elided"
        if npu:
            placement = "npu" if len(npu) == len(rows) else "both"
        elif rows or output in warnings:
            placement = "cpu"
        cycles = sum(int(float(row["op_cycles"] or 0)) for row in npu)
        reasons = _reasons(output, warnings, explained) if placement in ("cpu", "both") else ()
        yield OpVerdict(index, placement, cycles, reasons)


def _outputs(content: bytes) -> list[str]:
    """The name of each operator's first output."""
    from ethosu.vela.tflite.Model import Model

    subgraph = Model.GetRootAsModel(bytearray(content), 0).Subgraphs(0)
    operators = [subgraph.Operators(i) for i in range(subgraph.OperatorsLength())]
    return [subgraph.Tensors(op.Outputs(0)).Name().decode() for op in operators]


def _reasons(
    output: str, warnings: dict[str, re.Match[str]], explained: dict[str, tuple[Reason, ...]]
) -> tuple[Reason, ...]:
    if explained.get(output):
        return explained[output]
    if output in warnings:
        return (Reason("regor", " ".join(warnings[output]["why"].split()), ""),)
    return (Reason("regor", "Vela leaves the operator to the CPU and gives no reason.", ""),)


def _explain(content: bytes, arch: Any) -> dict[str, tuple[Reason, ...]]:
    """Every constraint of the Python core that an operator breaks, by the name of its output."""
    import tempfile

    from ethosu.vela import tflite_model_semantic, tflite_reader, tflite_supported_operators

    with tempfile.NamedTemporaryFile(suffix=".tflite") as file, _captured():
        file.write(content)
        file.flush()
        try:
            graph = tflite_reader.read_tflite(file.name, None, {}, None, None)
        except Exception:  # only the explanation is lost: Regor has read the model
            return {}
        semantic = tflite_model_semantic.TFLiteSemantic()
        supported = tflite_supported_operators.TFLiteSupportedOperators()
        excluded = semantic.get_generic_constraint_exclude_list()
        found = {}
        for op in graph.subgraphs[0].get_all_ops():
            if not op.outputs or op.type.name in ("Placeholder", "SubgraphInput", "Const"):
                continue
            constraints = [c for c in semantic.generic_constraints if c not in excluded.get(op.type, [])]
            constraints += semantic.specific_constraints[op.type]
            exceptions = supported.generic_constraints_exceptions[op.type]
            constraints += [c for c in supported.generic_constraints if c not in exceptions]
            constraints += supported.specific_constraints[op.type]
            found[op.outputs[0].name] = tuple(_broken(constraints, op))
            if op.type not in supported.supported_operators:
                kind = Reason("operator", "The operator runs on the CPU only.", "")
                found[op.outputs[0].name] = (kind,)
        return found


def _broken(constraints: list[Any], op: Any) -> Iterator[Reason]:
    for constraint in constraints:
        try:
            valid, extra = constraint(op)
        except Exception:  # noqa: S112 - written for operators that passed the constraints before this one
            continue
        if not valid:
            sentence = " ".join((constraint.__doc__ or constraint.__name__).split())
            yield Reason(constraint.__name__, sentence, " ".join(str(extra).split()))


@contextlib.contextmanager
def _captured() -> Iterator[list[str]]:
    """What is printed meanwhile, by C++ too."""
    import os
    import sys
    import tempfile

    out: list[str] = []
    with tempfile.TemporaryFile() as file:
        sys.stdout.flush()
        sys.stderr.flush()
        saved = [os.dup(fd) for fd in (1, 2)]
        for fd in (1, 2):
            os.dup2(file.fileno(), fd)
        try:
            yield out
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for fd, old in zip((1, 2), saved, strict=True):
                os.dup2(old, fd)
                os.close(old)
            file.seek(0)
            out.append(file.read().decode(errors="replace"))
