"""Tests: a Tron on a dataset pack, per class and per image, with timings that say what they mean."""
