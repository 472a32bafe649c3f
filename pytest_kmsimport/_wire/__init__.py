"""AWS JSON 1.1, and what a network does to it."""
