"""A Kafka that asks who we are and speaks TLS: log and provisioning reach it by the same connection, or are refused."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from deploy.local import kafka
from deploy.local.children import die_with_parent
from deploy.local.home import Home, Ports, free_port
from deploy.local.ready import kafka_answers
from deploy.provision import provision
from deploy.settings import Settings
from schemas.topics import AGENTS, CATALOG
from storage.log.connection import KafkaConnection
from storage.log.kafka import KafkaLog
from storage.log.port import LogError, Message, Partition

pytestmark = pytest.mark.real

USER, PASSWORD = "mo", "the password"
READY_SECONDS_MAX = 60


class Secured(NamedTuple):
    """Addresses of one broker's listeners, and the files that get in."""

    sasl: str
    tls: str
    ca: Path
    cert: Path
    key: Path


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """An authority, and a certificate and key of its making for this machine."""
    ca, ca_key, cert, key, wish = (folder / name for name in ("ca.pem", "ca.key", "cert.pem", "key.pem", "wish.pem"))
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n")
    for command in (
        [*new, "-x509", "-subj", "/CN=ca", "-days", "2", "-keyout", ca_key, "-out", ca],
        [*new, "-subj", "/CN=mo", "-keyout", key, "-out", wish],
        ["openssl", "x509", "-req", "-in", wish, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
         "-extfile", extensions, "-out", cert],
    ):  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
    return ca, cert, key


def pem(path: Path) -> str:
    return path.read_text().strip().replace("\n", " \\\n")


def properties(ports: Ports, sasl: int, tls: int, files: tuple[Path, Path, Path]) -> str:
    ca, cert, key = files
    jaas = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    plain, controller = f"PLAINTEXT://127.0.0.1:{ports.kafka}", f"CONTROLLER://127.0.0.1:{ports.controller}"
    secured = f"SASLED://127.0.0.1:{sasl},TLSED://127.0.0.1:{tls}"
    return "\n".join((
        f"listeners={plain},{controller},{secured}",
        f"advertised.listeners={plain},{secured}",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASLED:SASL_SSL,TLSED:SSL",
        "listener.name.sasled.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512",
        f"listener.name.sasled.plain.sasl.jaas.config={jaas}",
        f"listener.name.sasled.scram-sha-512.sasl.jaas.config={scram}",
        "listener.name.tlsed.ssl.client.auth=required",
        "ssl.keystore.type=PEM",
        f"ssl.keystore.certificate.chain={pem(cert)}",
        f"ssl.keystore.key={pem(key)}",
        "ssl.truststore.type=PEM",
        f"ssl.truststore.certificates={pem(ca)}",
        "",
    ))  # fmt: skip


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here, with which the certificates are made")
    folder = tmp_path_factory.mktemp("secured")
    files = certificates(folder)
    home = Home(folder)
    home.make()
    ports = Ports(**{name: free_port() for name in Ports.__struct_fields__})
    jars = kafka.class_path(Settings().cache, maven_url="", progress=lambda _done, _total: None)
    spec = kafka.prepare(home, ports, jars)
    sasl, tls = free_port(), free_port()
    config = Path(spec.argv[-1])
    kept = [
        line
        for line in config.read_text().splitlines()
        if not line.startswith(("listeners", "advertised", "listener.sec"))
    ]
    config.write_text("\n".join(kept) + "\n" + properties(ports, sasl, tls, files))
    with (folder / "kafka.log").open("wb") as log:
        broker = subprocess.Popen(
            spec.argv,
            env=dict(spec.env),
            cwd=spec.cwd,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one system call, no lock
        )
    try:
        end = time.monotonic() + READY_SECONDS_MAX
        while not kafka_answers("127.0.0.1", ports.kafka):
            assert broker.poll() is None, (folder / "kafka.log").read_text()[-3000:]
            assert time.monotonic() < end
            time.sleep(0.1)
        asyncio.run(add_scram_user(f"127.0.0.1:{ports.kafka}", spec.argv, folder))
        yield Secured(f"127.0.0.1:{sasl}", f"127.0.0.1:{tls}", *files)
    finally:
        broker.terminate()
        broker.wait()


async def add_scram_user(bootstrap: str, argv: tuple[str, ...], folder: Path) -> None:
    java = argv[: argv.index("kafka.Kafka")]
    wish = f"SCRAM-SHA-512=[password={PASSWORD}]"
    told = ["--alter", "--add-config", wish, "--entity-type", "users", "--entity-name", USER]
    done = await asyncio.create_subprocess_exec(
        *java, "kafka.admin.ConfigCommand", "--bootstrap-server", bootstrap, *told, cwd=folder
    )
    assert await done.wait() == 0


def connection(secured: Secured, kind: str) -> KafkaConnection:
    if kind == "SSL":
        return KafkaConnection(
            bootstrap=secured.tls, security="SSL", ca_file=secured.ca, cert_file=secured.cert, key_file=secured.key
        )
    return KafkaConnection(
        bootstrap=secured.sasl,
        security="SASL_SSL",
        mechanism=kind,
        username=USER,
        password=PASSWORD,
        ca_file=secured.ca,
    )


@pytest.mark.parametrize("kind", ["PLAIN", "SCRAM-SHA-512", "SSL"])
async def test_topics_are_made_and_records_kept_through_it(secured, kind):
    way = connection(secured, kind)
    name = f"mo.{kind.lower()}"
    assert await provision(way, [msgspec.structs.replace(CATALOG, name=name)], replication=1) == [name]
    log = KafkaLog(way)
    assert await log.cluster_id()
    position = await log.append(Message(name, b"k", b"v"), deadline_s=10)
    reader = await log.open({Partition(name, 0): 0})
    records = []
    async with asyncio.timeout(20):
        while not records:
            records = await reader.read(records_max=10, wait_s=0.2)
    assert [(each.value, each.offset) for each in records] == [(b"v", position.offset)]
    await reader.close()
    await log.close()


@pytest.mark.parametrize(
    "change",
    [
        {"password": "another"},
        {"mechanism": "SCRAM-SHA-512", "password": "another"},
        {"ca_file": None},
        {"security": "SASL_PLAINTEXT"},
        {"security": "PLAINTEXT"},
    ],
)
async def test_who_does_not_fit_is_refused(secured, change, monkeypatch):
    monkeypatch.setattr("storage.log.kafka.ASK_S_MAX", 3.0)
    way = msgspec.structs.replace(connection(secured, "PLAIN"), **change)
    log = KafkaLog(way)
    with pytest.raises(LogError) as caught:
        await log.end(AGENTS.name)
    assert PASSWORD not in str(caught.value)
    await log.close()
