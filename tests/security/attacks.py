"""Attacks on the sandbox. Runs by itself, inside (as an input file of a child) and, for the harmless ones, outside.

Reads `ask.json` (the attack's name and what the test made for it) and writes `answers.json`: probe -> what it could do,
"" where it was refused. Nothing here is aimed at anything but what the test made.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

IN, OUT = Path(os.environ["BOX_INPUTS"]), Path(os.environ["BOX_OUTPUTS"])
ASK = json.loads((IN / "ask.json").read_text())
LIBC = ctypes.CDLL(None, use_errno=True)
Answers = Iterator[tuple[str, str]]

CALLS = {
    "ptrace": 101, "syslog": 103, "personality": 135, "vhangup": 153, "pivot_root": 155, "chroot": 161, "acct": 163,
    "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "sethostname": 170, "iopl": 172,
    "init_module": 175, "quotactl": 179, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
    "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
    "process_vm_writev": 311, "bpf": 321, "userfaultfd": 323, "io_uring_setup": 425, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438, "mknod": 133,
    "socketpair": 53, "setuid": 105, "setresuid": 117,
}  # fmt: skip
"""x86-64 numbers. The arguments are all -1: what comes through the filter fails for them, and says so by its errno."""
FAMILIES = {
    "unix": 1, "inet": 2, "ax25": 3, "inet6": 10, "netlink": 16, "packet": 17, "alg": 38, "vsock": 40, "xdp": 44,
    "can": 29, "bluetooth": 31, "qipcrtr": 42,
}  # fmt: skip


def refused(number: int) -> bool:
    return number in {errno.EPERM, errno.ENOSYS, errno.EACCES}


def files() -> Answers:
    """Read what nobody gave us."""
    up = "/".join([".."] * 40)
    names = (
        ASK["secret"], f"/proc/1/root{ASK['secret']}", f"/proc/self/root{ASK['secret']}", f"{up}{ASK['secret']}",
        f"{IN}/{up}/etc/passwd", "/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/machine-id", "/proc/kcore",
        "/proc/kmsg", "/dev/kmsg", "/dev/mem", "/dev/sda", "/dev/vda", "/proc/1/mem", "/proc/1/maps",
    )  # fmt: skip
    for name in names:
        got = ""
        with suppress(OSError), Path(name).open("rb") as file:
            got = f"{len(file.read(16))} bytes" if name != "/proc/1/maps" or _host_paths(file.read()) else ""
        yield name, got
    for name in ("/home", "/boot", "/var", "/run", "/mnt", "/opt"):
        got = ""
        with suppress(OSError):
            got = ", ".join(os.listdir(name))
        yield f"{name}/", got


def _host_paths(data: bytes) -> bool:
    return ASK["secret"].encode() in data


def secrets() -> Answers:
    """Find the agent's canary in an environment, a command line or an open file."""
    canary = ASK["canary"].encode()
    yield "environ", "canary" if canary in repr(dict(os.environ)).encode() else ""
    for kind in ("environ", "cmdline", "mounts"):
        held = b""
        for path in Path("/proc").glob(f"[0-9]*/{kind}"):
            with suppress(OSError):
                held += path.read_bytes()
        yield f"/proc/*/{kind}", "canary" if canary in held else ""
    yield "variables", "" if len(os.environ) <= 20 else f"{len(os.environ)} variables"
    opened = [number for number in range(3, 256) if _is_open(number)]
    yield "descriptors", "" if not opened else f"open: {opened}"


def _is_open(number: int) -> bool:
    with suppress(OSError):
        os.fstat(number)
        # Python itself keeps the attack's own files open, and nothing else
        return not os.readlink(f"/proc/self/fd/{number}").startswith((str(IN), str(OUT)))
    return False


def sockets() -> Answers:
    """Make a socket of every family."""
    for name, family in FAMILIES.items():
        ctypes.set_errno(0)
        handle = LIBC.socket(family, 2 if name != "netlink" else 3, 0)
        number = ctypes.get_errno()
        yield name, "" if handle < 0 and number == errno.EPERM else errno.errorcode.get(number, "made")


def listeners() -> Answers:
    """Reach a server that waits on loopback, by an abstract name, and by a path."""
    for name, family, address in (
        ("tcp", socket.AF_INET, ("127.0.0.1", ASK["port"])),
        ("abstract", socket.AF_UNIX, f"\0{ASK['abstract']}"),
        ("path", socket.AF_UNIX, ASK["path"]),
    ):
        got = ""
        with suppress(OSError), socket.socket(family) as link:
            link.connect(address)
            got = "connected"
        yield name, got


