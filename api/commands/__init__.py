"""Wishes become events: validate, say, wait a moment for the outcome."""
