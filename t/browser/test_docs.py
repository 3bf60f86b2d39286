"""The API's description in Swagger UI, and the catalogue of errors."""

import os
import re

import pytest

from chromium import FAILURES
from lib.openapi import Spec
from lib.stack import own_stack

SPEC = Spec()
lk = own_stack()


@pytest.fixture
def home(lk):
    return lk.env["URL"]


@pytest.fixture
def docs(home, browser):
    browser.get(home + "/api/v1/docs/")
    browser.see(".opblock")
    return browser


def loaded(browser):
    """The addresses of all that the page has fetched."""
    return browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")


def row(operation_id):
    operation = SPEC.operations[SPEC.by_id[operation_id]]
    return f"#operations-{operation['tags'][0]}-{operation_id}"


def picture(browser, name, of="body"):
    os.makedirs(FAILURES, exist_ok=True)
    browser.execute_script("document.querySelector(arguments[0]).scrollIntoView({block: 'start', behavior: 'instant'})", of)
    browser.save_screenshot(os.path.join(FAILURES, name))


def execute(browser, operation_id):
    """Try it out: the status and the body of the answer, as it shows them."""
    browser.press(row(operation_id) + " .opblock-summary-control")
    browser.press(row(operation_id) + " .try-out__btn")
    browser.press(row(operation_id) + " .execute")
    answer = row(operation_id) + " .live-responses-table .response "
    return int(browser.text(answer + ".response-col_status").split()[0]), browser.text(answer + ".response-col_description")


def test_it_shows_all_operations(docs, home):
    picture(docs, "docs.png")
    for name in SPEC.by_id:
        assert docs.all(row(name)), name
    assert len(docs.all(".opblock")) == len(SPEC.by_id)
    assert not docs.all(".errors-wrapper")
    assert docs.complaints() == []
    assert loaded(docs) and all(url.startswith(home + "/api/v1/") for url in loaded(docs)), loaded(docs)


def test_it_shows_bodies_and_answers(docs):
    for name in ("register", "verify", "socialBegin", "oauthIntrospect", "createRole", "getUsers"):
        docs.press(row(name) + " .opblock-summary-control")
        docs.see(row(name) + " .responses-table")
    docs.says(row("register"), "registration_code")
    picture(docs, "docs-open.png", row("register"))
    assert not docs.all(".errors-wrapper") and docs.complaints() == []


def test_try_it_out(docs, home):
    status, body = execute(docs, "getReady")
    assert status == 200 and '"status": "ok"' in body
    picture(docs, "docs-tried.png", row("getReady"))
    assert home + "/api/v1/health/ready" in loaded(docs)
    assert docs.complaints() == []


def test_try_it_out_at_the_root(docs, home):
    status, body = execute(docs, "getKeys")
    assert status == 200 and '"crv": "P-256"' in body
    assert home + "/.well-known/jwks.json" in loaded(docs)


def test_log_in_by_it(lk, docs):
    user = lk.register()
    docs.press(".authorize")
    docs.fill("[aria-label='auth-basic-username']", user.username)
    docs.fill("[aria-label='auth-basic-password']", user.password)
    docs.press("button[aria-label='Apply credentials']")
    docs.press(".btn-done")
    status, body = execute(docs, "login")
    assert status == 200 and '"token_type": "Bearer"' in body


def test_the_catalogue(browser, home):
    browser.get(home + "/api/v1/errors#token_stale")
    line = browser.see("#token_stale")
    assert "401" in line.text and "Refresh once" in line.text
    assert browser.execute_script("return document.querySelector(':target').id") == "token_stale"
    assert browser.execute_script("return getComputedStyle(document.querySelector(':target')).backgroundColor") != \
        browser.execute_script("return getComputedStyle(document.querySelector('#invalid_json')).backgroundColor")
    picture(browser, "errors.png", "#token_stale")
    assert browser.complaints() == []
    browser.press("a[href='/api/v1/docs/']")
    browser.see(".opblock")
    assert re.search("/api/v1/docs/$", browser.current_url)
