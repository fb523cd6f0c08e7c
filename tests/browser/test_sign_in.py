"""Signing in, registering and signing out by clicks: a reader comes back to where they wanted to go, in every tab."""

from __future__ import annotations

import re
from http import HTTPStatus

import pytest
from browser_scene import Reader, settle, shoot, violations
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

WANTED = "/models/pth?search=abc"
PASSWORD = "correct horse 电池"
ENDED_MS = 15_000


def _registered(reader: Reader, login: str) -> Page:
    page = reader.page(WANTED)
    page.get_by_role("button", name="注册账号").click()
    page.get_by_label("登录名").fill(login)
    page.get_by_label("姓名").fill("李伟")
    page.get_by_label("密码").fill("1234567890")
    page.get_by_role("button", name="注册账号").click()
    expect(page.get_by_role("alert")).to_contain_text("密码过于常见")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="注册账号").click()
    _arrived(page)
    return page


def _arrived(page: Page) -> None:
    expect(page.get_by_role("heading", name="PTH 模型")).to_be_visible()
    expect(page).to_have_url(re.compile(re.escape(WANTED)))
    expect(page.get_by_role("status").first).to_contain_text("实时更新")


def test_a_session_that_ends_leads_to_sign_in_and_back(visit):
    reader = visit(signed_in=False)
    page = _registered(reader, "browser.li")
    other = reader.page("/")
    other.get_by_role("button", name="账号 李伟").click()
    other.get_by_role("menuitem", name="退出登录").click()
    expect(other.get_by_role("heading", name="登录", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible(timeout=ENDED_MS)
    page.get_by_label("登录名").fill("browser.li")
    page.get_by_label("密码").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("账号或密码不正确")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    _arrived(page)


def test_back_pressed_at_the_door_is_followed_behind_it(visit):
    reader = visit(signed_in=False)
    page = _registered(reader, "browser.back")
    page.get_by_role("navigation").get_by_role("link", name="数据集").click()
    expect(page.get_by_role("heading", level=1, name="数据集")).to_be_visible()
    page.get_by_role("button", name="账号 李伟").click()
    page.get_by_role("menuitem", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
    page.go_back()
    page.get_by_label("登录名").fill("browser.back")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    _arrived(page)


def test_a_session_that_was_stolen_ends_at_sign_out(visit):
    """A copy of the cookie in another browser shows the pages until its owner signs out, then the door."""
    reader, thief = visit(), visit(signed_in=False)
    page = reader.page("/account")
    thief.context.add_cookies(reader.context.cookies())
    copy = thief.page("/account")
    expect(copy.get_by_role("heading", name="个人中心")).to_be_visible()
    page.get_by_role("button", name="账号 local").click()
    page.get_by_role("menuitem", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
    expect(copy.get_by_role("heading", name="登录", exact=True)).to_be_visible(timeout=ENDED_MS)
    assert thief.context.request.get("/api/v1/accounts").status == HTTPStatus.UNAUTHORIZED
    thief.context.add_cookies(reader.context.cookies())
    copy.goto("/account")
    expect(copy.get_by_role("heading", name="登录", exact=True)).to_be_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_doors_can_be_read_by_everybody(visit, lang: str, theme: str):
    page = visit(signed_in=False, lang=lang, theme=theme).page("/")
    settle(page)
    shoot(page, f"sign-in-{lang}-{theme}")
    assert violations(page) == []
    page.get_by_role("button", name="注册账号" if lang == "zh" else "Create an account").click()
    settle(page)
    shoot(page, f"register-{lang}-{theme}")
    assert violations(page) == []


def test_a_link_that_was_used_says_so_and_leaves_the_address(visit):
    page = visit(signed_in=False).page("/sign-in#code=used-before")
    expect(page.get_by_role("alert")).to_contain_text("登录链接无效")
    expect(page).to_have_url(re.compile("/$"))
    page.get_by_role("button", name="用账号和密码登录").click()
    expect(page.get_by_label("登录名")).to_be_focused()
