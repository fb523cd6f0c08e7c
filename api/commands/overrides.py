"""A template's document with the changes of one conversion. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.specs.templates import SUBS, TemplateRefusedError, renamed
from schemas.values import Code


def with_overrides(document: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Top-level fields of `overrides` replace those of the document; its sub-templates are merged field by field into
    those of the same name.

    Raises:
        TemplateRefusedError: `sub_template_unknown`, `sub_template_name_twice`, `overrides_malformed`,
            `field_given_twice`.
    """
    changed = {**document, **renamed(overrides)}
    if SUBS in overrides:
        changed[SUBS] = _merged(document[SUBS], overrides[SUBS])
    return changed


def _merged(subs: list[dict[str, Any]], changes: object) -> list[dict[str, Any]]:
    if not isinstance(changes, list) or not all(isinstance(each, dict) and "name" in each for each in changes):
        raise TemplateRefusedError([Code("overrides_malformed")])
    by_name = {sub["name"]: dict(sub) for sub in subs}
    for number, change in enumerate(changes):
        if any(change["name"] == earlier["name"] for earlier in changes[:number]):
            name = str(change["name"])[:100]
            raise TemplateRefusedError([Code("sub_template_name_twice", {"sub_template": name})])
        if not isinstance(change["name"], str) or change["name"] not in by_name:
            known = ", ".join(by_name)[:200]
            raise TemplateRefusedError(
                [Code("sub_template_unknown", {"name": str(change["name"])[:100], "known": known})]
            )
        fields = renamed(change)
        if "class_name" in fields:
            by_name[change["name"]].pop("tasks", None)
        by_name[change["name"]].update(fields)
    return list(by_name.values())
