"""WHAT is said, and what it means. Pure: no clock, no disk, no network."""
