"""The command line: one file per command; it parses, calls and renders, and holds no logic."""

from __future__ import annotations

import sys

from tinyq.cli.app import app
from tinyq.cli.common import printable
from tinyq.errors import TinyqError

INTERRUPTED = 130


def main() -> None:
    """Entry point of the ``tinyq`` command: every expected error becomes two sentences and an exit code."""
    try:
        code = app(standalone_mode=False)
    except TinyqError as error:
        print(f"Error: {printable(error.message)}", file=sys.stderr)
        if error.hint:
            print(f"       {printable(error.hint)}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("Interrupted; nothing half written was left behind.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        _usage(error)
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: Exception) -> None:
    """Typer's own errors (an unknown option, a missing argument) end with exit code 2; others are ours to mend."""
    import typer

    if isinstance(error, typer.Abort):
        print("Interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    # Typer carries its own copy of Click, whose exceptions have no public name; these two members they all have
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show) and isinstance(code, int):
        show()
        sys.exit(code)
    raise error
