"""Which system calls a child may make: the list, the filter made of it, and its loading."""
