"""A page of the service's own host, signed in by a cookie, and what pages of other origins
can do to it."""

import json
import urllib.parse

import pytest

from lib.me import join, letters
from lib.wait import wait_for
from people import answer, at_page, nobody_is_in, sign_in, sign_in_by_password, sign_out

NAME = "__Host-latchkey"
# What comes of the form of a page of the same site, which has the cookie sent, and of another,
# which has not: the last begins a login, for whoever goes on with it.
FORMS = {
    "logout": ("origin_refused", "token_missing"), "logout-all": ("origin_refused", "token_missing"),
    "verify-email": ("origin_refused", "validation_failed"), "login": ("origin_refused", "origin_refused"),
    "login-text": ("unsupported_media_type", "unsupported_media_type"), "link": ("origin_refused", "authorization_url"),
}
# The same of fetch: what the service says, which the page never learns
FETCHES = {
    "read": ("GET /users/me", "200", "401"), "sessions": ("GET /users/me/sessions", "200", "401"),
    "rename": ("OPTIONS /users/me", "204", "204"), "delete": ("OPTIONS /users/me", "204", "204"),
    "logout": ("POST /auth/logout", "403", "401"), "logout-blind": ("POST /auth/logout", "403", "401"),
    "link": ("POST /social/login/corp", "403", "200"), "login": ("POST /auth/login", "403", "403"),
}


def asked(lk):
    """"METHOD PATH STATUS" of each request there was."""
    with open(lk.path("log", "access.log")) as file:
        lines = [json.loads(line) for line in file]
    return [f"{line['method']} {line['path'].removeprefix('/api/v1')} {line['status']}" for line in lines]


@pytest.fixture
def page(world):
    return world.home + "/cookie.html"


def test_sign_in_and_out(world, lk, browser, page):
    user = lk.register()
    at_page(browser, page)
    browser.fill("#password [name=login]", user.username)
    browser.fill("#password [name=password]", "not it")
    browser.press("#password button")
    nobody_is_in(browser, "invalid_credentials")
    assert not browser.cookies()

    sign_in_by_password(browser, user)
    (cookie,) = browser.cookies().values()
    assert (cookie["name"], cookie["domain"], cookie["path"]) == (NAME, "127.0.0.1", "/"), cookie
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax"), cookie
    assert browser.execute_script("return document.cookie + sessionStorage.length") == "0"
    browser.tab(page)  # the cookie is all there is
    browser.says("#who", user.email)
    assert browser.text("#id") == user.id

    sign_out(browser)
    assert not browser.cookies()
    browser.refresh()
    browser.says("#who", "nobody")
    assert lk.one("SELECT count(*) FROM sessions WHERE user_id = %s AND ended_at IS NULL", user.id) == 0


def test_social_login(world, lk, browser, page):
    who = world.person()
    at_page(browser, page)
    browser.press("#in-google")
    answer(browser, None)
    nobody_is_in(browser, "social_denied")
    user_id = sign_in(browser, "google", who)
    assert browser.current_url == page and list(browser.cookies("__Host-")) == [NAME]
    assert lk.sql("SELECT method FROM login_history WHERE user_id = %s", user_id) == [("social:google",)]
    sign_out(browser)
    assert not browser.cookies("__Host-")


@pytest.mark.parametrize("site", ["near", "far"])
def test_a_page_of_another_origin(world, lk, browser, page, site):
    """It signs nobody out or in, links nothing, changes nothing and learns nothing."""
    user, attacker = join(lk), join(lk)
    letters(lk, user, "Welcome")
    at_page(browser, page)
    sign_in_by_password(browser, user)
    home, before = browser.current_window_handle, browser.cookies(NAME)
    evil = getattr(world, "evil_" + site) + "/attack.html#" + urllib.parse.urlencode(
        {"login": attacker.email, "password": attacker.password})
    which = ("near", "far").index(site)

    browser.tab(evil)
    for name, said in FORMS.items():
        browser.press("#form-" + name)
        browser.says("body", f'"{said[which]}"')
        browser.get(evil)
    for name, (request, *status) in FETCHES.items():
        n = len(asked(lk))
        browser.press("#fetch-" + name)
        browser.says("#said", "blocked")
        expected = [f"{request} {status[which]}"]
        wait_for(lambda: asked(lk)[n:] == expected, message=f"{name}: {asked(lk)[n:]}, not {expected}")

    assert browser.cookies(NAME) == before and len(before) == 1
    browser.switch_to.window(home)
    browser.refresh()
    browser.says("#who", user.email)
    assert lk.sql("SELECT user_id::text, ended_at FROM sessions WHERE user_id IN (%s, %s)", user.id, attacker.id) == [(user.id, None)]
    lk.posted()
    assert len(lk.mail.letters(user.email)) == 1
    sign_out(browser)
