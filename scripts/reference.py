"""Write the parts of the documentation that follow from the code: ``python -m scripts.reference``.

docs/schemas/COMMAND.json are the JSON Schemas of what the commands print with ``--json``.
"""

from __future__ import annotations

import json
from pathlib import Path

from tinyq.reporting.schemas import REPORTS, schema

DOCS = Path(__file__).resolve().parents[1] / "docs"


def pages() -> dict[str, str]:
    """Path below docs/ -> content of every generated file."""
    return {f"schemas/{name}.json": json.dumps(schema(name), indent=2) + "\n" for name in sorted(REPORTS)}


def main() -> None:
    for path, content in pages().items():
        file = DOCS / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    for file in (DOCS / "schemas").glob("*.json"):
        if file.stem not in REPORTS:
            file.unlink()


if __name__ == "__main__":
    main()
