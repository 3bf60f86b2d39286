"""Anything in any field of any body: never a 5xx, always a problem document, and the same
whether it came as JSON or as a form."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib import check
from lib.machine import SCOPES, machine, new_role
from lib.me import enter, join, renew
from lib.stack import own_stack

# Limits have tests of their own; here every body is to be looked at.
lk = own_stack(LIMITS="off")

ENDPOINTS = [
    ("POST", "/auth/register", ["login", "email", "username", "password"], None),
    ("POST", "/auth/login", ["login", "email", "username", "password"], None),
    ("POST", "/auth/refresh", ["refresh_token", "grant_type"], None),
    ("POST", "/auth/verify-email", ["email", "code"], None),
    ("PATCH", "/users/me", ["username"], "user"),
    ("DELETE", "/users/me", ["password"], "user"),
    ("POST", "/users/me/email", ["email", "password"], "user"),
    ("POST", "/users/me/email/confirm", ["code"], "user"),
    ("POST", "/users/me/change-password", ["old_password", "new_password1", "new_password2"], "user"),
    ("POST", "/roles", ["name", "description"], "machine"),
    ("PATCH", "/roles/{role}", ["name", "description"], "machine"),
    ("PATCH", "/users/{user}", ["active"], "machine"),
]

# Near what is expected, and far from it
near = st.sampled_from([
    "a@example.com", "a@b", "@", "a@xn--.com", "a@example.com\n", "A" * 64 + "@example.com", "a@" + "b." * 120 + "com",
    "ann", "ann:bob", "0000-0000", "K7QM-3XDP", "refresh_token", "password", "a.b.c", "eyJhbGciOiJub25lIn0.e30.",
    "\u202eann", "a\u0300" * 200, "\ufeff", "' OR 1=1 --", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA", "%00", "\\u0000",
    "null", "{}", "", " ", "\t", "\x7f", "\u2028", "\U0010ffff", "x" * 2000, "é" * 600, "ß", "İ", "ǅ", "ﬀ",
])
text = st.one_of(near, st.text(max_size=60), st.text(string.printable, max_size=300))
value = st.one_of(text, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
                  st.lists(text, max_size=3), st.dictionaries(text, text, max_size=3))


@pytest.fixture(scope="module")
def somebody(lk):
    user = join(lk)
    user.tokens = enter(user)
    return user


@pytest.fixture(scope="module")
def boss(lk):
    """A machine; `places` are what its paths may be about."""
    made = machine(lk, *SCOPES)
    made.places = {"role": new_role(made)["id"], "user": join(lk).id}
    return made


class Door:
    """Sends as nobody, as a machine, or as somebody, whose name may change on the way."""

    def __init__(self, client, user, boss, authorized):
        self.client, self.user, self.boss, self.authorized = client, user, boss, authorized

    def send(self, method, path, **what):
        bearers = {None: None, "user": self.user.tokens["access_token"], "machine": self.boss.token}
        answer = self.client.send(method, path.format(**self.boss.places), bearer=bearers[self.authorized], **what)
        if path == "/users/me" and method == "PATCH" and answer.status == 200:
            self.user.tokens = renew(self.client, self.user.tokens).json
        return answer


@pytest.fixture
def door(c, somebody, boss, authorized):
    return Door(c, somebody, boss, authorized)


def judge(answer, path, fields):
    assert answer.status < 500, answer
    if answer.status < 400:
        return
    body = check.problem(answer, answer.status)
    tells = {401} if path in ("/auth/login", "/auth/refresh") else {403, 409}
    assert answer.status in {400, 422} | tells, answer
    for error in body.get("errors", []):
        assert error["field"] in fields, body


def with_the_password(data, path, sent, user):
    """Sometimes, so that more is looked at than the password."""
    return {**sent, "password": user.password} if path == "/users/me/email" and data.draw(st.booleans()) else sent


examples = settings(max_examples=60, deadline=None, derandomize=True,
                    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.mark.parametrize("method, path, fields, authorized", ENDPOINTS)
@examples
@given(data=st.data())
def test_json(door, somebody, method, path, fields, authorized, data):
    sent = with_the_password(data, path, data.draw(st.dictionaries(st.sampled_from(fields), value)), somebody)
    judge(door.send(method, path, json=sent), path, fields)


@pytest.mark.parametrize("method, path, fields, authorized", ENDPOINTS)
@examples
@given(data=st.data())
def test_form_is_as_json(door, somebody, method, path, fields, authorized, data):
    sent = data.draw(st.dictionaries(st.sampled_from(fields), text.filter(lambda t: "\0" not in t)))
    sent = with_the_password(data, path, sent, somebody)
    form, json = (door.send(method, path, **{how: sent}) for how in ("form", "json"))
    judge(form, path, fields)
    if form.status < 300 or json.status < 300 or {form.status, json.status} <= {400, 409}:
        return  # what the first of them did, the second may be refused for
    assert form.status == json.status and form.code == json.code, (sent, form, json)
    if form.status == 422:
        assert form.json["errors"] == json.json["errors"]


@pytest.mark.parametrize("method, path, fields, authorized", ENDPOINTS)
@examples
@given(body=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")),
                      st.sampled_from([b"", b"{", b"[]", b"null", b'"x"', b"{}{}", b'{"a":1,"a":2}', b"\xff\xfe{}",
                                       b"a=1&a=2", b"=", b"&", b"%", b"%zz", b"a=%00", b"\x00"])),
       type=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", "",
                             "application/json; charset=utf-8", "application/json; charset=latin1",
                             "multipart/form-data; boundary=x"]))
def test_bytes(door, method, path, fields, authorized, body, type):
    answer = door.send(method, path, body=body, type=type)
    assert answer.status < 500, answer
    if answer.status >= 400:
        check.problem(answer, answer.status)


@pytest.mark.parametrize("method, path, fields, authorized", ENDPOINTS)
def test_common_refusals(door, method, path, fields, authorized):
    check.problem(door.send(method, path, body="x", type="text/plain"), 415, "unsupported_media_type")
    check.problem(door.send(method, path, body="{", type="application/json"), 400, "invalid_json")
    check.problem(door.send(method, path, body='{"%s":"a","%s":"b"}' % (fields[0], fields[0]),
                         type="application/json"), 400, "invalid_json")
    check.problem(door.send(method, path, body='{"%s":"a\\u0000b"}' % fields[0], type="application/json"), 400,
                  "invalid_json")
    check.problem(door.send(method, path, body=f"{fields[0]}=a&{fields[0]}=b",
                         type="application/x-www-form-urlencoded"), 400, "invalid_form")
    check.problem(door.send(method, path, body=f"{fields[0]}=a%00b", type="application/x-www-form-urlencoded"),
                  400, "invalid_form")
    check.problem(door.send(method, path, json={"x": "y" * 17000}), 413, "content_too_large")


@pytest.mark.parametrize("method, path, fields, authorized", ENDPOINTS)
def test_nobody_is_let_in(c, boss, method, path, fields, authorized):
    if authorized:
        check.problem(c.send(method, path.format(**boss.places), json={name: "x" for name in fields}), 401, "token_missing")
