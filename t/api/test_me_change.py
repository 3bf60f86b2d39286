"""PATCH and DELETE /users/me."""

import collections

import pytest

from lib import check
from lib.http import together
from lib.me import alive, audited, dead, enter, join, letters, refused, renew, sid, unthrottle, without_password
from lib.stack import new_name


@pytest.fixture
def user(lk):
    return join(lk)


def rename(client, tokens, name, **what):
    return client.send("PATCH", "/users/me", bearer=tokens["access_token"], **(what or {"json": {"username": name}}))


def delete(client, tokens, **what):
    return client.send("DELETE", "/users/me", bearer=tokens["access_token"], **what)


@pytest.mark.parametrize("how", ["json", "form"])
def test_rename(lk, c, user, how):
    tokens, name = enter(user), new_name("New.")
    answer = rename(c, tokens, name, **{how: {"username": name, "email": "ignored@example.com", "active": "false"}})
    assert answer.status == 200, answer
    check.private(answer)
    check.user(answer.json, id=user.id, username=name, email=user.email, active=True)
    check.problem(c.get("/users/me", bearer=tokens["access_token"]), 401, "token_stale")
    body = renew(c, tokens).json
    assert c.get("/users/me", bearer=body["access_token"]).json["username"] == name
    assert c.get("/auth/verify", bearer=body["access_token"]).header("X-Auth-Username") == name
    assert c.login(name.lower(), user.password).status == 200
    assert c.login(user.username, user.password).status == 401
    assert audited(lk, user, "username_changed") == 1
    join(lk, username=user.username)  # free again


def test_first_name(lk, c):
    user = join(lk)
    lk.sql("UPDATE users SET username = NULL, username_key = NULL WHERE id = %s", user.id)
    assert rename(c, enter(user), user.username).json["username"] == user.username


def test_own_name_in_another_case(c, user):
    answer = rename(c, enter(user), user.username.upper())
    assert answer.status == 200 and answer.json["username"] == user.username.upper(), answer


def test_taken(lk, c, user):
    tokens, other = enter(user), join(lk)
    check.problem(rename(c, tokens, other.username), 409, "username_taken")
    check.problem(rename(c, tokens, other.username.upper()), 409, "username_taken")
    assert alive(c, tokens)


@pytest.mark.parametrize("value, code", [(None, "required"), ("", "required"), ("ab", "invalid_username"),
                                         ("a" * 33, "invalid_username"), (7, "wrong_type"), ([], "wrong_type"),
                                         ("a b c", "invalid_username"), ("a:b", "invalid_username"),
                                         ("a@b.c", "invalid_username"), ("_abc", "invalid_username"),
                                         ("abc\u0430", "invalid_username"), ("a,b", "invalid_username")])
def test_invalid_name(c, user, value, code):
    tokens = enter(user)
    check.invalid(rename(c, tokens, value), "username:" + code)
    assert alive(c, tokens)


def test_no_field(c, user):
    check.invalid(rename(c, enter(user), None, json={}), "username:required")


def test_one_name_for_many(lk):
    users = [join(lk) for _ in range(8)]
    tokens = [enter(u) for u in users]
    name = new_name()
    answers = together((u.client, ("PATCH", "/users/me"), {"json": {"username": name},
                                                           "bearer": t["access_token"]})
                       for u, t in zip(users, tokens))
    assert collections.Counter(a.status for a in answers) == {200: 1, 409: 7}


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_refusals(c, user, method):
    tokens = enter(user)
    refused(c.send(method, "/users/me", json={"password": user.password}), sent=False)
    refused(c.send(method, "/users/me", json={}, bearer=tokens["refresh_token"]))
    refused(c.send(method, "/users/me", json={}, basic=(user.email, user.password)), sent=False)
    assert alive(c, tokens)


@pytest.mark.parametrize("how", ["json", "form"])
def test_delete(lk, user, how):
    client = lk.client(agent="the last device/1")
    other = enter(user)
    tokens = enter(user, client)
    client.login(user.email, "wrong-Quartz-71")
    client.post("/auth/logout", bearer=enter(user, client)["access_token"])
    lk.posted()
    answer = delete(client, tokens, **{how: {"password": user.password}})
    assert answer.status == 204 and answer.body == b"", answer
    assert lk.log.request(answer)["hashes"] == 1
    dead(client, tokens)
    dead(client, other)
    assert client.login(user.email, user.password).status == 401
    # what is left: the id in the trail, and nothing that says who it was
    for table in ("login_history", "sessions", "known_prefixes", "known_devices", "user_roles"):
        assert lk.one(f"SELECT count(*) FROM {table} WHERE user_id = %s", user.id) == 0, table
    assert lk.one("SELECT count(*) FROM users WHERE id = %s OR email_key = %s", user.id, user.email) == 0
    trail = lk.sql("SELECT event, ip, detail FROM audit WHERE user_id = %s ORDER BY id", user.id)
    assert [event for event, _, _ in trail] == ["registered", "logout", "account_deleted"]
    assert {(ip, detail) for _, ip, detail in trail} == {(None, None)}
    (letter,) = letters(lk, user, "was deleted")
    assert "the last device/1" in letter.body and client.address in letter.body
    lk.posted()
    assert lk.one("SELECT count(*) FROM outbox WHERE user_id = %s OR address = %s", user.id, user.email) == 0