def calls() -> Answers:
    """The system calls that must not come through."""
    for name, number in CALLS.items():
        if name == "vhangup" and not ASK["inside"]:
            continue  # needs no argument that could be wrong
        ctypes.set_errno(0)
        result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
        yield name, "" if result < 0 and refused(ctypes.get_errno()) else f"errno {ctypes.get_errno()}"


def clones() -> Answers:
    """New namespaces by clone(2), and numbers of another instruction set."""
    for name, flag in {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000}.items():
        ctypes.set_errno(0)
        pid = LIBC.syscall(ctypes.c_long(56), ctypes.c_long(flag | signal.SIGCHLD), 0, 0, 0, 0)
        if pid == 0:
            os._exit(0)
        yield f"clone {name}", "" if pid < 0 else "made"
    pid = os.fork()
    if pid == 0:
        result = LIBC.syscall(ctypes.c_long(0x40000000 | 41), 1, 1, 0)
        os._exit(1 if result >= 0 else 0)
    yield "x32 socket", "" if os.waitpid(pid, 0)[1] in (0, signal.SIGSYS) else "made"


def ioctls() -> Answers:
    """Type into the terminal; the kernel reads 32 bits of the request only."""
    byte = ctypes.create_string_buffer(b"x")
    for name, request in {"TIOCSTI": 0x5412, "with upper bits": 1 << 32 | 0x5412, "TIOCLINUX": 0x541C}.items():
        ctypes.set_errno(0)
        LIBC.syscall(ctypes.c_long(16), 0, ctypes.c_long(request), byte)
        number = ctypes.get_errno()
        yield name, "" if refused(number) else f"errno {number}"


def writing() -> Answers:
    """Make or change files where nobody may."""
    places = (
        *ASK["places"], str(IN / "new"), str(IN / "ask.json"), str(OUT / "new"), f"{sys.prefix}/new", "/usr/new",
        "/new", "/etc/ld.so.preload", "/etc/passwd", "/etc/ld.so.cache", "/proc/sys/kernel/core_pattern", "/sys/new",
        "/sys/fs/cgroup/new", "/dev/new", "/var/tmp/new", "/mo/agents/new.py", "/proc/self/oom_score_adj_",
    ) if ASK["inside"] else ASK["places"]  # fmt: skip
    for place in places:
        got = ""
        with suppress(OSError), Path(place).open("ab"):
            got = "opened"
        yield place, got


def outputs() -> Answers:
    """Make of the output files something that leads elsewhere."""
    name, other = OUT / "answers.json", OUT / "other"
    acts: dict[str, Callable[[], object]] = {
        "symlink": lambda: other.symlink_to("/etc/passwd"),
        "symlink over": lambda: name.symlink_to("/etc/passwd"),
        "hard link out": lambda: os.link(name, Path(os.environ["HOME"], "linked")),
        "hard link in": lambda: os.link("/usr/bin/true", other),
        "rename over": lambda: os.replace(_scratch("mine"), name),
        "rename away": lambda: os.rename(name, other),
        "unlink": name.unlink,
        "fifo": lambda: os.mkfifo(other),
        "device": lambda: os.mknod(other, 0o600 | 0o020000, os.makedev(1, 3)),
        "folder": other.mkdir,
        "odd name": (OUT / "a\n\x1b[31m\u202e<script>").touch,
        "too large": lambda: os.truncate(name, 1 << 40),
    }
    for act, do in acts.items():
        got = "done"
        try:
            do()
        except OSError:
            got = ""
        yield act, got
    with suppress(OSError):
        name.chmod(0o6777)


def _scratch(name: str) -> str:
    path = Path(os.environ["HOME"], name)
    path.write_text("x")
    return str(path)


def victims() -> Answers:
    """Signal, read or stop processes that are not ours."""
    for who, pid in ASK["victims"].items():
        for name, do in {
            "kill": lambda pid=pid: os.kill(pid, signal.SIGTERM),
            "mem": lambda pid=pid: Path(f"/proc/{pid}/mem").open("rb").close(),
            "root": lambda pid=pid: os.listdir(f"/proc/{pid}/root"),
            "pidfd": lambda pid=pid: os.pidfd_open(pid),
        }.items():
            got = "done"
            try:
                do()
            except OSError:
                got = ""
            yield f"{name} {who}", got


