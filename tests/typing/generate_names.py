"""Write pytest_kmsimport/_wire/names.py anew from the installed botocore: ``python -m tests.typing.generate_names``."""

from __future__ import annotations

from pathlib import Path

from pytest_kmsimport._wire.model import COMMON_ERRORS, kms_model, modelled_errors

HOME = Path(__file__).parents[2] / "pytest_kmsimport" / "_wire" / "names.py"

_HEAD = '''"""Names of AWS KMS as types, for type checkers and editors; a string beyond them works at run time too.

Generated from botocore's service model: ``python -m tests.typing.generate_names`` writes this module anew.
"""

from __future__ import annotations

from typing import Literal

'''


def generated() -> str:
    """The module as the installed botocore's service model makes it."""
    operations = sorted(kms_model().operation_names)
    codes = sorted({*COMMON_ERRORS, *(code for name in operations for code in modelled_errors(name))})
    kinds = ["consistency", "denial", "http", "lost answer", "network", "race", "refusal", "slow"]
    parts = [("Operation", operations), ("ErrorCode", codes), ("Kind", kinds)]
    return _HEAD + "".join(_literal(name, values) for name, values in parts)


def _literal(name: str, values: list[str]) -> str:
    one_line = f"{name} = Literal[{', '.join(f'{chr(34)}{value}{chr(34)}' for value in values)}]\n"
    if len(one_line) <= 120:
        return one_line
    return f"{name} = Literal[\n" + "".join(f'    "{value}",\n' for value in values) + "]\n"


if __name__ == "__main__":
    HOME.write_text(generated())
