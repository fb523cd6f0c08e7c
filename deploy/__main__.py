"""The two commands of a fresh machine, standard library only: make the environment, then hand over to it.

`python3 -m deploy demo [--down] [--lang zh|en]` and `python3 -m deploy test [--bars] [pytest arguments]`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON_MIN = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / "mo-stamp"
UNFINISHED = ENVIRONMENT / "mo-unfinished"
PINS = ROOT / "deploy" / "pins.txt"
PACKAGES = ("agents", "api", "consumers", "deploy", "producers", "schemas", "storage")
DASHBOARD = ROOT / "api" / "dashboard"
EXTRAS = {"demo": "local,convert,demo,graph", "test": "local,convert,demo,graph,dev"}
CHECKS = (
    ("Style", ("ruff", "check", ".")),
    ("Format", ("ruff", "format", "--check", ".")),
    ("Types", ("mypy",)),
    ("Import floors", ("lint-imports",)),
)
WORKERS_MAX = 4
"""Each has Kafka and PostgreSQL of its own and needs some 3 GB."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_PACKAGES = ("chromium", "fonts-wqy-microhei")
"""A browser, and a font that has Chinese: without one every character of the pictures is a box."""
USAGE = """usage: python3 -m deploy demo [--down] [--lang zh|en]   run the whole system here, without Docker and sudo
       python3 -m deploy test [--bars] [ARGS...]         linters, types and tests; ARGS go to pytest"""


def main(arguments: list[str]) -> int:
    """Run one of the two commands; the exit code is that of the first thing that failed."""
    if sys.version_info < PYTHON_MIN:
        found = ".".join(map(str, sys.version_info[:3]))
        return _fail(f"Mo needs Python 3.11 or newer and this is {found}: run it as python3.11 -m deploy ...")
    if not arguments or arguments[0] not in EXTRAS:
        return _fail(USAGE)
    command, rest = arguments[0], arguments[1:]
    try:
        _make_environment(EXTRAS[command])
    except subprocess.CalledProcessError as error:
        return _fail(f"setting up {ENVIRONMENT} failed with {error.returncode}: see above, then run it again")
    except EnvironmentError as error:  # noqa: UP024 - the message is ours or the system's, both are for people
        return _fail(str(error))
    _compile()
    if command == "demo":
        sys.stdout.flush()
        os.execv(PYTHON, [str(PYTHON), "-m", "deploy.main", "demo", *rest])  # noqa: S606
    return _test(rest)


def stamp(extras: str, *, files: list[bytes], version: str) -> str:
    """What an environment was made from: when this changes, it is made again.

    `files` are pyproject, pins, and what the dashboard is built of.
    """
    digest = hashlib.sha256(repr((extras.split(","), version)).encode())
    for data in files:
        digest.update(hashlib.sha256(data).digest())
    return f"{digest.hexdigest()} {extras}"


def _make_environment(extras: str) -> None:
    page = [each for each in sorted((DASHBOARD / "src").rglob("*")) if each.is_file() and each.name != "schema.d.ts"]
    files = [each.read_bytes() for each in (ROOT / "pyproject.toml", PINS, DASHBOARD / "package-lock.json", *page)]
    version = sys.version.split()[0]
    # What was made for the tests also holds everything the demo needs.
    good = {
        stamp(each, files=files, version=version)
        for each in EXTRAS.values()
        if set(extras.split(",")) <= set(each.split(","))
    }
    if STAMP.exists() and STAMP.read_text("utf-8") in good and _works():
        return
    STAMP.unlink(missing_ok=True)
    uv = shutil.which("uv")
    if not _works():
        _create(uv)
    print(
        f"Installing Mo and what it needs into {ENVIRONMENT} (the first time about 6 GB, a few minutes) ...", flush=True
    )
    wanted = ["install", "-c", str(PINS), "-e", f"{ROOT}[{extras}]"]
    UNFINISHED.touch()
    try:
        if uv:
            # compiled now: job children may not write bytecode, and would compile torch again at every start
            _run([uv, "pip", *wanted, "--compile-bytecode", "--python", str(PYTHON)])
        else:
            _run([str(PYTHON), "-m", "pip", *wanted, "--progress-bar", "on"])
    except subprocess.CalledProcessError as error:
        if error.returncode > 0:
            # The installer gave up by itself, and did so tidily; after a kill the environment is made anew.
            UNFINISHED.unlink()
        raise
    UNFINISHED.unlink()
    STAMP.write_text(stamp(extras, files=files, version=version), "utf-8")


