"""docs/coverage.md's table, from botocore's newest model: ``python -m tests.support.coverage_table`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from pytest_kmsimport._wire.model import kms_model
from pytest_kmsimport.engine.operations import OPERATIONS

COVERAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
BEGIN, END = "<!-- coverage: begin -->\n", "<!-- coverage: end -->\n"
HEAD = "| operation | request members | not offered |\n|---|---|---|\n"


def table() -> str:
    """A row for every operation of the installed model, those that are offered first."""
    names = sorted(kms_model().operation_names, key=lambda name: (name not in OPERATIONS, name))
    return HEAD + "".join(map(row, names))


def row(name: str) -> str:
    """An operation, what its requests may have, and what they may not."""
    shape = kms_model().operation_model(name).input_shape
    members = list(shape.members) if shape else []
    if name not in OPERATIONS:
        return f"| ~~{name}~~ | | the operation |\n"
    missing = set(OPERATIONS[name].traits.not_offered)
    offered = [member for member in members if member not in missing]
    return f"| {name} | {', '.join(offered)} | {', '.join(m for m in members if m in missing)} |\n"


def table_in_the_manual() -> str:
    """The table as docs/coverage.md has it."""
    return COVERAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    """Put the table where it belongs."""
    COVERAGE.write_text(COVERAGE.read_text().replace(BEGIN + table_in_the_manual() + END, BEGIN + table() + END))


if __name__ == "__main__":
    write()
