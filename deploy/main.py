"""The command `mo`: the command line of the API, and what only the place of deployment can do."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli import exits
from api.cli.agents import show_status
from api.cli.app import main as cli_main
from api.cli.output import Sheet, emit, headings, label, when
from api.cli.progress import Meter
from api.cli.session import Session, session_of
from deploy import commands
from deploy.doctor.command import doctor

if TYPE_CHECKING:
    from deploy.local.state import StackState
    from deploy.settings import Settings

Process = Literal["api", "projector", "agent", "provision"]
DEMO_FOLDER = "demo"
"""Where in the home the demo and the examples keep what they train."""


def main() -> None:
    """The entry point."""
    cli_main(_extend)


def _extend(app: typer.Typer) -> None:
    app.command("up", help="help.up")(up)
    app.command("down", help="help.down")(down)
    app.command("status", help="help.status")(status)
    app.command("demo", help="help.demo")(demo)
    app.command("example", help="help.example")(example)
    app.command("run", help="help.run")(run)
    app.command("doctor", help="help.doctor")(doctor)
    commands.add_to(app, settings_of)


def up(context: typer.Context) -> None:
    """Start the stack of this machine."""
    session = session_of(context)
    state = start_stack(session, settings_of(session))
    emit(session, state, _processes(session, state))
    session.mention("stack.ready", api_url=state.api_url)
    _offer_sign_in(session, settings_of(session), state)


def down(context: typer.Context) -> None:
    """Stop the stack of this machine."""
    session = session_of(context)
    session.mention("stack.stopped" if stop_stack(session, settings_of(session)) else "stack.not_running")


def status(context: typer.Context) -> None:
    """Processes of this machine, readiness and agents."""
    from deploy.local import control

    session = session_of(context)
    state = control.state(settings_of(session))
    if state is None:
        show_status(session, {"stack": None})
    else:
        show_status(session, {"stack": state}, _processes(session, state))


def demo(context: typer.Context, down: Annotated[bool, typer.Option("--down", help="option.down")] = False) -> None:
    """The main job on real models, from weights to comparisons that are checked against plain PyTorch."""
    from deploy.demo.story import tell

    session = session_of(context)
    settings = settings_of(session)
    state = start_stack(session, settings)
    try:
        there = Session(session.options._replace(api=state.api_url), session.environ)
        code = tell(there, settings.home / DEMO_FOLDER)
        if not down:
            _offer_sign_in(session, settings, state)
    finally:
        if down:
            session.mention("stack.stopped" if stop_stack(session, settings) else "stack.not_running")
    raise typer.Exit(code)


def example(
    context: typer.Context,
    name: Annotated[Literal["digits"], typer.Argument(help="argument.example")],
    folder: Annotated[Path, typer.Argument(help="argument.example_folder")],
) -> None:
    """Write files to try Mo with."""
    from deploy.demo.assets import MissingPackageError
    from deploy.demo.digits import TrainingFailedError, trained
    from deploy.demo.example import FolderTakenError, write_digits

    session = session_of(context)
    kept = settings_of(session).home / DEMO_FOLDER / name
    try:
        with Meter(session) as meter:
            text = session.say("progress.example")
            meter.at(text, 0.0)
            files = write_digits(trained(kept, lambda share: meter.at(text, share)), folder)
            meter.at(text, 1.0)
    except (MissingPackageError, TrainingFailedError, FolderTakenError, OSError) as error:
        session.tell("error.example", error=error)
        raise typer.Exit(exits.FAILED) from None
    emit(session, [str(path) for path in files], Sheet(headings(session, "file"), [(str(path),) for path in files]))


def run(context: typer.Context, process: Process) -> None:
    """Be one process of a deployment, until told to stop."""
    from deploy import wiring
    from deploy.settings import SettingsError

    session = session_of(context)
    settings = settings_of(session)
    runs = {
        "api": wiring.run_api,
        "projector": wiring.run_projector,
        "agent": wiring.run_agent,
        "provision": wiring.run_provision,
    }
    try:
        runs[process](settings)
    except SettingsError as error:
        session.tell("error.setting", error=error)
        raise typer.Exit(exits.USAGE) from None


def settings_of(session: Session) -> Settings:
    """The settings in the environment.

    Raises:
        typer.Exit: one of them is wrong, which has been said.
    """
    from deploy.settings import Settings, SettingsError

    try:
        return Settings.from_env(os.environ)
    except SettingsError as error:
        session.tell("error.setting", error=error)
        raise typer.Exit(exits.USAGE) from None


def start_stack(session: Session, settings: Settings) -> StackState:
    """Bring the stack up and show how it comes.

    Raises:
        typer.Exit: it did not come up, which has been said.
    """
    from deploy.local import control
    from deploy.local.jars import JarError

    session.mention("stack.starting")
    with Meter(session) as meter:

        def on_event(what: str, happened: str) -> None:
            done, slash, total = happened.partition("/")
            if slash and done.isdecimal() and total.isdecimal():
                meter.at(what, int(done) / max(int(total), 1))
            else:
                meter.at(f"{what} {label(session, 'child', happened)}")

        try:
            return asyncio.run(control.up(settings, on_event=on_event))
        except (control.StackError, JarError) as error:
            session.tell("error.stack", error=error, logs=settings.home / "logs")
            raise typer.Exit(exits.FAILED) from None


def stop_stack(session: Session, settings: Settings) -> bool:
    """Stop the stack; False when none was running.

    Raises:
        typer.Exit: something of it is left, which has been said.
    """
    from deploy.local import control

    try:
        return asyncio.run(control.down(settings))
    except control.StackError as error:
        session.tell("error.stack", error=error, logs=settings.home / "logs")
        raise typer.Exit(exits.FAILED) from None


def _offer_sign_in(session: Session, settings: Settings, state: StackState) -> None:
    """Say how a browser is signed in by one click."""
    from deploy.local.home import Home
    from deploy.local.link import sign_in_link

    if link := sign_in_link(Home(settings.home), state.api_url):
        session.mention("text.sign_in_link", link=link)


def _processes(session: Session, state: StackState) -> Sheet:
    return Sheet(
        headings(session, "process", "pid", "state", "exits", "since", "metrics"),
        [
            (
                child.name,
                str(child.process.pid) if child.process is not None else "-",
                label(session, "child", child.state),
                str(child.exits),
                when(datetime.fromtimestamp(child.since_s, UTC)),
                state.metrics.get(child.name, "-"),
            )
            for child in state.children
        ],
        title=session.say("title.stack"),
    )


if __name__ == "__main__":
    main()
