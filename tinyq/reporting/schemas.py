"""JSON Schemas of what each command prints with ``--json``; published in docs/schemas/."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from tinyq.qat.folder import Record
from tinyq.reporting.analysis_models import AnalysisReport
from tinyq.reporting.check_models import AcceleratorList, CheckList
from tinyq.reporting.compare_models import CompareReport
from tinyq.reporting.guard_models import GuardReport
from tinyq.reporting.inspect_models import InspectReport
from tinyq.reporting.made_models import ExportReport, ProjectReport, RecipeReport
from tinyq.reporting.models import (
    BoardList,
    BuildReport,
    ConvertReport,
    DoctorReport,
    EstimateList,
    QuantizeReport,
    TestReport,
)
from tinyq.reporting.op_models import OpList
from tinyq.reporting.profile_models import ProfileReport
from tinyq.reporting.sweep_models import SweepReport

DIALECT = "https://json-schema.org/draft/2020-12/schema"

REPORTS: dict[str, Any] = {
    "accelerators": AcceleratorList,
    "analyze": AnalysisReport,
    "boards": BoardList,
    "build": BuildReport,
    "check": CheckList,
    "compare": CompareReport,
    "convert": ConvertReport,
    "doctor": DoctorReport,
    "estimate": EstimateList,
    "export": ExportReport,
    "generate": ProjectReport,
    "guard": GuardReport,
    "init": RecipeReport,
    "inspect": InspectReport,
    "ops": OpList,
    "profile": ProfileReport,
    "qat": Record,
    "quantize": QuantizeReport,
    "report": tuple[ConvertReport, ...],
    "sweep": SweepReport,
    "test": TestReport,
}
"""The type of what a command prints, by the name of the command."""


class _Whole(GenerateJsonSchema):
    """Reports are printed with their defaults, so that every field is there."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True


def schema(command: str) -> dict[str, Any]:
    """The JSON Schema of a command's ``--json``: every field is there, also those with defaults, and no other.

    Raises:
        KeyError: The command prints no JSON.
    """
    generated = TypeAdapter(REPORTS[command]).json_schema(by_alias=True, schema_generator=_Whole, mode="serialization")
    return {"$schema": DIALECT, **generated}
