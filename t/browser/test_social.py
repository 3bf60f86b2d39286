"""Social logins from an application's page to the provider's and back, as people see them."""

import re
import time
import urllib.parse

import pytest

from lib.me import join, letters, recovery_token, welcome
from lib.social import COOKIE, Browser
from lib.stack import User, new_password
from people import (answer, at_application, at_provider, has_accounts, link, nobody_is_in, refused_at_home, sign_in,
                    sign_in_by_password, sign_out, unlink)
from world import PROVIDERS

LINKED, UNLINKED = "Another way to log in", "A way to log in to latchkey was removed"


def logins(lk, user_id):
    return lk.sql("SELECT method, success, user_agent FROM login_history WHERE user_id = %s ORDER BY created_at", user_id)


def exists(lk, who):
    return lk.one("SELECT count(*) FROM users WHERE email = %s", who.email) == 1


def is_state_cookie(cookie):
    assert re.fullmatch(COOKIE + "[A-Za-z0-9_-]{8}", cookie["name"]), cookie
    assert (cookie["domain"], cookie["path"]) == ("127.0.0.1", "/"), cookie
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax"), cookie
    assert 500 < cookie["expires"] - time.time() <= 601, cookie


@pytest.mark.parametrize("provider", PROVIDERS)
def test_sign_up_and_in_again(world, lk, browser, provider):
    who, proven, once = world.person(), provider != "yandex", ("social:" + provider, True)
    at_application(browser, world.far)
    browser.press("#in-" + provider)
    at_provider(browser)
    (cookie,) = browser.cookies(COOKIE).values()
    is_state_cookie(cookie)
    answer(browser, who)

    browser.says("#who", who.email)
    user_id = browser.text("#id")
    assert browser.text("#verified") == ("yes" if proven else "no")
    assert browser.current_url == world.far + "/app.html"
    assert not browser.cookies("__Host-")
    has_accounts(browser, (provider, who))
    agent = browser.execute_script("return navigator.userAgent")
    assert logins(lk, user_id) == [(*once, agent)]
    (letter,) = letters(lk, who, "Welcome")
    assert (provider in letter.body, len(letter.codes)) == ((True, 0) if proven else (False, 1))

    sign_out(browser)
    browser.press("#in-" + provider)
    if provider == "yandex":  # which asks every time, the others know who was there
        answer(browser, who)
    browser.says("#who", who.email)
    assert browser.text("#id") == user_id
    assert not browser.cookies("__Host-") and not browser.complaints()
    assert logins(lk, user_id) == [(*once, agent)] * 2
    lk.posted()
    assert len(lk.mail.letters(who.email)) == 1
    assert not re.search(r'"[^" ]*[?&](code|state)=[^"]*" "[^"]*"$', world.visits(), re.M)  # Referer


@pytest.mark.parametrize("provider", PROVIDERS)
def test_deny(world, lk, browser, provider):
    at_application(browser, world.far)
    browser.press("#in-" + provider)
    answer(browser, None)
    nobody_is_in(browser, "social_denied")
    assert browser.current_url == world.far + "/app.html"
    assert not browser.cookies("__Host-")
    who = world.person()
    sign_in(browser, provider, who)
    assert exists(lk, who)


def test_link_and_unlink(world, lk, browser):
    user, who = lk.register(), world.person()
    at_application(browser, world.near)
    sign_in_by_password(browser, user)
    has_accounts(browser)
    browser.press("#link-google")
    at_provider(browser)
    is_state_cookie(*browser.cookies(COOKIE).values())
    answer(browser, who)

    has_accounts(browser, ("google", who))
    assert (browser.text("#who"), browser.text("#id")) == (user.email, user.id)
    (letter,) = letters(lk, user, LINKED)
    assert "google" in letter.body and not lk.mail.letters(who.email)
    sign_out(browser)
    browser.press("#in-google")
    browser.says("#who", user.email)
    assert browser.text("#id") == user.id and not exists(lk, who)

    has_accounts(browser, ("google", who))
    unlink(browser, "google")
    has_accounts(browser)
    letters(lk, user, UNLINKED)
    sign_out(browser)
    browser.press("#in-google")
    browser.says("#who", who.email)
    assert browser.text("#id") != user.id


