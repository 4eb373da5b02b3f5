"""The child process that may crash, hang or grow without harm to this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinyq import isolation
from tinyq.errors import BadInputError, FailedError, UnsupportedError


def add(a: Any, b: Any) -> Any:
    return a + b


def environment(name: str) -> str | None:
    print("noise on standard output")
    return os.environ.get(name)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    print("last words", file=sys.stderr, flush=True)
    os._exit(3)


def hang(marker: str) -> None:
    Path(marker).write_text(str(os.getpid()))
    time.sleep(60)


def grow() -> int:
    return len(bytearray(4 << 30))


def refuse() -> None:
    raise UnsupportedError("No.", "Try yes.")


def stumble() -> None:
    raise ZeroDivisionError("oops")


def doubled(items: Iterator[Any], factor: int) -> Iterator[Any]:
    for item in items:
        if item is None:
            crash()
        yield item * factor


def process_ids(items: Iterator[Any]) -> Iterator[int]:
    for _ in items:
        yield os.getpid()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_results_and_large_arrays_come_back() -> None:
    array = np.arange(3_000_000, dtype=np.float32)
    np.testing.assert_array_equal(isolation.call(add, array, b=1), array + 1)


def test_the_environment_is_added_and_output_is_kept_away(capfd: pytest.CaptureFixture[str]) -> None:
    assert isolation.call(environment, "TINYQ_PROBE", env={"TINYQ_PROBE": "seen"}) == "seen"
    assert capfd.readouterr() == ("", "")


def test_a_crash_is_bad_input_and_names_the_signal() -> None:
    with pytest.raises(BadInputError, match=r"died \(SIGSEGV\) on the model x"):
        isolation.call(crash, subject="the model x")


def test_an_early_exit_is_reported_with_its_last_words() -> None:
    with pytest.raises(BadInputError, match="exit code 3") as caught:
        isolation.call(leave)
    assert "last words" in caught.value.hint


def test_a_hanging_child_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    with pytest.raises(BadInputError, match="took longer than 2 s"):
        isolation.call(hang, str(marker), timeout=2.0)
    assert not alive(int(marker.read_text()))


def test_memory_is_limited() -> None:
    with pytest.raises(BadInputError, match="more memory than is allowed"):
        isolation.call(grow, memory_bytes=1 << 30)


def test_own_errors_pass_and_others_become_failures() -> None:
    with pytest.raises(UnsupportedError) as caught:
        isolation.call(refuse)
    assert (caught.value.message, caught.value.hint) == ("No.", "Try yes.")
    with pytest.raises(FailedError, match="ZeroDivisionError: oops"):
        isolation.call(stumble)


def test_stream_answers_item_by_item_in_one_child() -> None:
    assert list(isolation.stream(doubled, iter([1, 2, 3]), 10)) == [10, 20, 30]
    assert list(isolation.stream(doubled, [], 10)) == []
    assert len(set(isolation.stream(process_ids, range(4)))) == 1


def test_stream_takes_the_next_item_only_when_the_last_was_consumed() -> None:
    taken: list[int] = []

    def items() -> Iterator[Any]:
        for i in range(5):
            taken.append(i)
            yield np.full(300_000, i)

    answers = isolation.stream(doubled, items(), 2)
    assert next(answers)[0] == 0
    assert taken == [0]
    assert next(answers)[-1] == 2
    assert taken == [0, 1]
    answers.close()


def test_stream_leaves_no_process_when_it_is_given_up() -> None:
    answers = isolation.stream(process_ids, range(5))
    pid = next(answers)
    assert alive(pid)
    answers.close()
    assert not alive(pid)


def test_stream_reports_a_crash_in_the_middle() -> None:
    answers = isolation.stream(doubled, [1, None, 2], 2)
    assert next(answers) == 2
    with pytest.raises(BadInputError, match="SIGSEGV"):
        next(answers)


def test_an_interrupt_ends_both_processes(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    script = tmp_path / "main.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import test_isolation
        from tinyq import isolation
        isolation.call(test_isolation.hang, {str(marker)!r})
        """)
    )
    parent = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, start_new_session=True)
    try:
        end = time.monotonic() + 30
        while not (marker.exists() and marker.read_text()):
            assert time.monotonic() < end, "the child never started"
            time.sleep(0.02)
        os.killpg(parent.pid, signal.SIGINT)
        _, noise = parent.communicate(timeout=10)
    finally:
        parent.kill()
    assert b"KeyboardInterrupt" in noise
    assert not alive(int(marker.read_text()))
