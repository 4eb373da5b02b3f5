"""What of an instruction matters for its time: what kind it is, and which registers it reads and writes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


class Coded(Protocol):
    """An instruction as a disassembler shows it."""

    @property
    def mnemonic(self) -> str:
        """With condition and width, as objdump writes it."""

    @property
    def operands(self) -> str: ...

    @property
    def wide(self) -> bool:
        """Whether it has 32 bits."""


class Kind(Enum):
    """What an instruction does, as coarse as timing tables are."""

    ALU = auto()
    MULTIPLY = auto()
    """32-bit product."""
    MULTIPLY_ADD = auto()
    LONG_MULTIPLY = auto()
    """64-bit product."""
    LONG_MULTIPLY_ADD = auto()
    DSP_MULTIPLY = auto()
    """Halfword and dual products, 32-bit or 64-bit sums, and the high half of a product."""
    DIVIDE = auto()
    LOAD = auto()
    STORE = auto()
    LOAD_PAIR = auto()
    STORE_PAIR = auto()
    LOAD_MULTIPLE = auto()
    STORE_MULTIPLE = auto()
    BRANCH = auto()
    CALL = auto()
    INDIRECT_BRANCH = auto()
    INDIRECT_CALL = auto()
    TABLE_BRANCH = auto()
    LOOP_START = auto()
    LOOP_END = auto()
    IT = auto()
    STATUS = auto()
    BARRIER = auto()
    FLOAT = auto()
    FLOAT_MULTIPLY_ADD = auto()
    FLOAT_DIVIDE = auto()
    FLOAT_LOAD = auto()
    FLOAT_STORE = auto()
    FLOAT_MULTIPLE = auto()
    VECTOR_ALU = auto()
    VECTOR_MULTIPLY = auto()
    VECTOR_MEMORY = auto()
    VECTOR_SCATTER_GATHER = auto()
    VECTOR_PREDICATE = auto()
    VECTOR_LANE = auto()
    """Between a vector's lane and a general register."""


