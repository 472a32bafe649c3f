"""``python -m pytest_kmsimport``, which is the command ``pytest-kmsimport``."""

from __future__ import annotations

import sys

from ._command.command import main

if __name__ == "__main__":
    sys.exit(main())
