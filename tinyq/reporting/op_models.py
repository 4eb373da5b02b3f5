"""What ``tinyq ops`` reports."""

from __future__ import annotations

from tinyq.reporting.base import SCHEMA_VERSION, _Report


class OpEntry(_Report):
    """One operator, and the types of data that each runtime has it for; "int4" means weights beside int8 data."""

    op: str
    aot: tuple[str, ...]
    tflm: tuple[str, ...]


class OpList(_Report):
    """All operators that one of the runtimes has, sorted by name."""

    schema_version: int = SCHEMA_VERSION
    types: tuple[str, ...]
    ops: tuple[OpEntry, ...]

    def to_markdown(self) -> str:
        """A table: operators by types, each cell the runtimes that have both."""
        rows = ["| operator | " + " | ".join(self.types) + " |", "|---" * (1 + len(self.types)) + "|"]
        for entry in self.ops:
            cells = (self._cell(entry, t) for t in self.types)
            rows.append(f"| {entry.op} | " + " | ".join(cells) + " |")
        return "\n".join(rows) + "\n"

    def _cell(self, entry: OpEntry, dtype: str) -> str:
        have = [name for name, types in (("aot", entry.aot), ("tflm", entry.tflm)) if dtype in types]
        return ", ".join(have)