_C = r"(?:eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?(?:\.[nw])?$"
_SCALAR: tuple[tuple[str, Kind], ...] = (
    (r"b" + _C, Kind.BRANCH),
    (r"cbn?z", Kind.BRANCH),
    (r"bl" + _C, Kind.CALL),
    (r"blx" + _C, Kind.INDIRECT_CALL),
    (r"bx" + _C, Kind.INDIRECT_BRANCH),
    (r"tb[bh]", Kind.TABLE_BRANCH),
    (r"[dw]ls", Kind.LOOP_START),
    (r"le(?:tp)?$", Kind.LOOP_END),
    (r"it[te]{0,3}$", Kind.IT),
    (r"m[rs]{2}", Kind.STATUS),
    (r"[di][sm]b", Kind.BARRIER),
    (r"ldrd", Kind.LOAD_PAIR),
    (r"strd", Kind.STORE_PAIR),
    (r"ldm|pop", Kind.LOAD_MULTIPLE),
    (r"stm|push", Kind.STORE_MULTIPLE),
    (r"ldr", Kind.LOAD),
    (r"str", Kind.STORE),
    (r"[su]div", Kind.DIVIDE),
    (r"[su]mull" + _C, Kind.LONG_MULTIPLY),
    (r"[su]mlals?" + _C + r"|umaal", Kind.LONG_MULTIPLY_ADD),
    (r"ml[as]" + _C, Kind.MULTIPLY_ADD),
    (r"muls?" + _C, Kind.MULTIPLY),
    (r"sm(?:la|ls|mul|mla|mls|ul|ua|us)|usada?8", Kind.DSP_MULTIPLY),
)
_VECTOR: tuple[tuple[str, Kind], ...] = (
    (r"v(?:ld|st)[24]\d|v(?:ldr|str)[bhwd]", Kind.VECTOR_MEMORY),
    (r"v(?:pt|pst|pnot|ctp|psel)", Kind.VECTOR_PREDICATE),
    (r"v(?:rml|ml|rmlal|rmlsl|mlal|mlsl)[as]|vq?r?d?mul|vq?r?dml|vfm[as]|vcmla|vcmul|vabav", Kind.VECTOR_MULTIPLY),
)
_FLOAT: tuple[tuple[str, Kind], ...] = (
    (r"vldm|vstm|vpush|vpop|vldmia|fld|fst", Kind.FLOAT_MULTIPLE),
    (r"vldr", Kind.FLOAT_LOAD),
    (r"vstr", Kind.FLOAT_STORE),
    (r"vdiv|vsqrt", Kind.FLOAT_DIVIDE),
    (r"v(?:f?n?ml|fm|fnm)[as]", Kind.FLOAT_MULTIPLY_ADD),
)
_COMPILED = {
    name: tuple((re.compile(pattern), kind) for pattern, kind in table)
    for name, table in (("scalar", _SCALAR), ("vector", _VECTOR), ("float", _FLOAT))
}
_REGISTER = re.compile(r"\b(r\d+|sl|fp|ip|sp|lr|pc|q\d|[sd]\d+)\b")
_RANGE = re.compile(r"\b([rsdq])(\d+)-\1(\d+)\b")
_ALIASES = {"sl": "r10", "fp": "r11", "ip": "r12"}
_WITHOUT_RESULT = re.compile(r"(?:cmp|cmn|tst|teq|v(?:cmp|pt|msr))")
_WITH_TWO_RESULTS = re.compile(r"(?:[su]mull|[su]mlal|umaal|sml[as]ld|ldrd|vmlaldav|vmlalv)")
_ACCUMULATES = re.compile(r"(?:[su]mlal|umaal|sml[as]ld|movt|bfi|v?mla|vmlaldav|sml)")
_JUMPS = (
    Kind.BRANCH, Kind.CALL, Kind.LOOP_END, Kind.INDIRECT_BRANCH, Kind.INDIRECT_CALL, Kind.TABLE_BRANCH,
)  # fmt: skip
_MVE_CONTROL = re.compile(r"v(?:pt|pst|pnot|ctp|psel)")


@dataclass(frozen=True)
class Decoded:
    """One instruction.

    Attributes:
        kind: What it does.
        wide: Whether it has 32 bits.
        transfers: Registers that it loads or stores.
        access_bytes: Bytes of memory that it reads or writes; 0 for others.
        reads, writes: General and vector registers.
        address: Of ``reads``, those that make an address.
        to_pc: Whether it writes the program counter.
        conditional: Whether it is a branch that may not be taken.
        offset_is_register: Whether a register is added to the address.
        is_store: Whether it writes memory.
    """

    kind: Kind
    wide: bool
    transfers: int
    access_bytes: int
    reads: frozenset[str]
    writes: frozenset[str]
    address: frozenset[str]
    to_pc: bool
    conditional: bool
    offset_is_register: bool
    is_store: bool


def decode(instruction: Coded) -> Decoded:
    """What matters of an instruction."""
    mnemonic, operands = instruction.mnemonic.lower(), instruction.operands.lower()
    operands = re.split(r"\t|//|@|;| <", operands)[0]
    kind = _kind(mnemonic, operands)
    registers = _registers(operands)
    inside = _registers(" ".join(re.findall(r"\[([^\]]*)\]", operands)))
    multiple = _registers(" ".join(re.findall(r"\{([^}]*)\}", operands)))
    stores = mnemonic.startswith(("str", "stm", "push", "vst", "fst", "vpush"))
    writes, reads = _effects(mnemonic, kind, registers, inside, multiple, stores, "!" in operands)
    if inside and ("!" in operands or re.search(r"\],", operands)):
        writes |= set(inside[:1])
    transfers = len(multiple) or (2 if kind in (Kind.LOAD_PAIR, Kind.STORE_PAIR) else 1)
    return Decoded(
        kind=kind,
        wide=instruction.wide,
        transfers=transfers,
        access_bytes=_access_bytes(mnemonic, operands, kind, transfers),
        reads=frozenset(reads),
        writes=frozenset(writes),
        address=frozenset(inside),
        to_pc="pc" in writes,
        conditional=_is_conditional(mnemonic, kind),
        offset_is_register=len(inside) > 1,
        is_store=stores,
    )


