"""POST /auth/register: an account at once, its address proven later."""

import collections

import pytest

from lib import check
from lib.http import together
from lib.me import audited, enter, join, letters
from lib.stack import new_email, new_name, new_password


def body(**other):
    return {"email": new_email(), "username": new_name(), "password": new_password(), **other}


def test_answer(lk, c):
    sent = body()
    answer = c.post("/auth/register", sent)
    assert answer.status == 201, answer
    check.private(answer)
    check.user(answer.json, username=sent["username"], email=sent["email"], email_verified=False, active=True,
               roles=[])
    assert lk.log.request(answer)["hashes"] == 1
    assert lk.one("SELECT count(*) FROM audit WHERE user_id = %s AND event = 'registered' AND host(ip) = %s",
                  answer.json["id"], c.address) == 1


@pytest.mark.parametrize("how", ["json", "form"])
@pytest.mark.parametrize("field", ["login", "email"])
def test_fields(c, how, field):
    email = new_email()
    answer = c.send("POST", "/auth/register", **{how: {field: email, "password": new_password()}})
    assert answer.status == 201, answer
    check.user(answer.json, username=None, email=email)


def test_trailing_slash(c):
    assert c.post("/auth/register/", body()).status == 201


def test_it_can_log_in_at_once(c):
    sent = body()
    c.post("/auth/register", sent)
    for name in (sent["email"], sent["username"]):
        answer = c.post("/auth/login", {"login": name, "password": sent["password"]})
        assert answer.status == 200, answer
    assert c.login(sent["username"], sent["password"]).status == 200


def test_welcome_brings_a_code(lk):
    user = join(lk)
    (letter,) = letters(lk, user, "Welcome")
    assert letter.code and user.username in letter.body and user.password not in letter.body
    assert "10 minutes" in letter.body and "minutes minutes" not in letter.body


def test_address_is_normal(c):
    local = new_name("Mixed.")
    answer = c.post("/auth/register", body(email=f"  {local}@EXAMPLE.com "))
    assert answer.status == 201 and answer.json["email"] == f"{local}@example.com", answer


def taken(lk, c, sent, code):
    users, mails = lk.one("SELECT count(*) FROM users"), lk.one("SELECT count(*) FROM outbox")
    answer = c.post("/auth/register", sent)
    check.problem(answer, 409, code)
    assert lk.log.request(answer)["hashes"] == 0
    assert lk.one("SELECT count(*) FROM users") == users and lk.one("SELECT count(*) FROM outbox") <= mails


def test_taken(lk, c):
    user = join(lk)
    taken(lk, c, body(email=user.email), "email_taken")
    taken(lk, c, body(email=user.email.upper()), "email_taken")
    taken(lk, c, body(username=user.username), "username_taken")
    taken(lk, c, body(username=user.username.upper()), "username_taken")
    taken(lk, c, body(email=user.email, username=user.username), "email_taken")


def test_taken_by_an_inactive_user(lk, c):
    user = join(lk)
    lk.ctl("user", "deactivate", user.email)
    taken(lk, c, body(email=user.email), "email_taken")


def test_code_of_the_three_steps_is_no_use_afterwards(lk, c):
    """Who has begun to register by code and is overtaken hears that it is taken."""
    email = new_email()
    token = lk.token(email, c)
    join(lk, email=email)
    answer = c.post("/register", {"token": token, "username": new_name(), "password": new_password()})
    check.problem(answer, 409, "email_taken")


