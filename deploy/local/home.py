"""The folder of an embedded stack: where things lie in it, its ports and its secrets."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

LOOPBACK = "127.0.0.1"
SECRET_BYTES = 32


class Ports(msgspec.Struct, frozen=True):
    """The TCP ports of a stack on the loopback interface; kept, so that they stay the same over restarts.

    `projector` and `agent` are those of their metrics.
    """

    kafka: int
    controller: int
    api: int
    projector: int
    agent: int


class Secrets(msgspec.Struct, frozen=True):
    """Made once per home: 32 random bytes each, in hex."""

    agent_secret: str
    token_secret: str


class Home(NamedTuple):
    """Names of the files and folders in a home."""

    path: Path

    @property
    def logs(self) -> Path:
        """One log per child, and the supervisor's."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """What describes the running stack."""
        return self.path / "run"

    @property
    def lock(self) -> Path:
        """Held by the supervisor with flock as long as it lives."""
        return self.run / "lock"

    @property
    def state(self) -> Path:
        """The supervisor's account of itself."""
        return self.run / "stack.json"

    @property
    def ports(self) -> Path:
        """The kept ports."""
        return self.run / "ports.json"

    @property
    def token(self) -> Path:
        """The token of the stack's own admin, readable by the owner alone."""
        return self.path / "token"

    @property
    def secrets(self) -> Path:
        """The kept secrets, readable by the owner alone."""
        return self.path / "secrets.json"

    def make(self) -> None:
        """Make the folders that everything else expects."""
        for folder in (self.path, self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace the file at once: a reader sees the old bytes or the new ones."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    temporary.replace(path)


def kept_secrets(home: Home) -> Secrets:
    """The home's secrets, made at the first call."""
    if not home.secrets.exists():
        made = Secrets(secrets.token_hex(SECRET_BYTES), secrets.token_hex(SECRET_BYTES))
        write_atomically(home.secrets, msgspec.json.encode(made), mode=0o600)
    return msgspec.json.decode(home.secrets.read_bytes(), type=Secrets)


def kept_ports(home: Home, *, api_port: int) -> Ports:
    """The home's ports; a kept one that somebody else took meanwhile is replaced by a free one.

    `api_port` other than 0 is taken as it is.
    """
    try:
        kept = json.loads(home.ports.read_text("utf-8"))
    except (OSError, ValueError):
        kept = {}
    if api_port:
        kept = {**kept, "api": api_port}
    ports = choose_ports(kept, is_free=lambda port: port == api_port or port_is_free(port), free_port=free_port)
    write_atomically(home.ports, msgspec.json.encode(ports))
    return ports


def choose_ports(kept: Mapping[str, int], *, is_free: Callable[[int], bool], free_port: Callable[[], int]) -> Ports:
    """Keep what is kept and free, choose the rest, all different."""
    chosen: dict[str, int] = {}
    for name in Ports.__struct_fields__:
        port = kept.get(name, 0)
        while not port or port in chosen.values() or not is_free(port):
            port = free_port()
        chosen[name] = port
    return Ports(**chosen)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A server's old connections in TIME_WAIT do not stop the next server, so they must not stop this probe.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