def _kind(mnemonic: str, operands: str) -> Kind:
    if not mnemonic.startswith(("v", "fld", "fst")):
        return _first("scalar", mnemonic, Kind.ALU)
    if not re.search(r"\bq\d\b", operands) and not _MVE_CONTROL.match(mnemonic):
        if "[" in operands and re.match(r"v(?:mov|dup)", mnemonic):
            return Kind.VECTOR_LANE
        return _first("float", mnemonic, Kind.FLOAT)
    if re.match(r"vmov", mnemonic) and "[" in operands:
        return Kind.VECTOR_LANE
    kind = _first("vector", mnemonic, Kind.VECTOR_ALU)
    if kind is Kind.VECTOR_MEMORY and re.search(r"\[[^\]]*q\d", operands):
        return Kind.VECTOR_SCATTER_GATHER
    return kind


def _first(table: str, mnemonic: str, otherwise: Kind) -> Kind:
    return next((kind for pattern, kind in _COMPILED[table] if pattern.match(mnemonic)), otherwise)


def _registers(text: str) -> list[str]:
    spread = _RANGE.sub(lambda m: ",".join(f"{m[1]}{i}" for i in range(int(m[2]), int(m[3]) + 1)), text)
    return [_ALIASES.get(r, r) for r in _REGISTER.findall(spread)]


def _effects(
    mnemonic: str,
    kind: Kind,
    registers: list[str],
    inside: list[str],
    multiple: list[str],
    stores: bool,
    writes_back: bool,
) -> tuple[set[str], set[str]]:
    if kind in (Kind.IT, Kind.BARRIER):
        return set(), set()
    if kind in _JUMPS:
        return {"pc"}, set(registers)
    if multiple:
        base = {r for r in registers if r not in multiple}
        moved = base if writes_back else set()
        return (moved, set(registers)) if stores else ({*multiple, *moved}, base)
    if stores or _WITHOUT_RESULT.match(mnemonic):
        return set(), set(registers)
    results = 2 if _WITH_TWO_RESULTS.match(mnemonic) else 1
    writes, reads = set(registers[:results]), set(registers[results:]) | set(inside)
    if len(registers) <= results + (0 if inside else 1) or _ACCUMULATES.match(mnemonic):
        # "adds r0, r1" and accumulators read what they write; a move does not, which does no harm here
        reads |= writes if not inside and not mnemonic.startswith(("mov", "vmov", "vdup")) else set()
    return writes, reads


def _access_bytes(mnemonic: str, operands: str, kind: Kind, transfers: int) -> int:
    if kind in (Kind.LOAD, Kind.STORE):
        found = re.match(r"(?:ldr|str)(?:ex)?s?([bh])", mnemonic)
        return {"b": 1, "h": 2}[found.group(1)] if found else 4
    if kind in (Kind.LOAD_PAIR, Kind.STORE_PAIR, Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE):
        return 4 * transfers
    if kind in (Kind.FLOAT_LOAD, Kind.FLOAT_STORE, Kind.FLOAT_MULTIPLE):
        return transfers * (8 if re.search(r"\bd\d", operands) else 4)
    if kind in (Kind.VECTOR_MEMORY, Kind.VECTOR_SCATTER_GATHER):
        # elements may be narrower in memory than in the register: vldrb.s16 reads 8 bytes
        found = re.match(r"v(?:ldr|str)([bhwd])\.[suif]?(\d+)", mnemonic)
        if found:
            return 16 * {"b": 8, "h": 16, "w": 32, "d": 64}[found.group(1)] // int(found.group(2))
        return 16
    return 0


def _is_conditional(mnemonic: str, kind: Kind) -> bool:
    if kind is Kind.LOOP_END or mnemonic.startswith(("cb", "wls")):
        return True
    return kind is Kind.BRANCH and mnemonic.partition(".")[0] != "b"
