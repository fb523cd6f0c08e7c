"""Read models become JSON."""
