"""The embedded stack: real Kafka and PostgreSQL and our processes on one machine, without Docker and without sudo."""
