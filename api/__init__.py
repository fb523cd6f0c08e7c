"""The thin door: HTTP in, events out; read models in, JSON out."""
