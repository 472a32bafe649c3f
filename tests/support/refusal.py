"""How tests say that a call is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from pytest_kmsimport.engine.errors import KmsError


@contextmanager
def refused(code: str, message: str = "", *, status: int = 400) -> Iterator[None]:
    """The client gets exactly this refusal; without ``message``, AWS sends none."""
    with pytest.raises(ClientError) as caught:
        yield
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"] == message
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


@contextmanager
def refused_like(code: str, pattern: str, *, status: int = 400) -> Iterator[None]:
    """The client gets this refusal, with a text that is wholly as the pattern says."""
    with pytest.raises(ClientError) as caught:
        yield
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert re.fullmatch(pattern, response["Error"]["Message"])
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


@contextmanager
def engine_refuses(code: str, message: str = "") -> Iterator[None]:
    """The engine itself refuses, with exactly this error."""
    with pytest.raises(KmsError) as caught:
        yield
    assert (caught.value.code, caught.value.message) == (code, message)
