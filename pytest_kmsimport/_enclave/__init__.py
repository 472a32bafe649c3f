"""Nitro enclaves: attestation documents, made and read, and who vouches for them."""
