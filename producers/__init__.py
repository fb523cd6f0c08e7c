"""WHO speaks: commands become events."""
