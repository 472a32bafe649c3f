"""The engine: AWS KMS as a pure function, on the standard library and cryptography alone."""