def _compile() -> None:
    """Compile our own packages, whoever reads them: the children of jobs may not write and would do it every time."""
    argv = [str(PYTHON), "-m", "compileall", "-q", *PACKAGES]
    subprocess.run(argv, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)


def _create(uv: str | None) -> None:
    print(f"Making {ENVIRONMENT} ...", flush=True)
    if uv:
        _run([uv, "venv", "--clear", "--python", sys.executable, str(ENVIRONMENT)])
        return
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode:
        own = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise OSError(f"this Python cannot make environments. On Debian or Ubuntu: apt-get install {own}")
    _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])


def _works() -> bool:
    """Whether the environment is whole, of this Python, and able to install; a killed set-up may leave another."""
    probe = "import sys, sysconfig; print(sys.version.split()[0], sys.prefix != sys.base_prefix)"
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    try:
        said = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    if said.split() != [sys.version.split()[0], "True"]:
        return False
    if shutil.which("uv"):
        return True
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _get_browser() -> None:
    """Get a browser for the tests of the pages where that is a matter of one command that may be given here."""
    apt = shutil.which("apt-get")
    if any(map(shutil.which, BROWSERS)) or apt is None or os.geteuid() or os.environ.get("MO_BROWSER") == "skip":
        return
    print(f"Installing {' and '.join(BROWSER_PACKAGES)} for the tests of the pages (not with MO_BROWSER=skip) ...")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *BROWSER_PACKAGES]):
        if subprocess.run([apt, *words], env=env, stdout=subprocess.DEVNULL, check=False).returncode:
            print("That failed, so these tests are skipped.", flush=True)
            return


def _test(arguments: list[str]) -> int:
    _get_browser()
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    # Hundreds of processes start in the tests: what one of them compiled, the others read.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    checks = [(name, [str(PYTHON.with_name(argv[0])), *argv[1:]]) for name, argv in CHECKS]
    tests = [str(PYTHON), "-m", "pytest", *_side_by_side(), *arguments]
    # The test files are compiled beside the checks, once: every worker would do it for itself.
    compiling = subprocess.Popen(
        [str(PYTHON), "-m", "pytest", "--collect-only", "-qq"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for name, argv in [*checks, ("Tests", tests)]:
        if argv is tests:
            compiling.wait()
        print(f"\n== {name}: {' '.join([Path(argv[0]).name, *argv[1:]])}", flush=True)
        code = subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode
        if code:
            compiling.terminate()
            return _fail(f"{name} failed with {code}; the checks after it did not run")
    print("\n== All passed. What this machine could not run:")
    for line in not_run(_present(), bars="--bars" in arguments):
        print(f"   - {line}")
    return 0


def _side_by_side() -> list[str]:
    """The files in several processes, for most tests wait.

    A process that crashes is a failed test; its file is tried again in another, twice, while the others go on. In the
    order of the folders, the longest first: the small files of unit tests then fill the time until the end.
    """
    workers = ["-n", str(min(WORKERS_MAX, os.cpu_count() or 1)), "--max-worker-restart", "2"]
    return [*workers, "--dist", "loadfile", "--no-loadscope-reorder"]


def not_run(present: set[str], *, bars: bool) -> list[str]:
    """What the tests of this machine say nothing about. `present`: what is here, of the names below."""
    missing = {
        "nvidia": "NVIDIA GPU: none here, so every inference ran on the CPU",
        "tensorrt": "TensorRT: not installed here, so no engine of it was built or timed",
        "tensorrt_rtx": "TensorRT-RTX: not installed here, so no graph was tried in its parser and builder",
        "atc": "Ascend: neither its compiler (atc) nor a device here, so no box model was made or run on one",
        "browser": "The pages: no Chromium here, so none was opened (apt-get install chromium fonts-wqy-microhei)",
    }
    lines = [text for name, text in missing.items() if name not in present]
    lines.append("Kafka and PostgreSQL ran as single nodes: replication was not tested")
    if not bars:
        lines.append("the slow proofs: add --bars")
    return lines


def _present() -> set[str]:
    probe = "import importlib.util as u; print(*[n for n in ('tensorrt', 'tensorrt_rtx') if u.find_spec(n)])"
    found = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False).stdout
    there = {
        "nvidia": Path("/dev/nvidiactl").exists(),
        "tensorrt": "tensorrt" in found.split(),
        "tensorrt_rtx": "tensorrt_rtx" in found.split(),
        "atc": bool(shutil.which("atc")),
        "browser": any(map(shutil.which, BROWSERS)),
    }
    return {name for name, is_there in there.items() if is_there}


def _run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, cwd=ROOT)


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
