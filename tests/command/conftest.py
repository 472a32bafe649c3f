"""What tests of the command share."""

from __future__ import annotations

import pytest

from pytest_kmsimport._command import command


@pytest.fixture
def main(capfd):
    """Do what a command line says within this process, and give the status, what was printed, and what was said."""

    def call(*arguments):
        try:
            status = command.main(arguments)
        except SystemExit as end:
            status = end.code
        return status, *capfd.readouterr()

    return call
