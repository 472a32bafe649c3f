"""What a call costs, counted in functions: a time would say something else on every machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.function_calls import LIMITS, Counts

ROOT = Path(__file__).parent.parent
COUNT = "import json; from benchmarks.function_calls import counted; print(json.dumps(counted()))"
GROWN = """\
{what} calls {count} functions {kind}, and {limit} were recorded. Something is done each time that was not: look for it
with `python -m benchmarks function_calls` before and after your change, and with cProfile. If it has to be, raise the
limit in benchmarks/function_calls.py and say in the commit what it is for."""


@pytest.fixture(scope="module")
def counted():
    """What is counted in a process of its own, in which no test has patched or traced anything."""
    run = subprocess.run([sys.executable, "-c", COUNT], cwd=ROOT, capture_output=True, text=True, check=True)
    return {what: Counts(*counts) for what, counts in json.loads(run.stdout).items()}


@pytest.mark.parametrize("what", LIMITS)
def test_it_calls_no_more_functions_than_were_recorded(counted, what):
    """Neither the package's own functions nor those of others that they call become more."""
    counts, limits = counted[what], LIMITS[what]
    both = (("of the package", "ours"), ("beyond botocore's floor", "beyond_floor"))
    for kind, name in both:
        count, limit = getattr(counts, name), getattr(limits, name)
        assert count <= limit, GROWN.format(what=what, count=count, kind=kind, limit=limit)
