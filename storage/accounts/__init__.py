"""People who may use the system: accounts, sessions, tokens, and the chain of what was decided about requests."""
