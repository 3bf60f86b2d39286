"""A recovery token is bound to purpose, user, e-mail and epoch, and used once."""

import time

import pytest

from lib import check
from lib.stack import new_email, new_name, new_password
from lib.tokens import hostile, parts


@pytest.fixture
def token(lk, user):
    return lk.token(user.email, lk.client(), "/password", n=2)


def recover(c, token, username, password=None):
    return c.post("/password", {"token": token, "username": username, "password": password or new_password()})


def refused(answer):
    check.problem(answer, 400, "invalid_token")


def unharmed(user):
    return user.client.login(user.username, user.password).status == 200


def test_not_twice(c, user, token):
    assert recover(c, token, user.username).status == 200
    refused(recover(c, token, user.username))


def test_not_with_another_of_the_same_time(lk, c, user):
    """Two proofs before one change: the first change ends the other's token too."""
    first = lk.token(user.email, lk.client(), "/password", n=2)
    second = lk.keys.altered("recovery", first, jti="00000000-0000-4000-8000-000000000001")
    assert recover(c, first, user.username).status == 200
    refused(recover(c, second, user.username))


@pytest.mark.parametrize("change", ["epoch = epoch + 1", "active = false"])
def test_not_after_a_change(lk, c, user, token, change):
    lk.sql(f"UPDATE users SET {change} WHERE id = %s", user.id)
    refused(recover(c, token, user.username))
    if "epoch" in change:
        assert unharmed(user)


def test_not_when_the_code_is_older_than_the_change(lk, c, user):
    """Bound to the epoch as of step 1, not of step 2."""
    client = lk.client()
    code = lk.ask_code(user.email, client, "/password", n=2)
    lk.sql("UPDATE users SET epoch = epoch + 1 WHERE id = %s", user.id)
    shown = client.post("/password", {"email": user.email, "confirmation_code": code})
    if shown.status == 200:
        refused(recover(c, shown.json["token"], user.username))
    else:
        check.problem(shown, 400, "invalid_code")
    assert unharmed(user)


def test_not_for_another_user(lk, c, user, token):
    other = lk.register()
    for name in (other.username, other.email, new_name(), new_email(), user.email):
        refused(recover(c, token, name))
    assert unharmed(other) and unharmed(user)
    refused(recover(c, lk.keys.altered("recovery", token, **{
        name: other.email for name, value in parts(token)[1].items() if value == user.email}),
        other.username))
    assert unharmed(other)


def test_not_as_registration_token(c, lk, token):
    refused(c.post("/register", {"token": token, "username": new_name(), "password": new_password()}))
    registration = lk.token(new_email(), lk.client())
    refused(recover(c, registration, new_name()))


def test_not_as_a_session_token(c, token):
    for method, path in (("GET", "/users/me"), ("GET", "/auth/verify"), ("POST", "/token")):
        check.problem(c.send(method, path, bearer=token), 401, "invalid_token")


def test_not_a_session_token_as_recovery_token(lk, c, user):
    tokens = lk.login(user)
    for other in (tokens["access_token"], tokens["refresh_token"], user.token):
        refused(recover(c, other, user.username))
    assert unharmed(user)


def test_not_after_its_time(lk, c, user, token):
    assert parts(token)[1]["exp"] - parts(token)[1]["iat"] <= 600
    refused(recover(c, lk.keys.altered("recovery", token, exp=int(time.time()) - 61), user.username))
    assert unharmed(user)


def test_not_for_a_new_account_of_the_same_address(lk, c, user, token):
    lk.sql("DELETE FROM users WHERE id = %s", user.id)
    heir = lk.sql("INSERT INTO users (email, email_key, username, username_key, password_hash) "
                  "VALUES (%s, %s, %s, %s, NULL) RETURNING id::text", user.email, user.email, user.username,
                  user.username)[0][0]
    refused(recover(c, token, user.username))
    assert lk.one("SELECT password_hash FROM users WHERE id = %s", heir) is None


def test_codes_are_bound_to_their_purpose(lk, c):
    """The same address, a code of each purpose: neither passes for the other."""
    email = new_email()
    registration = lk.ask_code(email, c)
    user = lk.register()
    code = lk.ask_code(user.email, c, "/password", n=2)
    check.problem(c.post("/register", {"email": user.email, "registration_code": code}), 400, "invalid_code")
    check.problem(c.post("/password", {"email": email, "confirmation_code": registration}), 400,
                  "invalid_code")
    check.invalid(c.post("/password", {"registration_code": code}), "email")
    assert c.post("/password", {"email": user.email, "confirmation_code": code}).status == 200
    assert c.post("/register", {"email": email, "registration_code": registration}).status == 200


def test_a_code_of_anothers_address(lk, c, user):
    other = lk.register()
    code = lk.ask_code(other.email, c, "/password", n=2)
    c.post("/password", {"email": user.email})
    check.problem(c.post("/password", {"email": user.email, "confirmation_code": code}), 400, "invalid_code")


def test_hostile_tokens(lk, c, user, token):
    shown = [(name, recover(lk.client(), bad, user.username)) for name, bad in hostile(lk.keys, "recovery", token)]
    assert [(name, answer.status) for name, answer in shown if answer.status not in (400, 422)] == []
    for name, answer in shown:
        if answer.status == 422:
            assert [e["field"] for e in answer.json["errors"]] == ["token"], (name, answer)
    assert unharmed(user)
    assert recover(c, lk.keys.altered("recovery", token), user.username).status == 200  # the forger is able
