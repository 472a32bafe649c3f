"""Tests about Nitro enclaves."""
