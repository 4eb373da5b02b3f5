"""A stand-in for the keywords of Renode's Robot server that our test files use; the board is tinyq's own machine."""

from __future__ import annotations

import re
from pathlib import Path

from tests.renode_stand_in import parse_platform
from tinyq.emulation.machine import Machine
from tinyq.hardware.boards import load_board


class renode_keywords:  # noqa: N801 - the name of the module, as Robot wants it
    """One machine for one test."""

    ROBOT_LIBRARY_SCOPE = "TEST"

    def __init__(self) -> None:
        self._said: dict[str, str] = {}
        self._uart = ""
        self._lines: list[str] = []

    def execute_command(self, command: str) -> str:
        """Takes the commands of which our files are made, and no others."""
        patterns = {
            "board": r'mach create "([\w-]+)"',
            "platform": r"machine LoadPlatformDescription @(\S+)",
            "elf": r"sysbus LoadELF @(\S+)",
            "vectors": r"sysbus\.cpu VectorTableOffset (0x[0-9A-F]{8})",
            "immediately": r"emulation SetGlobalAdvanceImmediately (true)",
        }
        name, found = next(((n, m) for n, p in patterns.items() if (m := re.fullmatch(p, command))), ("", None))
        if found is None or name in self._said:
            raise ValueError(f"not understood: {command}")
        self._said[name] = found[1]
        return ""

    def create_terminal_tester(self, uart: str, timeout: float) -> int:
        """Listens to a UART of the platform."""
        board = load_board(self._said["board"])
        assert parse_platform(Path(self._said["platform"]).read_text())
        assert board.renode is not None
        assert uart == f"sysbus.{board.renode.uart}"
        assert timeout > 0
        self._uart = uart
        return 0

    def start_emulation(self) -> None:
        """Runs until the firmware waits for input."""
        board = load_board(self._said["board"])
        assert int(self._said["vectors"], 16) == board.region("code").origin  # type: ignore[union-attr]
        machine = Machine(Path(self._said["elf"]), board)
        machine.run()
        self._lines = bytes(machine.line.sent).decode().splitlines() if self._uart else []

    def wait_for_line_on_uart(self, content: str, *, treatAsRegex: str = "false") -> dict[str, object]:  # noqa: N803
        """The first line that matches; an error if none does."""
        pattern = content if treatAsRegex == "true" else re.escape(content)
        line = next((line for line in self._lines if re.search(pattern, line)), None)
        if line is None:
            raise AssertionError(f"Terminal tester failed: {content}")
        return {"Line": line, "Timestamp": 0.5, "Groups": [], "IsFailingString": False}
