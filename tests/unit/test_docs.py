"""What the documentation tells people to type exists, and the site builds without a warning."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tinyq.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("README.md")])
COMMANDS: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})


def blocks(text: str) -> Iterator[str]:
    """Commands in fenced and indented blocks, continued lines joined, without prompt, comment and what follows."""
    fenced = False
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        found = re.match(r"^(?:\$ )?(tinyq [a-z].*)$", line if fenced else line.removeprefix("    "))
        if found and (fenced or line.startswith("    ")):
            yield re.split(r"\s#|&&|[|>;]", found[1])[0].strip()


def wrong(command: str) -> str:
    """What does not exist in a command line; empty if all does."""
    words = shlex.split(command)[1:]
    if words[0] not in COMMANDS:
        return f"no command {words[0]}"
    known = {opt for p in COMMANDS[words[0]].params for opt in (*p.opts, *p.secondary_opts)} | {"--help"}
    options = [word.strip("[],.").split("=")[0] for word in words[1:] if word.strip("[").startswith("-")]
    return next((f"no option {o} of {words[0]}" for o in options if o not in known), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page: Path) -> None:
    text = page.read_text()
    told = [*blocks(text), *re.findall(r"`(tinyq [a-z][^`\n]*)`", text)]
    found = {command: wrong(command) for command in told}
    assert not {command: reason for command, reason in found.items() if reason}


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text()
    table = text[text.index("| command | does |") :].split("\n\n")[0]
    assert {name for name in COMMANDS if not re.search(rf"`(?:tinyq )?{name}\b", table)} == set()


def test_unknown_commands_and_options_are_seen() -> None:
    assert wrong("tinyq converge model.keras") == "no command converge"
    assert wrong("tinyq test out --sampels 3") == "no option --sampels of test"
    assert wrong("tinyq test out --samples 3") == ""


@pytest.mark.skipif(importlib.util.find_spec("material") is None, reason="the extra docs is not installed")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    pages = {p.relative_to(tmp_path / "site") for p in (tmp_path / "site").rglob("*.html")}
    assert {Path("index.html"), Path("tutorial/index.html"), Path("reference/index.html")} <= pages
    loaded = re.compile(r'(?:src|href)="https?://[^"]*\.(?:js|css|woff2?)')
    assert not [page for page in pages if loaded.search((tmp_path / "site" / page).read_text())]
