"""Print the table: ``python -m benchmarks``, or with ``--check`` to fail where a target is missed."""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

from . import (
    around,
    asynchronous,
    beside_moto,
    calls,
    ceremony,
    faults,
    function_calls,
    leaks,
    memory,
    mocks,
    scale,
    server,
    unrelated_runs,
    uses,
    who_may,
)
from .side_by_side import Line

_SUBJECTS = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        calls,
        uses,
        who_may,
        around,
        faults,
        mocks,
        server,
        asynchronous,
        ceremony,
        function_calls,
        scale,
        leaks,
        memory,
        unrelated_runs,
        beside_moto,  # last, for it imports moto
    )
}
_ROW = "{:<63} {:>14}  {:<31} {:>14} {:>6}  {}"


def main() -> int:
    """Measure, print as it comes, and give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the mock costs.")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(_SUBJECTS)}; by default all")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument("--calls", type=int, default=memory.CALLS, help="for memory: how many (the target is 200000)")
    options = parser.parse_args()
    unknown = set(options.subjects) - set(_SUBJECTS)
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    start = perf_counter()
    print(_ROW.format("what", "ours", "against", "theirs", "ratio", "target"))
    missed = 0
    for name, subject in _SUBJECTS.items():
        if options.subjects and name not in options.subjects:
            continue
        for line in memory.lines(options.calls) if subject is memory else subject.lines():
            missed += line.missed
            print(_shown(line), flush=True)
    print(f"{missed} missed, {perf_counter() - start:.0f} seconds")
    return 1 if options.check and missed else 0


def _shown(line: Line) -> str:
    if not line.against:
        return _ROW.format(line.what, _number(line.ours, line.unit), "", "", "", "").rstrip()
    target = "" if line.limit is None else f"<= {line.limit:.2f} {'MISS' if line.missed else 'ok'}"
    ours, theirs = _number(line.ours, line.unit), _number(line.theirs, line.unit)
    return _ROW.format(line.what, ours, line.against, theirs, f"{line.ratio:.2f}", target).rstrip()


def _number(value: float, unit: str) -> str:
    return f"{value:,.1f} {unit}" if unit else f"{value:.0f}"


if __name__ == "__main__":
    sys.exit(main())
