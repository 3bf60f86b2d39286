"""/users: accounts looked up, listed, closed and opened again by machines."""

import itertools
import uuid

import pytest

from lib import check
from lib.http import together
from lib.machine import SCOPES, machine
from lib.me import alive, audited, dead, enter, join, refused
from lib.stack import new_email, new_name

NOBODY = "0badc0de-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def boss(lk):
    return machine(lk, *SCOPES)


@pytest.fixture
def user(lk):
    return join(lk)


def look(boss, path):
    answer = boss.send("GET", path)
    assert answer.status == 200, answer
    check.private(answer)
    return check.user(answer.json)


def set_active(boss, user, active):
    answer = boss.send("PATCH", "/users/" + user.id, {"active": active})
    assert answer.status == 200, answer
    check.private(answer)
    return check.user(answer.json, id=user.id, active=active)


# looking

def test_by_id(boss, user):
    found = look(boss, "/users/" + user.id)
    assert found == look(boss, f"/users/{user.id}/")
    check.user(found, id=user.id, email=user.email, username=user.username, email_verified=False, active=True, roles=[])
    head = boss.send("HEAD", "/users/" + user.id)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("name", [NOBODY, "x", NOBODY[:-1], "%7B" + NOBODY + "%7D", "null", "0"])
def test_no_id(boss, method, name):
    check.problem(boss.send(method, "/users/" + name, {"active": True} if method == "PATCH" else None), 404, "not_found")


def test_an_id_in_capitals_is_none(boss, user):
    check.problem(boss.send("GET", "/users/" + user.id.upper()), 404, "not_found")


def test_me_is_nobody_for_a_machine(boss):
    refused(boss.send("GET", "/users/me"))


def test_by_email(boss, user):
    for typed in (user.email, user.email.upper(), "%20" + user.email + "%20", user.email.replace("@", "%40")):
        assert look(boss, "/users?email=" + typed)["id"] == user.id
    assert look(boss, "/users/?page=x&email=" + user.email)["id"] == user.id
    check.problem(boss.send("GET", "/users?email=" + new_email()), 404, "not_found")


def test_by_international_email(lk, boss):
    name = new_name()
    user = join(lk, email=name + "@bücher.example")
    for domain in ("b%C3%BCcher.example", "xn--bcher-kva.example", "B%C3%9CCHER.example"):
        assert look(boss, f"/users?email={name}@{domain}")["id"] == user.id


def test_by_username(boss, user):
    for typed in (user.username, user.username.upper()):
        assert look(boss, "/users?username=" + typed)["id"] == user.id
    check.problem(boss.send("GET", "/users?username=" + new_name()), 404, "not_found")


@pytest.mark.parametrize("query, field", [
    ("email=", "email:invalid_email"), ("email=x", "email:invalid_email"), ("email=a@b", "email:invalid_email"),
    ("email=a%0Ab@example.com", "email:invalid_email"), ("email=" + "a" * 300 + "@example.com", "email:invalid_email"),
    ("username=", "username:invalid_username"), ("username=a", "username:invalid_username"),
    ("username=a%20b", "username:invalid_username"), ("username=ann@example.com", "username:invalid_username"),
    ("username=" + "a" * 33, "username:invalid_username"),
    ("username=ann&email=ann@example.com", "username:invalid")])
def test_bad_queries(boss, query, field):
    check.invalid(boss.send("GET", "/users?" + query), field)


def test_doubled_query(boss, user):
    check.problem(boss.send("GET", f"/users?email={user.email}&email={user.email}"), 400, "invalid_query")


def test_no_wildcards(boss, user):
    check.problem(boss.send("GET", "/users?email=%25@example.com"), 404, "not_found")


def test_roles_are_shown(lk, boss, user):
    role = boss.send("POST", "/roles", {"name": new_name()}).json
    boss.send("POST", f"/users/{user.id}/roles/{role['id']}")
    assert look(boss, "/users?email=" + user.email)["roles"] == [role["name"]]


# lists

def test_list(lk, boss):
    made = [join(lk).id for _ in range(3)]
    body = boss.send("GET", "/users?per_page=2").json
    assert [check.user(item)["id"] for item in body["items"]] == made[:0:-1]
    assert (body["page"], body["per_page"], body["total"]) == (1, 2, lk.one("SELECT count(*) FROM users"))
    body = boss.send("GET", "/users/?per_page=2&page=2").json
    assert body["items"][0]["id"] == made[0] and body["page"] == 2
    answer = boss.send("GET", "/users?page=1000000&per_page=100")
    check.private(answer)
    assert answer.json["items"] == [] and answer.json["total"] == body["total"]
    assert len(boss.send("GET", "/users").json["items"]) == min(10, body["total"])


