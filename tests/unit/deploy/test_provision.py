"""An existing topic is compared, not trusted."""

from __future__ import annotations

import json

import pytest

from deploy.provision import differences, wanted_config
from schemas.topics import AGENTS, CATALOG, JOBS, TOPICS


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_a_topic_made_by_us_is_right(topic) -> None:
    assert differences(topic, (topic.partitions, 3, wanted_config(topic, 3)), replication=3) == []


def test_order_of_clean_up_policies_does_not_matter() -> None:
    config = {**wanted_config(AGENTS, 1), "cleanup.policy": "delete,compact"}
    assert differences(AGENTS, (1, 1, config), replication=1) == []


def test_everything_wrong_is_said() -> None:
    found = (1, 1, {"retention.ms": "604800000", "cleanup.policy": "delete", "min.insync.replicas": "1"})
    wrong = differences(JOBS, found, replication=3, bootstrap="kafka:9092")
    assert [each.what for each in wrong] == [
        "mo.jobs has 1 partitions and must have 12",
        "mo.jobs has 1 replicas and must have at least 3",
        "mo.jobs has retention.ms=604800000 and must have -1",
        "mo.jobs has min.insync.replicas=1 and must have 2",
    ]
    configure = "kafka-configs.sh --bootstrap-server kafka:9092 --entity-type topics --entity-name mo.jobs --alter"
    assert wrong[2].mend == f"{configure} --add-config retention.ms=-1"
    plan = json.loads(wrong[1].mend.split("'")[1])
    assert [part["replicas"] for part in plan["partitions"]] == [[1, 2, 3]]


def test_a_policy_of_two_words_is_set_as_a_list() -> None:
    config = {**wanted_config(AGENTS, 1), "cleanup.policy": "delete"}
    (wrong,) = differences(AGENTS, (1, 1, config), replication=1)
    assert wrong.mend.endswith("--add-config cleanup.policy=[compact,delete]") or "compact" in wrong.mend


def test_three_replicas_keep_a_record_in_two() -> None:
    assert wanted_config(CATALOG, 3)["min.insync.replicas"] == "2"
    assert wanted_config(CATALOG, 1)["min.insync.replicas"] == "1"
