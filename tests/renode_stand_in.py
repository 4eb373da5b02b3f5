"""A stand-in for the program ``renode``: takes its command line, reads its files strictly, and serves the serial port.

What it runs the firmware on is tinyq's own machine, so that what is tested is the boundary between the processes.
``TINYQ_TEST_RENODE`` names what goes wrong: "script-error", "dies", "starts-never", "port-taken-once", "silent" or
nothing.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

VERSION = os.environ.get("TINYQ_TEST_RENODE_VERSION", "1.16.1")
_FLAGS = {"--disable-xwt", "--console", "--plain", "--hide-log"}


@dataclass
class Entry:
    """One entry of a platform: its type and address, if it makes something, and its properties."""

    type: str = ""
    address: int | None = None
    properties: dict[str, str] = field(default_factory=dict)
    connections: list[str] = field(default_factory=list)
    init: list[str] | None = None


@dataclass
class Platform:
    """A platform description."""

    using: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass
class Script:
    """What a script does."""

    machine: str
    platform: Path
    elf: Path
    vectors: int
    port: int
    uart: str
    serial: bool
    immediately: bool


def parse_platform(text: str) -> Platform:
    """A platform; ValueError at the first line that is none."""
    platform, current = Platform(), None
    for line in text.splitlines():
        bare = line.split("//")[0].rstrip()
        if not bare:
            continue
        if found := re.fullmatch(r'using "([\w./-]+\.repl)"', bare):
            if platform.using or platform.entries:
                raise ValueError(f"late using: {line}")
            platform.using = found[1]
        elif found := re.fullmatch(r"(\w+): ([A-Z]\w*\.\w+) @ sysbus(?: (0x[0-9A-F]{8}))?", bare):
            if found[1] in platform.entries:
                raise ValueError(f"made twice: {line}")
            current = Entry(found[2], int(found[3], 16) if found[3] else None)
            platform.entries[found[1]] = current
        elif found := re.fullmatch(r"(\w+):", bare):
            if not platform.using:
                raise ValueError(f"changes what was not made: {line}")
            current = platform.entries.setdefault(found[1], Entry())
        elif current is None or not _is_part(bare, current):
            raise ValueError(f"not understood: {line!r}")
    return platform


def _is_part(line: str, entry: Entry) -> bool:
    """Take an indented line for an entry, if it is one."""
    if found := re.fullmatch(r'    (\w+): ("[\w+-]+"|0x[0-9A-F]+|\d+|true|false|\w+)', line):
        if found[1] in entry.properties:
            raise ValueError(f"property twice: {line}")
        entry.properties[found[1]] = found[2].strip('"')
    elif found := re.fullmatch(r"    ((?:\w+ )?-> \w+@\d+)", line):
        entry.connections.append(found[1])
    elif line == "    init:" and entry.init is None:
        entry.init = []
    elif (
        found := re.fullmatch(r'        (Tag <0x[0-9A-F]{8}, 0x[0-9A-F]{8}> "\w+")', line)
    ) and entry.init is not None:
        entry.init.append(found[1])
    else:
        return False
    return True


def parse_script(text: str, origin: Path, variables: dict[str, str]) -> Script:
    """A script; ValueError at the first command that is none, or if one is missing."""
    values = dict(variables)
    found: dict[str, str] = {}
    patterns = {
        "machine": r'mach create "([\w-]+)"',
        "platform": r"machine LoadPlatformDescription (\S+)",
        "elf": r"sysbus LoadELF (\S+)",
        "vectors": r"sysbus\.cpu VectorTableOffset (0x[0-9A-F]{8})",
        "port": r'emulation CreateServerSocketTerminal (\S+) "serial" false',
        "uart": r"connector Connect sysbus\.(\w+) serial",
        "serial": r"emulation SetGlobalSerialExecution (true)",
        "immediately": r"emulation SetGlobalAdvanceImmediately (true)",
        "start": r"(start)",
    }
    for line in filter(None, (raw.split("#")[0].strip() for raw in text.splitlines())):
        if default := re.fullmatch(r"\$(\w+) \?= (\S+)", line):
            values.setdefault(default[1], default[2])
            continue
        name, match = next(((n, m) for n, p in patterns.items() if (m := re.fullmatch(p, line))), (None, None))
        if name is None or match is None or name in found or "start" in found:
            raise ValueError(f"not understood: {line!r}")
        found[name] = _substituted(match[1], origin, values)
    if missing := patterns.keys() - found.keys():
        raise ValueError(f"missing: {sorted(missing)}")
    return Script(
        found["machine"], Path(found["platform"]), Path(found["elf"]), int(found["vectors"], 16), int(found["port"]),
        found["uart"], serial="serial" in found, immediately="immediately" in found,
    )  # fmt: skip


def _substituted(text: str, origin: Path, values: dict[str, str]) -> str:
    for name in re.findall(r"\$(\w+)", text):
        text = text.replace(f"${name}", str(origin) if name == "ORIGIN" else _substituted(values[name], origin, values))
    return text.removeprefix("@")


def main(arguments: list[str]) -> int:
    """As Renode: 0 at the end."""
    trouble = os.environ.get("TINYQ_TEST_RENODE", "")
    if arguments == ["--version"]:
        print(f"Renode v{VERSION}.12345\n  build: 0123abcd-202602140000")
        return 0
    commands = ""
    while arguments:
        option = arguments.pop(0)
        if option in ("-e", "--config"):
            value = arguments.pop(0)
            commands = value if option == "-e" else commands
        elif option not in _FLAGS:
            raise SystemExit(f"unknown option {option}")
    variables, script = {}, None
    for command in commands.split("; "):
        if assigned := re.fullmatch(r"\$(\w+)=(\S+)", command):
            variables[assigned[1]] = assigned[2]
        elif included := re.fullmatch(r"include @(\S+)", command):
            script = Path(included[1])
    assert script is not None
    if trouble == "starts-never":
        time.sleep(60)
    if trouble == "dies":
        print("Segmentation fault")
        return 139
    read = parse_script(script.read_text(), script.parent, variables)
    platform = parse_platform(read.platform.read_text())
    if trouble == "script-error":
        print(f"There was an error executing command 'machine LoadPlatformDescription @{read.platform}'\nError E02")
        sys.stdout.flush()
        sys.stdin.read()
    marker = script.parent.parent / "tinyq-port-was-taken"
    if trouble == "port-taken-once" and not marker.exists():
        marker.touch()
        print("There was an error executing command 'emulation CreateServerSocketTerminal'\nAddress already in use")
        return 1
    return serve(read, platform, silent=trouble == "silent")


def serve(script: Script, platform: Platform, silent: bool) -> int:
    """Run the firmware behind a TCP port until the other side goes."""
    from tinyq.emulation.machine import Machine
    from tinyq.hardware.boards import load_board

    assert platform.entries["dwt"].address == 0xE0001000
    board = load_board(script.machine)
    with socket.create_server(("127.0.0.1", script.port)) as server:
        connection, _ = server.accept()
    if silent:
        time.sleep(60)
    machine = Machine(script.elf, board)
    while True:
        machine.run()
        connection.sendall(bytes(machine.line.sent))
        machine.line.sent.clear()
        data = connection.recv(1 << 16)
        if not data:
            return 0
        machine.line.received += data


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
