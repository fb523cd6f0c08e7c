"""Read models in PostgreSQL: what the projector writes and the API reads. Rebuilt from the log at will."""
