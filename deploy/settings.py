"""Everything that can be set, read once from MO_* variables."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import platformdirs

from schemas.values import Platform, ResourceClass
from storage.accounts.rules import Role
from storage.log.connection import KafkaConnection, Mechanism, Security

PREFIX = "MO_"
GIB = 1 << 30
S3_SCHEME = "s3://"
SECRET_FIELDS = ("agent_secret", "token_secret", "kafka_password")

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:]+")
SchemaName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


class SettingsError(Exception):
    """A setting is wrong. `code` is for machines, the text says which variable to change and how."""

    def __init__(self, code: str, variable: str, text: str) -> None:
        super().__init__(f"{variable}: {text}")
        self.code = code
        self.variable = variable


def _default_home() -> Path:
    return Path(platformdirs.user_data_dir("mo"))


def _default_cache() -> Path:
    return Path(platformdirs.user_cache_dir("mo"))


def _default_slots() -> dict[ResourceClass, int]:
    return {"cpu-light": 2, "cpu-heavy": 1, "device": 1}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process of a deployment is told. Seconds end in `_s` or `_seconds_max`, bytes in `_bytes_max`.

    `kafka_bootstrap`, `postgres_dsn`, `api_url` and the secrets are empty until somebody says them; the embedded
    stack says them itself. `maven_url` is an optional mirror for the jars of Kafka. `objects` is a folder or
    `s3://bucket/prefix`; the credentials of S3 are those of the AWS tools. `dataocean`, in the same form, is where
    packages are kept ready to be imported. With `s3_links` agents fetch objects from
    the bucket themselves. `metrics_port` is where projector and agents serve /metrics on loopback; 0 is nowhere. An
    upload in pieces is given up `upload_s` after it began; `uploads_max` of them may be unfinished.
    `hosts` are the names, with commas between, by which the API may be reached beside those of this machine;
    `public_url` is where people find it behind a proxy, which alone may then speak to it; `new_role` is what who
    registers becomes. `local_token_file` is where the embedded stack keeps the token of its own admin, and nobody else.
    `schema` is the first schema of read models; afterwards `mo projections` says which one is read.
    """

    home: Path = msgspec.field(default_factory=_default_home)
    cache: Path = msgspec.field(default_factory=_default_cache)
    maven_url: str = ""
    kafka_bootstrap: str = ""
    kafka_security: Security = "PLAINTEXT"
    kafka_sasl_mechanism: Mechanism = "PLAIN"
    kafka_username: str = ""
    kafka_password: str = ""
    kafka_password_file: Path | None = None
    kafka_ca_file: Path | None = None
    kafka_cert_file: Path | None = None
    kafka_key_file: Path | None = None
    postgres_dsn: str = ""
    objects: str = ""
    dataocean: str = ""
    s3_endpoint: str = ""
    s3_links: bool = True
    metrics_port: Port = 0
    api_host: str = "127.0.0.1"
    api_port: Port = 0
    api_url: str = ""
    agent_name: str = "nvidia-1"
    agent_platform: Platform = "nvidia"
    agent_slots: dict[ResourceClass, Annotated[int, msgspec.Meta(ge=0)]] = msgspec.field(default_factory=_default_slots)
    agent_secret: str = ""
    token_secret: str = ""
    lease_s: Seconds = 60.0
    heartbeat_s: Seconds = 5.0
    announce_s: Seconds = 5.0
    append_deadline_s: Seconds = 10.0
    outcome_wait_s: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    job_seconds_max: Count = 3600
    job_memory_bytes_max: Count = 8 * GIB
    upload_bytes_max: Count = 5 * GIB
    upload_s: Seconds = 24 * 3600.0
    uploads_max: Count = 64
    user_running_max: Count = 64
    hosts: str = ""
    public_url: str = ""
    registration: Literal["open", "closed"] = "open"
    new_role: Role = "engineer"
    local_token_file: Path | None = None
    schema: SchemaName = "rm_v1"

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name not in SECRET_FIELDS}
        shown["postgres_dsn"] = masked(self.postgres_dsn)
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def host_names(self) -> frozenset[str]:
        """The names in `hosts` and in `public_url`."""
        named = {each.strip().lower() for each in self.hosts.split(",")} | {urlsplit(self.public_url).hostname or ""}
        return frozenset(named - {""})

    @property
    def bucket(self) -> tuple[str, str] | None:
        """Bucket and prefix of the object store; None where it is a folder."""
        return _bucket_of(self.objects)

    @property
    def dataocean_bucket(self) -> tuple[str, str] | None:
        """Bucket and prefix of the catalogue; None where it is a folder, or none is set."""
        return _bucket_of(self.dataocean)

    @property
    def objects_folder(self) -> Path:
        """Folder of the local object store: `objects`, or `objects` in the home."""
        return Path(self.objects) if self.objects else self.home / "objects"

    @property
    def kafka(self) -> KafkaConnection:
        """How to reach Kafka.

        Raises:
            SettingsError: the file of the password, of a certificate or of a key is not there.
        """
        for name in ("kafka_ca_file", "kafka_cert_file", "kafka_key_file"):
            if (path := getattr(self, name)) is not None and not path.is_file():
                raise SettingsError("setting_invalid", PREFIX + name.upper(), f"there is no file {path}")
        password = self.kafka_password
        if self.kafka_password_file is not None:
            try:
                password = self.kafka_password_file.read_text("utf-8").strip()
            except OSError as error:
                raise SettingsError("setting_invalid", "MO_KAFKA_PASSWORD_FILE", f"cannot be read: {error}") from error
        return KafkaConnection(
            bootstrap=self.kafka_bootstrap,
            security=self.kafka_security,
            mechanism=self.kafka_sasl_mechanism,
            username=self.kafka_username,
            password=password,
            ca_file=self.kafka_ca_file,
            cert_file=self.kafka_cert_file,
            key_file=self.kafka_key_file,
        )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Settings out of MO_* variables; an empty variable counts as not given.

        Raises:
            SettingsError: a value does not fit its field, or values contradict each other.
        """
        given = {}
        for field in msgspec.structs.fields(cls):
            variable = PREFIX + field.name.upper()
            text = environ.get(variable, "")
            if text:
                given[field.name] = _parsed(variable, text, field.type)
        for name in ("objects", "dataocean"):
            if (folder := given.get(name, "")) and "://" not in folder:
                # relative to where the settings were read: children run elsewhere
                given[name] = str(_path(Path, folder))
        settings = cls(**given)
        _check(settings)
        return settings

    def to_env(self) -> dict[str, str]:
        """The MO_* variables that `from_env` turns into the same settings; for child processes."""
        env = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, dict):
                value = ",".join(f"{key}={number}" for key, number in value.items())
            if value is not None and value != "":
                env[PREFIX + name.upper()] = str(value)
        return env

    def need(self, *names: str) -> None:
        """Insist that these settings were given.

        Raises:
            SettingsError: one of them is empty.
        """
        for name in names:
            if not getattr(self, name):
                raise SettingsError("setting_missing", PREFIX + name.upper(), "is not set, and this process needs it")


def _parsed(variable: str, text: str, kind: Any) -> Any:
    value: Any = text
    if "=" in text and variable == PREFIX + "AGENT_SLOTS":
        value = dict(part.strip().partition("=")[::2] for part in text.replace("_", "-").split(","))
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        shown = "a secret" if variable.removeprefix(PREFIX).lower() in SECRET_FIELDS else repr(text)
        raise SettingsError("setting_invalid", variable, f"{error}; got {shown}") from None


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value).expanduser().absolute()
    raise NotImplementedError(kind)


def _check(settings: Settings) -> None:
    _check_doors(settings)
    for variable, path in (("MO_HOME", settings.home), ("MO_CACHE", settings.cache)):
        if set(str(path)) & set(",:"):
            raise SettingsError("setting_invalid", variable, f"Kafka cannot use a path with ',' or ':' in it: {path}")
    _check_services(settings)
    if settings.heartbeat_s * 2 > settings.lease_s:
        raise SettingsError("setting_invalid", "MO_HEARTBEAT_S", "must be at most half of MO_LEASE_S")


def _check_doors(settings: Settings) -> None:
    """Who listens to others says by which names; the stack with an admin of its own listens to this machine alone."""
    if not _is_loopback(settings.api_host):
        if settings.local_token_file is not None:
            text = f"the embedded stack listens on this machine alone; use 127.0.0.1 instead of {settings.api_host!r}"
            raise SettingsError("loopback_only", "MO_API_HOST", text)
        if not settings.host_names:
            raise SettingsError(
                "hosts_missing",
                "MO_HOSTS",
                "is not set: name the hosts by which people reach this server, else it answers this machine alone",
            )
    if any(_HOST.fullmatch(each) is None for each in settings.host_names):
        raise SettingsError("setting_invalid", "MO_HOSTS", "must be names without ports: mo.example,10.0.0.5")
    if settings.public_url and not _is_web_address(settings.public_url):
        raise SettingsError("setting_invalid", "MO_PUBLIC_URL", "must be https://name")


def _check_services(settings: Settings) -> None:
    if settings.kafka_security.startswith("SASL") and not settings.kafka_username:
        raise SettingsError("setting_missing", "MO_KAFKA_USERNAME", f"is needed by {settings.kafka_security}")
    if settings.kafka_key_file is not None and settings.kafka_cert_file is None:
        raise SettingsError("setting_missing", "MO_KAFKA_CERT_FILE", "belongs to MO_KAFKA_KEY_FILE")
    for variable, text in (("MO_OBJECTS", settings.objects), ("MO_DATAOCEAN", settings.dataocean)):
        bucket = _bucket_of(text)
        if bucket is not None and not bucket[0]:
            raise SettingsError("setting_invalid", variable, "must be s3://bucket or s3://bucket/prefix")
        if bucket is None and "://" in text:
            raise SettingsError("setting_invalid", variable, "must be a folder or s3://bucket/prefix")


def _bucket_of(text: str) -> tuple[str, str] | None:
    if not text.startswith(S3_SCHEME):
        return None
    bucket, _, prefix = text.removeprefix(S3_SCHEME).partition("/")
    return bucket, prefix


def masked(dsn: str) -> str:
    """A DSN, as an address or as key=value, without its password."""
    address = re.sub(r"(?<=://)([^/?#@:]*):\S*@", r"\1:***@", dsn)
    return re.sub(r"(?i)\b((?:ssl)?password)=('(?:[^'\\]|\\.)*'|[^&\s]*)", r"\1=***", address)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_web_address(url: str) -> bool:
    try:
        told = urlsplit(url)
        return told.scheme in ("http", "https") and bool(told.hostname)
    except ValueError:
        return False
