"""Logins at providers as they come: two of oidc-provider (t/node/provider.js), one of them as
Google, with browsers that follow every redirect."""

import pytest

from lib import check
from lib.provider import Provider, application
from lib.social import CLIENT_ID, SECRET, Browser, linked, me, section, tokens, wait_discovered
from lib.stack import Stack, new_email

PAGE = "https://app.example/in"
ANN, BOB, CLAIR, DORA = ({"sub": name, "email": new_email(name), "email_verified": verified}
                   for name, verified in (("ann", True), ("bob", True), ("clair", False), ("dora", False)))


@pytest.fixture(scope="module")
def providers():
    return {"google": Provider(accounts=[ANN, BOB, CLAIR]),
            "corp": Provider(algs=("ES256",), accounts=[dict(ANN, sub="ann-of-corp"), CLAIR, DORA])}


@pytest.fixture(scope="module")
def lk(providers):
    stack = Stack.start(section("google", "google", providers["google"].url) +
                        section("corp", "oidc", providers["corp"].url, algorithms="ES256") +
                        f"[web]\nreturn_to = {PAGE[:-3]}\n")
    try:
        for name, provider in providers.items():
            callback = f"{stack.env['URL']}/api/v1/social/auth/{name}"
            provider.settings["clients"] = [dict(
                application(CLIENT_ID, SECRET, callback),
                id_token_signed_response_alg="RS256" if name == "google" else "ES256")]
            provider.start()
        stack.sql("UPDATE outside_issuers SET due_at = now()")
        stack.sql("NOTIFY outside")
        wait_discovered(stack, *providers)
        yield stack
    finally:
        for provider in providers.values():
            provider.stop()
        stack.down()


@pytest.fixture
def browser(lk):
    return Browser(lk)


def come_back(browser, provider, url, sub):
    return browser.follow(provider.log_in(url, sub))


def test_sign_up_and_in_at_both(lk, providers, browser):
    answer = come_back(browser, providers["google"], browser.start("google"), "bob")
    first = me(browser.c, tokens(answer))
    check.user(first, email=BOB["email"], email_verified=True, username=None)
    answer = come_back(browser, providers["google"], browser.start("google"), "bob")
    assert me(browser.c, tokens(answer))["id"] == first["id"]
    answer = come_back(browser, providers["corp"], browser.start("corp"), "clair")
    check.user(me(browser.c, tokens(answer)), email=CLAIR["email"], email_verified=False)


def test_one_person_at_both(lk, providers, browser):
    first = tokens(come_back(browser, providers["google"], browser.start("google"), "ann"))
    second = tokens(come_back(browser, providers["corp"], browser.start("corp"), "ann-of-corp"))
    assert me(browser.c, first)["id"] == me(browser.c, second)["id"]
    assert {(a["provider"], a["subject"]) for a in linked(browser.c, first)} == \
        {("google", "ann"), ("corp", "ann-of-corp")}


def test_the_user_says_no(lk, providers, browser):
    for name, provider in providers.items():
        check.problem(come_back(browser, provider, browser.start(name), None), 400, "social_denied")
        answer = come_back(browser, provider, browser.start(name, return_to=PAGE), None)
        assert answer.header("Location") == PAGE + "?error=social_denied"


def test_link_and_unlink(lk, providers, browser, user):
    pair = lk.login(user)
    started = browser.send("POST", "/social/login/corp", bearer=pair["access_token"]).json
    answer = come_back(browser, providers["corp"], started["authorization_url"], "dora")
    assert me(browser.c, tokens(answer))["id"] == user.id
    (account,) = linked(browser.c, pair)
    gone = browser.c.send("DELETE", f"/users/me/social-accounts/{account['id']}", bearer=pair["access_token"])
    assert gone.status == 204 and linked(browser.c, pair) == []


def test_a_callback_twice_asks_the_provider_once(lk, providers, browser):
    google = providers["google"]
    url = google.log_in(browser.start("google"), "bob")
    asked = google.requests.count("POST /token")
    tokens(browser.follow(url))
    check.problem(browser.follow(url), 400, "invalid_state")
    check.problem(Browser(lk).follow(url), 400, "invalid_state")
    assert google.requests.count("POST /token") == asked + 1


def test_another_s_callback(lk, providers, browser):
    """An attacker's own answer, in a victim's browser: nobody is signed in to the attacker's."""
    attacker = Browser(lk)
    url = providers["google"].log_in(attacker.start("google"), "bob")
    browser.start("google")
    check.problem(browser.follow(url), 400, "invalid_state")
    tokens(attacker.follow(url))


def test_new_keys(lk, providers, browser):
    """A provider that signs with keys that nobody has seen yet."""
    lk.sql("UPDATE outside_issuers SET asked_at = NULL, wanted_at = NULL")
    providers["corp"].rotate()
    tokens(come_back(browser, providers["corp"], browser.start("corp"), "ann-of-corp"))
