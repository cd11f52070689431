"""How long planning takes: reading the ledger, making the plan, and `snakemake -n` over the whole ledger.

    python benchmarks/plan.py

Each figure is the median of five fresh processes, wall time; the dry run is that of the folder as it is.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEDGER = "from claimbench.spec import load_ledger; ledger = load_ledger()"
PLAN = f"{LEDGER}; from claimbench.plan import load_config, make_plan; make_plan(ledger, load_config())"
COMMANDS = {
    "start Python": [sys.executable, "-c", "pass"],
    "load and check the ledger": [sys.executable, "-c", LEDGER],
    "... and make the plan": [sys.executable, "-c", PLAN],
    "snakemake -n": [sys.executable, "-m", "snakemake", "--cores", "2", "-n"],
}


def main() -> None:
    """Time every command and print a line for each."""
    for name, command in COMMANDS.items():
        times = [seconds(command) for _ in range(5)]
        print(f"{name:28}{statistics.median(times):7.2f} s   ({min(times):.2f} to {max(times):.2f})")


def seconds(command: list[str]) -> float:
    """Wall time of a command."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
