"""Running parts of a job in child processes with limits. Limits, not walls: trusted input only."""
