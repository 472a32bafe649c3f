"""What answers a call, and what is remembered of it."""
