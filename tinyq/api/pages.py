"""Runs as pages for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tinyq import __version__
from tinyq.api.estimation import estimate
from tinyq.api.run_folder import CHECK, COMPARE, MATRIX, MIXED, MODEL, PAGE, PROFILE, REPORT
from tinyq.api.staging import write_file
from tinyq.errors import BadInputError
from tinyq.reporting.analysis_models import AnalysisReport
from tinyq.reporting.check_models import CheckReport
from tinyq.reporting.compare_models import CompareReport
from tinyq.reporting.html.findings import Findings
from tinyq.reporting.html.page import render_comparison, render_run
from tinyq.reporting.models import ConvertReport, EstimateReport
from tinyq.reporting.profile_models import ProfileReport

_ANALYZE = "Give a file that 'tinyq analyze MODEL --data D --matrix --json' (or --mixed) printed."


def page_of(report: ConvertReport, estimates: Sequence[EstimateReport] = (), findings: Findings | None = None) -> str:
    """The page of one run; by default with its own board alone."""
    return render_run(report, estimates or (report.estimate,), __version__, findings or Findings())


def findings_of(run: Path, report: ConvertReport) -> Findings:
    """What other commands left in a run's folder; what is of another model, or damaged, is left out."""
    profile, compare = _kept(run / PROFILE, ProfileReport), _kept(run / COMPARE, CompareReport)
    matrix, mixed = _kept(run / MATRIX, AnalysisReport), _kept(run / MIXED, AnalysisReport)
    return Findings(
        profile=profile if profile is not None and profile.model_sha256 == report.model_sha256 else None,
        compare=compare if compare is not None and compare.model_sha256 == report.model_sha256 else None,
        check=_kept(run / CHECK, CheckReport),
        matrix=matrix if matrix is not None and matrix.model == report.model else None,
        mixed=mixed if mixed is not None and mixed.model == report.model else None,
    )


def renew_page(run: Path) -> None:
    """Write a run's page anew after another command has left something in its folder, if it has a report at all."""
    if (run / REPORT).is_file():
        report = read_report(run)
        write_file(run / PAGE, page_of(report, findings=findings_of(run, report)))


def keep_analysis(run: Path, file: Path) -> None:
    """Put what ``tinyq analyze --json`` printed into a run's folder, for its page.

    Raises:
        BadInputError: The file is no analysis, or one of another model.
    """
    report = read_report(run)
    try:
        analysis = AnalysisReport.model_validate_json(file.read_text("utf-8"))
    except OSError as error:
        raise BadInputError(f"{file} cannot be read ({error.strerror}).", _ANALYZE) from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise BadInputError(f"{file} is no analysis, or one of another version.", _ANALYZE) from error
    if analysis.model != report.model:
        raise BadInputError(f"{file} is an analysis of {analysis.model}, not of {report.model}.", _ANALYZE)
    if analysis.matrix is None and analysis.mixed is None:
        raise BadInputError(f"{file} compares nothing.", _ANALYZE)
    write_file(run / (MATRIX if analysis.matrix is not None else MIXED), analysis.to_json() + "\n")


_Kept = TypeVar("_Kept", bound=BaseModel)


def _kept(path: Path, kind: type[_Kept]) -> _Kept | None:
    try:
        return kind.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


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
        text = page_of(reports[0], estimate(runs[0] / MODEL), findings_of(runs[0], reports[0]))
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
