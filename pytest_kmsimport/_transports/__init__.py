"""How an answer reaches a client, and what is kept from real AWS."""
