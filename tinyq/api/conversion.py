"""The whole way from a model to a firmware project, written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tinyq.api.acceleration import Accelerated, accelerate, require_compiler
from tinyq.api.details import activation_reports, plan_report
from tinyq.api.estimation import report_of
from tinyq.api.manifest import Manifest, sha256, source, versions
from tinyq.api.pages import findings_of, page_of
from tinyq.api.program import Program, emit, layer_reports, program_of
from tinyq.api.progress import Progress, silent
from tinyq.api.quantization import Quantized, QuantizeSettings, layer_schemes, quantize_model, trial_reports
from tinyq.api.run_folder import CHECK, COMPILED_MODEL, FIRMWARE, FLOAT_MODEL, MODEL, PAGE, REPORT
from tinyq.api.scoring import Scored, scores_of
from tinyq.api.self_test import self_test_of
from tinyq.api.staging import MANIFEST, check_output, staged_folder, write_file
from tinyq.data import to_codes, to_values
from tinyq.evaluation import run_float, run_tflm
from tinyq.evaluation.metrics import metric as find_metric
from tinyq.firmware.self_test import MOST_SAMPLES, SelfTest
from tinyq.graph import total_macs
from tinyq.hardware.boards import Board, load_board
from tinyq.reporting.models import ConvertReport


@dataclass(frozen=True)
class ConvertSettings(QuantizeSettings):
    """What to convert, for which board, and where to.

    Attributes:
        board: Id of the board.
        out: The folder to write.
        evaluate: Measure the float and the integer model on the unseen samples.
        optimize: What the generated code is optimized for: "balanced", "speed", "size" or "ram".
        compiled: Write the model that the vendor's compiler made for the accelerator beside the other one.
        force: Replace ``out`` if tinyq wrote it.
        command: The command line, for the manifest.
    """

    board: str = field(kw_only=True)
    out: Path = field(kw_only=True)
    evaluate: bool = True
    optimize: str = "balanced"
    compiled: bool = False
    force: bool = False
    command: tuple[str, ...] = ()


def convert(settings: ConvertSettings, progress: Progress = silent) -> ConvertReport:
    """Quantize a model, generate its firmware project, and measure it on the host.

    Raises:
        BadInputError: The model, the data or a setting is not usable.
        ShortfallError: The model does not fit on the board.
    """
    check_output(settings.out, settings.force)
    board = load_board(settings.board)
    if settings.metric is not None:
        find_metric(settings.metric)
    if settings.compiled:
        require_compiler(settings.accelerator)
    quantized = quantize_model(settings, progress)
    accelerated = accelerate(quantized.graph, settings.accelerator, settings.compiled, progress)
    program = program_of(quantized.graph, quantized.tflite, board, settings.optimize)
    scored, evaluated = _evaluate(settings, quantized, progress)
    self_test = _self_test(settings, quantized, program, board)

    report = _report(settings, quantized, program, scored, evaluated, accelerated)
    with staged_folder(settings.out, settings.force) as stage:
        write_file(stage / MODEL, quantized.tflite)
        files = {MODEL: sha256(quantized.tflite)}
        if quantized.float_tflite is not None:
            write_file(stage / FLOAT_MODEL, quantized.float_tflite)
            files[FLOAT_MODEL] = sha256(quantized.float_tflite)
        if accelerated is not None:
            write_file(stage / CHECK, accelerated.check.to_json() + "\n")
            if accelerated.compiled is not None:
                write_file(stage / COMPILED_MODEL, accelerated.compiled)
                files[COMPILED_MODEL] = sha256(accelerated.compiled)
        (stage / FIRMWARE).mkdir()
        emit(stage / FIRMWARE, program, board, self_test)
        write_file(stage / REPORT, report.to_json() + "\n")
        write_file(stage / PAGE, page_of(report, findings=findings_of(stage, report)))
        manifest = _manifest(settings, quantized, files)
        write_file(stage / MANIFEST, manifest.model_dump_json(indent=2) + "\n")
    return report


def _self_test(settings: ConvertSettings, quantized: Quantized, program: Program, board: Board) -> SelfTest | None:
    dataset, split = quantized.dataset, quantized.split
    return self_test_of(
        quantized.graph,
        quantized.tflite,
        board,
        program.footprint,
        unseen=dataset.take(split.evaluation[:MOST_SAMPLES]) if dataset is not None and split is not None else None,
        integers_are_codes=quantized.loaded.kind == "quantized",
        seed=settings.seed,
    )


def _evaluate(settings: ConvertSettings, quantized: Quantized, progress: Progress) -> tuple[Scored, int]:
    """Scores on the unseen samples, and how many there were."""
    dataset, split = quantized.dataset, quantized.split
    labels = dataset.labels if dataset is not None else None
    graph = quantized.graph
    if dataset is None or split is None or not settings.evaluate or not len(split.evaluation):
        return scores_of(settings.metric, graph, labels, None), 0
    unseen = dataset.take(split.evaluation)
    total = len(unseen)
    given_codes = quantized.loaded.kind == "quantized"
    tensors = [graph.tensors[i] for i in graph.inputs]
    pairs = list(zip(unseen.inputs, tensors, strict=True))
    codes = tuple(to_codes(x, t, integers_are_codes=given_codes) for x, t in pairs)
    values = tuple(to_values(x, t, integers_are_codes=given_codes) for x, t in pairs)
    float_ = None
    if quantized.float_tflite is not None:
        float_ = run_float(quantized.float_tflite, values, progress=lambda done: progress("float", done, total))
    host = run_tflm(quantized.tflite, codes, progress=lambda done: progress("int8 on the host", done, total))
    return scores_of(settings.metric, graph, unseen.labels, values, float_=float_, host=host), total


def _report(
    settings: ConvertSettings,
    quantized: Quantized,
    program: Program,
    scored: Scored,
    evaluated: int,
    accelerated: Accelerated | None,
) -> ConvertReport:
    code, split = program.code, quantized.split
    return ConvertReport(
        model=settings.model.name,
        model_sha256=sha256(quantized.tflite),
        model_bytes=len(quantized.tflite),
        quantizer=settings.quantizer if quantized.float_tflite is not None else "given",
        calibrator=quantized.calibrator,
        calibration_samples=len(split.calibration) if split is not None else 0,
        evaluation_samples=evaluated,
        seed=settings.seed,
        board=settings.board,
        metric=scored.metric,
        accuracy=scored.accuracy,
        score=scored.score,
        macs=total_macs(quantized.graph),
        deployed_macs=total_macs(program.graph),
        arena_bytes=code.arena_bytes,
        arena_lower_bound=code.plan.lower_bound,
        layers=layer_reports(program),
        schemes=layer_schemes(quantized),
        trials=trial_reports(quantized.trials),
        estimate=report_of(program.footprint),
        acceleration=accelerated.summary if accelerated is not None else None,
        plan=plan_report(code.plan, program.graph),
        activations=activation_reports(quantized.graph, quantized.statistics),
        notes=(*quantized.loaded.notes, *quantized.notes),
    )


def _manifest(settings: ConvertSettings, quantized: Quantized, files: dict[str, str]) -> Manifest:
    dataset, split = quantized.dataset, quantized.split
    return Manifest(
        command=settings.command,
        versions=versions(),
        model=source(str(settings.model), quantized.loaded.sha256, settings.out),
        given_quantized=quantized.loaded.kind == "quantized",
        data=source(settings.data, dataset.sha256, settings.out) if dataset is not None and settings.data else None,
        image_scale=settings.image_scale,
        board=settings.board,
        quantizer=settings.quantizer,
        calibrator=quantized.calibrator,
        recipe=quantized.recipe.model_dump(mode="json", exclude_none=True) if quantized.recipe is not None else None,
        metric=settings.metric,
        seed=settings.seed,
        calibration_indices=tuple(split.calibration.tolist()) if split is not None else (),
        evaluation_indices=tuple(split.evaluation.tolist()) if split is not None else (),
        files=files,
    )
