"""Many conversions and tests side by side: models x recipes x boards, on this machine or on a cluster."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyq.api.conversion import ConvertSettings, convert
from tinyq.api.manifest import sha256
from tinyq.api.pages import read_report
from tinyq.api.progress import Progress, silent
from tinyq.api.staging import MANIFEST, write_file
from tinyq.api.target import TestSettings
from tinyq.api.target import test as run_on_target
from tinyq.errors import BadInputError, FailedError, TinyqError
from tinyq.hardware.boards import load_board
from tinyq.quantization.recipe import SCHEMES, read_recipe
from tinyq.reporting.html.page import render_comparison
from tinyq.reporting.models import ConvertReport
from tinyq.reporting.sweep_models import SweepReport, SweepRow

TABLE = "sweep.json"
PAGE = "sweep.html"
_RECORD = "sweep_job.json"


@dataclass(frozen=True)
class SweepSettings:
    """What to try.

    Attributes:
        models: As for ``convert``.
        data: Where samples come from.
        recipes: Names of schemes, or recipe files.
        boards: Ids of boards.
        out: A folder for the runs; it may hold some of an earlier, interrupted sweep.
        samples: To run on the target, at most; 0 leaves the target out.
        calibrator: As for ``convert``.
        seed: Of the split.
        trust: Load Keras models that carry code.
        emulator: Name of the emulator, or "auto".
        jobs: Combinations at once on this machine.
        scheduler: Address of a Dask scheduler whose workers take over; they need tinyq and the same files.
    """

    models: tuple[Path, ...]
    data: str
    recipes: tuple[str, ...]
    boards: tuple[str, ...]
    out: Path
    samples: int = 100
    calibrator: str | None = None
    seed: int = 0
    trust: bool = False
    emulator: str | None = None
    jobs: int = 2
    scheduler: str | None = None


@dataclass(frozen=True)
class Job:
    """One combination; ``folder`` is where its run goes."""

    model: str
    recipe: str
    board: str
    folder: str
    data: str
    samples: int
    calibrator: str | None
    seed: int
    trust: bool
    emulator: str | None

    @property
    def name(self) -> str:
        return Path(self.folder).name


def sweep(settings: SweepSettings, progress: Progress = silent) -> SweepReport:
    """Convert and test every combination; what an earlier sweep finished with the same inputs is kept.

    Raises:
        BadInputError: Something that is named is not there, before any work; or ``out`` is not a folder.
        FailedError: The scheduler cannot be reached.
    """
    _check(settings)
    settings.out.mkdir(parents=True, exist_ok=True)
    jobs = _jobs(settings)
    rows: dict[str, SweepRow] = {}
    progress("combinations", 0, len(jobs))
    for row in _run_all(jobs, settings):
        rows[row.name] = row
        progress("combinations", len(rows), len(jobs))
    report = SweepReport(rows=tuple(rows[job.name] for job in jobs))
    write_file(settings.out / TABLE, report.to_json() + "\n")
    done = [(row.name, read_report(settings.out / row.name)) for row in report.rows if not row.error]
    if done:
        from tinyq import __version__

        write_file(settings.out / PAGE, render_comparison(done, __version__))
    return report


def run_job(job: Job) -> SweepRow:
    """Carry out one combination, in whatever process this is called in. An expected error becomes a row."""
    folder = Path(job.folder)
    row = {"name": job.name, "model": Path(job.model).name, "recipe": job.recipe, "board": job.board}
    try:
        inputs = _inputs(job)
        if _finished(folder, inputs):
            return _row(row, read_report(folder), reused=True)
        if (folder / MANIFEST).is_file():
            shutil.rmtree(folder)  # of other inputs, or converted but not tested
        scheme = job.recipe if job.recipe in SCHEMES else None
        convert(
            ConvertSettings(
                Path(job.model),
                data=job.data,
                calibrator=job.calibrator,
                seed=job.seed,
                trust=job.trust,
                scheme=scheme,
                recipe=None if scheme else Path(job.recipe),
                board=job.board,
                out=folder,
                command=("tinyq", "sweep"),
            )
        )
        if job.samples:
            run_on_target(TestSettings(folder, samples=job.samples, jobs=1, emulator=job.emulator))
        write_file(folder / _RECORD, json.dumps(inputs, indent=2) + "\n")
        return _row(row, read_report(folder), reused=False)
    except TinyqError as error:
        return SweepRow.model_validate({**row, "error": error.message})


def _check(settings: SweepSettings) -> None:
    for model in settings.models:
        if not model.exists():
            raise BadInputError(f"There is no model {model}.", "Check the path.")
    for board in settings.boards:
        load_board(board)
    for recipe in settings.recipes:
        if recipe not in SCHEMES:
            read_recipe(Path(recipe))
    if settings.out.exists() and not settings.out.is_dir():
        raise BadInputError(f"{settings.out} is a file.", "Name a folder for the runs.")
    if settings.out.is_dir() and any(settings.out.iterdir()) and not (settings.out / TABLE).is_file():
        ours = all((p / MANIFEST).is_file() or p.name.startswith(".") or p.name == PAGE for p in settings.out.iterdir())
        if not ours:
            raise BadInputError(f"{settings.out} holds other things than runs.", "Choose another folder.")


def _jobs(settings: SweepSettings) -> list[Job]:
    data = str(Path(settings.data).resolve()) if Path(settings.data).exists() else settings.data
    jobs = []
    for model in settings.models:
        for recipe in settings.recipes:
            for board in settings.boards:
                label = recipe if recipe in SCHEMES else Path(recipe).stem
                name = re.sub(r"[^\w.-]+", "_", f"{model.stem}-{label}-{board}").lstrip(".")
                jobs.append(
                    Job(
                        str(model.resolve()),
                        recipe if recipe in SCHEMES else str(Path(recipe).resolve()),
                        board,
                        str(settings.out.resolve() / name),
                        data,
                        settings.samples,
                        settings.calibrator,
                        settings.seed,
                        settings.trust,
                        settings.emulator,
                    )
                )
    if len({job.folder for job in jobs}) < len(jobs):
        raise BadInputError(
            "Two combinations would go to the same folder.", "Give models and recipes different file names."
        )
    return jobs


def _run_all(jobs: list[Job], settings: SweepSettings) -> Iterable[SweepRow]:
    """Rows as they come."""
    from joblib import Parallel, delayed, parallel_config

    calls = [delayed(run_job)(job) for job in jobs]
    if settings.scheduler is None:
        yield from Parallel(n_jobs=settings.jobs, return_as="generator_unordered")(calls)
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise FailedError(
            "A scheduler needs the package dask.", 'Install it with: pip install "dask[distributed]"'
        ) from error
    try:
        client = Client(settings.scheduler, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise FailedError(
            f"The Dask scheduler {settings.scheduler} cannot be reached.", "Check the address, as in tcp://host:8786."
        ) from error
    with client, parallel_config(backend="dask", client=client):
        yield from Parallel(n_jobs=-1)(calls)


def _inputs(job: Job) -> dict[str, Any]:
    """What a run depends on, to tell whether an earlier one still holds."""
    from tinyq import __version__

    given = {k: v for k, v in asdict(job).items() if k not in ("folder", "emulator")}
    recipe = Path(job.recipe)
    return {
        **given,
        "model_sha256": _fingerprint(Path(job.model)),
        "recipe_sha256": _fingerprint(recipe) if job.recipe not in SCHEMES else None,
        "data_sha256": _fingerprint(Path(job.data)) if Path(job.data).exists() else None,
        "version": __version__,
    }


def _fingerprint(path: Path) -> str:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return sha256("".join(f"{f.relative_to(path)}:{sha256(f.read_bytes())};" for f in files).encode())


def _finished(folder: Path, inputs: dict[str, Any]) -> bool:
    try:
        return bool(json.loads((folder / _RECORD).read_text()) == inputs)
    except (OSError, ValueError):
        return False


def _row(row: dict[str, str], report: ConvertReport, *, reused: bool) -> SweepRow:
    test = report.test
    return SweepRow.model_validate(
        {
            **row,
            "metric": report.metric,
            "float": (test or report).score.float_,
            "target": test.score.target if test is not None else None,
            "bit_exact": test.bit_exact.equal == test.bit_exact.total if test is not None else None,
            "instructions": test.instructions.median if test is not None else None,
            "arena_bytes": report.arena_bytes,
            "flash_bytes": test.flash_bytes if test is not None else report.estimate.flash_bytes,
            "ram_bytes": test.ram_bytes if test is not None else report.estimate.ram_bytes,
            "reused": reused,
        }
    )
