"""What commands print with ``--json``, held against the published schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from tinyq.cli import app

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"


def validated(command: str, *arguments: object) -> Any:
    """Run a command with ``--json``, hold what it prints against its schema, and return it."""
    done = CliRunner().invoke(app, [command, *map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    Draft202012Validator(json.loads((SCHEMAS / f"{command}.json").read_text())).validate(document)
    return document
