"""Which processes run, read from /proc: nothing needs to be installed for it."""

from __future__ import annotations

from pathlib import Path


def children_of(parent: int, program: str = "") -> set[int]:
    """All processes below ``parent``, at any depth; only those of one program if it is named."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            command = (folder / "cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
        names[int(folder.name)] = Path(command).name
    found = set()
    for pid, above in parents.items():
        ancestor = above
        while ancestor in parents and ancestor != parent:
            ancestor = parents[ancestor]
        if ancestor == parent and (not program or names[pid] == program):
            found.add(pid)
    return found


def running_with(argument: str, program: str) -> set[int]:
    """All processes of a program that have an argument containing ``argument``."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if Path(words[0]).name == program and any(argument in word for word in words[1:]):
            found.add(int(folder.name))
    return found
