"""Runtimes: what really computes a graph, and what each says about itself."""
