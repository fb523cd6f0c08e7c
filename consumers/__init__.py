"""Who listens: read models are made here."""
