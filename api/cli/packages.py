"""`mo datasets merge|filter|rename-class|split|export`: packages on this machine, without the API."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import Sheet, emit, headings, label
from api.cli.progress import Meter
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.client.packages import Exported

From = Annotated[Path, typer.Argument(help="argument.package")]
To = Annotated[Path, typer.Option("--to", help="option.to_package")]
Form = Annotated[str, typer.Option("--format", help="option.package_format")]
FromForm = Annotated[str, typer.Option("--from", help="option.source_format")]
Split = Annotated[str, typer.Option("--split", help="option.split")]
Key = Annotated[str, typer.Option("--key", help="option.key")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands into `mo datasets`."""
    app.command("merge", help="help.datasets.merge")(merge)
    app.command("filter", help="help.datasets.filter")(choose)
    app.command("rename-class", help="help.datasets.rename_class")(rename)
    app.command("split", help="help.datasets.split")(split)
    app.command("export", help="help.datasets.export")(export)


def merge(
    context: typer.Context,
    packages: Annotated[list[Path], typer.Argument(help="argument.packages")],
    to: To,
    form: Form = "",
    source_form: FromForm = "auto",
    part: Split = "",
) -> None:
    """Put the images of several packages into one."""
    from api.client.packages import Source, merge_packages

    session = session_of(context)
    sources = [Source(path, source_form, part) for path in packages]
    with Meter(session) as meter:
        made = merge_packages(sources, to, format_=form, progress=_told(session, meter, to))
    _show(session, [made])


def choose(
    context: typer.Context,
    package: From,
    to: To,
    keep: Annotated[str, typer.Option("--keep", help="option.keep")] = "",
    without: Annotated[str, typer.Option("--without", help="option.without")] = "",
    where: Annotated[list[str] | None, typer.Option("--where", help="option.where")] = None,
    with_boxes: Annotated[bool, typer.Option("--with-boxes", help="option.with_boxes")] = False,
    key: Key = "",
    form: Form = "",
    source_form: FromForm = "auto",
    part: Split = "",
) -> None:
    """Keep some classes, or some images."""
    from api.client.packages import Source, filter_package

    session = session_of(context)
    with Meter(session) as meter:
        made = filter_package(
            Source(package, source_form, part),
            to,
            keep=_listed(keep),
            without=_listed(without),
            where={name: _listed(values) for name, values in pairs_of(where or []).items()},
            key=key,
            with_boxes=with_boxes,
            format_=form,
            progress=_told(session, meter, to),
        )
    _show(session, [made])


def rename(
    context: typer.Context,
    package: From,
    names: Annotated[list[str], typer.Argument(help="argument.names")],
    to: To,
    key: Key = "",
    form: Form = "",
    source_form: FromForm = "auto",
    part: Split = "",
) -> None:
    """Give classes other names; the same name makes them one class."""
    from api.client.packages import Source, rename_classes

    session = session_of(context)
    source = Source(package, source_form, part)
    with Meter(session) as meter:
        progress = _told(session, meter, to)
        made = rename_classes(source, to, pairs_of(names), key=key, format_=form, progress=progress)
    _show(session, [made])


def split(
    context: typer.Context,
    package: From,
    shares: Annotated[list[str], typer.Argument(help="argument.shares")],
    to: To,
    seed: Annotated[int, typer.Option("--seed", help="option.seed")] = 0,
    form: Form = "",
    source_form: FromForm = "auto",
    part: Split = "",
) -> None:
    """Divide a package into parts, the same image always into the same part."""
    from api.client.packages import Source, split_package

    session = session_of(context)
    wanted = {}
    for name, share in pairs_of(shares).items():
        try:
            wanted[name] = float(share)
        except ValueError as error:
            raise UsageError("usage.not_a_share", value=f"{name}={share}") from error
    source = Source(package, source_form, part)
    with Meter(session) as meter:
        made = split_package(source, to, wanted, seed=seed, format_=form, progress=_told(session, meter, to))
    _show(session, made)


def export(
    context: typer.Context,
    package: From,
    to: To,
    form: Annotated[str, typer.Option("--format", help="option.package_format")],
    source_form: FromForm = "auto",
    part: Split = "",
) -> None:
    """Write a package in another format."""
    from api.client.packages import Source, export_package

    session = session_of(context)
    with Meter(session) as meter:
        source = Source(package, source_form, part)
        made = export_package(source, to, format_=form, progress=_told(session, meter, to))
    _show(session, [made])


def _told(session: Session, meter: Meter, to: Path) -> Callable[[int, int], None]:
    text = session.say("progress.write", name=to.name)
    return lambda done, total: meter.at(text, done / max(total, 1))


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def pairs_of(texts: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE texts as a table.

    Raises:
        UsageError: one of them is none.
    """
    pairs = dict(text.partition("=")[::2] for text in texts)
    for text in texts:
        if "=" not in text or not text.partition("=")[0]:
            raise UsageError("usage.not_a_pair", value=text)
    return pairs


def _show(session: Session, made: Sequence[Exported]) -> None:
    rows = [
        (
            each.path,
            each.format,
            str(each.images),
            str(each.boxes),
            _counts(session, "drop", each.dropped),
            _counts(session, "lost", each.lost),
        )
        for each in made
    ]
    columns = headings(session, "path", "format", "images", "boxes", "dropped", "lost")
    emit(session, list(made), Sheet(columns, rows))


def _counts(session: Session, group: str, counts: dict[str, int]) -> str:
    return ", ".join(f"{label(session, group, name)}: {count}" for name, count in counts.items()) or "-"
