"""Topics as they must be: made where they are missing, checked where they exist, never changed silently."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from schemas.topics import Topic

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


def differences(topic: Topic, found: Found, *, replication: int) -> list[str]:
    """What is wrong with an existing topic, one sentence each; empty when it is as it must be."""
    partitions, replicas, config = found
    wrong = []
    if partitions != topic.partitions:
        wrong.append(f"{topic.name} has {partitions} partitions and must have {topic.partitions}")
    if replicas < replication:
        wrong.append(f"{topic.name} has {replicas} replicas and must have at least {replication}")
    for key, value in wanted_config(topic, replication).items():
        if set(config.get(key, "").split(",")) != set(value.split(",")):
            wrong.append(f"{topic.name} has {key}={config.get(key)} and must have {value}")
    return wrong


async def provision(bootstrap: str, topics: Iterable[Topic], *, replication: int) -> list[str]:
    """Make the topics that are missing and check all of them; returns the names of those made, ready for use.

    Raises:
        ProvisionError: Kafka refuses a topic, or one exists with other partitions, replicas, retention or clean-up.
        aiokafka.errors.KafkaError: Kafka does not answer.
    """
    from aiokafka.admin import AIOKafkaAdminClient

    wanted = list(topics)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ADMIN_SECONDS_MAX * 1000)
    await admin.start()
    try:
        made = await _create(admin, wanted, replication)
        wrong = []
        for topic in wanted:
            wrong += differences(topic, await _found(admin, topic.name), replication=replication)
    finally:
        await admin.close()
    if wrong:
        raise ProvisionError(
            "; ".join(wrong) + ". Nothing was changed: more partitions would move keys, another retention would lose "
            "history. Use another cluster, or correct these topics by hand"
        )
    return made


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
