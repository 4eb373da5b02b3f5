"""The boards: one TOML file each in ``boards/``, and the user's own in the folders of ``TINYQ_PATH``."""

from __future__ import annotations

import difflib
import functools
import itertools
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tinyq import resources
from tinyq.errors import BadInputError
from tinyq.hardware import cores

Role = Literal["code", "model", "data", "arena", "window"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
Driver = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f\"\\]*$", max_length=200)]
Address = Annotated[int, Field(ge=0, lt=1 << 32)]
Bytes = Annotated[int, Field(gt=0, le=1 << 32)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Memory(_Part):
    """One memory region.

    Roles: ``code`` holds vectors and program, ``model`` the model's constants (the code region unless another claims
    it), ``data`` stack and variables, ``arena`` the activations (the data region unless another claims it), ``window``
    is no part of the program: an emulator may put a model's input there instead of sending it over the UART.
    """

    name: Driver
    origin: Address
    bytes: Bytes
    roles: tuple[Role, ...] = ()


class Uart(_Part):
    """The serial port that carries the protocol. ``type`` names its driver, ``uart_<type>.c`` of the project."""

    type: Driver
    base: Address
    clock_hz: int = Field(gt=0)
    baud: int = Field(default=115200, gt=0)
    rx_pin: int | None = None
    tx_pin: int | None = None


class Counter(_Part):
    """The timer that counts instructions (under an emulator) or cycles. ``type`` names ``counter_<type>.c``."""

    type: Driver = "none"
    base: Address = 0


class Write(_Part):
    """Bits of a register that must change before the serial port works: clocks, pins."""

    address: Address
    clear: Address = 0
    set: Address = 0
    note: Text = ""


class Qemu(_Part):
    """How QEMU runs the board's firmware.

    Either ``machine`` is QEMU's machine for it, and ``stand_in`` says which other core executes it, where that is so.
    Or ``board`` names the board that stands in: the firmware is linked for that one's memories, and built for the core
    of this one.
    """

    machine: Identifier | Literal[""] = ""
    board: Identifier | Literal[""] = ""
    icount_shift: int = Field(default=7, ge=0, le=10)
    ram_bytes: int = 0
    stand_in: Text = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.machine) == bool(self.board):
            raise ValueError("either 'machine' or 'board' must be given")
        return self


class Renode(_Part):
    """How Renode runs the board's firmware: a platform file that it ships, or a generated one.

    ``uart`` names the UART in the platform. ``peripherals`` are further lines of the platform, for a shipped one such
    as change it. ``mips`` is the speed of virtual time; the cycle counter advances by four for each instruction.
    ``refusal`` says why Renode cannot run the firmware all the same.
    """

    cpu_type: str = Field(pattern=r"^cortex-m[0-9]+[f+]?$")
    platform: str = Field(default="", pattern=r"^[A-Za-z0-9_./-]*$")
    uart: Identifier = "uart0"
    uart_model: str = Field(default="", pattern=r"^[A-Za-z0-9_.]*$")
    uart_properties: tuple[Text, ...] = ()
    uart_interrupts: tuple[Text, ...] = ()
    systick_hz: int = 25_000_000
    priority_mask: int = 0xF0
    mips: int = 25
    nvic: Address = 0xE000E000
    peripherals: tuple[Text, ...] = ()
    refusal: Text = ""


