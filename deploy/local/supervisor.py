"""The one daemon of the embedded stack: starts Kafka, PostgreSQL and our processes, keeps them up, stops them."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import msgspec

from deploy.local import kafka, postgres
from deploy.local.apps import App, stages
from deploy.local.children import Child, ChildSpec, always, die_with_parent, kill_group
from deploy.local.home import LOOPBACK, Home, Ports, kept_ports, kept_secrets, write_atomically
from deploy.local.ready import http_answers
from deploy.local.state import ProcessId, StackState, is_alive, live_state, process_id, read_state
from deploy.settings import Settings

TICK_S = 0.05
LEFTOVER_SECONDS_MAX = 20.0
OTHER_SECONDS_MAX = 5.0
EXIT_LOCKED = 75
PROJECT = Path(__file__).parents[2]
"""Where `deploy` lies: the folder from which its processes run."""


class StopRequest:
    """Whether somebody asked the supervisor to end; holds from the first signal on."""

    def __init__(self) -> None:
        self.made = False

    def listen(self) -> None:
        """Take SIGTERM and SIGINT as requests."""
        signal.signal(signal.SIGTERM, self._make)
        signal.signal(signal.SIGINT, self._make)

    def _make(self, _signal: int, _frame: FrameType | None) -> None:
        self.made = True


class Supervisor:
    """Runs stages of children: a stage starts when all children of the stages before it are ready or done."""

    def __init__(self, home: Home, state: StackState, stages_of_specs: Sequence[Sequence[ChildSpec]]) -> None:
        now_s = time.time()
        self._home = home
        self._state = state
        self._stages = [
            [Child(spec, home.logs / f"{spec.name}.log", now_s) for spec in specs] for specs in stages_of_specs
        ]

    def run(self, stop: StopRequest) -> None:
        """Keep the stack up until a stop is requested, then stop everything, newest stage first."""
        try:
            while not stop.made:
                self._step(time.time())
                time.sleep(TICK_S)
        finally:
            for stage in reversed(self._stages):
                for child in stage:
                    child.stop()
                    self._write(ready=False)

    def _step(self, now_s: float) -> None:
        settled = True
        for stage in self._stages:
            for child in stage:
                if settled or child.state != "waiting":
                    child.step(now_s)
            settled = settled and all(child.settled() for child in stage)
        self._write(ready=settled)

    def _write(self, *, ready: bool) -> None:
        reports = tuple(child.report() for stage in self._stages for child in stage)
        state = msgspec.structs.replace(self._state, ready=ready, children=reports)
        if state != self._state:
            self._state = state
            write_atomically(self._home.state, msgspec.json.encode(state))


def serve(settings: Settings, apps: tuple[App, ...]) -> int:
    """Be the supervisor of the home until SIGTERM or SIGINT. Returns the exit code of the process."""
    home = Home(settings.home)
    home.make()
    with home.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _yield_to_other(home)
        stop = StopRequest()
        stop.listen()
        _take_over(home)
        _assemble(home, settings, apps).run(stop)
    return 0


def _yield_to_other(home: Home) -> int:
    # Whoever started this process then reads what the other supervisor says, so that must be there first.
    end = time.monotonic() + OTHER_SECONDS_MAX
    while live_state(home) is None and time.monotonic() < end:
        time.sleep(TICK_S)
    print("another supervisor runs this home", file=sys.stderr)
    return EXIT_LOCKED


def _take_over(home: Home) -> None:
    said = read_state(home)
    children = () if said is None else said.children
    write_atomically(home.state, msgspec.json.encode(StackState(_this_process(), False, "", "", "", children)))
    clear_leftovers([child.process for child in children if child.process is not None])


def clear_leftovers(left: Sequence[ProcessId]) -> None:
    """Wait until the children of a supervisor that was killed are gone, and kill those that do not go."""
    end = time.monotonic() + LEFTOVER_SECONDS_MAX
    while any(is_alive(process) for process in left) and time.monotonic() < end:
        time.sleep(TICK_S)
    for process in left:
        if is_alive(process):
            kill_group(process.pid, signal.SIGKILL)


def _assemble(home: Home, settings: Settings, apps: tuple[App, ...]) -> Supervisor:
    ports = kept_ports(home, api_port=settings.api_port)
    secrets = kept_secrets(home)
    place = postgres.locate(home)
    told = msgspec.structs.replace(
        settings,
        kafka_bootstrap=f"{LOOPBACK}:{ports.kafka}",
        postgres_dsn=postgres.dsn(place.sockets),
        api_port=ports.api,
        api_url=f"http://{_in_url(settings.api_host)}:{ports.api}",
        agent_secret=settings.agent_secret or secrets.agent_secret,
        token_secret=settings.token_secret or secrets.token_secret,
        local_token_file=home.token,
    )
    urls = {app.name: f"http://{LOOPBACK}:{_metrics_port(app, ports)}" for app in apps if app.metrics}
    urls |= {app.name: told.api_url for app in apps if app.ready == "http"}
    metrics = {name: f"{url}/metrics" for name, url in urls.items()}
    state = StackState(_this_process(), False, told.kafka_bootstrap, told.postgres_dsn, told.api_url, metrics=metrics)
    write_atomically(home.state, msgspec.json.encode(state))
    jars = kafka.class_path(settings.cache, maven_url=settings.maven_url, progress=lambda _done, _all: None)
    # A first start waits for processes of both; children are started only after this thread has gone, see there.
    with ThreadPoolExecutor(1) as beside:
        broker = beside.submit(kafka.prepare, home, ports, jars)
        database = postgres.prepare(place)
    servers = [broker.result(), database]
    env = {**os.environ, **told.to_env(), "PYTHONUNBUFFERED": "1"}

    def spec(app: App) -> ChildSpec:
        return _spec(app, {**env, "MO_METRICS_PORT": str(_metrics_port(app, ports))}, told.api_url)

    return Supervisor(home, state, [servers, *([spec(app) for app in group] for group in stages(apps))])


def _metrics_port(app: App, ports: Ports) -> int:
    return getattr(ports, app.metrics) if app.metrics else 0


def _this_process() -> ProcessId:
    this = process_id(os.getpid())
    if this is None:
        raise RuntimeError("/proc does not show this process: the embedded stack needs Linux with /proc")
    return this


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _spec(app: App, env: Mapping[str, str], api_url: str) -> ChildSpec:
    return ChildSpec(
        name=app.name,
        argv=(sys.executable, *app.argv),
        env=env,
        cwd=PROJECT,
        ready=(lambda: http_answers(f"{api_url}/readyz")) if app.ready == "http" else always,
        once=app.ready == "once",
    )


def main(argv: Sequence[str]) -> int:
    """`python -m deploy.local.supervisor [--detach | --with-parent] APPS`, where APPS is JSON.

    Detached, the daemon's pid is printed; with its parent, the stack ends when the process that started it does.
    """
    apps = msgspec.json.decode(argv[-1], type=tuple[App, ...])
    settings = Settings.from_env(os.environ)
    if "--with-parent" in argv:
        die_with_parent(signal.SIGTERM)
    if "--detach" in argv:
        pid = os.fork()
        if pid:
            print(pid)
            return 0
        os.setsid()
        log = os.open(Home(settings.home).logs / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
    return serve(settings, apps)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
