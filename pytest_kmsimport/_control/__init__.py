"""How a mock is controlled from outside of Python: by the command, and by other programs over HTTP."""
