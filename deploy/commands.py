"""Commands for whoever runs Mo: the services it stands on, and its read models."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import msgspec
import typer

from api.cli import exits
from api.cli.output import BAD, GOOD, Cell, Sheet, emit, headings, label, when
from api.cli.progress import Meter
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from deploy.check import Finding
    from deploy.settings import Settings
    from storage.views.control import ListedRow

T = TypeVar("T")
SettingsOf = Callable[[Session], "Settings"]

REPLICATION_PRODUCTION = 3


def add_to(app: typer.Typer, settings_of: SettingsOf) -> None:
    """Put the commands into `mo`."""
    projections = typer.Typer(no_args_is_help=True, help="help.projections")

    @app.command("provision", help="help.provision")
    def provision(
        context: typer.Context,
        replication: Annotated[int, typer.Option(min=0, help="option.replication")] = 0,
        check: Annotated[bool, typer.Option("--check", help="option.check")] = False,
    ) -> None:
        _provision(session_of(context), settings_of, replication, check=check)

    @app.command("recover", help="help.recover")
    def recover(
        context: typer.Context,
        login: Annotated[str, typer.Argument(help="argument.recover")],
        admin: Annotated[bool, typer.Option("--admin", help="option.recover_admin")] = False,
    ) -> None:
        session = session_of(context)
        _recover(session, _services(session, settings_of), login, admin=admin)

    @projections.command("list", help="help.projections.list")
    def list_(context: typer.Context) -> None:
        session = session_of(context)
        _show(session, _services(session, settings_of))

    @projections.command("rebuild", help="help.projections.rebuild")
    def rebuild(context: typer.Context) -> None:
        session = session_of(context)
        _rebuild(session, _services(session, settings_of))

    @projections.command("flip", help="help.projections.flip")
    def flip(context: typer.Context, schema: Annotated[str, typer.Argument(help="argument.schema")]) -> None:
        from deploy.projections import flipped

        session = session_of(context)
        settings = _services(session, settings_of)
        before = _done(session, lambda: flipped(settings, schema))
        session.tell("text.flipped", schema=schema, before=before)

    @projections.command("drop", help="help.projections.drop")
    def drop(context: typer.Context, schema: Annotated[str, typer.Argument(help="argument.schema")]) -> None:
        from deploy.projections import dropped

        session = session_of(context)
        settings = _services(session, settings_of)
        _done(session, lambda: dropped(settings, schema))
        session.tell("text.dropped", schema=schema)

    app.add_typer(projections, name="projections")


def _services(session: Session, settings_of: SettingsOf) -> Settings:
    """The settings, with the services of the stack that runs here where none are named.

    Raises:
        typer.Exit: nobody names them, which has been said.
    """
    from deploy.local import control

    settings = settings_of(session)
    state = control.state(settings)
    if state is not None and not settings.kafka_bootstrap and not settings.postgres_dsn:
        settings = msgspec.structs.replace(
            settings, kafka_bootstrap=state.kafka_bootstrap, postgres_dsn=state.postgres_dsn
        )
    if not settings.kafka_bootstrap or not settings.postgres_dsn:
        session.tell("error.no_services")
        raise typer.Exit(exits.USAGE)
    return settings


def _provision(session: Session, settings_of: SettingsOf, replication: int, *, check: bool) -> None:
    from deploy.check import services
    from deploy.local import control
    from deploy.settings import SettingsError
    from deploy.wiring import REPLICATION_EMBEDDED

    named = settings_of(session)
    ours = not named.kafka_bootstrap and control.state(named) is not None
    settings = _services(session, settings_of)
    wanted = replication or (REPLICATION_EMBEDDED if ours else REPLICATION_PRODUCTION)
    try:
        findings = asyncio.run(services(settings, replication=wanted, check=check))
    except SettingsError as error:
        session.tell("error.setting", error=error)
        raise typer.Exit(exits.USAGE) from None
    emit(session, findings, _findings(session, findings))
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(exits.FAILED)


def _recover(session: Session, settings: Settings, login: str, *, admin: bool) -> None:
    from deploy.recovery import UnknownLoginError
    from deploy.recovery import recover as recover_account
    from storage.accounts.port import AccountsError

    try:
        found = asyncio.run(recover_account(settings, login, admin=admin))
    except UnknownLoginError:
        session.tell("error.recover_unknown", login=login)
        raise typer.Exit(exits.NOT_FOUND) from None
    except AccountsError as error:
        session.tell("error.recover", error=error)
        raise typer.Exit(exits.FAILED) from None
    row = (found.login, found.role, found.password, when(found.expires_at))
    emit(session, found._asdict(), Sheet(headings(session, "login", "role", "password", "expires"), [row]))
    session.mention("text.password_told")
    if not found.active:
        session.mention("text.recovered_disabled", login=found.login)


def _findings(session: Session, findings: list[Finding]) -> Sheet:
    return Sheet(
        headings(session, "part", "state", "what", "mend"),
        [
            (
                finding.part,
                Cell(label(session, "finding", finding.state), BAD if finding.state == "wrong" else GOOD),
                finding.what,
                finding.mend,
            )
            for finding in findings
        ],
        title=session.say("title.services"),
    )


def _show(session: Session, settings: Settings) -> None:
    from deploy.projections import listed

    rows = _done(session, lambda: listed(settings))
    emit(session, rows, _schemas(session, rows))


def _schemas(session: Session, rows: list[ListedRow]) -> Sheet:
    return Sheet(
        headings(session, "schema", "read", "state", "reason", "seen", "since"),
        [
            (
                row.schema,
                session.say("text.yes") if row.active else session.say("text.no"),
                label(session, "projector", row.keeper.state if row.keeper else "unknown"),
                row.keeper.code if row.keeper else "",
                when(row.keeper.seen_at) if row.keeper else "-",
                when(row.listed_at),
            )
            for row in rows
        ],
        title=session.say("title.projections"),
    )


def _rebuild(session: Session, settings: Settings) -> None:
    from deploy.projections import rebuilt

    with Meter(session) as meter:

        def on_progress(done: int, total: int) -> None:
            meter.at(session.say("text.rebuilding"), done / total if total else 1.0)

        schema = _done(session, lambda: rebuilt(settings, on_progress=on_progress))
    session.tell("text.rebuilt", schema=schema)
    _show(session, settings)


def _done(session: Session, work: Callable[[], Awaitable[T]]) -> T:
    """What the work gives.

    Raises:
        typer.Exit: it was refused, or a service is away; that has been said.
    """
    from consumers.projection.reading import NewerFoldError
    from consumers.watchdog import StuckError
    from storage.log.port import LogError
    from storage.views.port import ViewsError

    async def working() -> T:
        return await work()

    try:
        return asyncio.run(working())
    except (ViewsError, LogError, NewerFoldError, StuckError, ValueError) as error:
        _fail(session, error)


def _fail(session: Session, error: Exception) -> NoReturn:
    session.tell("error.projections", error=error)
    raise typer.Exit(exits.FAILED) from None
