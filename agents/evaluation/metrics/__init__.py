"""Metrics: what a model said against what is true, as figures. Pure: flat arrays in, named tuples out, no files."""
