"""Files of unknown origin: a short run of what ``make fuzz`` does at length, and everything that it ever found."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing.mutate import mutated
from tests.fuzzing.run import CORPUS, corpus
from tests.fuzzing.seeds import seeds
from tests.fuzzing.targets import KINDS, TARGETS


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_sound_inputs_are_accepted(name: str) -> None:
    assert {TARGETS[name](content) for content in seeds()[KINDS.get(name, name)]} == {"accepted"}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*-*")), ids=lambda p: p.name)
def test_what_was_found_stays_mended(path: Path) -> None:
    TARGETS[path.name.split("-")[0]](path.read_bytes())


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_mutations_end_well_or_with_an_error_for_users(name: str) -> None:
    rng, known = random.Random(7), corpus(name)
    outcomes = [TARGETS[name](mutated(rng, known)) for _ in range(150)]
    assert {"accepted", "refused"} <= set(outcomes)  # mutations that change nothing of importance are accepted


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=300))
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_any_bytes_end_well_or_with_an_error_for_users(name: str, content: bytes) -> None:
    TARGETS[name](content)


def test_the_command_survives_what_kills_an_interpreter(tmp_path: Path) -> None:
    """Mutants through the whole command: documented exit codes, no traceback, nothing left behind."""
    rng, known = random.Random(3), corpus("model")
    codes = set()
    for number in range(6):
        model = tmp_path / f"m{number}.tflite"
        model.write_bytes(mutated(rng, known))
        command = [
            sys.executable,
            "-m",
            "tinyq",
            "convert",
            model.name,
            "--board",
            "mps2-an386",
            "-o",
            "out",
            "--force",
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode in (0, 2, 3), done.stderr
        assert "Traceback" not in done.stderr
        codes.add(done.returncode)
        left = {p.name for p in tmp_path.iterdir() if not p.name.endswith(".tflite")}
        assert left <= {"out"}
    assert 2 in codes
