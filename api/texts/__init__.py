"""Codes become sentences here and nowhere else: what happened, then what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.texts import accounts, datasets, en, packages, testing, zh
from schemas.values import Code

DEFAULT = "zh"
TEXTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "zh": zh.TEXTS | packages.ZH | testing.ZH | datasets.ZH | accounts.ZH,
    "en": en.TEXTS | packages.EN | testing.EN | datasets.EN | accounts.EN,
}
"""Language -> code -> (what happened, what to do next); `{name}` stands for a parameter."""

_REASON = re.compile(r"(?P<code>[a-z_]+): (?P<count>\d+)")
"""What `reasons` in a code's parameters is made of: other codes, and how often each came."""
_FIRST = re.compile(r"(?P<code>[a-z_]+): (?P<at>.*)", re.DOTALL)
"""What `first` in a code's parameters is made of: another code, said behind this one, and its parameter `at`."""
_WORDS = ("inputs",)
"""Parameters that are codes themselves, said inside of the sentence."""
_ROLES = ("role", "needed")
"""Parameters that are roles."""


_SUB_MODEL = {"zh": "子模型 {sub_model}：", "en": "Sub-model {sub_model}: "}
"""Before the sentence of a code that is about one of several networks."""


class _Params(dict[str, str]):
    """Parameters of a code; one that is missing must not hide the rest of the sentence."""

    def __missing__(self, name: str) -> str:
        return "?"


def sentences(code: Code, lang: str) -> tuple[str, str]:
    """What happened, and what to do next ("" where nothing can be done). Unknown codes are shown as they are."""
    texts = TEXTS[lang]
    params = _Params(code.params)
    if "reasons" in params:
        params["reasons"] = _REASON.sub(lambda found: _counted(found, texts, lang), params["reasons"])
    params.update({name: texts[params[name]][0] for name in _WORDS if params.get(name) in texts})
    roles = accounts.ROLES[lang]
    params.update({name: roles[params[name]] for name in _ROLES if params.get(name) in roles})
    if code.code not in texts:
        said = ", ".join(f"{name}={value}" for name, value in code.params.items())
        params = _Params(code=code.code, params=said)
    where = _SUB_MODEL[lang].format_map(params) if "sub_model" in params else ""
    what, todo = (text.format_map(params) for text in texts.get(code.code, texts["unknown_code"]))
    if (found := _FIRST.fullmatch(params.get("first", ""))) and found["code"] in texts:
        gap = "" if lang == "zh" else " "
        more, first_todo = (text.format_map(_Params(at=found["at"])) for text in texts[found["code"]])
        return f"{where}{what}{gap}{more}", f"{first_todo}{gap}{todo}"
    return f"{where}{what}", todo


def _counted(found: re.Match[str], texts: Mapping[str, tuple[str, str]], lang: str) -> str:
    """`image_broken: 3` with the code's own sentence in place of the code."""
    if found["code"] not in texts:
        return found[0]
    what = texts[found["code"]][0].rstrip(".。")
    return f"{what} ×{found['count']}" if lang == "en" else f"{what}×{found['count']}"


def render(code: Code, lang: str) -> str:
    """The whole of it as one text."""
    what, todo = sentences(code, lang)
    gap = "" if lang == "zh" else " "
    return f"{what}{gap}{todo}" if todo else what


def language_of(accept_language: str) -> str:
    """The best language we speak for an Accept-Language header; Chinese where it says nothing we know."""
    best, best_weight = DEFAULT, 0.0
    for part in accept_language.split(","):
        tag, _, rest = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        weight = _weight(rest)
        if name in TEXTS and weight > best_weight:
            best, best_weight = name, weight
    return best


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
