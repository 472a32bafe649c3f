"""The mock that a command has, with its planned faults, and what is said of it when something has gone wrong."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from .._control.controlled import plan
from .._control.verdict import verdict_of
from .._mock.mock import KmsImportMock
from .options import options_of

PROGRAM = "pytest-kmsimport"


@contextmanager
def mock_of(given: Namespace) -> Iterator[KmsImportMock]:
    """The mock that was asked for, active while the block runs; raises ValueError for what it cannot be."""
    mock = KmsImportMock(options_of(given))
    for text in given.faults:
        plan(mock, _members_of(text))
    mock.start()  # for what somebody does meanwhile, with a client of this process
    try:
        yield mock
    finally:
        mock.make_sure_it_stopped()


def _members_of(text: str) -> dict[str, object]:
    from ..faults._text import parse_plan  # noqa: PLC0415  which takes time, and most begin without faults

    return parse_plan(text)


def report_of(mock: KmsImportMock) -> str:
    """A mock's calls, with their diagnoses, and what it has to say against whoever has made them."""
    from .._reporting import call_table  # noqa: PLC0415  not before something has gone wrong

    table = [call_table.title_of(), call_table.report_of(mock.calls, mock.plans)] if mock.calls or mock.plans else []
    text = "\n".join([*table, *(f"{PROGRAM}: {said}" for said in verdict_of(mock).texts)])
    return mock.leak_check.secrets.redaction_of(text)(text)
