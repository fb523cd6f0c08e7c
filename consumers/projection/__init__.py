"""Records -> rows, pure: one file a noun, and `batch` that puts them together."""
