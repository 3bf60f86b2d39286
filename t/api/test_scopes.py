"""Every endpoint for machines × every token: the rows of app/routes.c that have a scope."""

import os
import re

import pytest

from lib import check
from lib.machine import SCOPES, machine, new_role
from lib.me import enter, join
from lib.stack import ROOT

ROW = re.compile(r'^\s*\{"(\w+)",\s*"([^"]+)",\s*ACCESS_SCOPE,.*\.scope = "([^"]+)"', re.M)

CONTRACT = {
    ("GET", "/roles"): "read:roles", ("POST", "/roles"): "create:roles", ("GET", "/roles/{id}"): "read:roles",
    ("PATCH", "/roles/{id}"): "change:roles", ("DELETE", "/roles/{id}"): "delete:roles",
    ("POST", "/users/{id}/roles/{id}"): "assign:roles", ("DELETE", "/users/{id}/roles/{id}"): "revoke:roles",
    ("HEAD", "/users/{id}/roles/{id}"): "validate:roles", ("GET", "/users/{id}/roles"): "read:roles",
    ("GET", "/users"): "read:users", ("GET", "/users/{id}"): "read:users", ("PATCH", "/users/{id}"): "change:users",
}


def table():
    with open(os.path.join(ROOT, "app", "routes.c"), encoding="utf-8") as file:
        text = file.read()
    rows = {(method, path): scope for method, path, scope in ROW.findall(text)}
    assert len(rows) == text.count("ACCESS_SCOPE")
    return rows


ROWS = table()
# A HEAD where there is a GET
ASKED = sorted({**ROWS, **{("HEAD", path): scope for (method, path), scope in ROWS.items() if method == "GET"}}.items())


def near(scope):
    """What is not the scope, but looks like it."""
    verb, thing = scope.split(":")
    return [scope + "x", "x" + scope, scope[:-1], scope[1:], scope.upper(), scope + ":all", verb, thing, verb + ":*",
            "*", verb + ":" + thing[:-1], f"{thing}:{verb}", scope.replace(":", ".")]


@pytest.fixture(scope="module")
def tokens(lk):
    """name of the bearer: its token"""
    made = {"user": enter(join(lk))["access_token"], "all": machine(lk, *SCOPES).token}
    for scope in set(ROWS.values()):
        made["only " + scope] = machine(lk, scope).token
        made["all but " + scope] = machine(lk, *(set(SCOPES) - {scope})).token
        made["near " + scope] = machine(lk, *near(scope)).token
    return made


@pytest.fixture(scope="module")
def place(lk):
    """A user and a role that there are, for the path."""
    user, role = join(lk), new_role(machine(lk, *SCOPES))
    return lambda path: path.replace("{id}", user.id, path.startswith("/users")).replace("{id}", role["id"])


def test_the_table_is_the_contracts():
    assert ROWS == CONTRACT and set(ROWS.values()) == set(SCOPES)


def refused(answer, method, status, code):
    assert answer.status == status, answer
    if method == "HEAD":
        assert answer.body == b""
    else:
        check.problem(answer, status, code)


@pytest.mark.parametrize("row, scope", ASKED)
def test_without_a_token(c, place, row, scope):
    method, path = row
    answer = c.send(method, place(path))
    refused(answer, method, 401, "token_missing")
    assert answer.header("WWW-Authenticate") == 'Bearer realm="latchkey"'


@pytest.mark.parametrize("row, scope", ASKED)
def test_with_no_token_at_all(c, place, tokens, row, scope):
    method, path = row
    for token in ("x", tokens["only " + scope][:-4] + "AAAA"):
        answer = c.send(method, place(path), bearer=token)
        refused(answer, method, 401, "invalid_token")
        assert answer.header("WWW-Authenticate") == 'Bearer realm="latchkey", error="invalid_token"'


@pytest.mark.parametrize("row, scope", ASKED)
@pytest.mark.parametrize("whose", ["user", "all but %s", "near %s"])
def test_without_the_scope(lk, c, place, tokens, row, scope, whose):
    method, path = row
    before = lk.one("SELECT count(*) FROM audit WHERE actor LIKE 'client:%'")
    answer = c.send(method, place(path), bearer=tokens[whose % scope if "%" in whose else whose])
    refused(answer, method, 403, "insufficient_scope")
    assert answer.header("WWW-Authenticate") == (
        f'Bearer realm="latchkey", error="insufficient_scope", scope="{scope}"')
    assert lk.one("SELECT count(*) FROM audit WHERE actor LIKE 'client:%'") == before


@pytest.mark.parametrize("row, scope", ASKED)
def test_with_it(c, place, tokens, row, scope):
    """Nothing is sent, or what does no harm: what counts is that it is let in."""
    method, path = row
    path = place(path) if method != "DELETE" else path.replace("{id}", "00000000-0000-4000-8000-000000000000")
    for whose in ("only " + scope, "all"):
        answer = c.send(method, path, bearer=tokens[whose])
        assert answer.status in (200, 201, 404, 422), answer
        assert answer.header("WWW-Authenticate") is None


def test_no_scope_is_enough_for_what_is_a_users(c, tokens):
    for path in ("/users/me", "/users/me/sessions"):
        check.problem(c.get(path, bearer=tokens["all"]), 401, "invalid_token")
