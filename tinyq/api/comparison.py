"""Layer by layer: the emulated target against the host, and the quantized model against the float model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tinyq.analysis.difference import Difference, Meter
from tinyq.api.manifest import Manifest, read_manifest
from tinyq.api.pages import renew_page
from tinyq.api.progress import Progress, silent
from tinyq.api.run_folder import COMPARE, FIRMWARE, FLOAT_MODEL, MODEL, REPORT
from tinyq.api.samples import Samples, choose_samples, first_steps
from tinyq.api.staging import write_file
from tinyq.data import to_values
from tinyq.emulation.device import LayerResult
from tinyq.emulation.registry import emulator
from tinyq.errors import BadInputError, FailedError
from tinyq.evaluation.layers import LayerComparison, compare_layers, host_activations
from tinyq.evaluation.runners import run_float
from tinyq.firmware.build import build_project
from tinyq.firmware.layer_map import MappedLayer, read_layer_map
from tinyq.frontend import load_model
from tinyq.graph import DType, Graph, Tensor, layer_name, write_graph
from tinyq.hardware.boards import Board, load_board
from tinyq.reporting.compare_models import ComparedLayer, CompareReport, FirstDifference, FloatDifference
from tinyq.reporting.models import ConvertReport

_AGAIN = "Run 'tinyq convert' again."
_INNER = "what inner layers hold was changed for quantization ({}), so there quantized and float differ by design"


@dataclass(frozen=True)
class CompareSettings:
    """What to compare.

    Attributes:
        out: The folder that ``convert`` wrote.
        data: Other data than the conversion's; None for its unseen samples, else random inputs.
        samples: At most so many.
        emulator: Name of the emulator; None for the first that is installed and can run the board.
        runtime: "aot" or "tflm".
        tflm_root: TFLM checkout, for the "tflm" runtime.
        tflm_kernels: "cmsis-nn", "reference", or empty for CMSIS-NN where the checkout holds it.
        float_model: The float model; None for the one that ``convert`` kept.
        timeout: Seconds that one inference may take on the emulator.
    """

    out: Path
    data: str | None = None
    samples: int = 3
    emulator: str | None = None
    runtime: str = "aot"
    tflm_root: Path | None = None
    tflm_kernels: str = ""
    float_model: Path | None = None
    timeout: float = 60.0


def compare(settings: CompareSettings, progress: Progress = silent) -> CompareReport:
    """Run a build that observes layers on the emulated board, and hold each layer against the host.

    The report is also written to ``compare.json`` in the folder.

    Raises:
        BadInputError: The folder, the data or the float model are not usable.
        MissingToolError: A tool, or TFLM, is missing.
        FailedError: The target faulted or hung, or its firmware is of another model.
    """
    manifest = read_manifest(settings.out)
    board = load_board(manifest.board)
    graph = _model(settings.out, manifest)
    layers = read_layer_map(settings.out / FIRMWARE)
    samples = first_steps(
        choose_samples(settings.out, manifest, graph, data=settings.data, most=settings.samples), graph
    )
    float_graph = _float_graph(settings, graph)
    results, counter = _observe(settings, board, manifest, samples, progress)
    total = len(samples.indices)
    tensors = [layer.tensor for layer in layers]
    held = host_activations(graph, tensors, samples.codes, progress=lambda n: progress("layers on the host", n, total))
    target = {layer.tensor: _stacked(layer, results, held[layer.tensor]) for layer in layers}
    host = {layer.tensor: _chosen(layer, held[layer.tensor]) for layer in layers}
    compared = compare_layers(graph, target, host)
    real: dict[int, Difference] = {}
    if float_graph is not None:
        real = _against_float(graph, float_graph, held, samples)
    report = CompareReport(
        model_sha256=manifest.files[MODEL],
        board=board.id,
        core=board.core,
        emulator=emulator(settings.emulator, board).name,
        runtime=cast(Literal["aot", "tflm"], settings.runtime),
        samples=total,
        samples_from=samples.origin,
        layers=tuple(
            _layer(_with_kernel(each, settings.runtime), graph, compared[each.tensor], results, real) for each in layers
        ),
        first_differing=next((each.index for each in layers if compared[each.tensor].differing), None),
        instructions_method=counter,
        notes=_notes(settings.out, float_graph),
    )
    write_file(settings.out / COMPARE, report.to_json() + "\n")
    renew_page(settings.out)
    return report


def _model(out: Path, manifest: Manifest) -> Graph:
    """The quantized model, as the firmware was made from it."""
    path = out / MODEL
    loaded = load_model(path)
    if loaded.sha256 != manifest.files.get(MODEL):
        raise BadInputError(f"{path} is not the file that was converted.", _AGAIN)
    return loaded.graph


def _float_graph(settings: CompareSettings, graph: Graph) -> Graph | None:
    """The float model to hold the quantized one against, if there is one."""
    path = settings.float_model or settings.out / FLOAT_MODEL
    if settings.float_model is None and not path.is_file():
        return None
    loaded = load_model(path)
    if loaded.kind != "float":
        raise BadInputError(f"{path} is no float model.", "Give the model that was quantized with --float-model.")
    if [t.shape for t in _inputs(loaded.graph)] != [t.shape for t in _inputs(graph)]:
        raise BadInputError(f"{path} has other inputs than the quantized model.", "Give the model that it is made of.")
    return loaded.graph


def _inputs(graph: Graph) -> list[Tensor]:
    return [graph.tensors[i] for i in graph.inputs]


def _observe(
    settings: CompareSettings, board: Board, manifest: Manifest, samples: Samples, progress: Progress
) -> tuple[list[list[LayerResult]], str]:
    """Every layer of every sample on the target, and how instructions were counted."""
    opener = emulator(settings.emulator, board)
    machine = opener.machine_for(board)
    firmware = build_project(
        settings.out / FIRMWARE,
        board=board,
        for_stand_in=machine.id != board.id,
        runtime=settings.runtime,
        tflm_root=settings.tflm_root,
        tflm_kernels=settings.tflm_kernels,
        observe=True,
    )
    total = len(samples.indices)
    results = []
    with opener.open(firmware.elf, machine, settings.timeout) as device:
        hello = device.hello()
        if hello.model_hash != manifest.files[MODEL][: len(hello.model_hash)]:
            raise FailedError("The firmware is not of the model in this folder.", _AGAIN)
        for n in range(total):
            results.append(device.layers([x[n].tobytes() for x in samples.codes]))
            progress("layers on the target", n + 1, total)
    return results, hello.counter


def _chosen(layer: MappedLayer, values: NDArray[Any]) -> NDArray[Any]:
    """The channels that the firmware computes."""
    return values if layer.channels is None else values[..., list(layer.channels)]


def _stacked(layer: MappedLayer, results: Sequence[Sequence[LayerResult]], host: NDArray[Any]) -> NDArray[Any]:
    """The target's outputs of one layer, ``[N, ...]``, in the form of the host's."""
    like = _chosen(layer, host)
    raw = b"".join(sample[layer.index].output for sample in results if layer.index < len(sample))
    if len(raw) != like.nbytes:
        raise FailedError(
            f"The target sent {len(raw):,} bytes of layer {layer.index} ({layer.name}) instead of {like.nbytes:,}.",
            _AGAIN,
        )
    return np.frombuffer(raw, like.dtype).reshape(like.shape)


def _against_float(
    graph: Graph, float_graph: Graph, held: Mapping[int, NDArray[Any]], samples: Samples
) -> dict[int, Difference]:
    """Layers of the quantized model against those of the float model that have the same name, on the host."""
    pairs = _pairs(graph, float_graph, tuple(held))
    if not pairs:
        return {}
    values = samples.values
    if values is None:
        values = tuple(to_values(x, t) for x, t in zip(samples.codes, _inputs(graph), strict=True))
    wanted = tuple(dict.fromkeys(pairs.values()))
    everything = replace(float_graph, outputs=wanted, signatures=())
    outputs = dict(zip(wanted, run_float(write_graph(everything), values), strict=True))
    found = {}
    for tensor, twin in pairs.items():
        meter = Meter(graph.tensors[tensor])
        for real, codes in zip(outputs[twin], held[tensor], strict=True):
            meter.add(real, codes)
        found[tensor] = meter.result()
    return found


def _pairs(graph: Graph, float_graph: Graph, tensors: Sequence[int]) -> dict[int, int]:
    """Tensors of the quantized model and their like in the float model: by tensor, else by layer and operator."""
    names = {t.name: i for i, t in enumerate(float_graph.tensors) if i in float_graph.producers}
    layers: dict[tuple[str, str], list[int]] = {}
    for op in float_graph.ops:
        layers.setdefault((layer_name(float_graph, op), op.kind), []).append(op.outputs[0])
    found = {}
    for tensor in tensors:
        op = graph.ops[graph.producers[tensor]]
        alike = layers.get((layer_name(graph, op), op.kind), [])
        twin = names.get(graph.tensors[tensor].name, alike[0] if len(alike) == 1 else None)
        if twin is None or float_graph.tensors[twin].dtype is not DType.FLOAT32:
            continue
        if float_graph.tensors[twin].shape == graph.tensors[tensor].shape:
            found[tensor] = twin
    return found


def _with_kernel(layer: MappedLayer, runtime: str) -> MappedLayer:
    return layer if runtime == "aot" else replace(layer, kernel=f"TFLM's kernel of {layer.op}")


def _layer(
    layer: MappedLayer,
    graph: Graph,
    found: LayerComparison,
    results: Sequence[Sequence[LayerResult]],
    real: Mapping[int, Difference],
) -> ComparedLayer:
    shape = graph.tensors[layer.tensor].shape
    first, difference = found.first, real.get(layer.tensor)
    return ComparedLayer(
        index=layer.index,
        name=layer.name,
        op=layer.op,
        kernel=layer.kernel,
        output_shape=shape,
        channels_left_out=shape[-1] - len(layer.channels) if layer.channels is not None else 0,
        elements=found.elements,
        differing=found.differing,
        max_difference=found.largest,
        arises=found.arises,
        first=FirstDifference(**vars(first)) if first is not None else None,
        instructions=int(np.median([sample[layer.index].instructions for sample in results])),
        float_=FloatDifference(
            sqnr_db=difference.sqnr_db,
            cosine=difference.cosine,
            max_error=difference.max_error,
            clipped=difference.clipped,
        )
        if difference is not None
        else None,
    )


def _notes(out: Path, float_graph: Graph | None) -> tuple[str, ...]:
    if float_graph is None:
        return ("no float model was kept, as the model came quantized; give it with --float-model to see the error",)
    path = out / REPORT
    if not path.is_file():
        return ()
    trials = ConvertReport.model_validate_json(path.read_text()).trials
    transforms = [t.name for t in trials if t.kind == "transform" and t.kept]
    return (_INNER.format(", ".join(transforms)),) if transforms else ()
