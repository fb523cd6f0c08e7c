"""Topics as they must be: made where they are missing, checked where they exist, never changed silently."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.topics import Topic
from storage.log.connection import KafkaConnection, connection_of

if TYPE_CHECKING:
    from aiokafka.admin import AIOKafkaAdminClient

ALREADY_EXISTS = 36
ADMIN_SECONDS_MAX = 15
VISIBLE_SECONDS_MAX = 10.0
LOOK_EVERY_S = 0.1
MIN_IN_SYNC = {1: 1, 2: 1}
"""Replicas that must have a record before it counts as kept, by replication; 2 from three replicas on."""

Found = tuple[int, int, Mapping[str, str]]
"""An existing topic: partitions, replication, configuration."""


class ProvisionError(Exception):
    """A topic cannot be made, or exists in another shape; the text says what to do."""


def wanted_config(topic: Topic, replication: int) -> dict[str, str]:
    """The configuration a topic is made with."""
    return {
        "retention.ms": str(topic.retention_ms),
        "cleanup.policy": topic.cleanup_policy,
        "min.insync.replicas": str(MIN_IN_SYNC.get(replication, 2)),
    }


class Wrong(NamedTuple):
    """What is wrong with a topic, and the command (or the words) that mend it."""

    what: str
    mend: str


def differences(topic: Topic, found: Found, *, replication: int, bootstrap: str = "HOST:PORT") -> list[Wrong]:
    """What is wrong with an existing topic; empty when it is as it must be."""
    partitions, replicas, config = found
    wrong = []
    if partitions != topic.partitions:
        what = f"{topic.name} has {partitions} partitions and must have {topic.partitions}"
        wrong.append(Wrong(what, "other partitions would move keys: give Mo a cluster of its own, or another topic"))
    if replicas < replication:
        what = f"{topic.name} has {replicas} replicas and must have at least {replication}"
        wrong.append(Wrong(what, _reassign(topic, partitions, replication, bootstrap)))
    for key, value in wanted_config(topic, replication).items():
        if set(config.get(key, "").split(",")) != set(value.split(",")):
            what = f"{topic.name} has {key}={config.get(key)} and must have {value}"
            wrong.append(Wrong(what, _configure(topic, key, value, bootstrap)))
    return wrong


def _configure(topic: Topic, key: str, value: str, bootstrap: str) -> str:
    shown = f"[{value}]" if "," in value else value
    return (
        f"kafka-configs.sh --bootstrap-server {bootstrap} --entity-type topics --entity-name {topic.name} "
        f"--alter --add-config {key}={shown}"
    )


def _reassign(topic: Topic, partitions: int, replication: int, bootstrap: str) -> str:
    """The plan puts replicas on brokers 1, 2, ... in turn; whoever runs it knows the real numbers."""
    plan = [
        {"topic": topic.name, "partition": at, "replicas": [(at + k) % replication + 1 for k in range(replication)]}
        for at in range(partitions)
    ]
    document = msgspec.json.encode({"version": 1, "partitions": plan}).decode()
    return (
        f"echo '{document}' > plan.json && kafka-reassign-partitions.sh --bootstrap-server {bootstrap} "
        "--reassignment-json-file plan.json --execute   # with the ids of your brokers in place of 1, 2, 3"
    )


class Findings(NamedTuple):
    """What `look_at` found: topics that were made, and what is wrong."""

    made: list[str]
    wrong: list[Wrong]


async def provision(kafka: KafkaConnection | str, topics: Iterable[Topic], *, replication: int) -> list[str]:
    """Make the topics that are missing and check all of them; returns the names of those made, ready for use.

    Raises:
        ProvisionError: Kafka refuses a topic, or one exists with other partitions, replicas, retention or clean-up.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    findings = await look_at(connection_of(kafka), topics, replication=replication)
    if findings.wrong:
        raise ProvisionError(
            "; ".join(each.what for each in findings.wrong) + ". Nothing was changed: more partitions would move keys, "
            "another retention would lose history. `mo provision --check` names the commands that mend it"
        )
    return findings.made


async def look_at(
    kafka: KafkaConnection, topics: Iterable[Topic], *, replication: int, check: bool = False
) -> Findings:
    """Make the topics that are missing and look at all of them; with `check`, only look.

    Raises:
        ProvisionError: Kafka refuses a topic.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    from aiokafka.admin import AIOKafkaAdminClient

    wanted = list(topics)
    admin = AIOKafkaAdminClient(**kafka.options(), request_timeout_ms=ADMIN_SECONDS_MAX * 1000)
    await admin.start()
    try:
        findings = Findings([] if check else await _create(admin, wanted, replication), [])
        there = set(await admin.list_topics()) if check else {topic.name for topic in wanted}
        for topic in wanted:
            if topic.name in there:
                found = await _found(admin, topic.name)
                findings.wrong.extend(differences(topic, found, replication=replication, bootstrap=kafka.bootstrap))
            else:
                findings.wrong.append(Wrong(f"{topic.name} is missing", f"mo provision --replication {replication}"))
    finally:
        await admin.close()
    return findings


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic], replication: int) -> list[str]:
    from aiokafka.admin import NewTopic

    new = [
        NewTopic(topic.name, topic.partitions, replication, topic_configs=wanted_config(topic, replication))
        for topic in topics
    ]
    made = []
    # Admin calls do not raise what the broker says: each topic's code has to be read.
    for name, code, *text in (await admin.create_topics(new)).topic_errors:
        if code == 0:
            made.append(name)
        elif code != ALREADY_EXISTS:
            raise ProvisionError(f"Kafka refuses topic {name} with code {code}: {text[0] if text else ''}")
    return made


async def _described(admin: AIOKafkaAdminClient, name: str) -> dict[str, Any]:
    # A topic is acknowledged a moment before every broker can describe it.
    for _ in range(int(VISIBLE_SECONDS_MAX / LOOK_EVERY_S)):
        (described,) = await admin.describe_topics([name])
        if not described["error_code"]:
            return dict(described)
        await asyncio.sleep(LOOK_EVERY_S)
    raise ProvisionError(f"Kafka does not describe topic {name}: code {described['error_code']}; try again")


async def _found(admin: AIOKafkaAdminClient, name: str) -> Found:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    described = await _described(admin, name)
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    config: dict[str, Any] = {key: value for key, value, *_ in answer.resources[0][4]}
    partitions = described["partitions"]
    return len(partitions), min(len(partition["replicas"]) for partition in partitions), config
