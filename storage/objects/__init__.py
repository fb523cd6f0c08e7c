"""Objects: bytes named by their SHA-256. Written once, never changed."""
