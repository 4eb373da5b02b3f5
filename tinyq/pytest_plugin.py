"""A pytest plugin: the fixture ``tinyq`` converts, runs on the emulated target, and judges, in a project's own tests.

Example::

    def test_keyword_model(tinyq):
        run = tinyq.convert("model.keras", data="samples.npz", board="stm32l552")
        report = run.test(samples=100)
        assert report.accuracy.target > 0.9
        run.guard(baseline="tests/baseline.json", drift=0.01)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pytest

if TYPE_CHECKING:
    from tinyq.api.options import ConvertOptions, TestOptions
    from tinyq.reporting.guard_models import GuardReport
    from tinyq.reporting.models import ConvertReport, TestReport


@dataclass(frozen=True)
class Run:
    """A converted model.

    Attributes:
        folder: What ``tinyq convert`` wrote.
        report: What it found.
        update: Whether baselines are written anew.
    """

    folder: Path
    report: ConvertReport
    update: bool

    def test(self, **options: Unpack[TestOptions]) -> TestReport:
        """Build the firmware and run it on the emulated board; see :func:`tinyq.api.test`.

        Raises:
            ShortfallError: Some output differs from TFLM's host interpreter.
        """
        from tinyq.api import test

        report = test(self.folder, **options)
        report.require(None)
        return report

    def guard(self, baseline: str | Path | None = None, **limits: Any) -> GuardReport:
        """Hold the tested run against limits and a baseline; see :class:`tinyq.api.guard.Limits`.

        Raises:
            ShortfallError: Something is worse than it may be.
        """
        from tinyq.api.guard import Limits, guard

        report = guard(self.folder, Limits(**limits), Path(baseline) if baseline is not None else None, self.update)
        report.require()
        return report


class Project:
    """What the fixture gives."""

    def __init__(self, folder: Path, update: bool) -> None:
        self._folder, self._update, self._runs = folder, update, 0

    def convert(self, model: str | Path, *, board: str, **options: Unpack[ConvertOptions]) -> Run:
        """Quantize a model and write its firmware project into a temporary folder; see :func:`tinyq.api.convert`."""
        from tinyq.api import convert

        self._runs += 1
        folder = self._folder / f"run{self._runs}"
        return Run(folder, convert(model, board=board, out=folder, **options), self._update)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--tinyq-update``."""
    group = parser.getgroup("tinyq")
    group.addoption("--tinyq-update", action="store_true", help="Write baselines anew instead of comparing.")


@pytest.fixture
def tinyq(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    """Convert, test and guard models."""
    yield Project(tmp_path, bool(request.config.getoption("--tinyq-update")))
