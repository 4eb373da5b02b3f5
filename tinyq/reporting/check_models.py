"""What ``tinyq check`` and ``tinyq accelerators`` report, as typed values."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tinyq.reporting.models import SCHEMA_VERSION, _Report

Placement = Literal["accelerator", "software", "unsupported", "unknown"]


class CheckFailure(_Report):
    """A rule of an accelerator that an operator, a tensor or the model breaks."""

    rule: str
    why: str
    otherwise: Literal["slower", "software", "unsupported"] = Field(description="what breaking it leads to")
    detail: str = Field(description="the numbers in question")
    mend: str = Field(description="what can be done; empty if nothing is known")
    options: str = Field("", description="options of tinyq quantize and convert that do it; empty if none do")
    source: str = Field(description="the document that the rule is from")
    confidence: Literal["stated", "derived"] = Field(description="its words, or what follows from them")


class CheckOp(_Report):
    """Where one operator runs."""

    index: int
    kind: str
    layer: str
    placement: Placement
    kernel: str = Field(description="what runs it, as far as that is known")
    neutral: bool = Field(description="it only copies or renames data, so that its placement does not matter")
    complies: bool
    failures: tuple[CheckFailure, ...]
    tensors: tuple[int, ...] = Field((), description="its tensors that break rules themselves")
    cycles: int | None = Field(description="the vendor's estimate; null where there is none")


class CheckTensor(_Report):
    """Where one tensor is used."""

    index: int
    name: str
    layer: str
    role: Literal["input", "activation", "output", "weights", "bias"]
    placement: Placement
    crosses: bool = Field(description="it is handed between the accelerator and software")
    failures: tuple[CheckFailure, ...]


class CheckEstimate(_Report):
    """What the vendor's own tool expects."""

    cycles: int
    sram_bytes: int
    flash_bytes: int
    method: str
    error: str


class CheckReport(_Report):
    """A model on one accelerator."""

    schema_version: int = SCHEMA_VERSION
    accelerator: str
    title: str
    method: str = Field(description="who placed the operators: the vendor's compiler, or rules")
    verdict: Literal["complies", "partly", "unsupported", "unknown"]
    complies: bool
    ops: tuple[CheckOp, ...]
    tensors: tuple[CheckTensor, ...]
    failures: tuple[CheckFailure, ...] = Field(description="rules for whole models that it breaks")
    estimate: CheckEstimate | None
    commands: tuple[str, ...] = Field((), description="tinyq's commands that mend what can be mended")
    notes: tuple[str, ...] = ()


class CheckList(_Report):
    """A model on several accelerators."""

    schema_version: int = SCHEMA_VERSION
    checks: tuple[CheckReport, ...]


class AcceleratorEntry(_Report):
    """One accelerator."""

    id: str
    title: str
    kind: Literal["kernel_library", "op_delegate", "whole_graph", "external_tool"]
    rules: int = Field(description="how many rules its file holds")
    scheme: str = Field(description="how a model is best quantized for it")
    source: str
    url: str


class AcceleratorList(_Report):
    """All accelerators."""

    schema_version: int = SCHEMA_VERSION
    accelerators: tuple[AcceleratorEntry, ...]
