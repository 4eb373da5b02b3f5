"""Export what ``convert`` wrote to other build systems."""

from __future__ import annotations

import json
from pathlib import Path

from tinyq.api.manifest import read_manifest
from tinyq.api.pages import read_report
from tinyq.api.run_folder import FIRMWARE
from tinyq.api.staging import MANIFEST, check_output, staged_folder, write_file, written
from tinyq.errors import BadInputError
from tinyq.firmware.export import Code, export_files, identifier
from tinyq.hardware.boards import load_board
from tinyq.reporting.made_models import ExportReport


def export(run: Path, form: str, out: Path, *, name: str | None = None, force: bool = False) -> ExportReport:
    """Write a converted model's code in the form that another build system takes.

    Args:
        run: A folder that ``convert`` wrote.
        form: Name of the form; see :func:`tinyq.firmware.export.formats`.
        out: The folder to write.
        name: Of the model; None for that of its file.
        force: Replace ``out`` if tinyq wrote it.

    Raises:
        BadInputError: The folder holds no run, or ``out`` exists, or there is no such form.
    """
    manifest, report = read_manifest(run), read_report(run)
    firmware = run / FIRMWARE
    sources = [firmware / "model" / "model.h", firmware / "model" / "model.c"]
    sources += sorted(p for p in (firmware / "engine").glob("tq_*") if p.suffix in (".c", ".h", ".S"))
    try:
        files = {path.name: path.read_text("utf-8") for path in sources}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{firmware} is incomplete ({error}).", "Run 'tinyq convert' again.") from error
    code = Code(name or Path(report.model).stem, load_board(manifest.board).core, files, report.arena_bytes)
    made = export_files(form, code)
    check_output(out, force)
    record = {"format": form, "model_sha256": report.model_sha256, "core": code.core}
    with staged_folder(out, force) as stage:
        write_file(stage / MANIFEST, json.dumps(record, indent=2) + "\n")
        for path, text in made.items():
            target = stage / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        paths = written(stage)
    return ExportReport(
        folder=str(out),
        format=form,
        name=identifier(code.name),
        model_sha256=report.model_sha256,
        core=code.core,
        arena_bytes=code.arena_bytes,
        files=paths,
    )
