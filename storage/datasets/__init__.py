"""Dataset packages: Mo's own pack, and the formats it is made from."""
