"""Fixtures of the tests in a real browser: `browser` is one person's, `other` another's, both
empty at each test; what they show when a test fails is kept in var/browser. `lk` is the
service of `world`, where a module has none of its own (lib/stack.py)."""

import contextlib
import os
import re
import sys

import pytest
from selenium.common.exceptions import WebDriverException

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "api"))

from chromium import Chromium  # noqa: E402: after the path
from world import world as build  # noqa: E402


@pytest.fixture(scope="session")
def world():
    with build() as it:
        yield it


@pytest.fixture(scope="session")
def lk(world):
    return world.lk


@pytest.fixture(scope="module")
def chromium(lk):
    browser = Chromium(lk.env["CERT"])
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def other_chromium(lk):
    browser = Chromium(lk.env["CERT"])
    yield browser
    browser.quit()


@pytest.fixture
def browser(chromium):
    chromium.clean()
    return chromium


@pytest.fixture
def other(other_chromium):
    other_chromium.clean()
    return other_chromium


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed and call.when == "call":
        for name in {"browser", "other"} & set(item.funcargs):
            # a browser that is gone shows nothing
            with contextlib.suppress(WebDriverException):
                item.funcargs[name].keep(re.sub(r"\W+", "-", item.name) + "-" + name)
