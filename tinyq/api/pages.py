"""Runs as pages for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from tinyq import __version__
from tinyq.api.estimation import estimate
from tinyq.api.run_folder import MODEL, PAGE, REPORT
from tinyq.api.staging import write_file
from tinyq.errors import BadInputError
from tinyq.reporting.html.page import render_comparison, render_run
from tinyq.reporting.models import ConvertReport, EstimateReport


def page_of(report: ConvertReport, estimates: Sequence[EstimateReport] = ()) -> str:
    """The page of one run; by default with its own board alone."""
    return render_run(report, estimates or (report.estimate,), __version__)


def make_pages(runs: Sequence[Path], out: Path | None = None, force: bool = False) -> Path:
    """Write the page of a run with all boards on it, or one of several runs side by side.

    Args:
        runs: Folders that ``convert`` wrote.
        out: The file to write; by default ``report.html`` in the one run's folder, ``comparison.html`` of several.
        force: Replace a file that is not a run's own page.

    Returns:
        The file that was written.

    Raises:
        BadInputError: A folder holds no run, or ``out`` exists.
    """
    reports = [read_report(run) for run in runs]
    own = len(runs) == 1 and out is None
    path = runs[0] / PAGE if own else out or Path("comparison.html")
    if path.exists() and not own and (not force or not path.is_file()):
        raise BadInputError(f"{path} exists already.", "Choose another name, or replace the file with --force.")
    if not path.parent.is_dir():
        raise BadInputError(f"The folder {path.parent} does not exist.", "Make it first, or choose another.")
    if len(runs) == 1:
        text = page_of(reports[0], estimate(runs[0] / MODEL))
    else:
        text = render_comparison(list(zip(_names(runs), reports, strict=True)), __version__)
    write_file(path, text)
    return path


def read_report(run: Path) -> ConvertReport:
    """What ``convert`` and ``test`` left in a folder.

    Raises:
        BadInputError: It holds no report, or one of another version.
    """
    path = run / REPORT
    try:
        return ConvertReport.model_validate_json(path.read_text())
    except OSError as error:
        raise BadInputError(f"{run} holds no run of tinyq.", "Give a folder that 'tinyq convert' wrote.") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is damaged or of another version.", "Run 'tinyq convert' again.") from error


def _names(runs: Sequence[Path]) -> list[str]:
    """The shortest names that tell folders apart."""
    resolved = [run.resolve() for run in runs]
    last = [run.name for run in resolved]
    return last if len(set(last)) == len(last) else [str(run) for run in resolved]
