"""Puts the commands together, runs them, and turns what goes wrong into one line what and one line what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import typer

from api.cli import (
    accounts,
    agents,
    audit,
    compare,
    completion,
    convert,
    datasets,
    dictionary,
    events,
    exits,
    infer,
    jobs,
    models,
    parity,
    sign_in,
    structures,
    templates,
    tests,
    tokens,
    tron,
)
from api.cli.output import label
from api.cli.session import ClientFactory, Session, UsageError, take_everywhere
from api.cli.words import known, language, plain, say

if TYPE_CHECKING:
    from api.client.errors import ClientError

PROGRAM = "mo"
INTERRUPTED = 130
Extend = Callable[[typer.Typer], None]


def build(extend: Extend | None = None) -> typer.Typer:
    """The whole command; `extend` adds commands of a caller, and may put its own `status` in the place of ours."""
    app = typer.Typer(
        help="help.mo", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, epilog="help.exits"
    )
    for name, noun in (
        ("models", models),
        ("tron", tron),
        ("structures", structures),
        ("templates", templates),
        ("dictionary", dictionary),
        ("datasets", datasets),
        ("tests", tests),
        ("jobs", jobs),
        ("events", events),
        ("tokens", tokens),
        ("accounts", accounts),
        ("audit", audit),
    ):
        app.add_typer(noun.app, name=name)
    app.command("convert", help="help.convert")(convert.convert)
    app.command("infer", help="help.infer")(infer.infer)
    app.command("parity", help="help.parity")(parity.parity)
    app.command("compare", help="help.compare")(compare.compare)
    for command in (sign_in.login, sign_in.logout, sign_in.whoami, sign_in.passwd):
        app.command(command.__name__, help=f"help.{command.__name__}")(command)
    app.command("agents", help="help.agents")(agents.agents)
    app.command("status", help="help.status")(agents.status)
    app.command("completion", help="help.completion")(completion.completion)
    app.command(completion.ASKED, hidden=True)(completion.complete)
    if extend is not None:
        extend(app)
    return app


@lru_cache(maxsize=8)
def tree(extend: Extend | None, lang: str = "") -> Any:
    """The tree of commands with the words of a language ("": with their keys), made once for all lines of a process."""
    command = typer.main.get_command(build(extend))
    if lang:
        localise(command, lang)
    return command


def run(
    argv: Sequence[str],
    environ: Mapping[str, str],
    *,
    client_factory: ClientFactory | None = None,
    extend: Extend | None = None,
) -> int:
    """Run one command line; the exit code (see `api.cli.exits`)."""
    try:
        options, rest = take_everywhere(argv, environ)
    except UsageError as error:
        return _complain(language(environ), error)
    session = Session(options, environ, client_factory=client_factory)
    try:
        return _run(session, rest, extend)
    finally:
        session.close()


def main(extend: Extend | None = None) -> None:
    """The entry point: arguments and environment of this process."""
    sys.exit(run(sys.argv[1:], os.environ, extend=extend))


def _run(session: Session, rest: list[str], extend: Extend | None) -> int:
    # who completes is shown keys, and finds the words itself
    command = tree(extend, "" if rest[:1] == [completion.ASKED] else session.lang)
    try:
        command.main(args=rest, prog_name=PROGRAM, obj=session)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else exits.OK
    except UsageError as error:
        return _complain(session.lang, error)
    except KeyboardInterrupt:
        session.tell("error.interrupted")
        return INTERRUPTED
    except Exception as error:
        return _failed(session, error)
    return exits.OK


def localise(command: Any, lang: str) -> None:
    """Put the words of `lang` in the place of the keys that the commands carry as help."""
    for attribute in ("help", "short_help", "epilog"):
        key = getattr(command, attribute, None)
        if key and known(lang, key):
            setattr(command, attribute, say(lang, key))
    for parameter in command.params:
        key = getattr(parameter, "help", None)
        if key and known(lang, key):
            parameter.help = say(lang, key)
    for child in getattr(command, "commands", {}).values():
        child.epilog = child.epilog or "help.everywhere"
        localise(child, lang)


def _failed(session: Session, error: Exception) -> int:
    """Say what a client error means and what to do; anything else is a fault of ours and keeps its traceback."""
    from api.client.errors import ClientError, ProblemError

    if not isinstance(error, ClientError):
        raise error
    if isinstance(error, ProblemError):
        problem = error.problem
        print(plain(problem.title), file=session.stderr)
        todo = problem.detail or session.say("hint.problem")
        print(plain(f"{todo} ({problem.code}, HTTP {problem.status})"), file=session.stderr)
    else:
        key = f"error.{error.code}"
        if known(session.lang, key):
            params = error.params
            if "noun" in params:
                params = {**params, "noun": label(session, "noun", params["noun"])}
            session.tell(key, **params)
        else:
            print(plain(_said(session.lang, error) or str(error)), file=session.stderr)
    return exits.exit_code(error)


def _said(lang: str, error: ClientError) -> str:
    """What the API would say of the code: a line what, a line what to do; nothing if it has no words for it."""
    from api.texts import TEXTS, sentences
    from schemas.values import Code

    return "\n".join(sentences(Code(error.code, error.params), lang)) if error.code in TEXTS[lang] else ""


def _complain(lang: str, error: UsageError) -> int:
    print(plain(say(lang, error.key, **error.params)), file=sys.stderr)
    return exits.UNREACHABLE if error.key == "error.no_api" else exits.USAGE
