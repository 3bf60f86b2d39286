"""POST /auth/login: a name and a password in the body."""

import statistics

import pytest

from lib import check
from lib.me import join, sid
from lib.stack import new_email, new_name
from lib.tokens import parts


@pytest.fixture
def user(lk):
    return join(lk)


def login(client, **fields):
    return client.post("/auth/login", fields)


@pytest.mark.parametrize("how", ["json", "form"])
@pytest.mark.parametrize("field, value", [("login", "email"), ("login", "username"), ("email", "email"),
                                          ("username", "username")])
def test_answer(lk, user, how, field, value):
    answer = user.client.send("POST", "/auth/login", **{how: {field: getattr(user, value),
                                                              "password": user.password}})
    assert answer.status == 200, answer
    check.private(answer, token=True)
    body = answer.json
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"}
    assert (body["token_type"], body["expires_in"], body["refresh_expires_in"]) == ("Bearer", 600, 30 * 86400)
    claims = parts(body["access_token"])[1]
    assert claims["sub"] == user.id and claims["fresh"] is True and claims["amr"] == ["pwd"]
    assert lk.sql("SELECT method, gen FROM sessions WHERE id = %s", sid(body)) == [("password", 1)]
    assert lk.log.request(answer)["hashes"] == 1


def test_name_in_any_case(user):
    assert login(user.client, login=user.username.upper(), password=user.password).status == 200
    assert login(user.client, email=" " + user.email.upper() + " ", password=user.password).status == 200


def test_first_name_counts(user):
    """login before email before username, whichever are there."""
    answer = login(user.client, login=user.email, email=new_email(), username=new_name(), password=user.password)
    assert answer.status == 200, answer
    check.problem(login(user.client, email=new_email(), username=user.username, password=user.password), 401,
                  "invalid_credentials")
    assert login(user.client, login=None, email=user.email, password=user.password).status == 200


def plain(answer):
    body = dict(answer.json)
    body.pop("request_id")
    headers = sorted((n, v) for n, v in answer.headers if n not in ("Date", "X-Request-Id", "Content-Length"))
    return answer.status, headers, body


def test_failures_are_alike(lk, user):
    inactive, bare = join(lk), join(lk)
    lk.ctl("user", "deactivate", inactive.email)
    lk.sql("UPDATE users SET password_hash = NULL WHERE id = %s", bare.id)
    tries = [(user.username, "wrong-Quartz-71"), (new_name(), user.password), (new_email(), user.password),
             (inactive.email, inactive.password), (inactive.email, "wrong-Quartz-71"),
             (bare.email, bare.password), ("no@address@at.all", "x"), ("x" * 500, "y"),
             (user.email, "\u0301"), (user.email, "Zq7." * 300), (user.username, " "), ("a:b", "c"),
             ("%", "%"), ("' OR 1=1 --", "' OR 1=1 --")]
    answers = [login(lk.client(), login=name, password=password) for name, password in tries]
    assert [lk.log.request(a)["hashes"] for a in answers] == [1] * len(tries)
    assert [a.code for a in answers] == ["invalid_credentials"] * len(tries)
    assert all(plain(a) == plain(answers[0]) for a in answers)
    assert dict(answers[0].headers)["WWW-Authenticate"] == 'Bearer realm="latchkey"'  # no token was wrong
    assert len({lk.log.request(a)["pg"] for a in answers}) == 1, [lk.log.request(a) for a in answers]


INVALID = [
    ({}, ["login:required", "password:required"]),
    ({"login": "", "password": ""}, ["login:required", "password:required"]),
    ({"email": "", "password": "x"}, ["email:required"]),
    ({"username": 5, "password": False}, ["username:wrong_type", "password:wrong_type"]),
    ({"login": ["a"], "password": {"a": 1}}, ["login:wrong_type", "password:wrong_type"]),
    ({"login": "a"}, ["password:required"]),
    ({"password": "a"}, ["login:required"]),
]


@pytest.mark.parametrize("sent, fields", INVALID)
def test_invalid(lk, c, sent, fields):
    answer = c.post("/auth/login", sent)
    check.invalid(answer, *fields)
    assert lk.log.request(answer)["hashes"] == 0


def test_basic_is_not_looked_at(user):
    check.invalid(user.client.send("POST", "/auth/login", basic=(user.email, user.password), json={}),
                  "login:required", "password:required")


def test_wrong_passwords_cost_time(lk, user):
    client = lk.client()
    for _ in range(5):
        check.problem(login(client, login=user.email, password="wrong-Quartz-71"), 401, "invalid_credentials")
    answer = login(client, login=user.username, password=user.password)
    check.problem(answer, 429, "too_many_attempts")
    assert int(answer.header("Retry-After")) <= 2 and lk.log.request(answer)["hashes"] == 0
    # the same count for Basic, and for whatever else asks for the password
    check.problem(client.login(user.username, user.password), 429, "too_many_attempts")
    assert login(user.client, login=user.email, password=user.password).status == 200


def test_success_gives_the_slots_back(lk, user):
    for _ in range(3):
        for _ in range(4):
            assert login(user.client, login=user.email, password="wrong-Quartz-71").status == 401
        assert login(user.client, login=user.email, password=user.password).status == 200


def test_each_is_a_session(lk, user):
    answers = [login(user.client, login=user.email, password=user.password) for _ in range(4)]
    assert len({sid(a.json) for a in answers}) == 4
    assert lk.one("SELECT count(*) FROM sessions WHERE user_id = %s", user.id) == 4


def test_foreign_hash_is_replaced(lk, user):
    """An account that came from another system: its hash is good until its first login."""
    lk.sql("UPDATE users SET password_hash = %s WHERE id = %s",
           "pbkdf2_sha256$1000$saltsalt$2vLrmxK8YFROnGTL6oinO4bfT02gvTppeFbz7HWz5X0=", user.id)
    assert login(user.client, login=user.email, password="wrong-Quartz-71").status == 401
    assert login(user.client, login=user.email, password="correct horse battery").status == 200
    assert lk.one("SELECT password_hash FROM users WHERE id = %s", user.id).startswith("$argon2id$")
    answer = login(user.client, login=user.email, password="correct horse battery")
    assert answer.status == 200 and lk.log.request(answer)["hashes"] == 1


def test_unknown_and_wrong_take_the_same_time(lk, user):
    """A smoke test: the measured one has a target of its own."""
    known, unknown = [], []
    for _ in range(12):
        known.append(login(lk.client(), login=user.email, password="wrong-Quartz-71").ms)
        unknown.append(login(lk.client(), login=new_email(), password="wrong-Quartz-71").ms)
    assert 0.6 < statistics.median(known) / statistics.median(unknown) < 1.7, (known, unknown)
