"""What the importer's tests share."""

from __future__ import annotations

import os

import boto3
import pytest


@pytest.fixture
def material():
    """Key material of a symmetric KMS key."""
    return os.urandom(32)


@pytest.fixture
def kms(kms_import_mock):
    """A boto3 client, built as the importer builds its own: without credentials or configuration."""
    return boto3.client("kms")