EMPTY = {"email": None, "username": None, "password": None}
INVALID = [
    ({}, ["login:required", "password:required"]),
    ({"email": "", "password": ""}, ["email:required", "password:required"]),
    ({"login": "", "password": ""}, ["login:required", "password:required"]),
    ({"email": None, "login": None, "password": None}, ["login:required", "password:required"]),
    ({"email": 1, "password": 2, "username": 3}, ["email:wrong_type", "password:wrong_type",
                                                  "username:wrong_type"]),
    ({"email": [], "password": {}}, ["email:wrong_type", "password:wrong_type"]),
    ({"email": "x", "password": "short", "username": "a"}, ["email:invalid_email", "password:too_short",
                                                            "username:invalid_username"]),
    ({"login": "just-a-name", "password": "Quartz-fjord-71"}, ["login:invalid_email"]),
    ({"email": "a@b@example.com", "password": "Quartz-fjord-71"}, ["email:invalid_email"]),
    ({"email": "a@example", "password": "Quartz-fjord-71"}, ["email:invalid_email"]),
    ({"email": "a" * 65 + "@example.com", "password": "Quartz-fjord-71"}, ["email:invalid_email"]),
    ({"email": "a@" + "b" * 400 + ".com", "password": "Quartz-fjord-71"}, ["email:too_long"]),
    ({"email": "a@example.com\r\nBcc: b@example.com", "password": "Quartz-fjord-71"},
     ["email:invalid_email"]),
    ({"email": "a@example.com", "password": "password"}, ["password:password_too_weak"]),
    ({"email": "a@example.com", "password": "q" * 257}, ["password:too_long"]),
    ({"email": "a@example.com", "password": "Zq7." * 300}, ["password:too_long"]),
    ({"email": "a@example.com", "password": "Quartz-fjord-71", "username": "with space"},
     ["username:invalid_username"]),
    ({"email": "a@example.com", "password": "Quartz-fjord-71", "username": "a@b"},
     ["username:invalid_username"]),
    ({"email": "a@example.com", "password": "Quartz-fjord-71", "username": ".dot"},
     ["username:invalid_username"]),
    ({"email": "a@example.com", "password": "Quartz-fjord-71", "username": ""}, ["username:required"]),
    ({"email": "a@example.com", "password": "Quartz-fjord-71", "username": "a" * 33},
     ["username:invalid_username"]),
]


@pytest.mark.parametrize("sent, fields", INVALID)
def test_invalid(lk, c, sent, fields):
    answer = c.post("/auth/register", sent)
    check.invalid(answer, *fields)
    cost = lk.log.request(answer)
    assert (cost["hashes"], cost["pg"], cost["redis"]) == (0, 0, 0)


def test_own_words_make_a_password_weak(c):
    name = new_name("wilhelmina")
    check.invalid(c.post("/auth/register", body(email=name + "@example.com", password=name)),
                  "password:password_too_weak")
    check.invalid(c.post("/auth/register", body(username=name, password=name)), "password:password_too_weak")


def test_username_null_is_none(c):
    answer = c.post("/auth/register", body(username=None))
    assert answer.status == 201 and answer.json["username"] is None, answer


def test_unicode_password(lk, c):
    sent = body(password="cafe\u0301-\U0001f600-noir-72")
    assert c.post("/auth/register", sent).status == 201
    answer = c.post("/auth/login", {"email": sent["email"], "password": "caf\u00e9-\U0001f600-noir-72"})
    assert answer.status == 200, answer


def test_other_method(c):
    answer = c.get("/auth/register")
    check.problem(answer, 405, "method_not_allowed")
    assert {"POST", "OPTIONS"} == {m.strip() for m in answer.header("Allow").split(",")}


@pytest.mark.parametrize("what", ["email", "username"])
def test_many_at_once_make_one(lk, what):
    same = body()[what]
    answers = together((lk.client(), ("POST", "/auth/register"), {"json": body(**{what: same})})
                       for _ in range(16))
    statuses = collections.Counter(a.status for a in answers)
    # the same address is also asked a code for once only
    assert statuses[201] == 1 and set(statuses) <= {201, 409, 429}, statuses
    assert what == "email" or statuses[409] == 15
    assert lk.one(f"SELECT count(*) FROM users WHERE {what}_key = %s", same) == 1


def test_again_after_it_was_deleted(lk):
    user = join(lk)
    tokens = enter(user)
    assert user.client.send("DELETE", "/users/me", bearer=tokens["access_token"],
                            json={"password": user.password}).status == 204
    answer = user.client.post("/auth/register", {"email": user.email, "username": user.username,
                                                 "password": user.password})
    assert answer.status in (201, 429), answer
    if answer.status == 429:
        check.problem(answer, 429, "too_soon")


def test_audit(lk):
    assert audited(lk, join(lk), "registered") == 1
