"""The broker's settings."""

from __future__ import annotations

from pathlib import Path

from deploy.local.home import Ports
from deploy.local.kafka import properties


def parsed(data: Path) -> dict[str, str]:
    lines = properties(data, Ports(kafka=1001, controller=1002, api=1003, projector=1004, agent=1005)).splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_only_this_machine_can_reach_the_broker() -> None:
    settings = parsed(Path("/srv/kafka"))
    addresses = settings["listeners"].split(",") + settings["advertised.listeners"].split(",")
    assert [address.partition("://")[2] for address in addresses] == [
        "127.0.0.1:1001",
        "127.0.0.1:1002",
        "127.0.0.1:1001",
    ]
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:1002"


def test_a_single_node_replicates_nothing_and_makes_no_topic_by_itself() -> None:
    settings = parsed(Path("/srv/kafka"))
    replications = {name: value for name, value in settings.items() if "replica" in name or ".isr" in name}
    assert len(replications) == 7
    assert set(replications.values()) == {"1"}
    assert settings["auto.create.topics.enable"] == "false"


def test_a_folder_with_any_name_reaches_java_unchanged() -> None:
    assert parsed(Path("/srv/模 型\\x😀"))["log.dirs"] == "/srv/\\u6a21 \\u578b\\\\x\\ud83d\\ude00"
