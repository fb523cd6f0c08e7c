"""Sentences: every code that the tree says has one in each language, and no other has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.texts import TEXTS, language_of, render, sentences
from schemas.values import Code

ROOT = Path(__file__).parents[3]
SERVER = [path for path in (ROOT / "api").rglob("*.py") if not {"client", "cli", "texts"} & set(path.parts)]
HEARD = [path for room in ("schemas", "storage", "consumers", "agents") for path in (ROOT / room).rglob("*.py")]
SAYERS = {
    "ApiRefusal", "ChainError", "Code", "DroppedRecord", "JobProblem", "PackageError", "Refused", "SkippedImage",
    "_refusal", "_refused", "_unused", "RuleError", "drop", "leave_out", "of", "without",
}  # fmt: skip
CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
BY_NOUN = re.compile(
    r"(pth|tron|structure|session|account|token|type_config|template|dataset|job|test|agent|command|revision|dataset_version)_(unknown|missing|deleted)"
)
"""Made of a noun where they are said."""


def said(tree: ast.AST) -> Iterator[str]:
    """Codes in calls of those who say them, in `code=`, and in what functions named *problem* return."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in SAYERS:
                yield from texts_in(*node.args)
            yield from texts_in(*(each.value for each in node.keywords if each.arg == "code"))
        elif isinstance(node, ast.FunctionDef) and "problem" in node.name:
            yield from texts_in(*(each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value))
        elif isinstance(node, ast.Assign) and any(getattr(each, "id", "") == "code" for each in node.targets):
            yield from texts_in(node.value)


def texts_in(*nodes: ast.AST) -> Iterator[str]:
    """Texts that stand there for themselves, alternatives included; not those inside of other calls."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from texts_in(node.body, node.orelse)
        elif isinstance(node, ast.BoolOp):
            yield from texts_in(*node.values)


SAID = {code: path for path in (*SERVER, *HEARD) for code in said(ast.parse(path.read_text()))}


def test_the_search_finds_codes_of_every_kind():
    assert {
        "name_taken",
        "weights_unreadable",
        "transpose_not_last",
        "lease_expired_twice",
        "image_broken",
    } <= SAID.keys()


@pytest.mark.parametrize("lang", TEXTS)
def test_every_code_has_a_sentence(lang):
    assert {code: str(path) for code, path in SAID.items() if code not in TEXTS[lang]} == {}


def test_the_languages_have_the_same_codes_and_the_same_parameters():
    assert TEXTS["zh"].keys() == TEXTS["en"].keys()
    for code in TEXTS["zh"]:
        assert fields(code, "zh") == fields(code, "en"), code


def fields(code: str, lang: str) -> set[str]:
    return {name for text in TEXTS[lang][code] for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_no_sentence_is_left_over():
    literals = {
        node.value
        for path in (*SERVER, *HEARD)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    unused = {code for code in TEXTS["en"] if code not in literals and not BY_NOUN.fullmatch(code)}
    assert unused == {"unknown_code"}


def test_a_sentence_says_what_happened_and_what_to_do():
    code = Code("name_taken", {"name": "d", "by": "1"})
    assert render(code, "en") == "The name d is taken. Choose another one, or use what is there: 1."
    assert render(code, "zh") == "名称 d 已被使用。请换一个名称，或使用已有的 1。"


def test_a_missing_parameter_hides_nothing_and_an_unknown_code_is_shown():
    assert sentences(Code("name_taken"), "en")[0] == "The name ? is taken."
    assert "made_up (a=1)" in render(Code("made_up", {"a": "1"}), "en")


@given(st.text(), st.dictionaries(st.text(), st.text()), st.sampled_from(sorted(TEXTS)))
def test_whatever_the_code_and_its_parameters_there_is_a_sentence(code, params, lang):
    assert render(Code(code, params), lang)


def test_reasons_are_said_as_sentences_with_their_counts():
    code = Code("no_images_left", {"skipped": "5", "reasons": "image_broken: 4, made_up: 1"})
    assert "5 were skipped: The image cannot be decoded ×4, made_up: 1" in render(code, "en")
    assert "图片无法解码×4, made_up: 1" in render(code, "zh")


def test_parameters_are_never_read_as_patterns():
    assert render(Code("name_taken", {"name": "{by.__class__}", "by": ""}), "en").startswith("The name {by.__class__} ")


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "zh"), ("en", "en"), ("en-US,en;q=0.9", "en"), ("fr", "zh"), ("zh-CN,en;q=0.5", "zh"),
        ("zh;q=0.2, en;q=0.8", "en"), ("*", "zh"), ("en;q=x", "zh"), ("EN-gb", "en"), ("en;q=0", "zh"),
    ],
)  # fmt: skip
def test_the_readers_language(header, lang):
    assert language_of(header) == lang


@given(st.text())
def test_no_header_breaks_it(header):
    assert language_of(header) in TEXTS


def test_a_code_about_one_of_several_networks_names_it() -> None:
    code = Code("weights_cut_off", {"sub_model": "detector"})
    assert sentences(code, "en")[0].startswith("Sub-model detector: The weights file is incomplete")
    assert sentences(code, "zh")[0].startswith("子模型 detector：权重文件不完整")