def test_delete_takes_waiting_letters_along(lk, user):
    """They would go to nobody; the last one goes to the address itself."""
    tokens = enter(user)
    lk.posted()
    lk.part("stop", "mail")
    try:
        assert user.client.post("/password", {"email": user.email}).status == 202
        assert delete(user.client, tokens, json={"password": user.password}).status == 204
        assert lk.sql("SELECT letter FROM outbox WHERE user_id = %s OR address = %s", user.id,
                      user.email) == [("account_deleted",)]
    finally:
        lk.part("start", "mail")
    letters(lk, user, "was deleted")


def test_delete_leaves_others_alone(lk, user):
    other = join(lk)
    theirs = enter(other)
    assert delete(user.client, enter(user), json={"password": user.password}).status == 204
    assert alive(other.client, theirs)
    assert lk.one("SELECT count(*) FROM login_history WHERE user_id = %s", other.id) == 1
    assert lk.one("SELECT count(*) FROM audit WHERE user_id = %s AND ip IS NOT NULL", other.id) == 1


def test_delete_with_the_wrong_password(lk, c, user):
    tokens = enter(user)
    answer = delete(c, tokens, json={"password": "wrong-Quartz-71"})
    check.problem(answer, 403, "wrong_password")
    assert lk.log.request(answer)["hashes"] == 1 and alive(c, tokens)
    for _ in range(4):
        check.problem(delete(c, tokens, json={"password": "wrong-Quartz-71"}), 403, "wrong_password")
    check.problem(delete(c, tokens, json={"password": user.password}), 429, "too_many_attempts")
    assert alive(c, tokens)


@pytest.mark.parametrize("what", [{}, {"json": {}}, {"json": {"password": ""}}, {"json": {"password": None}},
                                  {"json": {"password": 1}}, {"form": {"passwort": "x"}}])
def test_delete_without_the_password(c, user, what):
    tokens = enter(user)
    body = check.problem(delete(c, tokens, **what), 422, "validation_failed")
    assert [e["field"] for e in body["errors"]] == ["password"]
    assert alive(c, tokens)


@pytest.mark.parametrize("minutes, what", [(6, {}), (6, {"json": {"password": "Quartz-fjord-71"}})])
def test_delete_without_having_one_by_an_old_login(lk, c, user, minutes, what):
    tokens = enter(user)
    without_password(lk, user)
    lk.sql("UPDATE sessions SET created_at = now() - make_interval(mins => %s) WHERE id = %s", minutes, sid(tokens))
    tokens = renew(c, tokens).json  # a refresh is no login
    check.problem(delete(c, tokens, **what), 403, "login_too_old")
    assert alive(c, tokens)


def test_delete_without_having_one_by_a_new_login(lk, c, user):
    tokens = enter(user)
    without_password(lk, user)
    lk.sql("UPDATE sessions SET created_at = now() - interval '4 minutes' WHERE id = %s", sid(tokens))
    answer = delete(c, tokens)
    assert answer.status == 204, answer
    assert lk.log.request(answer)["hashes"] == 0
    dead(c, tokens)


def test_delete_twice_at_once(lk, user):
    tokens = enter(user)
    answers = together((user.client, ("DELETE", "/users/me"),
                        {"json": {"password": user.password}, "bearer": tokens["access_token"]})
                       for _ in range(4))
    assert collections.Counter(a.status for a in answers) == {204: 1, 401: 3}
    assert audited(lk, user, "account_deleted") == 1


def test_all_begins_anew(lk, user):
    tokens = enter(user)
    assert delete(user.client, tokens, json={"password": user.password}).status == 204
    unthrottle(lk)
    again = join(lk, email=user.email, username=user.username, password=user.password)
    assert again.id != user.id
    dead(user.client, tokens)
    assert user.client.get("/users/me/login-history", bearer=enter(again)["access_token"]).json["total"] == 1
