"""``make bench``: every benchmark in turn, or those named as arguments; each prints a Markdown table."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "engine", "kernel_costs", "bit_exact", "quantization", "qat", "estimate_error", "accelerators", "wire_faults",
)  # fmt: skip


def main() -> int:
    wanted = sys.argv[1:] or BENCHMARKS
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    failed = 0
    for name in wanted:
        print(f"\n## {name}\n", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
