"""`mo convert`: PTH to Tron."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import typer

from api.cli.models import tron_sheet
from api.cli.options import Name, Timeout, Wait
from api.cli.output import emit
from api.cli.progress import awaited
from api.cli.session import UsageError, session_of

SUB_TEMPLATES = "sub_templates"


def convert(
    context: typer.Context,
    pth: Annotated[str, typer.Argument(help="argument.pth")],
    template: Annotated[str, typer.Argument(help="argument.template")],
    name: Name = "",
    version: Annotated[str | None, typer.Option("--model-version", help="option.model_version")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="option.set")] = None,
    merge_operators: Annotated[
        bool, typer.Option("--merge-operators/--no-merge-operators", help="option.merge_operators")
    ] = True,
    copy_parameters: Annotated[
        bool, typer.Option("--copy-parameters/--no-copy-parameters", help="option.copy_parameters")
    ] = True,
    dataset: Annotated[str, typer.Option("--dataset", help="option.dataset")] = "",
    dataset_version: Annotated[UUID | None, typer.Option("--dataset-version", help="option.dataset_version")] = None,
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Convert weights with a template."""
    session = session_of(context)
    client = session.client
    overrides = overrides_of(settings or ())
    if dataset_version is not None and not dataset:
        raise UsageError("usage.dataset_version")
    job = client.convert(
        client.models.find_pth(pth).id,
        client.templates.find(template).id,
        name=name,
        version=version,
        overrides=overrides,
        merge_operators=merge_operators,
        copy_parameters=copy_parameters,
        dataset_id=client.datasets.find(dataset).id if dataset else None,
        version_job_id=dataset_version,
    )
    ended = awaited(session, job, wait=wait, timeout_s=timeout)
    if ended is None:
        return
    tron = client.models.get_tron(ended.subject_id)
    emit(session, tron, tron_sheet(session, tron))


def overrides_of(settings: Iterable[str]) -> dict[str, Any]:
    """`key=value` and `sub_templates.NAME.key=value` as changes of a template's document; values are JSON, else text.

    Raises:
        UsageError: no `=`, or another depth.
    """
    document: dict[str, Any] = {}
    subs: dict[str, dict[str, Any]] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not key or not equals:
            raise UsageError("usage.set", setting=setting)
        head, *rest = key.split(".", 1)
        if not rest:
            document[key] = _value(text)
            continue
        sub, dot, field = rest[0].rpartition(".")
        if head != SUB_TEMPLATES or not dot or not sub or not field:
            raise UsageError("usage.set", setting=setting)
        subs.setdefault(sub, {"name": sub})[field] = _value(text)
    if subs:
        document[SUB_TEMPLATES] = list(subs.values())
    return document


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
