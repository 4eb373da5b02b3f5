"""The boards that are known."""

from __future__ import annotations

from tinyq.hardware.boards import all_boards
from tinyq.reporting.models import BoardEntry, BoardList


def list_boards() -> BoardList:
    """Every board, sorted by name."""
    return BoardList(
        boards=tuple(
            BoardEntry(id=b.id, title=b.title, core=b.core, flash_bytes=b.flash_bytes, ram_bytes=b.ram_bytes)
            for b in all_boards()
        )
    )
