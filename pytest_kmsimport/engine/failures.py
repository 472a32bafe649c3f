"""The mock's own complaints: failures of a test, each with a place in the manual that explains it."""

from __future__ import annotations

import re
from typing import Final

#: The page of the manual with a heading for each kind of failure.
PAGE: Final = "https://github.com/pytest-kmsimport/pytest-kmsimport/blob/main/docs/failures.md"


def explained(text: str, topic: str) -> str:
    """What a failure says, and below it where the manual explains that."""
    return f"{text}\n{PAGE}#{topic}"


class Failure(AssertionError):  # noqa: N818  of the test, named for what happened
    """A failure of the test, never an error of AWS's; its text ends with the page that explains it.

    An ``AssertionError``, because botocore's retry handlers leave that type alone in all three modes.
    """

    def __init_subclass__(cls) -> None:
        cls.__module__ = "pytest_kmsimport"  # where users import it from

    def __str__(self) -> str:
        return explained(super().__str__(), re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(self).__name__).lower())