class Board(_Part):
    """A board: its core, memories, UART, counter, and how emulators run it.

    ``setup`` is done before the serial port is used; ``source`` names the documents that addresses were taken from.
    """

    id: Identifier
    title: Text
    core: str
    stack_bytes: int = Field(default=4096, ge=512, multiple_of=8)
    memory: tuple[Memory, ...]
    uart: Uart
    counter: Counter = Counter()
    setup: tuple[Write, ...] = ()
    qemu: Qemu | None = None
    renode: Renode | None = None
    note: Text = ""
    source: Text = ""

    @field_validator("core")
    @classmethod
    def _known_core(cls, name: str) -> str:
        try:
            return cores.core(name).name
        except BadInputError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _sound_memory(self) -> Self:
        names = [m.name for m in self.memory]
        if len(set(names)) != len(names):
            raise ValueError("two memory regions have the same name")
        for role in ("code", "data"):
            if sum(role in m.roles for m in self.memory) != 1:
                raise ValueError(f"exactly one memory region must have the role {role!r}")
        for role in ("model", "arena", "window"):
            if sum(role in m.roles for m in self.memory) > 1:
                raise ValueError(f"at most one memory region may have the role {role!r}")
        for region in self.memory:
            if region.origin % 16 or region.origin + region.bytes > 1 << 32:
                raise ValueError(f"memory region {region.name!r} is unaligned or beyond 32 bits")
        ordered = sorted(self.memory, key=lambda m: m.origin)
        for low, high in itertools.pairwise(ordered):
            if low.origin + low.bytes > high.origin:
                raise ValueError(f"memory regions {low.name!r} and {high.name!r} overlap")
        window = self.region("window")
        if window is not None and window.roles != ("window",):
            raise ValueError("the region with the role 'window' can have no other role")
        return self

    def region(self, role: Role) -> Memory | None:
        """The region with a role; ``model`` and ``arena`` fall back to ``code`` and ``data``."""
        for region in self.memory:
            if role in region.roles:
                return region
        fallback: dict[Role, Role] = {"model": "code", "arena": "data"}
        return self.region(fallback[role]) if role in fallback else None

    def _bytes(self, first: Role, second: Role) -> int:
        regions = {r.name: r.bytes for r in (self.region(first), self.region(second)) if r is not None}
        return sum(regions.values())

    @property
    def flash_bytes(self) -> int:
        """Bytes for program and constants."""
        return self._bytes("code", "model")

    @property
    def ram_bytes(self) -> int:
        """Bytes for stack, variables and arena."""
        return self._bytes("data", "arena")

    @property
    def emulators(self) -> tuple[str, ...]:
        """Names of the emulators that can run this board."""
        return tuple(name for name in ("qemu", "renode") if getattr(self, name) is not None)


def load_board(id: str) -> Board:  # noqa: A002 - the field's own name
    """Load a board by its id.

    Raises:
        BadInputError: There is no such board, or its file is not sound.
    """
    known = _files()
    if id not in known:
        near = difflib.get_close_matches(id, known, 3)
        offer = (
            f"Did you mean {' or '.join(near)}? 'tinyq boards' lists all."
            if near
            else f"Choose one of {', '.join(known)}."
        )
        raise BadInputError(f"There is no board named {id!r}.", offer)
    return _load(known[id])


def stand_in(board: Board) -> Board:
    """The board whose machine QEMU runs a board's firmware on, with the core and stack of the board itself.

    Raises:
        BadInputError: The board's file names one that does not exist, or that QEMU does not have either.
    """
    if board.qemu is None or not board.qemu.board:
        return board
    other = load_board(board.qemu.board)
    if other.qemu is None or not other.qemu.machine:
        raise BadInputError(
            f"The board {other.id}, which should stand in for {board.id}, has no QEMU machine.", "Choose another one."
        )
    return other.model_copy(update={"core": board.core, "stack_bytes": board.stack_bytes})


def describe_machine(machine: Board, board: Board) -> str:
    """What stands in for a board on an emulator, in words; empty if nothing does."""
    core = machine.qemu.stand_in if machine.qemu is not None else ""
    if machine.id == board.id:
        return f"a {core} stands in for the {cores.core(board.core).title}" if core else ""
    own = load_board(machine.id)
    executes = core or cores.core(own.core).title
    kind = f"{executes} for {cores.core(board.core).title}" if own.core != board.core or core else executes
    return f"{machine.id} stands in for {board.id} ({kind}): same code, other addresses"


def all_boards() -> tuple[Board, ...]:
    """All boards, sorted by id.

    Raises:
        BadInputError: A board's file is not sound.
    """
    known = _files()
    return tuple(_load(known[name]) for name in sorted(known))


def _files() -> dict[str, Path]:
    return {path.stem: path for path in resources.files("boards", "*.toml")}


def _load(path: Path) -> Board:
    return _parse(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _parse(path: Path, _modified: int) -> Board:
    hint = "Compare it with one of the boards that come with tinyq."
    try:
        board = Board.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadInputError(f"The board file {path} cannot be read: {error}.", hint) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise BadInputError(
            f"The board file {path} is not sound: {where + ': ' if where else ''}{what}.", hint
        ) from error
    if board.id != path.stem:
        raise BadInputError(f"The board file {path} calls its board {board.id!r}.", f"Name the file {board.id}.toml.")
    return board