def test_the_last_way_in(world, browser):
    who = world.person()
    at_application(browser, world.near)
    sign_in(browser, "google", who)
    has_accounts(browser, ("google", who))
    unlink(browser, "google")
    browser.says("#error", "last_login_method")
    has_accounts(browser, ("google", who))
    link(browser, "corp", who)
    has_accounts(browser, ("google", who), ("corp", who))
    unlink(browser, "google")
    has_accounts(browser, ("corp", who))


def test_another_s_account(world, lk, browser):
    owner, user = world.person(), lk.register()
    at_application(browser, world.near)
    sign_in(browser, "google", owner)
    sign_out(browser)
    sign_in_by_password(browser, user)
    browser.press("#link-google")
    browser.says("#error", "social_account_conflict")
    browser.says("#who", user.email)
    has_accounts(browser)


def test_an_address_that_nobody_proved(world, lk, browser):
    """Whoever typed it first is not let in to the account of whoever has it, nor the other way."""
    who = world.person()
    user = join(lk, email=who.email)
    at_application(browser, world.far)
    browser.press("#in-google")
    answer(browser, who)
    nobody_is_in(browser, "account_exists")
    assert [(method, success) for method, success, _ in logins(lk, user.id)] == [("social:google", False)]
    assert lk.one("SELECT count(*) FROM social_accounts WHERE user_id = %s", user.id) == 0


def test_the_way_out(world, lk, browser):
    """Yandex vouches for no address. Proving it ends what was begun before; then its account
    is linked by who has signed in."""
    who = world.person()
    at_application(browser, world.near)
    user_id = sign_in(browser, "yandex", who)
    verified = lk.client().post("/auth/verify-email", {"email": who.email, "code": welcome(lk, who)})
    assert verified.status == 200, verified
    browser.refresh()
    nobody_is_in(browser, "invalid_token")
    browser.press("#in-yandex")
    answer(browser, who)
    nobody_is_in(browser, "account_exists")

    user = User(who.email, None, new_password(), user_id)
    done = lk.client().post("/password", {"token": recovery_token(lk, user), "username": who.email, "password": user.password})
    assert done.status == 200, done
    sign_in_by_password(browser, user)
    link(browser, "yandex", who)
    has_accounts(browser, ("yandex", who))
    sign_out(browser)
    assert sign_in(browser, "yandex", who) == user_id


def test_one_person_at_two_providers(world, lk, browser):
    who = world.person()
    at_application(browser, world.far)
    first = sign_in(browser, "google", who)
    sign_out(browser)
    assert sign_in(browser, "corp", who) == first
    has_accounts(browser, ("google", who), ("corp", who))
    letters(lk, who, LINKED)


def test_an_address_that_the_provider_did_not_prove(world, lk, browser):
    who = world.person(verified=False)
    at_application(browser, world.far)
    sign_in(browser, "google", who)
    assert browser.text("#verified") == "no"
    assert letters(lk, who, "Welcome")[0].codes
    sign_out(browser)
    browser.press("#in-corp")
    answer(browser, who)
    nobody_is_in(browser, "account_exists")


@pytest.fixture
def aside(world, monkeypatch):
    """Yandex leaves the last step to the user: its link is the callback of who began."""
    monkeypatch.setattr(world.providers["yandex"], "aside", True)

    def begin(browser, who):
        at_application(browser, world.far)
        browser.press("#in-yandex")
        answer(browser, who)
        return browser.see("#back").get_attribute("href")

    return begin


def test_another_browser(world, lk, browser, other, aside):
    """A callback's address is of use to nobody but the browser that began."""
    who = world.person()
    url = aside(browser, who)
    assert url.startswith(world.callback("yandex") + "?code=")
    other.get(url)
    refused_at_home(other, world, "invalid_state")
    assert not other.cookies() and not exists(lk, who)
    browser.press("#back")
    browser.says("#who", who.email)
    for one in (browser, other):
        one.get(url)
        refused_at_home(one, world, "invalid_state")
    assert not other.cookies()


