"""From what a test's batches answered to its figures: one file a kind of dataset, built on `evaluation.metrics`."""
