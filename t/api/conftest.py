"""Fixtures of the API tests: `lk` is a private stack, `c` a client with an address of its
own. LATCHKEY_VAR names a stack that already runs; without it one is started, from the
programs in BUILD (made first, unless LATCHKEY_BUILT is set)."""

import os

import pytest

from lib.stack import Stack


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning")


def pytest_make_parametrize_id(val):
    """A long value is named by its beginning."""
    if isinstance(val, (str, bytes)) and len(val) > 40:
        return repr(val[:24]) + "..%d" % len(val)
    return None


@pytest.fixture(scope="session")
def lk():
    var = os.environ.get("LATCHKEY_VAR")
    if var:
        yield Stack(var)
        return
    stack = Stack.start()
    yield stack
    stack.down()


@pytest.fixture
def c(lk):
    return lk.client()


@pytest.fixture
def user(lk, c):
    return lk.register(c)
