"""The command ``pytest-kmsimport``: the mock for tests in any language, without pytest."""
