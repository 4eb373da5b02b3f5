"""Build a converted model's firmware, run it on the emulated target, and hold it against the host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tinyq.api.details import confusion_report
from tinyq.api.manifest import Manifest, read_manifest, sha256
from tinyq.api.pages import renew_page
from tinyq.api.progress import Progress, silent
from tinyq.api.run_folder import FIRMWARE, FLOAT_MODEL, MODEL, REPORT
from tinyq.api.samples import Samples, choose_samples
from tinyq.api.scoring import scores_of
from tinyq.api.staging import write_file
from tinyq.data import sample_shape
from tinyq.data.shapes import is_sequence
from tinyq.emulation.registry import Emulator, emulator
from tinyq.emulation.run import RunResult, run_samples
from tinyq.errors import BadInputError, FailedError
from tinyq.evaluation import compare, reference, run_float, run_tflm
from tinyq.firmware.build import Firmware, build_project
from tinyq.graph import Graph, load_graph
from tinyq.hardware.boards import Board, describe_machine, load_board
from tinyq.reporting.models import (
    BitExact,
    BuildReport,
    ConvertReport,
    Instructions,
    Sizes,
    TestReport,
)

RUNTIMES = ("aot", "tflm")


@dataclass(frozen=True)
class TestSettings:
    """What to run on the target.

    Attributes:
        out: The folder that ``convert`` wrote.
        data: Other data than the manifest's; None for the manifest's unseen samples, else random inputs.
        samples: At most so many; None for all (50 random ones).
        jobs: Emulators to run at once.
        emulator: Name of the emulator; None for the first that is installed and can run the board.
        runtime: "aot" or "tflm".
        tflm_root: TFLM checkout, for the "tflm" runtime.
        tflm_kernels: "cmsis-nn", "reference", or empty for CMSIS-NN where the checkout holds it.
        toolchain: Name of the toolchain; None for the first that is installed.
        timeout: Seconds that one inference may take on the emulator.
        save_outputs: A ``.npz`` to write inputs, codes and sample indices to.
    """

    __test__ = False  # not a test class, whatever its name

    out: Path
    data: str | None = None
    samples: int | None = None
    jobs: int = 2
    emulator: str | None = None
    runtime: str = "aot"
    tflm_root: Path | None = None
    tflm_kernels: str = ""
    toolchain: str | None = None
    timeout: float = 60.0
    save_outputs: Path | None = None


def build(
    out: Path,
    *,
    runtime: str = "aot",
    tflm_root: Path | None = None,
    tflm_kernels: str = "",
    toolchain: str | None = None,
) -> BuildReport:
    """Build the firmware of a converted model.

    Raises:
        MissingToolError: The compiler is not installed.
        ShortfallError: The linker found that it does not fit.
    """
    manifest = read_manifest(out)
    board = load_board(manifest.board)
    firmware = _firmware(out, board, runtime, tflm_root=tflm_root, tflm_kernels=tflm_kernels, toolchain=toolchain)
    return BuildReport(
        elf=firmware.elf.relative_to(out).as_posix(),
        board=board.id,
        runtime=runtime,
        flash_bytes=firmware.flash_bytes,
        ram_bytes=firmware.ram_bytes,
        sizes=_sizes(firmware),
    )


def test(settings: TestSettings, progress: Progress = silent) -> TestReport:
    """Run samples on the emulated target and on the host, and compare.

    The report is also kept in the folder's ``report.json``.

    Raises:
        BadInputError: The folder or the data are not usable.
        FailedError: The target faulted or hung.
    """
    manifest = read_manifest(settings.out)
    board = load_board(manifest.board)
    tflite = _read(settings.out / MODEL)
    if sha256(tflite) != manifest.files.get(MODEL):
        raise BadInputError(f"{settings.out / MODEL} is not the file that was converted.", "Run 'tinyq convert' again.")
    graph = load_graph(tflite, subject=MODEL)
    samples = choose_samples(settings.out, manifest, graph, data=settings.data, most=settings.samples)
    if settings.save_outputs is not None and not settings.save_outputs.resolve().parent.is_dir():
        raise BadInputError(
            f"The folder {settings.save_outputs.parent} does not exist.", "Make it first, or choose another."
        )
    total = len(samples.indices)
    chosen = emulator(settings.emulator, board)
    build_options: dict[str, Any] = {
        "tflm_root": settings.tflm_root,
        "tflm_kernels": settings.tflm_kernels,
        "toolchain": settings.toolchain,
    }
    firmware = _firmware(settings.out, board, settings.runtime, **build_options)
    machine = chosen.machine_for(board)
    run = firmware
    if machine.id != board.id:
        run = _firmware(settings.out, board, settings.runtime, for_stand_in=True, **build_options)

    host = run_tflm(tflite, samples.codes, progress=lambda done: progress("int8 on the host", done, total))
    float_outputs = None
    float_path = settings.out / FLOAT_MODEL
    if samples.values is not None and float_path.is_file():
        float_outputs = run_float(
            _read(float_path), samples.values, progress=lambda done: progress("float on the host", done, total)
        )
    result = run_samples(
        run.elf,
        machine,
        [tuple(x[n].tobytes() for x in samples.codes) for n in range(total)],
        emulator=chosen.name,
        jobs=settings.jobs,
        timeout=settings.timeout,
        progress=lambda done: progress("on the target", done, total),
    )
    first = graph.tensors[graph.inputs[0]]
    steps = samples.codes[0].shape[1] if is_sequence(samples.codes[0], first) else 0
    target = _outputs(result, graph, steps)
    runs = (float_outputs, host, target)
    report = _report(settings, manifest, board, chosen, firmware, samples, result, graph, runs)
    if settings.save_outputs is not None:
        _save(settings.save_outputs, samples, host, target)
    _keep(settings.out, report)
    return report


def _firmware(out: Path, board: Board, runtime: str, **options: Any) -> Firmware:
    if runtime not in RUNTIMES:
        raise BadInputError(f"There is no runtime {runtime!r}.", f"Choose one of {', '.join(RUNTIMES)}.")
    return build_project(out / FIRMWARE, board=board, runtime=runtime, **options)


def _outputs(result: RunResult, graph: Graph, steps: int) -> list[NDArray[Any]]:
    """The target's bytes as arrays ``[N, ...]``; of sequences ``[N, steps, ...]``."""
    outputs = []
    for position, index in enumerate(graph.outputs):
        tensor = graph.tensors[index]
        raw = b"".join(inference.outputs[position] for inference in result.inferences)
        shape = sample_shape(tensor)
        if len(raw) != tensor.nbytes * len(result.inferences) * (steps or 1):
            raise FailedError(
                f"The target sent outputs of the wrong size for {tensor.name!r}.", "Build the firmware again."
            )
        counts = (len(result.inferences), steps) if steps else (len(result.inferences),)
        outputs.append(np.frombuffer(raw, tensor.dtype.numpy).reshape(*counts, *shape))
    return outputs


