"""The command line: nouns and verbs over the client, and nothing but the client."""
