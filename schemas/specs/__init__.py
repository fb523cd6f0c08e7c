"""What a request may say, checked the same by API, CLI and agents."""