def test_a_page_of_users_with_all_the_roles_there_can_be(lk, boss):
    """The largest answer: 786 names of one and two characters are 1536 bytes."""
    first, second = "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123456789._:-"
    names = list(first) + [a + b for a, b in itertools.product(first, second)]
    names = names[:36 + 750]
    assert sum(map(len, names)) == 1536
    stem = new_name()
    lk.sql("INSERT INTO users (email, email_key, roles) SELECT e, e, %s FROM (SELECT n || %s FROM generate_series(1, 100) n)"
           " AS g (e)", names, stem + "@example.com")
    answer = boss.send("GET", "/users?per_page=100")
    lk.sql("DELETE FROM users WHERE email LIKE %s", "%" + stem + "%")
    assert answer.status == 200 and [len(item["roles"]) for item in answer.json["items"]] == [786] * 100


# closing

def test_deactivated(lk, boss, user):
    one, two = enter(user), enter(user)
    set_active(boss, user, False)
    for tokens in (one, two):
        dead(user.client, tokens)
    answer = user.client.post("/auth/login", {"login": user.email, "password": user.password})
    check.problem(answer, 401, "invalid_credentials")
    assert look(boss, "/users?username=" + user.username)["active"] is False
    assert look(boss, "/users/" + user.id)["active"] is False
    row = lk.one("SELECT actor, ip, request_id IS NOT NULL FROM audit WHERE user_id = %s AND event = 'user_deactivated'",
                 user.id)
    assert row == ("client:" + boss.id, boss.client.address, True)


def test_deactivated_again(lk, boss, user):
    for _ in range(2):
        set_active(boss, user, False)
    assert lk.one("SELECT epoch FROM users WHERE id = %s", user.id) == 1
    assert audited(lk, user, "user_deactivated") == 1


def test_activated(lk, boss, user):
    tokens = enter(user)
    set_active(boss, user, True)
    assert alive(user.client, tokens) and audited(lk, user, "user_activated") == 0
    set_active(boss, user, False)
    set_active(boss, user, True)
    dead(user.client, tokens)
    assert alive(user.client, enter(user)) and audited(lk, user, "user_activated") == 1


def test_told_to_redis(lk, boss, user):
    before = set(lk.redis.scan_iter(match="lk:ended-user:*"))
    set_active(boss, user, False)
    assert len(set(lk.redis.scan_iter(match="lk:ended-user:*")) - before) == 1


@pytest.mark.parametrize("active", [None, 0, 1, "true", "false", "", [], {}, "no"])
def test_no_bool(boss, user, active):
    answer = boss.send("PATCH", "/users/" + user.id, {"active": active})
    check.invalid(answer, "active:" + ("required" if active is None else "wrong_type"))
    assert look(boss, "/users/" + user.id)["active"] is True


def test_nothing_to_change(boss, user):
    for body in ({}, {"email": new_email()}, {"roles": ["admin"]}):
        check.invalid(boss.send("PATCH", "/users/" + user.id, body), "active:required")


def test_other_members_change_nothing(boss, user):
    answer = boss.send("PATCH", "/users/" + user.id, {"active": True, "email": new_email(), "username": new_name(),
                                                     "email_verified": True, "roles": ["admin"]})
    check.user(answer.json, email=user.email, username=user.username, email_verified=False, roles=[])


def test_as_a_form(boss, user):
    for text, active in (("false", False), ("true", True)):
        answer = boss.client.send("PATCH", "/users/" + user.id, form={"active": text}, bearer=boss.token)
        assert (answer.status, answer.json["active"]) == (200, active)
    for text in ("", "0", "False", "no", "null"):
        answer = boss.client.send("PATCH", "/users/" + user.id, form={"active": text}, bearer=boss.token)
        check.invalid(answer, "active:wrong_type")


def test_logins_in_flight(lk, boss, user):
    """Whatever came before is over, whatever came after was refused."""
    def logins():
        return [(lk.client(), ("POST", "/auth/login"), {"json": {"login": user.email, "password": user.password}})
                for _ in range(6)]

    answers = together([*logins(), boss.call("PATCH", "/users/" + user.id, {"active": False}), *logins()])
    assert answers[6].status == 200
    for answer in answers[:6] + answers[7:]:
        assert answer.status in (200, 401), answer
        if answer.status == 200:
            dead(user.client, answer.json)


def test_closed_and_opened_at_once(lk, boss, user):
    answers = together(boss.call("PATCH", "/users/" + user.id, {"active": i % 2 == 0}) for i in range(20))
    assert {answer.status for answer in answers} == {200}
    closed = audited(lk, user, "user_deactivated")
    assert lk.one("SELECT epoch FROM users WHERE id = %s", user.id) == closed
    assert lk.one("SELECT active FROM users WHERE id = %s", user.id) == (audited(lk, user, "user_activated") == closed)


def test_who_is_deactivated_has_no_role_in_effect(lk, user):
    admin = machine(lk, "create:roles", "assign:roles", "validate:roles", "change:users")
    role = admin.send("POST", "/roles/", {"name": new_name("r")}).json["id"]
    path = f"/users/{user.id}/roles/{role}"
    assert admin.send("POST", path).status == 201
    for active, status in ((True, 200), (False, 404), (True, 200)):
        assert admin.send("PATCH", f"/users/{user.id}", {"active": active}).status == 200
        assert admin.send("HEAD", path).status == status
