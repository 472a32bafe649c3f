"""The mock as a user holds it."""
