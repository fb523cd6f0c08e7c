"""How to reach a Kafka: addresses, encryption, who we are. One value for every client there is; connects nothing."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Literal

import msgspec

Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaConnection(msgspec.Struct, frozen=True, kw_only=True):
    """`bootstrap` is host:port, comma separated. Files are PEM; without `ca_file` the system's authorities count."""

    bootstrap: str
    security: Security = "PLAINTEXT"
    mechanism: Mechanism = "PLAIN"
    username: str = ""
    password: str = ""
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __repr__(self) -> str:
        return f"KafkaConnection({self.bootstrap}, {self.security})"

    def options(self) -> dict[str, Any]:
        """The arguments that every client of aiokafka takes; reads the files.

        Raises:
            OSError: a file is missing or holds no certificate or key (`ssl.SSLError`).
        """
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap, "security_protocol": self.security}
        if self.security.startswith("SASL"):
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        if self.security.endswith("SSL"):
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                context.load_cert_chain(self.cert_file, self.key_file)
            options["ssl_context"] = context
        return options


def connection_of(kafka: KafkaConnection | str) -> KafkaConnection:
    """The connection; addresses alone mean one without encryption and without a name."""
    return KafkaConnection(bootstrap=kafka) if isinstance(kafka, str) else kafka
