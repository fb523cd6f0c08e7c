"""Settings come out of the environment once, and say which variable is wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from deploy.settings import Settings, SettingsError, masked


def test_defaults_are_those_of_the_embedded_stack() -> None:
    settings = Settings.from_env({})
    assert settings.api_host == "127.0.0.1"
    assert settings.agent_slots == {"cpu-light": 2, "cpu-heavy": 1, "device": 1}
    assert settings.lease_s == 60
    assert settings.job_memory_bytes_max == 8 * 1024**3
    assert settings.objects_folder == settings.home / "objects"
    assert settings.bucket is None
    assert repr(settings.kafka) == "KafkaConnection(, PLAINTEXT)"


def test_every_field_survives_the_way_to_a_child_process() -> None:
    settings = Settings(
        home=Path("/srv/mo"),
        cache=Path("/srv/cache"),
        maven_url="mirror",
        kafka_bootstrap="127.0.0.1:1",
        kafka_security="SASL_SSL",
        kafka_sasl_mechanism="SCRAM-SHA-512",
        kafka_username="mo",
        kafka_password="hush",
        kafka_password_file=Path("/srv/password"),
        kafka_ca_file=Path("/srv/ca"),
        kafka_cert_file=Path("/srv/cert"),
        kafka_key_file=Path("/srv/key"),
        postgres_dsn="postgresql://postgres@/mo?host=/srv/run",
        objects="s3://bucket/team/mo",
        dataocean="s3://bucket/ocean",
        s3_endpoint="http://store",
        s3_links=False,
        metrics_port=9,
        api_host="::1",
        api_port=8,
        api_url="http://[::1]:8",
        agent_name="a",
        agent_platform="ascend",
        agent_slots={"cpu-light": 0, "device": 3},
        agent_secret="x",
        token_secret="y",
        lease_s=3,
        heartbeat_s=0.5,
        announce_s=0.25,
        append_deadline_s=1.5,
        outcome_wait_s=0,
        job_seconds_max=1,
        job_memory_bytes_max=2,
        upload_bytes_max=3,
        upload_s=5,
        uploads_max=6,
        user_running_max=4,
        hosts="mo.example, 10.0.0.7",
        public_url="https://mo.example",
        registration="closed",
        new_role="viewer",
        local_token_file=Path("/srv/token"),
        schema="rm_v2",
    )
    defaults = Settings()
    unchanged = [name for name in settings.__struct_fields__ if getattr(settings, name) == getattr(defaults, name)]
    assert unchanged == []
    assert Settings.from_env(settings.to_env()) == settings


def test_slots_are_read_with_either_dash() -> None:
    settings = Settings.from_env({"MO_AGENT_SLOTS": "cpu_light=1, cpu-heavy=2"})
    assert settings.agent_slots == {"cpu-light": 1, "cpu-heavy": 2}


def test_a_relative_home_is_made_absolute_because_children_run_elsewhere() -> None:
    assert Settings.from_env({"MO_HOME": "here"}).home == Path.cwd() / "here"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("MO_LEASE_S", "soon"),
        ("MO_LEASE_S", "0"),
        ("MO_LEASE_S", "6"),
        ("MO_API_PORT", "70000"),
        ("MO_AGENT_PLATFORM", "amd"),
        ("MO_AGENT_SLOTS", "gpu=1"),
        ("MO_AGENT_SLOTS", "2"),
        ("MO_JOB_SECONDS_MAX", "-1"),
        ("MO_SCHEMA", "rm v1; drop"),
        ("MO_HOME", "/srv/a,b"),
        ("MO_CACHE", "/srv/a:b"),
        ("MO_KAFKA_SECURITY", "TLS"),
        ("MO_OBJECTS", "s3:///prefix"),
        ("MO_OBJECTS", "gs://bucket"),
        ("MO_DATAOCEAN", "s3:///prefix"),
        ("MO_DATAOCEAN", "gs://bucket"),
        ("MO_REGISTRATION", "maybe"),
        ("MO_NEW_ROLE", "root"),
        ("MO_HOSTS", "mo.example:8080"),
        ("MO_HOSTS", "*"),
        ("MO_PUBLIC_URL", "mo.example"),
    ],
)
def test_a_wrong_value_is_refused_by_name(variable: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: text})
    assert caught.value.code == "setting_invalid"
    assert caught.value.variable == ("MO_HEARTBEAT_S" if text == "6" else variable)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "mo.example"])
def test_an_api_that_others_can_reach_says_by_which_names_and_has_no_admin_of_its_own(host: str) -> None:
    with pytest.raises(SettingsError, match="MO_HOSTS") as caught:
        Settings.from_env({"MO_API_HOST": host})
    assert caught.value.code == "hosts_missing"
    told = {"MO_API_HOST": host, "MO_HOSTS": "mo.example,10.0.0.7", "MO_PUBLIC_URL": "https://portal.example"}
    assert Settings.from_env(told).host_names == {"mo.example", "10.0.0.7", "portal.example"}
    with pytest.raises(SettingsError, match="this machine alone") as caught:
        Settings.from_env({**told, "MO_LOCAL_TOKEN_FILE": "/srv/token"})
    assert caught.value.code == "loopback_only"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_is_allowed(host: str) -> None:
    assert Settings.from_env({"MO_API_HOST": host}).api_host == host


def test_what_a_process_needs_is_named_when_it_is_missing() -> None:
    settings = Settings.from_env({"MO_KAFKA_BOOTSTRAP": "127.0.0.1:1"})
    settings.need("kafka_bootstrap")
    with pytest.raises(SettingsError, match="MO_POSTGRES_DSN"):
        settings.need("kafka_bootstrap", "postgres_dsn")


def test_secrets_are_never_shown() -> None:
    settings = msgspec.structs.replace(Settings(), agent_secret="hush-1", token_secret="hush-2")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://mo:hush@db/mo", "postgresql://mo:***@db/mo"),
        ("postgresql://mo:hu@sh:x@db/mo?sslpassword=hush", "postgresql://mo:***@db/mo?sslpassword=***"),
        ("postgresql:///mo?host=/run&password=hush&user=mo", "postgresql:///mo?host=/run&password=***&user=mo"),
        ("host=db password='hu sh' user=mo", "host=db password=*** user=mo"),
        ("postgresql://postgres@/mo?host=/srv/run", "postgresql://postgres@/mo?host=/srv/run"),
    ],
)
def test_a_password_in_an_address_is_never_shown(dsn: str, shown: str) -> None:
    assert masked(dsn) == shown
    told = Settings.from_env({"MO_POSTGRES_DSN": dsn, "MO_KAFKA_PASSWORD": "hush"})
    assert "hush" not in repr(told)
    assert "hu sh" not in repr(told)
    assert "hush" not in repr(told.kafka)


def test_an_existing_kafka_is_described_by_its_variables(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")
    told = {
        "MO_KAFKA_BOOTSTRAP": "a:1,b:2",
        "MO_KAFKA_SECURITY": "SASL_PLAINTEXT",
        "MO_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256",
        "MO_KAFKA_USERNAME": "mo",
        "MO_KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
    }
    assert Settings.from_env(told).kafka.options() == {
        "bootstrap_servers": "a:1,b:2",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "mo",
        "sasl_plain_password": "hush",
    }
    with pytest.raises(SettingsError, match="MO_KAFKA_CA_FILE"):
        _ = Settings.from_env({**told, "MO_KAFKA_CA_FILE": str(tmp_path / "no")}).kafka
    (tmp_path / "password").unlink()
    with pytest.raises(SettingsError, match="MO_KAFKA_PASSWORD_FILE"):
        _ = Settings.from_env(told).kafka


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"MO_KAFKA_SECURITY": "SASL_SSL"}, "MO_KAFKA_USERNAME"),
        ({"MO_KAFKA_KEY_FILE": "/k"}, "MO_KAFKA_CERT_FILE"),
    ],
)
def test_what_belongs_together_is_asked_for(told: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        Settings.from_env(told)


def test_objects_lie_in_a_folder_or_a_bucket() -> None:
    assert Settings.from_env({"MO_OBJECTS": "here"}).objects_folder == Path.cwd() / "here"
    assert Settings.from_env({"MO_OBJECTS": "s3://b"}).bucket == ("b", "")
    assert Settings.from_env({"MO_OBJECTS": "s3://b/team/mo"}).bucket == ("b", "team/mo")
    assert Settings.from_env({"MO_DATAOCEAN": "s3://b/ocean"}).dataocean_bucket == ("b", "ocean")
    assert Settings.from_env({"MO_DATAOCEAN": "here"}).dataocean == str(Path.cwd() / "here")