def _report(
    settings: TestSettings,
    manifest: Manifest,
    board: Board,
    chosen: Emulator,
    firmware: Firmware,
    samples: Samples,
    result: RunResult,
    graph: Graph,
    runs: tuple[list[NDArray[Any]] | None, list[NDArray[Any]], list[NDArray[Any]]],
) -> TestReport:
    float_, host, target = runs
    machine = chosen.machine_for(board)
    scored = scores_of(manifest.metric, graph, samples.labels, samples.values, float_=float_, host=host, target=target)
    exact = compare(target, host)
    counts = np.array([i.instructions for i in result.inferences])
    return TestReport(
        model_sha256=manifest.files[MODEL],
        board=board.id,
        core=board.core,
        emulator=chosen.name,
        machine=describe_machine(machine, board),
        reference=reference(),
        runtime=cast(Literal["aot", "tflm"], settings.runtime),
        samples=len(samples.indices),
        samples_from=samples.origin,
        metric=scored.metric,
        accuracy=scored.accuracy,
        score=scored.score,
        bit_exact=BitExact(equal=exact.equal, total=exact.total),
        instructions=Instructions(
            min=int(counts.min()), median=int(np.percentile(counts, 50, method="lower")), max=int(counts.max())
        ),
        instructions_method=result.hello.counter,
        arena_bytes=result.hello.arena_bytes,
        stack_bytes=result.stack_bytes,
        flash_bytes=firmware.flash_bytes,
        ram_bytes=firmware.ram_bytes,
        sizes=_sizes(firmware),
        confusion=confusion_report(graph, float_, target, samples.labels, samples.indices),
    )


def _sizes(firmware: Firmware) -> Sizes:
    sizes = firmware.sizes
    return Sizes(engine_code=sizes.engine_code, model=sizes.model, harness=sizes.harness, static_ram=sizes.static_ram)


def _save(path: Path, samples: Samples, host: list[NDArray[Any]], target: list[NDArray[Any]]) -> None:
    """Inputs, outputs and indices; one input or output is ``x``, ``y``, several are ``x0``, ``x1`` and so on."""
    arrays: dict[str, NDArray[Any]] = {"indices": samples.indices}
    for name, values in (("x", samples.codes), ("target", target), ("host", host)):
        for position, array in enumerate(values):
            arrays[name if len(values) == 1 else f"{name}{position}"] = array
    import io

    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_file(path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz"), buffer.getvalue())


def _keep(out: Path, report: TestReport) -> None:
    path = out / REPORT
    if path.is_file():
        whole = ConvertReport.model_validate_json(path.read_text()).model_copy(update={"test": report})
        write_file(path, whole.to_json() + "\n")
        renew_page(out)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).", "Run 'tinyq convert' again.") from error
