"""WHERE things are kept. Has never heard of an event type."""