def test_an_attacker_s_callback(world, browser, other, aside):
    """Nobody is signed in to an attacker's account by a link, also amid a login of their own."""
    attacker, victim = world.person(), world.person()
    trap = aside(other, attacker)
    aside(browser, victim)
    before, tab = browser.cookies(COOKIE), browser.current_window_handle
    browser.tab(trap)
    refused_at_home(browser, world, "invalid_state")
    assert browser.cookies(COOKIE) == before
    browser.switch_to.window(tab)
    browser.press("#back")
    browser.says("#who", victim.email)


def test_an_attacker_s_code(world, lk, browser):
    """Nor by the code that an application exchanges, where it looks after that."""
    page, provider = world.far + "/app.html", world.providers["yandex"]
    for mine in ("", "?mine=yes"):
        attacker = Browser(lk)
        url = attacker.start("yandex", return_to=page + mine)
        browser.get(attacker.back("yandex", provider.callback(url, world.person())).header("Location"))
        nobody_is_in(browser, "not begun here")


def test_two_tabs(world, lk, browser):
    first, second = world.person(), world.person()
    tabs = {}
    for name, provider, who in (("a", "google", first), ("b", "google", first), ("c", "corp", second)):
        tabs[name] = browser.tab(world.far + "/app.html"), who
        browser.press("#in-" + provider)
        at_provider(browser)
    assert len(browser.cookies(COOKIE)) == 3
    ids = {}
    for name in ("b", "c", "a"):
        tab, who = tabs[name]
        browser.switch_to.window(tab)
        answer(browser, who)
        browser.says("#who", who.email)
        ids[name] = browser.text("#id")
    assert ids["a"] == ids["b"] != ids["c"]
    assert not browser.cookies("__Host-")
    assert len(logins(lk, ids["a"])) == 2


def test_back(world, lk, browser):
    """Going through the history signs nobody in or out."""
    who = world.person()
    at_application(browser, world.far)
    user_id = sign_in(browser, "corp", who)
    page = browser.current_url
    browser.back()
    assert browser.current_url.startswith(world.providers["corp"].url + "/interaction/")
    for step in (browser.back, browser.forward, browser.forward):
        step()
    assert browser.current_url == page
    browser.says("#who", who.email)

    (query,) = re.findall(r"GET /app.html(\?\S+code=\S+)", world.visits())[-1:]
    browser.get(page + query)
    browser.says("#error", "invalid_code")
    browser.says("#who", who.email)
    assert browser.current_url == page
    assert len(logins(lk, user_id)) == 1


def test_without_a_page(world, lk, browser):
    """Whoever goes there without return_to sees the tokens, once."""
    who = world.person()
    browser.get(world.api + "/social/login/google")
    answer(browser, who)
    browser.says("body", '"access_token"')
    token = re.search(r'"access_token":"([^"]+)"', browser.text()).group(1)
    assert not browser.cookies("__Host-")
    browser.refresh()
    refused_at_home(browser, world, "invalid_state")
    assert lk.client().get("/users/me", bearer=token).json["email"] == who.email


def test_a_page_of_nobody_s(world, browser):
    """A login never leads to a page that was not configured."""
    for origin in (world.evil_far, world.evil_near):
        browser.get(world.api + "/social/login/google?" + urllib.parse.urlencode({"return_to": origin + "/app.html"}))
        refused_at_home(browser, world, "validation_failed")
    assert not browser.cookies()


def test_linking_from_another_site(world, lk, browser):
    """A browser keeps no SameSite=Lax cookie of an answer to another site's script: the way
    back is refused, and nothing linked."""
    user, who = lk.register(), world.person()
    at_application(browser, world.far)
    sign_in_by_password(browser, user)
    link(browser, "google", who)
    refused_at_home(browser, world, "invalid_state")
    assert lk.one("SELECT count(*) FROM social_accounts WHERE user_id = %s", user.id) == 0