def privileges() -> Answers:
    """Become somebody else by a program that may."""
    for line in ("su -c id", "sudo -n id", "mount -t tmpfs none /tmp", "newgrp root", "unshare -r id", "chroot / id",
                 "nsenter -t 1 -m id"):  # fmt: skip
        command = line.split()
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=10)
            yield line, "done" if done.returncode == 0 else ""
            continue
        yield line, ""
    held = (ctypes.c_uint32 * 6)()
    LIBC.capget((ctypes.c_uint32 * 2)(0x20080522, 0), held)
    yield "capabilities", "" if not any(held) else "held"
    yield "bounding set", "" if not any(LIBC.prctl(23, cap, 0, 0, 0) == 1 for cap in range(41)) else "not empty"
    yield "no_new_privs", "" if LIBC.prctl(39, 0, 0, 0, 0) == 1 else "not set"


def processes() -> Answers:
    """As many processes and threads as there can be; those of a busy one stay."""
    pids = []
    with suppress(OSError):
        while len(pids) <= 10 * ASK["processes_max"]:
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            pids.append(pid)
    yield "processes", "" if len(pids) < ASK["processes_max"] else f"{len(pids)}"
    if ASK["busy"]:
        time.sleep(60)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    threads = []
    end = threading.Event()
    with suppress(RuntimeError):
        while len(threads) <= 10 * ASK["processes_max"]:
            threads.append(threading.Thread(target=end.wait, daemon=True))
            threads[-1].start()
    end.set()
    yield "threads", "" if len(threads) <= ASK["processes_max"] else f"{len(threads)}"


def space() -> Answers:
    """As many bytes as there can be, in scratch, in shared memory, in an output."""
    for place, bytes_max in ((Path("/tmp/full"), 300 << 20), (Path("/dev/shm/full"), 100 << 20)):
        written = 0
        with suppress(OSError), place.open("wb", buffering=0) as file:
            while written < bytes_max:
                written += file.write(b"\0" * (1 << 20))
        yield str(place), "" if written < bytes_max else f"{written} bytes"
        place.unlink(missing_ok=True)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    got = "made"
    try:
        os.truncate("/tmp/sparse", 0) if Path("/tmp/sparse").exists() else Path("/tmp/sparse").touch()
        os.truncate("/tmp/sparse", 1 << 40)
    except OSError:
        got = ""
    yield "sparse", got


def limits() -> Answers:
    """Raise what was bounded."""
    for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE", "MEMLOCK", "MSGQUEUE"):
        kind = getattr(resource, f"RLIMIT_{name}", 12)
        hard = resource.getrlimit(kind)[1]
        got = "unbounded" if hard == resource.RLIM_INFINITY else ""
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (hard + 1, hard + 1))
            got = "raised"
        yield name, got


def wait() -> Answers:
    """Stay for ever, whatever comes."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU):
        signal.signal(number, signal.SIG_IGN)
    yield "waits", ""
    while ASK["busy"]:
        pass
    time.sleep(600)


def daemon() -> Answers:
    """Leave session and parent, ignore every signal, close everything, and stay."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256)
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", ASK["mark"]])
        os._exit(0)
    time.sleep(0.5)
    yield "left", ""


def stay() -> Answers:
    """As `daemon`, and wait for it."""
    yield from daemon()
    time.sleep(600)


def inodes() -> Answers:
    """Empty files, or folders in folders, without end."""
    os.chdir(os.environ["HOME"])
    made = 0
    with suppress(OSError):
        while made < 2_000_000:
            if ASK["way"] == "files":
                os.close(os.open(str(made), os.O_CREAT | os.O_WRONLY))
            else:
                os.mkdir("d")
                os.chdir("d")
                if made > 200_000:
                    break
            made += 1
    yield "files", "" if made < 2_000_000 else f"{made}"


def memory() -> Answers:
    """More memory than the job has: in one process, in many, or in a file without a name."""
    kept = []
    if ASK["way"] == "children":
        for _ in range(32):
            if os.fork() == 0:
                kept.append(bytearray(b"x") * (100 << 20))
                time.sleep(60)
                os._exit(0)
        os.wait()
        os._exit(1)
    elif ASK["way"] == "memfd":
        handle = os.memfd_create("x")
        for _ in range(64):
            os.write(handle, b"x" * (16 << 20))
            handle = os.memfd_create("x")
    else:
        while True:
            kept.append(bytearray(b"x") * (16 << 20))
    yield "memory", "had"


def abort() -> Answers:
    """Die and leave a core file."""
    yield "aborts", ""
    os.abort()


def main() -> None:
    """Run the attack; answers are kept as they come, so that one that ends the process keeps those before."""
    answers: dict[str, str] = {}
    path = OUT / "answers.json"
    for probe, got in globals()[ASK["attack"]]():
        answers[probe] = got
        with suppress(OSError):
            path.write_text(json.dumps(answers))


main()
