"""`mo models`: PTH weights and Tron models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli.options import SHOWN, File, Limit, Mine, Name, Named, NewName, NewNote, Note, Search
from api.cli.output import Sheet, deletion, emit, facts, headings, label, short, size, when
from api.cli.progress import Meter, transfer
from api.cli.removal import Deleted, Yes, confirm
from api.cli.reports import report
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.client.client import Client
    from api.resources import Pth, Tron

app = typer.Typer(help="help.models", no_args_is_help=True)
app.command("report", help="help.models.report")(report)

Kind = Annotated[Literal["pth", "tron"] | None, typer.Option("--kind", help="option.model_kind")]


@app.command("upload", help="help.models.upload")
def upload(
    context: typer.Context,
    path: File,
    name: Name = "",
    training_id: Annotated[str, typer.Option("--training-id", help="option.training_id")] = "",
    note: Note = "",
) -> None:
    """Upload weights."""
    session = session_of(context)
    with Meter(session) as meter:
        pth = session.client.models.upload(
            path,
            name=name,
            training_id=training_id,
            note=note,
            progress=transfer(session, meter, session.say("progress.upload", name=path.name)),
        )
    emit(session, pth, pth_sheet(session, pth))


@app.command("upload-tron", help="help.models.upload_tron")
def upload_tron(
    context: typer.Context,
    path: File,
    platform: Annotated[Literal["nvidia", "ascend"], typer.Option("--platform", help="option.platform")],
    version: Annotated[str, typer.Option("--model-version", help="option.tron_version")],
    repo: Annotated[str, typer.Option("--repo", help="option.repo")] = "",
    name: Annotated[str, typer.Option("--name", help="option.model_name")] = "",
    method: Annotated[str, typer.Option("--method", help="option.method")] = "",
    template: Annotated[str, typer.Option("--template", help="option.made_with")] = "",
    note: Note = "",
) -> None:
    """Upload a model file made elsewhere."""
    from api.client.tron_files import composed_name
    from schemas.values import TronIdentity

    session = session_of(context)
    client = session.client
    repo = repo or client.dictionary.list("repo").default
    method = method or client.dictionary.list("method").default
    identity = TronIdentity(platform, repo, name or path.stem, method, version)
    session.mention("text.will_be_called", name=composed_name(identity, path))
    template_id = client.templates.find(template).id if template else None
    with Meter(session) as meter:
        tron = client.models.upload_tron(
            path,
            identity,
            template_id=template_id,
            note=note,
            progress=transfer(session, meter, session.say("progress.upload", name=path.name)),
        )
    emit(session, tron, tron_sheet(session, tron))


@app.command("list", help="help.models.list")
def show_all(
    context: typer.Context,
    kind: Kind = None,
    platform: Annotated[Literal["nvidia", "ascend"] | None, typer.Option("--platform", help="option.platform")] = None,
    search: Search = "",
    mine: Mine = False,
    deleted: Deleted = False,
    limit: Limit = SHOWN,
) -> None:
    """List models."""
    session = session_of(context)
    models = session.client.models
    pages: dict[str, object] = {}
    sheets = []
    if kind == "pth" or (kind is None and platform is None):
        weights = models.list_pth(search=search, limit=limit, mine=mine, deleted=deleted)
        pages["pth"] = weights
        sheets.append(pth_list(session, weights.items))
    if kind in (None, "tron"):
        trons = models.list_trons(search=search, platform=platform, limit=limit, mine=mine, deleted=deleted)
        pages["trons"] = trons
        sheets.append(tron_list(session, trons.items))
    emit(session, pages if kind is None else next(iter(pages.values())), *sheets)


@app.command("show", help="help.models.show")
def show(context: typer.Context, model: Named, kind: Kind = None) -> None:
    """Show one model."""
    session = session_of(context)
    found = find(session.client, model, kind)
    emit(session, found, sheet_of(session, found))


@app.command("download", help="help.models.download")
def download(
    context: typer.Context,
    model: Named,
    kind: Kind = None,
    to: Annotated[Path, typer.Option("--to", help="option.to", file_okay=False, exists=True)] = Path(),
    revision: Annotated[int | None, typer.Option("--revision", min=1, help="option.revision")] = None,
) -> None:
    """Write a model's file into a folder."""
    session = session_of(context)
    found = find(session.client, model, kind)
    with Meter(session) as meter:
        target = session.client.models.download(
            found,
            to,
            revision=revision,
            progress=transfer(session, meter, session.say("progress.download")),
        )
    emit(session, {"path": str(target)}, facts(session, "", [("path", str(target))]))


