"""Where datasets are kept before they are imported: a catalogue that the operator points at."""
