"""S3 servers for tests: moto, which takes any secret, and versitygw, which checks signatures and needs Go."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import platformdirs
import pytest
from botocore.session import get_session

from storage.objects.s3 import S3Objects

SERVERS = ["moto_server", pytest.param("signed_server", marks=pytest.mark.bars)]
"""Fixtures, by name."""
KEY_ID, SECRET = "mo-test-key", "mo-test-secret"
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
BUILD_SECONDS_MAX = 900
READY_SECONDS_MAX = 20


class Server(NamedTuple):
    """A server and how to get into it."""

    url: str

    def client(self):
        return get_session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )


class Bucket:
    """A new bucket of a server, seen from behind."""

    def __init__(self, server: Server) -> None:
        self.server, self.name = server, f"mo-{uuid4().hex[:12]}"
        self.s3 = server.client()
        self.s3.create_bucket(Bucket=self.name)

    def objects(self) -> S3Objects:
        return S3Objects(self.name, "team/mo", endpoint=self.server.url)

    def names(self) -> list[str]:
        kept = self.s3.list_objects_v2(Bucket=self.name).get("Contents", [])
        begun = self.s3.list_multipart_uploads(Bucket=self.name).get("Uploads", [])
        return [each["Key"].rpartition("/")[2] for each in (*kept, *begun)]

    def damage(self, name: str, data: bytes) -> None:
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.name)["Contents"]]
        self.s3.put_object(Bucket=self.name, Key=next(key for key in keys if key.endswith(name)), Body=data)


def credentials(monkeypatch, *, secret: str = SECRET) -> None:
    """The variables of the AWS tools, for the adapter."""
    told = {"ACCESS_KEY_ID": KEY_ID, "SECRET_ACCESS_KEY": secret, "DEFAULT_REGION": "us-east-1"}
    for name, value in told.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@contextmanager
def moto() -> Iterator[Server]:
    """moto's server, in this process."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield Server("http://{}:{}".format(*server.get_host_and_port()))
    finally:
        server.stop()


@contextmanager
def versitygw(folder: Path) -> Iterator[Server]:
    """versitygw over a folder; built once, into the user's cache."""
    built = Path(platformdirs.user_cache_dir("mo")) / "go"
    if not (built / "versitygw").exists():
        subprocess.run(
            ["go", "install", VERSITYGW],
            env={**os.environ, "GOBIN": str(built)},
            check=True,
            timeout=BUILD_SECONDS_MAX,
        )
    for each in ("meta", "data"):
        (folder / each).mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {"ROOT_ACCESS_KEY": KEY_ID, "ROOT_SECRET_KEY": SECRET, "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [
            built / "versitygw",
            "--port",
            f"127.0.0.1:{port}",
            "--quiet",
            "posix",
            "--sidecar",
            folder / "meta",
            folder / "data",
        ],
        env=env,
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + READY_SECONDS_MAX
        while not _answers(port):
            assert process.poll() is None, f"versitygw ended with {process.returncode}"
            assert time.monotonic() < end, "versitygw does not answer"
            time.sleep(0.05)
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def has_go() -> bool:
    return shutil.which("go") is not None


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