@app.command("edit", help="help.models.edit")
def edit(context: typer.Context, model: Named, kind: Kind = None, name: NewName = None, note: NewNote = None) -> None:
    """Change what people call a model or say about it."""
    from api.resources import Pth

    session = session_of(context)
    models = session.client.models
    if name is None and note is None:
        raise UsageError("usage.nothing_to_change", known="--name, --note")
    found = find(session.client, model, kind)
    if isinstance(found, Pth):
        changed: Pth | Tron = models.edit_pth(found, name=name, note=note)
    elif name is not None or note is None:
        raise UsageError("usage.tron_name_fixed")
    else:
        changed = models.edit_tron(found, note=note)
    emit(session, changed, sheet_of(session, changed))


@app.command("rm", help="help.models.rm")
def remove(context: typer.Context, model: Named, kind: Kind = None, yes: Yes = False) -> None:
    """Take a model out of use."""
    session = session_of(context)
    models = session.client.models
    found = find(session.client, model, kind)
    confirm(session, found.name, models.dependents(found), yes=yes)
    gone = models.delete(found)
    emit(session, gone, sheet_of(session, gone))


def find(client: Client, text: str, kind: str | None) -> Pth | Tron:
    """The model that `text` names: a Tron if there is one, else a PTH, unless the kind is said."""
    from http import HTTPStatus

    from api.client import ProblemError, UnknownNameError

    if kind == "pth":
        return client.models.find_pth(text)
    try:
        return client.models.find_tron(text)
    except UnknownNameError:
        if kind is not None:
            raise
    except ProblemError as error:
        if kind is not None or error.problem.status != HTTPStatus.NOT_FOUND:
            raise
    return client.models.find_pth(text)


def sheet_of(session: Session, model: Pth | Tron) -> Sheet:
    """One model as facts."""
    from api.resources import Tron

    return tron_sheet(session, model) if isinstance(model, Tron) else pth_sheet(session, model)


def pth_sheet(session: Session, pth: Pth) -> Sheet:
    """One PTH model as facts."""
    return facts(
        session,
        session.say("title.pth", name=pth.name),
        [
            ("id", str(pth.id)),
            ("name", pth.name),
            ("file", pth.weights.name),
            ("size", size(pth.weights.size_bytes)),
            ("digest", pth.weights.digest),
            ("training_id", pth.training_id),
            ("note", pth.note),
            ("created", when(pth.created_at)),
            *deletion(pth),
        ],
    )


def tron_sheet(session: Session, tron: Tron) -> Sheet:
    """One Tron model as facts, its newest revision with how far it is from PyTorch."""
    rows = [
        ("id", str(tron.id)),
        ("platform", tron.platform),
        ("repo", tron.repo),
        ("name", tron.name),
        ("method", tron.method),
        ("version", tron.version),
        ("file", tron.file_name),
        ("origin", label(session, "origin", tron.origin)),
        *((key, str(parent)) for key, parent in (("pth", tron.pth_id), ("template", tron.template_id)) if parent),
        ("state", label(session, "made", tron.state)),
        *([("detected", label(session, "kind", tron.detected))] if tron.detected else []),
        ("quantizable", session.say(f"yes_no.{str(tron.quantizable).lower()}")),
        *(("notice", message) for message in tron.messages),
        ("note", tron.note),
        ("created", when(tron.created_at)),
        *deletion(tron),
    ]
    if tron.parents_deleted:
        rows.append(("parents_deleted", ", ".join(map(str, tron.parents_deleted))))
    if tron.overridden:
        rows.append(("overridden", ", ".join(tron.overridden)))
    for revision in tron.revisions:
        rows.append(("revision", f"{revision.revision} · {size(revision.tron.size_bytes)} · {revision.tron.digest}"))
        if revision.max_abs_error is not None:
            rows.append(("parity", f"{revision.max_abs_error:.3g} ≤ {revision.error_threshold:.3g}"))
    return facts(session, session.say("title.tron", name=f"{tron.name}@{tron.version}"), rows)


def _parity(tron: Tron) -> str:
    """The largest difference to PyTorch over the revisions; none is known of files made elsewhere."""
    known = [each.max_abs_error for each in tron.revisions if each.max_abs_error is not None]
    return f"{max(known):.3g}" if known else "-"


def pth_list(session: Session, items: list[Pth]) -> Sheet:
    """PTH models as rows."""
    return Sheet(
        headings(session, "id", "name", "size", "training_id", "note", "created"),
        [
            (short(pth.id), pth.name, size(pth.weights.size_bytes), pth.training_id, pth.note, when(pth.created_at))
            for pth in items
        ],
        title=session.say("title.pths"),
    )


def tron_list(session: Session, items: list[Tron]) -> Sheet:
    """Tron models as rows."""
    return Sheet(
        headings(
            session, "id", "platform", "repo", "name", "method", "version", "origin", "state", "parity", "created"
        ),
        [
            (
                short(tron.id),
                tron.platform,
                tron.repo,
                tron.name,
                tron.method,
                tron.version,
                label(session, "origin", tron.origin),
                label(session, "made", tron.state),
                _parity(tron),
                when(tron.created_at),
            )
            for tron in items
        ],
        title=session.say("title.trons"),
    )
