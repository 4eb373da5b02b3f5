"""``make fuzz``: the long run.

Mutates sound inputs and the corpus, many times; each input goes through a target in a child process with limits of
memory and time. What ends in anything but success or an error for users is written to ``--findings``. With
``--atheris`` coverage guides the mutations instead (Linux on x86-64).
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzzing.mutate import mutated
from tests.fuzzing.seeds import seeds
from tests.fuzzing.targets import CHILD_SECONDS, KINDS, TARGETS

CORPUS = Path(__file__).with_name("corpus")
_MEMORY_BYTES = 4 << 30
_SECONDS = 2 * CHILD_SECONDS + 10
_BATCH = 200


def corpus(name: str) -> list[bytes]:
    """Inputs that once were handled badly, and sound ones."""
    kind = KINDS.get(name, name)
    return [*seeds()[kind], *(p.read_bytes() for p in sorted(CORPUS.glob(f"{kind}-*")))]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


def _batch(job: tuple[str, int, int, list[bytes]]) -> tuple[Counter[str], list[tuple[bytes, str]]]:
    name, seed, count, known = job
    rng, outcomes, bad = random.Random(seed), Counter[str](), []
    for _ in range(count):
        content = mutated(rng, known)
        signal.alarm(_SECONDS)
        try:
            outcomes[TARGETS[name](content)] += 1
        except Exception:  # the point of it all
            outcomes["failed"] += 1
            bad.append((content, traceback.format_exc(limit=-3)))
        finally:
            signal.alarm(0)
    return outcomes, bad


def fuzz(name: str, files: int, seed: int, jobs: int, findings: Path) -> int:
    """Run one target; returns the number of different failures."""
    known = corpus(name)
    work = [(name, seed + i, min(_BATCH, files - i * _BATCH), known) for i in range(-(-files // _BATCH))]
    outcomes, kinds = Counter[str](), Counter[str]()
    start = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(jobs, _limit, maxtasksperchild=20) as pool:
        for done, (counts, bad) in enumerate(pool.imap_unordered(_batch, work), 1):
            outcomes += counts
            for content, text in bad:
                kind = text.strip().splitlines()[-1][:160]
                kinds[kind] += 1
                if kinds[kind] == 1:
                    findings.mkdir(parents=True, exist_ok=True)
                    digest = hashlib.sha256(content).hexdigest()[:12]
                    (findings / f"{name}-{digest}").write_bytes(content)
                    (findings / f"{name}-{digest}.txt").write_text(text)
            if done % 20 == 0 or done == len(work):
                shown = ", ".join(f"{n:,} {what}" for what, n in sorted(outcomes.items()))
                print(
                    f"{name}: {outcomes.total():,} of {files:,}: {shown} ({time.monotonic() - start:.0f} s)", flush=True
                )
    for kind, count in kinds.most_common():
        print(f"  {count:6} x {kind}")
    return len(kinds)


def guided(name: str, seconds: int) -> None:
    """Let Atheris look for inputs; it ends the process itself."""
    import atheris

    folder = Path(f"build/fuzz/{name}")
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(corpus(name)):
        (folder / f"seed-{number}").write_bytes(content)
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", str(folder)], TARGETS[name])
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    parser.add_argument("--files", type=int, default=100_000, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz/findings"))
    parser.add_argument("--atheris", type=int, metavar="SECONDS", help="guide one target by coverage instead")
    arguments = parser.parse_args()
    targets = arguments.target or sorted(TARGETS)
    if arguments.atheris:
        guided(targets[0], arguments.atheris)
        return 0
    found = [fuzz(t, arguments.files, arguments.seed, arguments.jobs, arguments.findings) for t in targets]
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main())
