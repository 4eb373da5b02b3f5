"""Where an inference on the emulated target spends its instructions, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tinyq.api.manifest import Manifest, read_manifest
from tinyq.api.pages import renew_page
from tinyq.api.progress import Progress, silent
from tinyq.api.run_folder import FIRMWARE, MODEL, PROFILE
from tinyq.api.samples import choose_samples
from tinyq.api.staging import write_file
from tinyq.emulation.blocks import Tracing
from tinyq.emulation.cost import Cost, CostModel
from tinyq.emulation.device import NOT_MEASURED
from tinyq.emulation.registry import Emulator, emulator
from tinyq.errors import BadInputError, FailedError
from tinyq.firmware.build import build_project
from tinyq.firmware.layer_map import MappedLayer, read_layer_map
from tinyq.firmware.toolchain import find_toolchain
from tinyq.folding import fold
from tinyq.frontend import load_model
from tinyq.graph import Graph, macs
from tinyq.hardware.boards import Board, load_board
from tinyq.reporting.profile_models import ProfiledLayer, ProfileReport, ProfileTotals

_AGAIN = "Run 'tinyq convert' again."


@dataclass(frozen=True)
class ProfileSettings:
    """What to profile.

    Attributes:
        out: The folder that ``convert`` wrote.
        data: Other data than the conversion's; None for its first unseen sample, else a random input.
        emulator: Name of the emulator; None for the first that is installed and can run the board.
        runtime: "aot" or "tflm".
        tflm_root: TFLM checkout, for the "tflm" runtime.
        tflm_kernels: "cmsis-nn", "reference", or empty for CMSIS-NN where the checkout holds it.
        timeout: Seconds that one layer may take on the emulator.
    """

    out: Path
    data: str | None = None
    emulator: str | None = None
    runtime: str = "aot"
    tflm_root: Path | None = None
    tflm_kernels: str = ""
    timeout: float = 120.0


def profile(settings: ProfileSettings, progress: Progress = silent) -> ProfileReport:
    """Run one inference of a build that observes layers, and say what each of them costs.

    The report is also written to ``profile.json`` in the folder.

    Raises:
        BadInputError: The folder or the data are not usable.
        MissingToolError: A tool, or TFLM, is missing.
        FailedError: The target faulted or hung.
    """
    manifest = read_manifest(settings.out)
    board = load_board(manifest.board)
    graph = _model(settings.out, manifest)
    opener = emulator(settings.emulator, board)
    layers = read_layer_map(settings.out / FIRMWARE)
    samples = choose_samples(settings.out, manifest, graph, data=settings.data, most=1)
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
    progress("layers on the target", 0, 1)
    measured = measure(opener, firmware.elf, machine, [x[0].tobytes() for x in samples.codes], settings.timeout)
    progress("layers on the target", 1, 1)
    if len(measured.layers) != len(layers):
        raise FailedError(f"The firmware has {len(measured.layers)} layers instead of {len(layers)}.", _AGAIN)
    deployed = fold(graph).graph
    profiled = tuple(
        _layer(layer, deployed, cost, settings.runtime) for layer, cost in zip(layers, measured.layers, strict=True)
    )
    report = ProfileReport(
        model_sha256=manifest.files[MODEL],
        board=board.id,
        core=board.core,
        emulator=opener.name,
        runtime=cast(Literal["aot", "tflm"], settings.runtime),
        sample_from=samples.origin,
        layers=profiled,
        total=_total(profiled),
        instructions_method=measured.instructions_method,
        cycles_method=measured.cycles_method,
        cycles_error=measured.cycles_error,
    )
    write_file(settings.out / PROFILE, report.to_json() + "\n")
    renew_page(settings.out)
    return report


@dataclass(frozen=True)
class Measured:
    """Costs by layer, and how they were obtained."""

    layers: tuple[LayerCost, ...]
    instructions_method: str
    cycles_method: str
    cycles_error: str


@dataclass(frozen=True)
class LayerCost:
    """As :class:`tinyq.emulation.cost.Cost`, of a target that may tell less."""

    instructions: int
    cycles: int | None
    loaded: int | None
    stored: int | None


def measure(opener: Emulator, elf: Path, board: Board, inputs: Sequence[bytes], timeout: float) -> Measured:
    """What each layer costs: by tracing where the emulator can, else by counters alone."""
    if not isinstance(opener, Tracing):
        with opener.open(elf, board, timeout) as device:
            counted = tuple(LayerCost(r.instructions, None, None, None) for r in device.layers(inputs))
            return Measured(counted, device.hello().counter, f"{NOT_MEASURED} under {opener.title}", "")
    traced = opener.trace(elf, board, inputs, timeout)
    model = CostModel(elf, board.core, find_toolchain(None).objdump)
    timing = model.timing
    return Measured(
        tuple(_rounded(model.of(blocks)) for blocks in traced),
        "executed instructions, counted block by block; exact",
        timing.method if timing is not None else f"{NOT_MEASURED}: there is no timing of {board.core}",
        timing.error if timing is not None else "",
    )


def _rounded(cost: Cost) -> LayerCost:
    cycles = round(cost.cycles) if cost.cycles is not None else None
    return LayerCost(cost.instructions, cycles, cost.loaded, cost.stored)


def _model(out: Path, manifest: Manifest) -> Graph:
    """The quantized model, as the firmware was made from it."""
    path = out / MODEL
    loaded = load_model(path)
    if loaded.sha256 != manifest.files.get(MODEL):
        raise BadInputError(f"{path} is not the file that was converted.", _AGAIN)
    return loaded.graph


def _layer(layer: MappedLayer, graph: Graph, cost: LayerCost, runtime: str) -> ProfiledLayer:
    op = graph.ops[graph.producers[layer.tensor]]
    products = macs(graph, op)
    tensors = {t for t in (*op.inputs, *op.outputs) if t >= 0}
    return ProfiledLayer(
        index=layer.index,
        name=layer.name,
        op=layer.op,
        kernel=layer.kernel if runtime == "aot" else f"TFLM's kernel of {layer.op}",
        output_shape=graph.tensors[layer.tensor].shape,
        macs=products,
        instructions=cost.instructions,
        instructions_per_mac=_per(cost.instructions, products),
        cycles=cost.cycles,
        cycles_per_mac=_per(cost.cycles, products),
        bytes_touched=sum(graph.tensors[t].nbytes for t in tensors),
        bytes_loaded=cost.loaded,
        bytes_stored=cost.stored,
    )


def _total(layers: Sequence[ProfiledLayer]) -> ProfileTotals:
    products = sum(layer.macs for layer in layers)
    instructions = sum(layer.instructions for layer in layers)
    cycles = _sum([layer.cycles for layer in layers])
    return ProfileTotals(
        macs=products,
        instructions=instructions,
        instructions_per_mac=_per(instructions, products),
        cycles=cycles,
        cycles_per_mac=_per(cycles, products),
        bytes_loaded=_sum([layer.bytes_loaded for layer in layers]),
        bytes_stored=_sum([layer.bytes_stored for layer in layers]),
    )


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _per(value: int | None, products: int) -> float | None:
    return round(value / products, 4) if value and products else None
